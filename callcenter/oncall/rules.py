"""On-call as the trade has it: who covers what, who is asked in what order, what is uncovered.

Pure: instants are aware and in UTC, wall-clock times are those of Paris.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol, TypeVar

from callcenter.members.calendar_rules import (
    Calendar,
    Interval,
    local_instant,
    on_call_period_at,
    on_call_periods,
)
from callcenter.oncall.states import Turn

# No pattern reaches farther: people and holidays change.
FARTHEST: Final = timedelta(days=400)
_WEEK: Final = 7
# Looking back for the last closed period: a fortnight off is the longest that offices take.
_LOOK_BACK: Final = timedelta(days=21)


class Covers(Protocol):
    """A rota as far as its trade goes."""

    @property
    def category_codes(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def equipment(self) -> Sequence[str]: ...  # noqa: D102


Rota = TypeVar("Rota", bound=Covers)


@dataclass(frozen=True, slots=True)
class Block:
    """A shift to be: somebody's number, from and to."""

    person_id: int
    starts_at: datetime
    ends_at: datetime


def choose_rota(rotas: Iterable[Rota], code: str, equipment: str) -> Rota | None:
    """Return the narrowest rota that covers a category: by its code, by equipment, or all.

    The first of the list wins between equals.
    """
    best: tuple[int, Rota] | None = None
    for rota in rotas:
        fit = _fit(rota, code, equipment)
        if fit is not None and (best is None or fit > best[0]):
            best = (fit, rota)
    return best[1] if best else None


def covers_all(rota: Covers) -> bool:
    """Say whether a rota covers whatever no other one does."""
    return not rota.category_codes and not rota.equipment


def _fit(rota: Covers, code: str, equipment: str) -> int | None:
    if code and code in rota.category_codes:
        return 2
    if equipment and equipment in rota.equipment:
        return 1
    return 0 if covers_all(rota) else None


def order_of_asking(people: Sequence[int], on_duty: int | None) -> list[int]:
    """Return whom to ask, in order: who is on duty, then the rest of the list as it stands."""
    if on_duty is None:
        return list(people)
    return [on_duty, *(one for one in people if one != on_duty)]


def pattern(
    turn: Turn, people: Sequence[int], first: date, last: date, hand_over: time, start_with: int = 0
) -> Iterator[Block]:
    """Yield shifts that go round the people from ``first`` to the hand-over after ``last``.

    Each begins and ends at ``hand_over`` on the wall clock, whatever the season: the week of
    the change is an hour shorter or longer. A shift lasts day and night, so that a holiday or
    a closing day in it is covered without anybody thinking of it.
    """
    if not people:
        return
    step = timedelta(days=_WEEK if turn is Turn.WEEK else 1)
    day, place = first, start_with
    while day <= last:
        yield Block(
            people[place % len(people)],
            local_instant(day, hand_over),
            local_instant(day + step, hand_over),
        )
        day, place = day + step, place + 1


def weekly_pattern(
    week: Sequence[int | None], first: date, last: date, hand_over: time
) -> Iterator[Block]:
    """Yield the shifts of a model week (Monday first): the same person on the same weekday.

    ``None`` leaves that day empty. Neighbouring days of one person are one shift.
    """
    day, open_block = first, None
    while day <= last:
        person = week[day.weekday()]
        begins = local_instant(day, hand_over)
        ends = local_instant(day + timedelta(days=1), hand_over)
        if open_block and open_block.person_id == person and open_block.ends_at == begins:
            open_block = Block(open_block.person_id, open_block.starts_at, ends)
        else:
            if open_block:
                yield open_block
            open_block = Block(person, begins, ends) if person is not None else None
        day += timedelta(days=1)
    if open_block:
        yield open_block


def left_of(wanted: Interval, taken: Iterable[Interval]) -> list[Interval]:
    """Return what is left of an interval once others are taken out of it."""
    left = [wanted]
    for begins, ends in taken:
        left = [
            piece
            for start, end in left
            for piece in ((start, min(end, begins)), (max(start, ends), end))
            if piece[0] < piece[1]
        ]
    return left


def fill_in(blocks: Iterable[Block], taken: Iterable[Interval]) -> list[Block]:
    """Return the parts of the blocks where nobody stands yet."""
    known = list(taken)
    return [
        Block(block.person_id, start, end)
        for block in blocks
        for start, end in left_of((block.starts_at, block.ends_at), known)
    ]


def find_gaps(
    calendar: Calendar, shifts: Iterable[Interval], start: datetime, end: datetime
) -> list[Interval]:
    """Return the on-call times between two instants that no shift covers, night by night."""
    known = list(shifts)
    return [
        gap for period in on_call_periods(calendar, start, end) for gap in left_of(period, known)
    ]


def last_period(calendar: Calendar, now: datetime) -> Interval:
    """Return the on-call period that runs, else the one that ended last."""
    running = on_call_period_at(calendar, now)
    if running is not None:
        return running
    ended = on_call_periods(calendar, now - _LOOK_BACK, now)[-1]
    whole = on_call_period_at(calendar, ended[0])
    return whole or ended


def period_of_night(calendar: Calendar, night: date) -> Interval:
    """Return the on-call period that holds the evening (23:00) of a date."""
    evening = local_instant(night, time(23, 0))
    found = on_call_period_at(calendar, evening)
    return found or (evening, evening + timedelta(hours=1))
