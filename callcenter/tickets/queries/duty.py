"""What somebody on call reads of the one emergency they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.estate.models import Dwelling, Residence
from callcenter.members.models import Organisation
from callcenter.oncall.models import OnCallAttempt, OnCallPage, OnCallRota
from callcenter.oncall.page_queries import get_page, list_attempts
from callcenter.routing.models import Category
from callcenter.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class DutyCall:
    """One page for one person: what, where, whom to ring, and how it stands."""

    member: Organisation
    page: OnCallPage
    attempt: OnCallAttempt
    attempts: Sequence[OnCallAttempt]
    instructions: str
    ticket: Ticket | None = None
    address: str = ""
    questions: list[Any] | None = None
    safety_number: str = ""
    safety_script: str = ""

    @property
    def mine(self) -> bool:
        """Say whether this very person has taken it."""
        return self.page.state == "acknowledged" and self.attempt.state == "acknowledged"

    @property
    def now_asked(self) -> OnCallAttempt | None:
        """Return who has been asked since this person and may still answer in time."""
        last = self.attempts[-1]
        return last if last.state == "asked" and last.id != self.attempt.id else None


def get_duty_call(page_id: int, attempt_id: int) -> DutyCall:
    """Return a page as one person sees it; the scope is that one member's. NotFound otherwise."""
    page = get_page(page_id)
    db.session.refresh(page)
    attempts = list_attempts(page)
    attempt = next((one for one in attempts if one.id == attempt_id), None)
    if attempt is None:
        raise NotFound
    member = db.session.get_one(Organisation, page.member_id)
    instructions = db.session.scalar(
        select(OnCallRota.instructions).where(OnCallRota.id == page.on_call_rota_id)
    )
    call = (member, page, attempt, attempts, instructions or "")
    if page.ticket_id is None:
        return DutyCall(*call)
    ticket, category, dwelling, residence = db.session.execute(
        select(Ticket, Category, Dwelling, Residence)
        .join(
            Category,
            and_(Category.member_id == Ticket.member_id, Category.id == Ticket.category_id),
        )
        .outerjoin(
            Dwelling,
            and_(Dwelling.member_id == Ticket.member_id, Dwelling.id == Ticket.dwelling_id),
        )
        .outerjoin(
            Residence,
            and_(Residence.member_id == Ticket.member_id, Residence.id == Ticket.residence_id),
        )
        .where(Ticket.id == page.ticket_id)
        .execution_options(populate_existing=True)
    ).one()
    return DutyCall(
        *call,
        ticket=ticket,
        address=_address(dwelling, residence),
        questions=category.questions or [],
        safety_number=category.safety_number,
        safety_script=category.safety_script,
    )


def _address(dwelling: Dwelling | None, residence: Residence | None) -> str:
    if dwelling is not None and dwelling.street:
        return f"{dwelling.street}, {dwelling.postcode} {dwelling.city}"
    if residence is not None:
        return f"{residence.postcode} {residence.city}".strip()
    return ""
