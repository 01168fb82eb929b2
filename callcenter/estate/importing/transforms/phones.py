"""Telephone cells: several numbers, notes beside them, what spreadsheets did to them.

What is repaired is sure: a lost zero, ``+33`` without its plus, scientific notation with every
digit. A number whose digits were rounded away is refused: nobody can know it.
"""

import re
from typing import NamedTuple

from callcenter.core.errors import UserError
from callcenter.core.phone import parse_phone
from callcenter.estate.importing import codes
from callcenter.estate.importing.normalise import search_key, tidy
from callcenter.estate.importing.outcome import NOTHING, Outcome, Problem, Repair, refuse
from callcenter.estate.importing.transforms.basic import looks_scientific, unfold_scientific

MAX_NOTE = 60
MAX_NUMBERS = 12
# A comma separates numbers, but not the decimals of 6,39981234E+08.
_SPLIT = re.compile(r"\s*(?:[/;|\n]|,(?!\d+E\+?\d)|\b(?:ou|et)\b)\s*", re.IGNORECASE)
_NOTE = re.compile(r"\(([^()\d]{1,60})\)")
_EXTENSION = re.compile(r"\b(?:poste|p\.|ext\.?|int\.?)\s*(\d{1,6})\b", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_][^\d+]*", re.UNICODE)
_FORMATS = re.compile(r"[\s.\-_()  ]+")
_DECIMAL_ZERO = re.compile(r"[.,]0$")
# One number and nothing beside it, as most cells are.
_PLAIN = re.compile(r"0[1-9](?:[ .-]?[0-9]{2}){4}")
_TEN_AND_TEN = re.compile(r"^(0[1-9]\d{8})(0[1-9]\d{8})$")


class PhoneEntry(NamedTuple):
    """One number of a person: E.164, what it can do, and what stood beside it."""

    number: str
    kind: str
    note: str = ""


def phones(value: str, note: str = "") -> Outcome:
    """Return the numbers of a cell, in order, once each; ``note`` is added to each of them.

    ``07 31 47 99 06 (fils)`` keeps « fils » as a note, ``05 36 49 00 01 poste 12`` its extension.
    ``NC`` and the like are no number and no mistake. Anything else is dropped and told.
    """
    clean = value.strip()
    if not clean:
        return NOTHING
    if _PLAIN.fullmatch(clean):
        return _plain(clean, note)
    if _placeholder(clean):
        return Outcome(None, (Repair("placeholder", clean, ""),))
    found: dict[str, PhoneEntry] = {}
    repairs: list[Repair] = []
    problems: list[Problem] = []
    parts = [part for part in _SPLIT.split(clean) if part.strip()]
    for part in parts[:MAX_NUMBERS]:
        for one in _glued(part):
            entry = _one(one, note, repairs, problems)
            if entry:
                found.setdefault(entry.number, entry)
    problems += [Problem("not_a_phone", part[:80]) for part in parts[MAX_NUMBERS:]]
    if len(found) > 1:
        repairs.append(Repair("split_numbers", clean, " ; ".join(found)))
    return Outcome(tuple(found.values()) or None, tuple(repairs), tuple(problems))


def _plain(value: str, note: str) -> Outcome:
    try:
        phone = parse_phone(value)
    except UserError:
        return refuse("invalid_phone", value)
    return Outcome((PhoneEntry(phone.e164, str(phone.kind), note[:MAX_NOTE]),))


def _placeholder(value: str) -> bool:
    """Tell whether people typed something only because the cell must not stay empty."""
    key = search_key(value)
    return key in codes.PLACEHOLDERS or set(key) <= {"0", " "}


def _glued(part: str) -> tuple[str, ...]:
    """Cut ``07 31 03 58 55 07 34 26 69 59``: twice ten digits that each start with a zero."""
    match = _TEN_AND_TEN.match(_FORMATS.sub("", part))
    return (match[1], match[2]) if match else (part,)


def _one(
    part: str, extra: str, repairs: list[Repair], problems: list[Problem]
) -> PhoneEntry | None:
    raw = tidy(part)
    if _placeholder(raw):
        repairs.append(Repair("placeholder", raw, ""))
        return None
    notes = [extra] if extra else []
    rest = raw
    if match := _NOTE.search(rest):
        notes.append(match[1])
        rest = _NOTE.sub(" ", rest)
    if match := _EXTENSION.search(rest):
        notes.append(f"poste {match[1]}")
        rest = _EXTENSION.sub(" ", rest)
    if looks_scientific(rest.strip()):
        digits = unfold_scientific(rest.strip())
        if digits is None:
            problems.append(Problem("phone_digits_lost", raw))
            return None
        repairs.append(Repair("scientific", raw, digits))
        rest = digits
    elif words := _WORDS.search(rest):
        notes.append(words.group().strip(" .:-"))
        rest = _WORDS.sub(" ", rest, count=1)
    number = _normal(_DECIMAL_ZERO.sub("", rest.strip()), raw, repairs)
    if not number:
        problems.append(Problem("not_a_phone", raw[:80]))
        return None
    try:
        phone = parse_phone(number)
    except UserError:
        problems.append(Problem("invalid_phone", raw[:80]))
        return None
    said = ", ".join(dict.fromkeys(note for note in notes if note))[:MAX_NOTE]
    if said and said != extra:
        repairs.append(Repair("phone_note", raw, f"{phone.e164} ({said})"))
    return PhoneEntry(phone.e164, str(phone.kind), said)


def _normal(text: str, raw: str, repairs: list[Repair]) -> str:
    """Return the number with its prefix, or nothing when ``text`` holds no number."""
    plus = text.startswith("+")
    compact = _FORMATS.sub("", text.removeprefix("+"))
    if not compact.isascii() or not compact.isdigit() or len(compact) < 8:  # noqa: PLR2004
        return ""
    if plus or compact.startswith("00"):
        digits = compact.removeprefix("00") if not plus else compact
        # +33 (0)7 33 70 49 42: the zero in brackets is not dialled.
        return "+33" + digits[3:] if digits.startswith("330") else "+" + digits
    if len(compact) == 9 and compact[0] != "0":  # noqa: PLR2004 - a zero short of ten
        repairs.append(Repair("leading_zero", raw, "0" + compact))
        return "0" + compact
    if len(compact) == 11 and compact.startswith("33"):  # noqa: PLR2004 - +33 and nine digits
        repairs.append(Repair("country_code", raw, "+" + compact))
        return "+" + compact
    return compact
