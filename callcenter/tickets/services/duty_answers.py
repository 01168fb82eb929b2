"""What people on call say: I take it, I can't, I am there, it is done; by the link or by phone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.permissions import PERMISSIONS, Permission, Role
from callcenter.oncall.models import OnCallAttempt, OnCallPage
from callcenter.oncall.page_queries import list_attempts
from callcenter.oncall.states import UNANSWERED, AttemptState, PageState, PageStep, can_become
from callcenter.tickets.authors import Author, author_of
from callcenter.tickets.models import Ticket
from callcenter.tickets.rules import is_open
from callcenter.tickets.services.acts import (
    Act,
    assignments_of,
    begin,
    checked_text,
    live_assignments,
)
from callcenter.tickets.services.assignments import accept_assignment
from callcenter.tickets.services.duty_asking import spare_others, tell
from callcenter.tickets.services.progress import resolve
from callcenter.tickets.states import AssignmentState, ResolutionCode
from callcenter.ui.timewords import clock_time

NOTE_MAX: Final = 1000
_NAME_MAX: Final = 80


@dataclass(slots=True)
class _Answer:
    """A locked page in hand, with who speaks."""

    page: OnCallPage
    ticket: Ticket | None
    attempt: OnCallAttempt | None
    author: Author
    at: datetime


def duty_actor(member_id: int, name: str) -> Actor:
    """Return somebody on call, known by the signed link alone, who acts for the member."""
    return Actor(
        user_id=0,
        name=_("%(name)s (astreinte)", name=name),
        role=Role.MANAGER,
        home_id=member_id,
        organisation_id=member_id,
        member_ids=frozenset({member_id}),
        permissions=PERMISSIONS[Role.MANAGER]
        & {
            Permission.TICKETS_READ,
            Permission.TICKETS_HANDLE,
            Permission.TICKETS_READ_RESTRICTED,
        },
    )


def acknowledge(page_id: int, attempt_id: int) -> OnCallPage:
    """Take it. The first who says so has it; it may be somebody who was asked before.

    The member's own assignment is accepted with it, so that the tenant is told. Raises
    UserError when somebody else has it, or nobody is needed any more.
    """
    answer = _begin(page_id, attempt_id)
    page, attempt = answer.page, answer.attempt
    if attempt is None:
        raise NotFound
    if page.state == PageState.ACKNOWLEDGED and attempt.state == AttemptState.ACKNOWLEDGED:
        return page
    _require_unanswered(page)
    attempt.state, attempt.state_at = AttemptState.ACKNOWLEDGED, answer.at
    _taken(answer, attempt.name, attempt)
    return page


def decline(page_id: int, attempt_id: int, reason: str = "") -> OnCallPage:
    """Say "je ne peux pas", or give back what was taken: the next person is asked at once."""
    answer = _begin(page_id, attempt_id)
    page, attempt = answer.page, answer.attempt
    if attempt is None:
        raise NotFound
    if attempt.state == AttemptState.DECLINED:
        return page
    had_it = page.state == PageState.ACKNOWLEDGED and attempt.state == AttemptState.ACKNOWLEDGED
    if not had_it and page.state not in UNANSWERED:
        raise UserError(_("Il n'y a plus rien à répondre : quelqu'un s'en occupe."))
    attempt.state, attempt.state_at = AttemptState.DECLINED, answer.at
    attempt.reason = checked_text(reason.strip(), NOTE_MAX, "note")
    if had_it:
        page.acknowledged_by, page.acknowledged_at, page.arrived_at = "", None, None
        page.state, page.state_at = PageState.CALLING, answer.at
    # The clockwork asks the next one: it alone sees the supervisors.
    if page.state == PageState.CALLING and (had_it or attempt.turn == page.turns):
        page.next_at = answer.at
    tell(
        answer.ticket, PageStep.DECLINED, answer.at,
        author=answer.author, facts={"name": attempt.name}, body=attempt.reason,
    )  # fmt: skip
    db.session.flush()
    return page


def arrive(page_id: int, attempt_id: int) -> OnCallPage:
    """Say "je suis sur place"."""
    answer = _mine(page_id, attempt_id)
    page = answer.page
    if page.arrived_at is None:
        page.arrived_at = answer.at
        tell(
            answer.ticket, PageStep.ARRIVED, answer.at,
            author=answer.author, facts={"name": page.acknowledged_by},
        )  # fmt: skip
        db.session.flush()
    return page


def add_note(page_id: int, attempt_id: int, text: str) -> OnCallPage:
    """Add a word for the morning: kept on the page and in the ticket's timeline."""
    answer = _begin(page_id, attempt_id)
    note = checked_text(text.strip(), NOTE_MAX, "note")
    if not note:
        raise UserError(_("Écrivez quelques mots."), "note")
    _keep_note(answer, note)
    tell(answer.ticket, PageStep.NOTE, answer.at, author=answer.author, body=note)
    db.session.flush()
    return answer.page


def end_duty(page_id: int, attempt_id: int, *, resolved: bool, note: str = "") -> OnCallPage:
    """Say that the night's work is done: the fault is mended, or made safe until the morning.

    Mended resolves the ticket where it is the member's own; made safe leaves it open, for
    the morning's hand-over.
    """
    answer = _mine(page_id, attempt_id)
    page, ticket = answer.page, answer.ticket
    text = checked_text(note.strip(), NOTE_MAX, "note")
    page.state, page.state_at, page.done_at = PageState.DONE, answer.at, answer.at
    if text:
        _keep_note(answer, text)
    name = page.acknowledged_by
    if ticket is not None and resolved and is_open(ticket.state) and _own_is_live(ticket):
        resolve(Act(duty_actor(page.member_id, name), ticket.id), ResolutionCode.REPAIRED, text)
        text = ""
    tell(
        ticket, PageStep.DONE, answer.at,
        author=answer.author, facts={"name": name, "resolved": resolved}, body=text,
    )  # fmt: skip
    db.session.flush()
    return page


