"""Addresses, floors and kinds of homes."""

import re

from callcenter.estate.importing import codes
from callcenter.estate.importing.normalise import nice_case, search_key, tidy
from callcenter.estate.importing.outcome import NOTHING, Outcome, Problem, refuse
from callcenter.estate.importing.transforms.basic import from_list, integer, text

CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}))?$")
_NUMBER = re.compile(r"^(\d{1,4})(?:\s*(?:[-/]|à|et)\s*(\d{1,4}))?\s*([a-zA-Z]+)?$")
_HEAD = re.compile(
    r"^(?P<clock>\d{1,2}:\d{2}(?::\d{2})?)[\s,]+(?P<after>.*)$|"
    r"^(?P<number>\d{1,4}(?:\s?[-/]\s?\d{1,4})?)"
    r"(?:\s?(?P<suffix>bis|ter|quater|quinquies|[a-zA-Z]))?[\s,]+(?P<rest>\S.*)$",
    re.IGNORECASE,
)
_TYPOLOGY = re.compile(r"^(?:t|f|type\s?)\s?(\d{1,2})(?:\s?(bis|duplex|ter))?$")
_FLOOR = re.compile(r"^(-?\d{1,2})(?:er|e|eme|nd)?(?:\s?etages?)?$")
_LOW_FLOOR, _HIGH_FLOOR = -6, 60


def house_number(value: str) -> Outcome:
    """Return a house number (``12``, ``12-14``), with its suffix when it is in the cell.

    A clock time (``09:00:00``) is a number that a spreadsheet changed: it is refused here and
    repaired by the reader when the neighbours tell.
    """
    clean = tidy(value)
    if not clean or clean == "0":
        return NOTHING
    if CLOCK.match(clean):
        return refuse("clock_time", clean)
    if clean.replace(".", ",").endswith(",0"):
        clean = clean[:-2]
    match = _NUMBER.match(clean)
    if not match:
        return refuse("bad_house_number", value)
    number = str(int(match[1])) + (f"-{int(match[2])}" if match[2] else "")
    result = {"house_number": number}
    if match[3]:
        suffix = codes.SUFFIXES.get(match[3].lower())
        if suffix is None:
            return refuse("bad_house_number", value)
        result["house_suffix"] = suffix
    return Outcome(result)


suffix = from_list(codes.SUFFIXES, "bad_house_number", "Return bis, ter or a letter.")


def street_type(value: str) -> Outcome:
    """Return a street type in full with its accents; an unknown one is kept as it is."""
    clean = tidy(value)
    if not clean:
        return NOTHING
    return Outcome(codes.STREET_TYPES.get(search_key(clean)) or nice_case(clean))


def whole_address(value: str) -> Outcome:
    """Split ``109 bis Rue Simone Veil`` in number, suffix, street type and street.

    Further lines of the cell (digicode, entrance) become the address's complement. An address
    with no number is kept as a street.
    """
    lines = [tidy(line) for line in value.splitlines() if line.strip()]
    if not lines:
        return NOTHING
    out = text(lines[0], 200)
    if not out.value:
        return out
    result: dict[str, str] = {}
    problems: tuple[Problem, ...] = out.problems
    street = str(out.value)
    if len(lines) > 1:
        extra = text(" ; ".join(lines[1:]))
        if extra.value:
            result["address_extra"] = extra.value
        problems += extra.problems
    if match := _HEAD.match(street):
        if match["clock"]:
            problems += (Problem("clock_time", match["clock"]),)
            street = match["after"]
        elif match["suffix"] and search_key(match["rest"]) == "":
            pass
        else:
            result["house_number"] = re.sub(r"\s", "", match["number"]).replace("/", "-")
            street = match["rest"]
            if match["suffix"]:
                result["house_suffix"] = codes.SUFFIXES[match["suffix"].lower()]
    words = street.split(" ", 1)
    kind = codes.STREET_TYPES.get(search_key(words[0]))
    if kind and len(words) > 1:
        result["street_type"], street = kind, words[1]
    result["street"] = nice_case(street)
    return Outcome(result, (), problems)


def floor(value: str) -> Outcome:
    """Return a floor: 0 is the ground floor (RDC), negative is below, from -6 to 60."""
    key = tidy(value)
    if not key:
        return NOTHING
    folded = search_key(key)
    if folded in codes.FLOORS:
        return Outcome(codes.FLOORS[folded])
    # The sign is punctuation to search_key: keep it.
    if key.startswith("-"):
        folded = "-" + folded
    if key.replace(",", ".").endswith(".0"):
        folded = folded.removesuffix(" 0")
    match = _FLOOR.match(folded)
    if not match or not _LOW_FLOOR <= int(match[1]) <= _HIGH_FLOOR:
        return refuse("bad_floor", value)
    return Outcome(int(match[1]))


def typology(value: str) -> Outcome:
    """Return rooms and kind of home from ``T3``, ``F4``, ``studio`` or ``maison``."""
    key = search_key(value)
    if not key:
        return NOTHING
    if key in {"maison", "pavillon", "individuel", "villa"}:
        return Outcome({"home_kind": "house"})
    house = False
    for word in ("maison", "pavillon"):
        if word in key:
            key, house = key.replace(word, "").strip(), True
    if key in {"studio", "chambre"}:
        return Outcome({"home_kind": "apartment", "rooms": 1})
    match = _TYPOLOGY.match(key)
    if match:
        count = integer(match[1], 1, 20)
        if count.value:
            return Outcome({"rooms": count.value, "home_kind": "house" if house else "apartment"})
    return refuse("bad_typology", value)
