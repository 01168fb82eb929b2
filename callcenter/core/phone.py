"""Telephone numbers: read what people write, keep E.164, show what people read.

Pure. The numbering plans come from `phonenumbers`; what is ours is the French habit (overseas
departments dialled without a country code), the refusal to guess, and the fiction ranges of
the regulator (Arcep decision 2018-0881), the only numbers used in demonstrations and tests.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from flask_babel import gettext as _
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from callcenter.core.errors import UserError

# The library knows these under their own country codes, people dial them as French numbers.
OVERSEAS_REGIONS = ("RE", "YT", "GP", "MQ", "GF")
FRANCE = 33
FICTION_MOBILE = "+3363998"
FICTION_LANDLINE = "+3353649"

_ANONYMOUS_WORDS = frozenset(
    {"anonymous", "restricted", "unavailable", "unknown", "private", "withheld", "blocked"}
)
# What Twilio puts in From when the caller hides: the words above typed on a keypad.
_ANONYMOUS_NUMBERS = frozenset({"266696687", "7378742833", "86282452253", "8656696", "2562533"})
_NO_NUMBER_SCHEMES = ("client:", "sip:", "sips:")

_KINDS = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "landline",
    PhoneNumberType.VOIP: "landline",
}
_SIGNIFICANT_DIGITS = 9
# A part of a field with at least so many digits is a number of its own.
_LEAST_DIGITS = 6
# Fifteen (E.164) and the two zeros of an international prefix.
_MOST_DIGITS = 17
_SEPARATORS = re.compile(r"[/;,|\n\r]|\bou\b|\bet\b|\bor\b|\band\b", re.IGNORECASE)
# What nearly all numbers look like: their nine digits need no library to be told apart.
_FRENCH = re.compile(r"(?:\+33 ?|0)([1-9](?:[ .-]?[0-9]{2}){4})")
_FRENCH_E164 = re.compile(r"\+33[1-9][0-9]{8}")
_PUNCTUATION = str.maketrans("", "", " .-")


class PhoneKind(StrEnum):
    """What can be done with a number: only a mobile receives SMS."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that was understood: `e164` is stored, `national` is shown."""

    e164: str
    kind: PhoneKind
    national: str

    @property
    def can_receive_sms(self) -> bool:
        """Tell whether an SMS can reach this number."""
        return self.kind is PhoneKind.MOBILE


def parse_phone(text: str | None, region: str = "FR", *, allow_fiction: bool = True) -> Phone:
    """Read one telephone number as a person wrote it.

    Nothing is guessed: letters, two numbers in one field or a number that does not exist raise
    UserError with what to do. `region` is the country of a number without country code; for
    France the overseas departments are tried too. `allow_fiction` accepts the ranges reserved
    for demonstrations (06 39 98 and 05 36 49), refused otherwise.
    """
    cleaned = " ".join(unicodedata.normalize("NFKC", text or "").split(" ")).strip()
    if not cleaned:
        raise UserError(_("Indiquez un numéro de téléphone."), field="phone")
    parsed = _plain_french(cleaned) if region == "FR" else None
    if parsed is None:
        _refuse_several(cleaned)
        _refuse_letters(cleaned)
        parsed = _parse(cleaned, region)
    if parsed is not None:
        e164 = _e164(parsed)
        fiction = _fiction_kind(e164)
        if fiction is not None and not allow_fiction:
            raise UserError(
                _("Ce numéro est réservé aux démonstrations : indiquez un vrai numéro."),
                field="phone",
            )
        if fiction is not None:
            return Phone(e164, fiction, format_phone(e164))
        phone = _phone(parsed, e164)
        if phone is not None:
            return phone
    if region == "FR" and not cleaned.startswith(("+", "00")):
        for overseas in OVERSEAS_REGIONS:
            other = _parse(cleaned, overseas)
            phone = _phone(other, _e164(other)) if other is not None else None
            if phone is not None:
                return phone
    raise UserError(
        _("Ce numéro n'existe pas : vérifiez les chiffres (dix chiffres en France)."),
        field="phone",
    )


def try_parse_phone(
    text: str | None, region: str = "FR", *, allow_fiction: bool = True
) -> Phone | None:
    """Read a number like `parse_phone`, or return None when it cannot be understood."""
    try:
        return parse_phone(text, region, allow_fiction=allow_fiction)
    except UserError:
        return None


def is_anonymous(caller: str | None) -> bool:
    """Tell whether the caller's address holds no number to search by.

    Hidden callers, the provider's placeholders for them, and `client:` or `sip:` addresses.
    """
    value = (caller or "").strip().lower()
    if not value.strip("+ "):
        return True
    if value.startswith(_NO_NUMBER_SCHEMES):
        return True
    return value in _ANONYMOUS_WORDS or value.lstrip("+") in _ANONYMOUS_NUMBERS


def format_phone(e164: str | None) -> str:
    """Show a stored number as people write it: `06 39 98 12 34`, `+49 1512 3456789`.

    France and its overseas departments in national form, the rest of the world in
    international form; what is no number is returned as it is.
    """
    if not e164:
        return ""
    if _FRENCH_E164.fullmatch(e164):
        return _in_pairs(e164[3:])
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    if number.country_code == FRANCE or _is_overseas(number.country_code):
        national = phonenumbers.national_significant_number(number)
        if len(national) == _SIGNIFICANT_DIGITS:
            return _in_pairs(national)
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def can_receive_sms(e164: str | None) -> bool:
    """Tell whether a stored number is a mobile, real or of the fiction range."""
    phone = try_parse_phone(e164)
    return phone is not None and phone.can_receive_sms


def _refuse_several(text: str) -> None:
    parts = _SEPARATORS.split(text)
    numbers = [part for part in parts if sum(char.isdigit() for char in part) >= _LEAST_DIGITS]
    digits = sum(char.isdigit() for char in text)
    if len(numbers) > 1 or digits > _MOST_DIGITS:
        raise UserError(
            _("Il y a plusieurs numéros : saisissez-en un seul par champ."), field="phone"
        )


def _in_pairs(significant: str) -> str:
    return " ".join(re.findall("..", f"0{significant}"))


def _refuse_letters(text: str) -> None:
    if any(char.isalpha() for char in text):
        raise UserError(
            _("Le numéro contient des lettres : ne gardez que les chiffres."), field="phone"
        )


def _plain_french(text: str) -> phonenumbers.PhoneNumber | None:
    found = _FRENCH.fullmatch(text)
    if found is None:
        return None
    digits = int(found[1].translate(_PUNCTUATION))
    return phonenumbers.PhoneNumber(country_code=FRANCE, national_number=digits)


def _parse(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _phone(number: phonenumbers.PhoneNumber, e164: str) -> Phone | None:
    """The number with its kind; None when no such number exists."""
    found = phonenumbers.number_type(number)
    if found == PhoneNumberType.UNKNOWN:
        return None
    return Phone(e164, PhoneKind(_KINDS.get(found, "other")), format_phone(e164))


def _fiction_kind(e164: str) -> PhoneKind | None:
    if len(e164) != len("+33639981234"):
        return None
    if e164.startswith(FICTION_MOBILE):
        return PhoneKind.MOBILE
    return PhoneKind.LANDLINE if e164.startswith(FICTION_LANDLINE) else None


def _is_overseas(country_code: int | None) -> bool:
    return any(
        phonenumbers.country_code_for_region(region) == country_code for region in OVERSEAS_REGIONS
    )
