"""Transformations of plain values: text, references, numbers, flags and code lists."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from callcenter.estate.importing import codes
from callcenter.estate.importing.codes import FLAGS, ROLES
from callcenter.estate.importing.normalise import nice_case, search_key, tidy
from callcenter.estate.importing.outcome import NOTHING, Outcome, Problem, Repair, refuse
from callcenter.estate.states import OccupancyRole

MAX_TEXT = 500
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# "?" inside a word or at its head, never alone or at the end of a question.
_LOST = re.compile(r"\w\?\w|(?:^|[\s'-])\?\w|\ufffd")
_SCIENTIFIC = re.compile(r"^([+-]?\d)(?:[.,](\d+))?E\+?(\d{1,2})$", re.IGNORECASE)
_DECIMAL_ZERO = re.compile(r"^\d+[.,]0+$")
_NUMBER = re.compile(r"^[+-]?\d{1,12}(?:[.,]\d{1,6})?$")
_REFERENCE = re.compile(r"^[\w./-]+(?: [\w./-]+)*$")


def unfold_scientific(value: str) -> str | None:
    """Return the digits of ``6,39981234E+08`` when all of them are there, else ``None``.

    A spreadsheet that shows fewer decimals than the exponent has rounded the others away.
    """
    match = _SCIENTIFIC.match(value)
    if not match:
        return None
    head, decimals, exponent = match[1], match[2] or "", int(match[3])
    if len(decimals) != exponent:
        return None
    return head + decimals


def looks_scientific(value: str) -> bool:
    """Tell whether a spreadsheet wrote ``value`` in scientific notation."""
    return _SCIENTIFIC.match(value) is not None


def text(value: str, limit: int = MAX_TEXT) -> Outcome:
    """Return tidy text; too long or unprintable is refused, a lost letter is only told."""
    if _CONTROL.search(value):
        return refuse("control_characters", tidy(_CONTROL.sub("?", value))[:80])
    clean = tidy(value)
    if len(clean) > limit:
        return refuse("too_long", clean[:80], length=len(clean), limit=limit)
    if ("?" in clean or "\ufffd" in clean) and _LOST.search(clean):
        return Outcome(clean, (), (Problem("lost_letter", clean),))
    return Outcome(clean or None)


def place(value: str) -> Outcome:
    """Return the name of a place, in nice case when it came in capitals."""
    out = text(value, 200)
    return out._replace(value=nice_case(out.value)) if out.value else out


def first_name(value: str) -> Outcome:
    """Return a first name, in nice case when it came in capitals."""
    out = text(value, 100)
    return out._replace(value=nice_case(out.value)) if out.value else out


def last_name(value: str) -> Outcome:
    """Return a last name as the source writes it."""
    return text(value, 100)


def reference(value: str) -> Outcome:
    """Return an identifier (dwelling, lease, residence), upper case, without inner blanks.

    Scientific notation is repaired only when every digit is there.
    """
    clean = tidy(value).upper()
    if not clean:
        return NOTHING
    if looks_scientific(clean):
        digits = unfold_scientific(clean)
        if digits is None:
            return refuse("bad_reference", value)
        return Outcome(digits, (Repair("scientific", value, digits),))
    if len(clean) > 64 or not _REFERENCE.match(clean):  # noqa: PLR2004 - longer is no identifier
        return refuse("odd_reference", clean[:80])
    if _DECIMAL_ZERO.match(clean):
        whole = re.split("[.,]", clean)[0]
        return Outcome(whole, (Repair("decimal_zero", value, whole),))
    return Outcome(clean)


def slice_text(value: str, start: int = 0, length: int = 0) -> Outcome:
    """Return a part of an identifier: where the member hides the residence in the dwelling's."""
    part = tidy(value)[start : start + length if length else None]
    return Outcome(part or None)


def number(value: str, low: float = 0, high: float = 1e9) -> Outcome:
    """Return a ``Decimal``; comma or point as decimal mark, blanks between thousands."""
    clean = "".join(value.split()).removesuffix("m²").removesuffix("m2")
    if not clean:
        return NOTHING
    if not _NUMBER.match(clean):
        return refuse("bad_number", value)
    result = Decimal(clean.replace(",", "."))
    if not low <= result <= high:
        return refuse("out_of_range", value, low=f"{low:g}", high=f"{high:g}")
    return Outcome(result)


def integer(value: str, low: int = 0, high: int = 1_000_000) -> Outcome:
    """Return a whole number within bounds; ``3.0`` and ``3,0`` are 3."""
    out = number(value, low, high)
    if out.value is None:
        return out
    if out.value != out.value.to_integral_value():
        return refuse("bad_number", value)
    return Outcome(int(out.value))