def take_by_phone(act: Act, name: str, note: str = "") -> OnCallPage:
    """Note that somebody was reached by telephone and has taken it (an agent, a supervisor)."""
    work = begin(act, Permission.TICKETS_OPEN)
    page = _running(work.ticket)
    _require_unanswered(page)
    who = checked_text(name.strip(), _NAME_MAX, "name")
    if not who:
        raise UserError(_("Indiquez qui a été joint."), "name")
    attempt = next((one for one in reversed(list_attempts(page)) if one.name == who), None)
    answer = _Answer(page, work.ticket, attempt, author_of(act.actor), work.at)
    if attempt is not None:
        attempt.state, attempt.state_at = AttemptState.ACKNOWLEDGED, work.at
    _taken(answer, who, attempt, note=note.strip(), by_phone=True)
    audit.record(
        page.member_id, "on_call_page.taken", "on_call_page", page.id,
        actor_id=act.actor.user_id or None, actor_label=act.actor.name,
    )  # fmt: skip
    return page


def ask_the_next(act: Act) -> OnCallPage:
    """Have the next person asked now, without waiting for the delay to pass."""
    work = begin(act, Permission.TICKETS_OPEN)
    page = _running(work.ticket)
    if page.state != PageState.CALLING:
        raise UserError(_("Toute la liste a déjà été appelée : le superviseur est prévenu."))
    for attempt in list_attempts(page):
        if attempt.state == AttemptState.ASKED:
            attempt.state, attempt.state_at = AttemptState.SILENT, work.at
            tell(
                work.ticket, PageStep.SILENT, work.at,
                author=author_of(act.actor), facts={"name": attempt.name, "hurried": True},
            )  # fmt: skip
    page.next_at = work.at
    db.session.flush()
    return page


def _begin(page_id: int, attempt_id: int) -> _Answer:
    # The ticket before the page, as everybody does: two who wait for each other never end.
    ticket_id = db.session.scalar(select(OnCallPage.ticket_id).where(OnCallPage.id == page_id))
    ticket = None
    if ticket_id is not None:
        ticket = db.session.scalar(
            select(Ticket)
            .where(Ticket.id == ticket_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    page = db.session.scalar(
        select(OnCallPage)
        .where(OnCallPage.id == page_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if page is None:
        raise NotFound
    attempt = next((one for one in list_attempts(page) if one.id == attempt_id), None)
    if attempt is None:
        raise NotFound
    author = Author(_("%(name)s (astreinte)", name=attempt.name), None, page.member_id)
    return _Answer(page, ticket, attempt, author, clock.now())


def _mine(page_id: int, attempt_id: int) -> _Answer:
    """As ``_begin``, for what only the one who took it may say."""
    answer = _begin(page_id, attempt_id)
    attempt = answer.attempt
    if answer.page.state != PageState.ACKNOWLEDGED or (
        attempt is None or attempt.state != AttemptState.ACKNOWLEDGED
    ):
        raise UserError(_("Prenez d'abord l'intervention."))
    return answer


def _require_unanswered(page: OnCallPage) -> None:
    if page.state in UNANSWERED:
        return
    if page.state == PageState.ACKNOWLEDGED:
        raise UserError(
            _(
                "Trop tard : %(name)s a pris l'intervention à %(time)s. Vous n'avez plus rien à "
                "faire.",
                name=page.acknowledged_by,
                time=clock_time(page.acknowledged_at) if page.acknowledged_at else "",
            )
        )
    raise UserError(_("Plus personne n'est attendu : %(why)s", why=page.note or _("terminé")))


def _taken(
    answer: _Answer,
    name: str,
    attempt: OnCallAttempt | None,
    *,
    note: str = "",
    by_phone: bool = False,
) -> None:
    page = answer.page
    if not can_become(page.state, PageState.ACKNOWLEDGED):  # pragma: no cover - asked before
        raise UserError(_("Plus personne n'est attendu."))
    page.state, page.state_at, page.next_at = PageState.ACKNOWLEDGED, answer.at, None
    page.acknowledged_by, page.acknowledged_at = name, answer.at
    spare_others(page, attempt, answer.at)
    tell(
        answer.ticket, PageStep.ACKNOWLEDGED, answer.at,
        author=answer.author, facts={"name": name, "by_phone": by_phone}, body=note,
    )  # fmt: skip
    db.session.flush()
    ticket = answer.ticket
    if ticket is not None and is_open(ticket.state) and _own_is_offered(ticket):
        accept_assignment(Act(duty_actor(page.member_id, name), ticket.id))


def _own_is_offered(ticket: Ticket) -> bool:
    return any(
        one.organisation_id == ticket.member_id and one.state == AssignmentState.OFFERED
        for one in live_assignments(assignments_of(ticket))
    )


def _own_is_live(ticket: Ticket) -> bool:
    return any(
        one.organisation_id == ticket.member_id for one in live_assignments(assignments_of(ticket))
    )


def _running(ticket: Ticket) -> OnCallPage:
    page = db.session.scalar(
        select(OnCallPage)
        .where(
            OnCallPage.member_id == ticket.member_id,
            OnCallPage.ticket_id == ticket.id,
            OnCallPage.state.in_([*UNANSWERED, PageState.ACKNOWLEDGED]),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if page is None:
        raise UserError(_("Personne n'est appelé pour cette demande."))
    return page


def _keep_note(answer: _Answer, note: str) -> None:
    said = f"{clock.in_paris(answer.at):%H:%M} {note}"
    answer.page.note = f"{answer.page.note}\n{said}".strip()[-4000:]
