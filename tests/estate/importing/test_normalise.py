from hypothesis import given
from hypothesis import strategies as st

from callcenter.estate.importing.normalise import nice_case, search_key


def test_search_key_folds_case_accents_and_punctuation() -> None:
    assert search_key("L'Hostis-MÜLLER,  Œuf n°2") == "l hostis muller oeuf n 2"
    assert search_key("TRẦN Łukasz Yılmaz YILDIZ") == "tran lukasz yilmaz yildiz"
    assert search_key("TR?N ?ukasz") == "trn ukasz"


@given(st.text())
def test_search_key_is_stable(text: str) -> None:
    key = search_key(text)
    assert search_key(key) == key
    assert search_key(text.swapcase()) == search_key(text.swapcase().lower())
    assert set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")


def test_capitals_become_nice_and_nothing_else_changes() -> None:
    assert nice_case("VILLENAVE-D'ORNON") == "Villenave-d'Ornon"
    assert nice_case("LE BOUSCAT") == "Le Bouscat"
    assert nice_case("DU 8 MAI 1945") == "du 8 Mai 1945"
    assert nice_case("CLAVEAU III") == "Claveau III"
    assert nice_case("LA VILLE-DIEU-DU-TEMPLE") == "La Ville-Dieu-du-Temple"
    assert nice_case("REPUBLIQUE") == "Republique", "a lost accent is not invented"
    assert nice_case("Beaubreuil  Bât. neufs") == "Beaubreuil Bât. neufs"


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Nd", "Zs", "Pd"]), max_size=40))
def test_nice_case_says_the_same(text: str) -> None:
    assert search_key(nice_case(text)) == search_key(text)
