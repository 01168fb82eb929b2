import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from callcenter.core.errors import UserError
from callcenter.messaging import text as sms
from callcenter.messaging.text import Encoding, count_segments, render, split_segments, to_gsm7

# No escape character: it is no letter, only the mark before one.
ANY_TEXT = st.text(
    st.one_of(
        st.sampled_from(
            "éèàùçêœ«»’…–€{}[]~|^\\ \u00a0\u202f°\n\r\tΔabcABC0123.,'\u0301\u0302🙂👍🏽مر日"
        ),
        st.characters(exclude_categories=["Cs"], exclude_characters="\x1b"),
    ),
    max_size=400,
)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("é è à ù ä ö ü ñ Ç É £ § ¿", "é è à ù ä ö ü ñ Ç É £ § ¿"),
        ("reçu, être, î, ô, û, ë, ï", "recu, etre, i, o, u, e, i"),
        ("sœur Œuvre À È Ê", "soeur OEuvre A E E"),
        ("« Gounod »", '"Gounod"'),
        ("«\u00a0Gounod\u202f»", '"Gounod"'),
        ("l’eau “chaude” ‘froide’", "l'eau \"chaude\" 'froide'"),
        ("8 h – 12 h — suite…", "8 h - 12 h - suite..."),
        ("15\u00a0h\u202f30 : n°\u00a012", "15 h 30 : no 12"),
        ("12 € {x} [y] ~ | ^ \\", "12 € {x} [y] ~ | ^ \\"),
        ("e\u0301 et c\u0327", "é et c"),
        ("a\r\nb\rc\td", "a\nb\nc d"),
        ("zéro\u200blargeur\ufeff, cou\u00adpe", "zérolargeur, coupe"),
        ("ﬁn ½ m² Łódź", "fin 1/2 m2 Lodz"),
        ("merci 🙂", "merci 🙂"),
        ("مرحبا", "مرحبا"),
        ("", ""),
    ],
)
def test_transliterates_only_what_is_outside(given_text: str, expected: str) -> None:
    assert to_gsm7(given_text) == expected


def test_strict_names_the_characters_at_fault_once_each() -> None:
    result = sms.to_gsm7_strict("Ça 🙂 marche 🙂 日 ça")
    assert result.text == "Ça 🙂 marche 🙂 日 ca"
    assert result.offending == ("🙂", "日")


@given(ANY_TEXT)
def test_transliterating_twice_changes_nothing(text: str) -> None:
    once = to_gsm7(text)
    assert to_gsm7(once) == once


@given(st.text(st.sampled_from(sorted(sms.GSM_7 - {"\r"})), max_size=300))
def test_gsm7_text_is_left_alone(text: str) -> None:
    assert to_gsm7(text) == text
    assert count_segments(text).encoding is Encoding.GSM_7


@given(ANY_TEXT)
def test_transliterating_never_makes_a_message_offend_more(text: str) -> None:
    assert len(sms.offending_characters(to_gsm7(text))) <= len(sms.offending_characters(text))


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments", "remaining"),
    [
        ("", Encoding.GSM_7, 0, 0, 160),
        ("a" * 160, Encoding.GSM_7, 160, 1, 0),
        ("a" * 161, Encoding.GSM_7, 161, 2, 145),
        ("a" * 306, Encoding.GSM_7, 306, 2, 0),
        ("a" * 307, Encoding.GSM_7, 307, 3, 152),
        ("€" * 80, Encoding.GSM_7, 160, 1, 0),
        ("€" * 81, Encoding.GSM_7, 162, 2, 143),
        # 152 letters, then a pair that does not fit in the 153rd place
        ("a" * 152 + "€" + "a" * 151, Encoding.GSM_7, 305, 2, 0),
        ("a" * 152 + "€" + "a" * 152, Encoding.GSM_7, 306, 3, 152),
        ("ê" * 70, Encoding.UCS_2, 70, 1, 0),
        ("ê" * 71, Encoding.UCS_2, 71, 2, 63),
        ("🙂" * 35, Encoding.UCS_2, 70, 1, 0),
        ("ê" * 66 + "🙂" + "ê" * 65, Encoding.UCS_2, 133, 2, 0),
        ("ê" * 66 + "🙂" + "ê" * 66, Encoding.UCS_2, 134, 3, 66),
    ],
)
def test_counts_what_will_be_billed(
    text: str, encoding: Encoding, units: int, segments: int, remaining: int
) -> None:
    size = count_segments(text)
    assert (size.encoding, size.units, size.segments, size.remaining) == (
        encoding,
        units,
        segments,
        remaining,
    )


