"""Maintenance contracts: equipment, hours, residences."""

import re
from itertools import pairwise
from typing import Any

from callcenter.estate.importing import codes
from callcenter.estate.importing.normalise import search_key
from callcenter.estate.importing.outcome import NOTHING, Outcome, refuse
from callcenter.estate.importing.transforms.basic import from_list, reference

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKING_DAYS = DAYS[:5]
_DAY_WORDS = {
    "lun": 0, "lundi": 0, "l": 0, "mar": 1, "mardi": 1, "mer": 2, "mercredi": 2,
    "jeu": 3, "jeudi": 3, "j": 3, "ven": 4, "vendredi": 4, "v": 4,
    "sam": 5, "samedi": 5, "s": 5, "dim": 6, "dimanche": 6, "d": 6,
}  # fmt: skip
_AROUND_THE_CLOCK = re.compile(r"^(?:24\s*h?\s*/\s*24|24\s*/\s*7|7\s*j?\s*/\s*7)", re.IGNORECASE)
_HOURS = re.compile(
    r"(\d{1,2})\s?(?:h|:)\s?(\d{2})?\s?(?:-|–|à|a)\s?(\d{1,2})\s?(?:h|:)\s?(\d{2})?", re.IGNORECASE
)
_DAYS = re.compile(r"^(?P<first>[a-z]+)(?:\s?(?:-|au|a|/)\s?(?P<last>[a-z]+))?$")
_SPLIT = re.compile(r"[|;,\n]+")
_EVERYWHERE = frozenset({"toutes", "tous", "tout", "toutes les residences", "ensemble", "all"})
_MAX_RESIDENCES = 20_000

equipment = from_list(codes.EQUIPMENT, "bad_equipment", "Return a code of equipment.")


def weekly_hours(value: str) -> Outcome:
    """Return ``{"mon": [["08:30", "12:30"], …], …}`` from ``8h30-12h30 13h30-17h30``.

    ``24/7`` is every day from 00:00 to 24:00. Without a named day, hours are those of working
    days. A day, or a range of days, may stand before its hours: ``lun-ven 8h-18h, sam 9h-12h``.
    """
    clean = " ".join(value.split())
    if not clean:
        return NOTHING
    if _AROUND_THE_CLOCK.match(clean):
        return Outcome(
            {"weekly_hours": {day: [["00:00", "24:00"]] for day in DAYS}, "around_the_clock": True}
        )
    week = _week(clean)
    if week is None or any(
        before[1] > after[0] for slots in week.values() for before, after in pairwise(slots)
    ):
        return refuse("bad_hours", value)
    ordered = {day: week[day] for day in DAYS if day in week}
    return Outcome({"weekly_hours": ordered, "around_the_clock": False})


def _week(clean: str) -> dict[str, list[list[str]]] | None:
    """Return the hours of each day, or ``None`` when some words are not understood."""
    week: dict[str, list[list[str]]] = {}
    days: tuple[str, ...] = WORKING_DAYS
    position = 0
    for match in _HOURS.finditer(clean):
        named = _named_days(clean[position : match.start()])
        slot = _slot(match)
        if named is None or slot is None:
            return None
        days = named or days
        for day in days:
            week.setdefault(day, []).append(slot)
        position = match.end()
    return week if week and not clean[position:].strip(" .,;") else None


def _slot(match: re.Match[str]) -> list[str] | None:
    start = (int(match[1]), int(match[2] or 0))
    end = (int(match[3]), int(match[4] or 0))
    if not (start < end <= (24, 0)) or start[1] > 59 or end[1] > 59:  # noqa: PLR2004 - minutes
        return None
    return [f"{start[0]:02d}:{start[1]:02d}", f"{end[0]:02d}:{end[1]:02d}"]


def _named_days(words: str) -> tuple[str, ...] | None:
    """Return the days named before some hours: none said is empty, unknown words are ``None``."""
    clean = words.strip(" ,;:.").lower().removeprefix("et ").removeprefix("du ").replace(".", "")
    if clean in {"", "et"}:
        return ()
    match = _DAYS.match(clean)
    if not match or match["first"] not in _DAY_WORDS:
        return None
    first = _DAY_WORDS[match["first"]]
    if match["last"] is None:
        return (DAYS[first],)
    last = _DAY_WORDS.get(match["last"])
    return None if last is None or last < first else DAYS[first : last + 1]


def residences(value: str) -> Outcome:
    """Return the codes in ``0001|0002``, in order, once each; ``TOUTES`` is every residence."""
    if not value.strip():
        return NOTHING
    if search_key(value) in _EVERYWHERE:
        return Outcome({"residences": (), "every_residence": True})
    found: dict[str, None] = {}
    repairs: list[Any] = []
    for part in _SPLIT.split(value):
        if not part.strip():
            continue
        out = reference(part)
        if not out.value or len(found) >= _MAX_RESIDENCES:
            return refuse("bad_residences", part.strip()[:80])
        repairs += out.repairs
        found[out.value] = None
    if not found:
        return refuse("bad_residences", value[:80])
    return Outcome({"residences": tuple(found), "every_residence": False}, tuple(repairs))
