"""Asking people on call, one after the other, until somebody takes it: the clockwork's verbs.

Everything is decided from the rows: who was asked, what became of the SMS, what they said. A
process that dies between two steps loses nothing, and two at once ask nobody twice: the page is
locked, and a turn is taken once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import and_, exists, or_, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.permissions import Role
from callcenter.core.phone import can_receive_sms
from callcenter.core.site import current_site
from callcenter.members.accounts import Mandate, User
from callcenter.members.models import Organisation
from callcenter.messaging.models import Message
from callcenter.messaging.services import queue_message
from callcenter.messaging.states import MessageState, Trigger
from callcenter.oncall.links import digest_of, link_url, new_nonce, token_of
from callcenter.oncall.models import OnCallAttempt, OnCallPage, OnCallRota
from callcenter.oncall.page_queries import list_attempts
from callcenter.oncall.queries import list_duties, list_people
from callcenter.oncall.rules import order_of_asking
from callcenter.oncall.states import AttemptRole, AttemptState, PageState, PageStep
from callcenter.tickets.authors import Author, machine_author
from callcenter.tickets.models import Assignment, Ticket
from callcenter.tickets.rules import is_open
from callcenter.tickets.services.acts import write_event
from callcenter.tickets.states import AssignmentState, EventKind

# The SMS did not reach the telephone, whatever the reason: the next person is asked at once.
LOST_STATES: Final = (
    MessageState.FAILED,
    MessageState.UNDELIVERED,
    MessageState.EXPIRED,
    MessageState.SKIPPED,
    MessageState.CANCELLED,
)
_DEFAULT_MINUTES: Final = 10
# They may hear it the second time.
_UNHEARD: Final = frozenset({AttemptState.SILENT, AttemptState.FAILED})
_NOW_ON: Final = frozenset({AttemptState.DECLINED, AttemptState.SILENT, AttemptState.FAILED})


@dataclass(frozen=True, slots=True)
class _Person:
    id: int | None
    name: str
    number: str


def list_due_pages(limit: int = 100) -> Sequence[tuple[int, int]]:
    """Return (member, page) for which something is to be done now, the oldest first.

    Needs the scope of every member; one statement over the few pages that run.
    """
    lost = exists().where(
        OnCallAttempt.member_id == OnCallPage.member_id,
        OnCallAttempt.on_call_page_id == OnCallPage.id,
        OnCallAttempt.state == AttemptState.ASKED,
        OnCallAttempt.turn == OnCallPage.turns,
        Message.id == OnCallAttempt.message_id,
        Message.state.in_(LOST_STATES),
    )
    rows = db.session.execute(
        select(OnCallPage.member_id, OnCallPage.id)
        .where(
            OnCallPage.state == PageState.CALLING,
            or_(OnCallPage.next_at <= clock.now(), lost),
        )
        .order_by(OnCallPage.next_at, OnCallPage.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def advance_page(on_call_page_id: int) -> bool:
    """Do what is due for one page: ask, note silence or failure, ask the next, or escalate.

    Returns whether anything was done; False when another process has it in hand, or nothing
    is due. Needs the scope of every member, since supervisors stand behind the platform's wall.
    """
    locked = _lock(on_call_page_id)
    if locked is None:
        return False
    page, ticket = locked
    at = clock.now()
    with force_locale("fr"):
        if ticket is not None and (why := _no_longer_needed(page, ticket)):
            stand_down(page, ticket, why, at)
            return True
        attempts = list(list_attempts(page))
        last = attempts[-1] if attempts else None
        if last is not None and not _has_ended(page, ticket, last, at):
            return False
        # Before the first person, and between the two rounds.
        rests = last is None or page.again_after == page.turns
        if rests and page.next_at is not None and page.next_at > at:
            return False
        _ask_next(page, ticket, attempts, at)
    db.session.flush()
    return True


def _lock(on_call_page_id: int) -> tuple[OnCallPage, Ticket | None] | None:
    """Lock a page that runs, its ticket first as people's acts do; None if somebody has it."""
    ticket_id = db.session.scalar(
        select(OnCallPage.ticket_id).where(OnCallPage.id == on_call_page_id)
    )
    ticket = None
    if ticket_id is not None:
        ticket = db.session.scalar(
            select(Ticket)
            .where(Ticket.id == ticket_id)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        if ticket is None:
            return None
    page = db.session.scalar(
        select(OnCallPage)
        .where(OnCallPage.id == on_call_page_id, OnCallPage.state == PageState.CALLING)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return None if page is None else (page, ticket)


def stand_down(page: OnCallPage, ticket: Ticket | None, why: str, at: datetime) -> None:
    """Nobody is needed any more: those who were asked are told so on their page."""
    page.state, page.state_at, page.next_at = PageState.STOOD_DOWN, at, None
    page.note = f"{page.note}\n{why}".strip()
    spare_others(page, None, at)
    tell(ticket, PageStep.STOOD_DOWN, at, facts={"why": why})


def spare_others(page: OnCallPage, taken_by: OnCallAttempt | None, at: datetime) -> None:
    """Nobody else has to answer."""
    for attempt in list_attempts(page):
        if attempt.state == AttemptState.ASKED and attempt is not taken_by:
            attempt.state, attempt.state_at = AttemptState.SPARED, at
    db.session.flush()


def tell(
    ticket: Ticket | None,
    step: PageStep,
    at: datetime,
    *,
    author: Author | None = None,
    facts: dict[str, object] | None = None,
    body: str = "",
) -> None:
    """Write a step in the ticket's timeline; a page about a call alone has none."""
    if ticket is None:
        return
    write_event(
        ticket,
        EventKind.ON_CALL,
        author or machine_author(),
        at,
        body=body,
        facts={**(facts or {}), "step": str(step)},
    )


def _no_longer_needed(page: OnCallPage, ticket: Ticket) -> str:
    """Say why nobody on call is needed: the ticket ended, or somebody accepted it since.

    What somebody on call accepted and then gave back is older than the page's present state.
    """
    if not is_open(ticket.state):
        return str(_("La demande n'est plus ouverte."))
    taken = db.session.scalar(
        select(Assignment.organisation_name)
        .where(
            Assignment.member_id == ticket.member_id,
            Assignment.ticket_id == ticket.id,
            Assignment.state == AssignmentState.ACCEPTED,
            Assignment.informed_only.is_(False),
            Assignment.state_at > page.state_at,
        )
        .limit(1)
    )
    return str(_("Acceptée par %(organisme)s.", organisme=taken)) if taken else ""


def _has_ended(page: OnCallPage, ticket: Ticket | None, last: OnCallAttempt, at: datetime) -> bool:
    """Say whether the last person asked is out of it; write down how, if that is news."""
    if last.state in _NOW_ON:
        return True
    if last.state != AttemptState.ASKED:
        # Somebody took it and gave it back.
        return last.state == AttemptState.ACKNOWLEDGED
    message = db.session.get(Message, last.message_id) if last.message_id else None
    if message is not None and message.state in LOST_STATES:
        last.reason = message.reason
        _end(ticket, last, AttemptState.FAILED, PageStep.FAILED, at)
        return True
    if last.answer_by > at:
        page.next_at = last.answer_by
        return False
    _end(ticket, last, AttemptState.SILENT, PageStep.SILENT, at)
    return True


def _end(
    ticket: Ticket | None,
    attempt: OnCallAttempt,
    state: AttemptState,
    step: PageStep,
    at: datetime,
) -> None:
    attempt.state, attempt.state_at = state, at
    tell(ticket, step, at, facts={"name": attempt.name}, body=attempt.reason)


def _ask_next(
    page: OnCallPage, ticket: Ticket | None, attempts: list[OnCallAttempt], at: datetime
) -> None:
    """Ask the next person of the list; those whom no SMS reaches are passed at once."""
    round_began = page.again_after or 0
    asked = {
        one.on_call_person_id
        for one in attempts
        # Who said "je ne peux pas" is not asked again.
        if one.turn > round_began or one.state == AttemptState.DECLINED
    }
    rota = db.session.get(OnCallRota, page.on_call_rota_id) if page.on_call_rota_id else None
    minutes = rota.acknowledge_minutes if rota else _DEFAULT_MINUTES
    people = {one.id: one for one in list_people([rota.id])} if rota else {}
    on_duty = _on_duty(page, at)
    if rota is not None and on_duty is None and not attempts:
        tell(ticket, PageStep.NOBODY, at, facts={"rota": rota.name})
    for number in order_of_asking(list(people), on_duty):
        person = people.get(number)
        if person is None or number in asked:
            continue
        role = AttemptRole.DUTY if number == on_duty else AttemptRole.NEXT
        who = _Person(person.id, person.label, person.number)
        attempt = _ask(page, ticket, who, role, at, minutes)
        tell(ticket, PageStep.ASKED, at, facts={"name": who.name, "role": str(role)})
        if attempt.state == AttemptState.ASKED:
            page.next_at = attempt.answer_by
            return
        tell(ticket, PageStep.FAILED, at, facts={"name": who.name}, body=attempt.reason)
    unheard = any(one.state in _UNHEARD for one in list_attempts(page))
    if rota is not None and rota.again_minutes and page.again_after is None and unheard:
        page.again_after = page.turns
        page.next_at = at + timedelta(minutes=rota.again_minutes)
        tell(ticket, PageStep.AGAIN, at, facts={"at": page.next_at.isoformat()})
        return
    _escalate(page, ticket, at, minutes)


def _on_duty(page: OnCallPage, at: datetime) -> int | None:
    found = [
        duty.person_id
        for _member, duty in list_duties([page.member_id], at)
        if duty.rota_id == page.on_call_rota_id
    ]
    return found[0] if found else None


def _ask(
    page: OnCallPage,
    ticket: Ticket | None,
    who: _Person,
    role: AttemptRole,
    at: datetime,
    minutes: int,
) -> OnCallAttempt:
    """Send one person the SMS with the link, as a row of the present transaction."""
    site = current_site()
    nonce = new_nonce()
    page.turns += 1
    attempt = OnCallAttempt(
        member_id=page.member_id,
        on_call_page_id=page.id,
        turn=page.turns,
        role=role,
        on_call_person_id=who.id,
        name=who.name,
        number=who.number,
        state=AttemptState.ASKED,
        state_at=at,
        asked_at=at,
        answer_by=at + timedelta(minutes=minutes),
        nonce=nonce,
        digest=digest_of(token_of(nonce, site.secret)),
    )
    db.session.add(attempt)
    message = queue_message(
        member_id=page.member_id,
        trigger=Trigger.ON_CALL_PAGE,
        to_number=who.number,
        contact_id=None,
        ticket_id=page.ticket_id,
        values={
            "membre": _member_name(page.member_id),
            "objet": page_subject(page, ticket),
            "lieu": page.place or _("lieu à préciser"),
            "reference": ticket.reference if ticket else _("appel"),
            "lien": link_url(nonce, site),
        },
        urgent=True,
    )
    attempt.message_id = message.id
    if message.state == MessageState.SKIPPED:
        attempt.state, attempt.reason = AttemptState.FAILED, message.reason
    db.session.flush()
    return attempt


def page_subject(page: OnCallPage, ticket: Ticket | None) -> str:
    """Return what an SMS may say of it: nothing of a restricted ticket, others read phones."""
    if ticket is not None and ticket.restricted:
        return str(_("urgence, appelez la plateforme"))
    return page.title


def _escalate(page: OnCallPage, ticket: Ticket | None, at: datetime, minutes: int) -> None:
    """Everybody was asked: the supervisors have it, on their wall and by SMS."""
    page.state, page.state_at, page.next_at = PageState.ESCALATED, at, None
    told: list[str] = []
    for user in _supervisors(page.member_id):
        if user.phone and can_receive_sms(user.phone):
            who = _Person(None, user.full_name, user.phone)
            _ask(page, ticket, who, AttemptRole.SUPERVISOR, at, minutes)
            told.append(user.full_name)
    tell(ticket, PageStep.ESCALATED, at, facts={"names": told})


def _supervisors(member_id: int) -> Sequence[User]:
    """Return the platform's supervisors who serve the member today."""
    today = clock.today()
    return db.session.scalars(
        select(User)
        .join(Mandate, Mandate.user_id == User.id)
        .where(
            User.role == Role.SUPERVISOR,
            User.active,
            Mandate.member_id == member_id,
            Mandate.starts_on <= today,
            or_(Mandate.ends_on.is_(None), and_(Mandate.ends_on >= today)),
        )
        .order_by(User.id)
    ).all()


def _member_name(member_id: int) -> str:
    return db.session.get_one(Organisation, member_id).short_name
