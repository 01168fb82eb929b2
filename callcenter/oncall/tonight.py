"""Who is on duty now, or tonight, and what has been asked of them since the evening."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from callcenter.core import clock
from callcenter.members.calendar_rules import (
    Calendar,
    Interval,
    is_on_call_time,
    on_call_periods,
)
from callcenter.members.hours_rules import WeeklyHours
from callcenter.members.queries import get_main_calendar
from callcenter.members.services import OFFICE_HOURS
from callcenter.oncall.page_queries import PageLine, list_pages
from callcenter.oncall.queries import Duty, list_duties

# The nearest night is never farther than a day of work.
_DAY: Final = timedelta(hours=30)
_ORDINARY: Final = Calendar(WeeklyHours.from_json(OFFICE_HOURS))


@dataclass(frozen=True, slots=True)
class Tonight:
    """One member's on-call at the instant ``at``: now, or the start of the coming night."""

    member_id: int
    at: datetime
    now: bool
    period: Interval
    duties: Sequence[Duty]
    pages: Sequence[PageLine]

    @property
    def unanswered(self) -> list[PageLine]:
        """Return the pages that nobody has taken yet."""
        return [one for one in self.pages if one.unanswered]


def get_tonight(member_id: int) -> Tonight:
    """Return a member's night: the one that runs, else the next. Five statements."""
    calendar = get_main_calendar(member_id)
    now = clock.now()
    running = is_on_call_time(calendar, now)
    period = on_call_periods(calendar, now, now + _DAY * 4)[0]
    at = now if running else period[0]
    duties = [duty for _member, duty in list_duties([member_id], at)]
    return Tonight(member_id, at, running, period, duties, list_pages([member_id], live_only=True))


@dataclass(frozen=True, slots=True)
class Watch:
    """Every member's on-call at one instant, for whoever watches over all of them."""

    at: datetime
    now: bool
    duties: Sequence[tuple[int, Duty]]
    pages: Sequence[PageLine]

    @property
    def unanswered(self) -> list[PageLine]:
        """Return the pages that nobody has taken yet, whoever's."""
        return [one for one in self.pages if one.unanswered]

    def of(self, member_id: int) -> list[Duty]:
        """Return one member's rotas."""
        return [duty for member, duty in self.duties if member == member_id]


def watch_over(member_ids: Iterable[int]) -> Watch:
    """Return these members' on-call now, or as it will be at the next evening. Three statements.

    The evening is that of ordinary office days: a member's own closing days only matter to
    its own page.
    """
    members = list(member_ids)
    now = clock.now()
    running = is_on_call_time(_ORDINARY, now)
    at = now if running else on_call_periods(_ORDINARY, now, now + _DAY)[0][0]
    return Watch(at, running, list_duties(members, at), list_pages(members, live_only=True))
