import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.core import phone
from callcenter.core.errors import UserError
from callcenter.core.phone import PhoneKind, format_phone, is_anonymous, parse_phone


@pytest.mark.parametrize(
    ("text", "e164", "kind", "national"),
    [
        ("06 39 98 12 34", "+33639981234", PhoneKind.MOBILE, "06 39 98 12 34"),
        ("0639981234", "+33639981234", PhoneKind.MOBILE, "06 39 98 12 34"),
        ("06.39.98.12.34", "+33639981234", PhoneKind.MOBILE, "06 39 98 12 34"),
        ("06-39-98-12-34", "+33639981234", PhoneKind.MOBILE, "06 39 98 12 34"),
        ("+33 (0)6 39 98 12 34", "+33639981234", PhoneKind.MOBILE, "06 39 98 12 34"),
        ("0033639981234", "+33639981234", PhoneKind.MOBILE, "06 39 98 12 34"),
        ("06\u00a039\u202f98 12 34", "+33639981234", PhoneKind.MOBILE, "06 39 98 12 34"),
        ("０６３９９８１２３４", "+33639981234", PhoneKind.MOBILE, "06 39 98 12 34"),
        ("05 36 49 12 34", "+33536491234", PhoneKind.LANDLINE, "05 36 49 12 34"),
        ("07 30 12 34 56", "+33730123456", PhoneKind.MOBILE, "07 30 12 34 56"),
        ("09 12 34 56 78", "+33912345678", PhoneKind.LANDLINE, "09 12 34 56 78"),
        ("0 800 47 33 33", "+33800473333", PhoneKind.OTHER, "08 00 47 33 33"),
        ("0692 12 34 56", "+262692123456", PhoneKind.MOBILE, "06 92 12 34 56"),
        ("0639 69 12 34", "+262639691234", PhoneKind.MOBILE, "06 39 69 12 34"),
        ("0690 12 34 56", "+590690123456", PhoneKind.MOBILE, "06 90 12 34 56"),
        ("0696 12 34 56", "+596696123456", PhoneKind.MOBILE, "06 96 12 34 56"),
        ("0694 12 34 56", "+594694123456", PhoneKind.MOBILE, "06 94 12 34 56"),
        ("+49 1512 3456789", "+4915123456789", PhoneKind.MOBILE, "+49 1512 3456789"),
    ],
)
def test_reads_a_number_as_people_write_it(
    text: str, e164: str, kind: PhoneKind, national: str
) -> None:
    parsed = parse_phone(text)
    assert (parsed.e164, parsed.kind, parsed.national) == (e164, kind, national)
    assert format_phone(e164) == national


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Indiquez"),
        (None, "Indiquez"),
        (" \u00a0 ", "Indiquez"),
        ("05 36 49 12 34 poste 12", "lettres"),
        ("0639 98 12 E4", "lettres"),
        ("06 39 98 12 34 ou 06 39 98 12 35", "plusieurs"),
        ("06 39 98 12 34 / 05 36 49 12 34", "plusieurs"),
        ("06 39 98 12 34;05 36 49 12 34", "plusieurs"),
        ("06 39 98 12 34 05 36 49 12 34", "plusieurs"),
        ("06 39 98 12", "n'existe pas"),
        ("06 39 98 12 345", "n'existe pas"),
        ("00 00 00 00 00", "n'existe pas"),
        ("3977", "n'existe pas"),
        ("+999 123 456", "n'existe pas"),
        ("-", "n'existe pas"),
        ("🙂", "n'existe pas"),
    ],
)
def test_refuses_and_says_what_to_do(text: str | None, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        parse_phone(text)
    assert caught.value.field == "phone"


@pytest.mark.parametrize("text", ["06 39 98 12 34", "05 36 49 12 34"])
def test_demonstration_numbers_are_for_demonstrations(text: str) -> None:
    with pytest.raises(UserError, match="démonstrations"):
        parse_phone(text, allow_fiction=False)


@pytest.mark.parametrize(
    "caller",
    [
        None, "", " ", "+", "Anonymous", "anonymous", "Restricted", "Unavailable",
        "+266696687", "266696687", "+7378742833", "+86282452253", "+8656696", "+2562533",
        "client:camille", "sip:poste12@pbx.exemple.fr",
    ],
)  # fmt: skip
def test_a_hidden_caller_has_no_number(caller: str | None) -> None:
    assert is_anonymous(caller)


def test_a_caller_with_a_number_is_not_anonymous() -> None:
    assert not is_anonymous("+33639981234")
    assert not is_anonymous("0536491234")


def test_shows_what_is_no_number_as_it_is() -> None:
    assert format_phone(None) == ""
    assert format_phone("Aquitanis") == "Aquitanis"
    assert format_phone("38100") == "38100"


def test_only_a_mobile_receives_sms() -> None:
    assert phone.can_receive_sms("+33639981234")
    assert not phone.can_receive_sms("+33536491234")
    assert not phone.can_receive_sms("rien")
    assert not phone.can_receive_sms(None)


@given(st.one_of(st.text(max_size=60), st.text("0123456789+() .-/", max_size=40)))
def test_either_understands_or_explains(text: str) -> None:
    parsed = phone.try_parse_phone(text)
    if parsed is not None:
        assert parse_phone(parsed.e164) == parsed
        assert parse_phone(parsed.national).e164 == parsed.e164


@given(st.from_regex(r"0[1-9]([ .-]?[0-9]{2}){4}", fullmatch=True))
def test_a_plain_french_number_is_what_the_library_says(text: str) -> None:
    said = phonenumbers.parse(text, "FR")
    e164 = phonenumbers.format_number(said, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.format_number(said, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert format_phone(e164).replace(" ", "") == national.replace(" ", "")
    if e164.startswith((phone.FICTION_MOBILE, phone.FICTION_LANDLINE)):
        return
    parsed = phone.try_parse_phone(text)
    valid = phonenumbers.is_valid_number(said)
    assert (parsed is not None and parsed.e164 == e164) == valid


@given(st.integers(min_value=0, max_value=9999))
def test_every_demonstration_mobile_is_read(number: int) -> None:
    digits = f"063998{number:04}"
    assert parse_phone(digits).e164 == f"+33{digits[1:]}"
    assert format_phone(f"+33{digits[1:]}").replace(" ", "") == digits