@given(ANY_TEXT.filter(bool))
def test_agrees_with_an_independent_library(text: str) -> None:
    theirs = smsutil.split(text)
    size = count_segments(text)
    gsm = theirs.encoding == "gsm0338"
    assert (size.encoding is Encoding.GSM_7) == gsm
    assert size.segments == len(theirs.parts)
    assert size.units == (theirs.total_bytes if gsm else theirs.total_bytes // 2)
    assert split_segments(text) == [part.content for part in theirs.parts]


@given(ANY_TEXT)
def test_segments_are_the_text_and_none_is_too_long(text: str) -> None:
    segments = split_segments(text)
    assert "".join(segments) == text
    gsm = not sms.offending_characters(text)
    for segment in segments:
        if gsm:
            units = sum(2 if char in sms.GSM_EXTENDED else 1 for char in segment)
            limit = 160 if len(segments) == 1 else 153
        else:
            units = len(segment.encode("utf-16-be")) // 2
            limit = 70 if len(segments) == 1 else 67
        assert 0 < units <= limit


def test_fills_the_named_places() -> None:
    text = render("{member} : demande {reference}, {reference}.", {"member": "A", "reference": "B"})
    assert text == "A : demande B, B."


@pytest.mark.parametrize("values", [{}, {"reference": None}, {"reference": " \n "}])
def test_a_message_with_a_hole_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(UserError, match=r"\{reference\}"):
        render("Demande {reference}", values)


@pytest.mark.parametrize("template", ["Bonjour {", "Bonjour }", "{{reference}}", "{a{b}}"])
def test_a_brace_left_open_is_refused(template: str) -> None:
    with pytest.raises(UserError, match="accolade"):
        sms.placeholders(template)


@pytest.mark.parametrize("template", ["{}", "{Nom}", "{a.b}", "{0}", "{a!r}", "{a:>9}"])
def test_a_name_is_a_plain_word(template: str) -> None:
    with pytest.raises(UserError, match="nom de champ"):
        sms.placeholders(template)


def test_editing_names_all_unknown_then_all_missing() -> None:
    known = {"reference", "link", "member"}
    with pytest.raises(UserError, match=r"inconnu : \{foo\}, \{bar\}"):
        sms.check_template("{foo} {bar} {link}", known)
    with pytest.raises(UserError, match=r"absent : \{link\}"):
        sms.check_template("{reference}", known, required=["reference", "link"])
    with pytest.raises(UserError, match="Écrivez"):
        sms.check_template("  ", known)
    assert sms.check_template("{link} {reference}", known, ["link"]) == ("link", "reference")


def test_values_bring_neither_lines_nor_placeholders_nor_tricks() -> None:
    text = render(
        "Bonjour {name}.", {"name": "Zoé\r\n{secret}\u202e\x00\u200b <b>", "secret": "hidden"}
    )
    assert text == "Bonjour Zoé {secret} <b>."


def test_a_long_value_is_cut_and_an_address_is_not() -> None:
    link = "https://exemple.fr/" + "a" * 300
    assert sms.sanitise_value(link) == link
    assert len(sms.sanitise_value("a" * 300)) == sms.MAX_VALUE_LENGTH


@given(st.text(max_size=300))
def test_a_value_is_always_one_clean_line(value: str) -> None:
    clean = sms.sanitise_value(value)
    assert clean == clean.strip()
    assert all(char.isprintable() or not char.isspace() for char in clean)
    assert "\n" not in clean
    assert sms.sanitise_value(clean) == clean