def surface(value: str) -> Outcome:
    """Return a living area in square metres, from 5 to 1,000."""
    return number(value, 5, 1000)


def year(value: str) -> Outcome:
    """Return a year of construction, from 1000 to 2100."""
    return integer(value, 1000, 2100)


def rooms(value: str) -> Outcome:
    """Return a number of main rooms, from 1 to 20."""
    return integer(value, 1, 20)


def _padded(value: str, width: int, code: str, problem: str, pattern: str) -> Outcome:
    clean = "".join(value.split()).upper()
    if not clean:
        return NOTHING
    if _DECIMAL_ZERO.match(clean):
        clean = re.split("[.,]", clean)[0]
    unfolded = unfold_scientific(clean)
    if unfolded:
        clean = unfolded
    if clean.isdigit() and len(clean) == width - 1:
        fixed = clean.zfill(width)
        return Outcome(fixed, (Repair(code, value, fixed),))
    if not re.match(pattern, clean):
        return refuse(problem, value)
    repairs = (Repair("scientific", value, clean),) if unfolded else ()
    return Outcome(clean, repairs)


def postcode(value: str) -> Outcome:
    """Return a French postcode of five digits; ``9000`` was surely ``09000``.

    Departments 01 to 09 are the only ones that lose a digit, so four digits leave no doubt.
    """
    return _padded(value, 5, "leading_zero", "bad_postcode", r"^(?!00)\d{5}$")


def insee(value: str) -> Outcome:
    """Return an INSEE commune code (``2A004`` in Corsica); a lost zero is put back."""
    return _padded(value, 5, "leading_zero", "bad_insee", r"^(?:\d{2}|2[AB])\d{3}$")


def email(value: str) -> Outcome:
    """Return an address in lower case; accents are allowed (RFC 6531), a lost letter is not."""
    clean = value.strip().strip(";,").removeprefix("mailto:").lower()
    if not clean or search_key(clean) in codes.PLACEHOLDERS:
        return NOTHING if not clean else Outcome(None, (Repair("placeholder", value, ""),))
    if "?" in clean or "\ufffd" in clean:
        return refuse("email_lost_letter", value)
    if len(clean) > 254 or not _EMAIL.match(clean):  # noqa: PLR2004 - RFC 5321 limit
        return refuse("bad_email", value)
    return Outcome(clean)


_EMAIL = re.compile(
    r"^[\w!#$%&'*+/=^`{|}~-]+(?:\.[\w!#$%&'*+/=^`{|}~-]+)*@"
    r"(?:\w(?:[\w-]*\w)?\.)+\w{2,}$"
)


@lru_cache(maxsize=256)
def _folded(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {search_key(key): value for key, value in pairs}


def _lookup(value: str, table: Mapping[str, Any], problem: str, extra: Any = None) -> Outcome:
    key = search_key(value)
    if not key:
        return NOTHING
    found = _folded(tuple(sorted(extra.items()))).get(key) if extra else None
    if found is None:
        found = table.get(key)
    return refuse(problem, value) if found is None else Outcome(found)


def from_list(table: Mapping[str, Any], problem: str, doc: str) -> Callable[..., Outcome]:
    """Return a transformation that reads a code list; ``codes`` in the mapping adds to it."""

    def read(value: str, codes: Mapping[str, str] | None = None) -> Outcome:
        return _lookup(value, table, problem, codes)

    read.__doc__ = doc
    return read


heating = from_list(codes.HEATING, "bad_heating", "Return a heating code.")


def flag(value: str, codes: Mapping[str, Any] | None = None) -> Outcome:
    """Return True or False; an empty cell says nothing."""
    out = _lookup(value, FLAGS, "bad_flag", codes)
    return out if out.value is None or isinstance(out.value, bool) else refuse("bad_flag", value)


def role(value: str, codes: Mapping[str, str] | None = None) -> Outcome:
    """Return an ``OccupancyRole``; a mapping's own list gives its values (``occupant``)."""
    out = _lookup(value, ROLES, "bad_role", codes)
    if out.value is None:
        return out
    known = out.value in set(OccupancyRole)
    return Outcome(OccupancyRole(out.value)) if known else refuse("bad_role", value)


civility = from_list(codes.CIVILITIES, "bad_civility", "Return M., Mme or M. et Mme.")
energy = from_list(codes.ENERGY_CLASSES, "bad_code", "Return an energy class, A to G.")
code = from_list({}, "bad_code", "Return what the mapping's own code list says.")
rpls_home_kind = from_list(codes.RPLS_HOME_KINDS, "bad_code", "Return what an RPLS code builds.")
rpls_suffix = from_list(
    {**codes.SUFFIXES, **codes.RPLS_SUFFIXES},
    "bad_house_number",
    "Return a repetition index of the register: B bis, T ter, Q quater, C quinquies.",
)
