"""Who is on duty now, or tonight, and what has been asked of them since the evening."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from callcenter.core import clock
from callcenter.members.calendar_rules import Interval, is_on_call_time, on_call_periods
from callcenter.members.queries import get_main_calendar
from callcenter.oncall.page_queries import PageLine, list_pages
from callcenter.oncall.queries import Duty, list_duties

# The nearest night is never farther than a day of work.
_DAY: Final = timedelta(hours=30)


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


def list_tonight(member_ids: Iterable[int]) -> list[Tonight]:
    """Return several members' nights, for whoever watches over all of them."""
    return [get_tonight(member_id) for member_id in member_ids]
