"""Reads of pages: what has been asked, of whom, and what they said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, or_, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.oncall.models import OnCallAttempt, OnCallPage, OnCallRota
from callcenter.oncall.states import UNANSWERED, PageState

PAGES_MAX: Final = 200
TAKEN_SHOWN: Final = timedelta(hours=18)


@dataclass(frozen=True, slots=True)
class PageLine:
    """A page with its rota's name and everybody who was asked, in order."""

    page: OnCallPage
    rota_name: str
    attempts: list[OnCallAttempt] = field(default_factory=list)

    @property
    def unanswered(self) -> bool:
        """Say whether somebody must still answer."""
        return self.page.state in UNANSWERED


def list_pages(
    member_ids: Iterable[int],
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    live_only: bool = False,
) -> list[PageLine]:
    """Return pages of these members, newest first, with their attempts. Two statements."""
    found = select(OnCallPage, OnCallRota.name).outerjoin(
        OnCallRota,
        and_(
            OnCallRota.member_id == OnCallPage.member_id,
            OnCallRota.id == OnCallPage.on_call_rota_id,
        ),
    )
    found = found.where(OnCallPage.member_id.in_(list(member_ids)))
    if start is not None:
        found = found.where(OnCallPage.created_at >= start)
    if end is not None:
        found = found.where(OnCallPage.created_at < end)
    if live_only:
        # What was taken and never said to be done is the morning's business, not tonight's.
        found = found.where(
            or_(
                OnCallPage.state.in_(UNANSWERED),
                and_(
                    OnCallPage.state == PageState.ACKNOWLEDGED,
                    OnCallPage.state_at > clock.now() - TAKEN_SHOWN,
                ),
            )
        )
    rows = db.session.execute(found.order_by(OnCallPage.id.desc()).limit(PAGES_MAX)).all()
    return _with_attempts([PageLine(row[0], row[1] or "") for row in rows])


def list_pages_of_ticket(member_id: int, ticket_id: int) -> list[PageLine]:
    """Return a ticket's pages, newest first."""
    rows = db.session.execute(
        select(OnCallPage, OnCallRota.name)
        .outerjoin(
            OnCallRota,
            and_(
                OnCallRota.member_id == OnCallPage.member_id,
                OnCallRota.id == OnCallPage.on_call_rota_id,
            ),
        )
        .where(OnCallPage.member_id == member_id, OnCallPage.ticket_id == ticket_id)
        .order_by(OnCallPage.id.desc())
        .limit(5)
    ).all()
    return _with_attempts([PageLine(row[0], row[1] or "") for row in rows])


def get_page(on_call_page_id: int) -> OnCallPage:
    """Return a page within the wall; NotFound for any other."""
    page = db.session.scalar(select(OnCallPage).where(OnCallPage.id == on_call_page_id))
    if page is None:
        raise NotFound
    return page


def list_attempts(page: OnCallPage) -> Sequence[OnCallAttempt]:
    """Return everybody asked about a page, in order."""
    return db.session.scalars(
        select(OnCallAttempt)
        .where(OnCallAttempt.member_id == page.member_id, OnCallAttempt.on_call_page_id == page.id)
        .order_by(OnCallAttempt.turn)
        .execution_options(populate_existing=True)
    ).all()


def _with_attempts(lines: list[PageLine]) -> list[PageLine]:
    if not lines:
        return lines
    by_page = {line.page.id: line for line in lines}
    for attempt in db.session.scalars(
        select(OnCallAttempt)
        .where(OnCallAttempt.on_call_page_id.in_(list(by_page)))
        .order_by(OnCallAttempt.on_call_page_id, OnCallAttempt.turn)
    ):
        by_page[attempt.on_call_page_id].attempts.append(attempt)
    return lines
