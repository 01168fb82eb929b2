"""What every act on a ticket has in common: find it, lock it, check it, write it down.

An act is one person's decision on one ticket: it names the version that was on the screen and
the token of the form, so that two people can't overwrite each other and a double click acts
once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm.attributes import set_committed_value

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission, Role
from callcenter.messaging.stopping import stop_outdated
from callcenter.tickets import words
from callcenter.tickets.authors import Author, author_of
from callcenter.tickets.errors import ConflictError
from callcenter.tickets.models import Assignment, Ticket, TicketEvent
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.rules import TEXT_MAX, can_move
from callcenter.tickets.states import (
    ASSIGNMENT_TRANSITIONS,
    LIVE_ASSIGNMENT_STATES,
    AssignmentState,
    EventKind,
    TicketState,
    Visibility,
)


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts on which ticket. ``version`` None skips the check (a comment overwrites nothing)."""

    actor: Actor
    ticket_id: int
    version: int | None = None
    form_token: str = ""


@dataclass(slots=True)
class Work:
    """A locked ticket in hand. ``repeated`` means that this very form was already carried out.

    ``answers``: who acts is of those who deal with tickets, so that what the tenant wrote is read.
    """

    ticket: Ticket
    author: Author
    token: str | None
    at: datetime
    repeated: bool = False
    answers: bool = False

    def write(
        self,
        kind: EventKind,
        *,
        visibility: Visibility = Visibility.INTERNAL,
        body: str = "",
        facts: dict[str, Any] | None = None,
        changes: dict[str, Any] | None = None,
    ) -> TicketEvent:
        """Add a line to the timeline and to the audit trail; only the first carries the token."""
        token, self.token = self.token, None
        return write_event(
            self.ticket,
            kind,
            self.author,
            self.at,
            visibility=visibility,
            body=body,
            facts=facts,
            changes=changes,
            form_token=token,
        )

    def touch(self) -> None:
        """Note who changed the ticket: this raises its version, so that others are warned."""
        self.ticket.updated_at = self.at
        self.ticket.updated_by_label = self.author.label

    def move(self, to: TicketState) -> None:
        """Change the ticket's state, if its table of transitions allows it."""
        if self.ticket.state == to:
            return
        if not can_move(self.ticket.state, to):
            raise UserError(
                _(
                    "La demande est « %(now)s » : elle ne peut pas passer à « %(to)s ».",
                    now=words.TICKET_STATES[self.ticket.state],
                    to=words.TICKET_STATES[to],
                )
            )
        self.ticket.state = to


def write_event(  # noqa: PLR0913 - a line of the timeline has that many columns
    ticket: Ticket,
    kind: EventKind,
    author: Author,
    at: datetime,
    *,
    visibility: Visibility = Visibility.INTERNAL,
    body: str = "",
    facts: dict[str, Any] | None = None,
    changes: dict[str, Any] | None = None,
    form_token: str | None = None,
) -> TicketEvent:
    """Add one event and its audit row. The audit row never repeats what people wrote."""
    event = TicketEvent(
        member_id=ticket.member_id,
        ticket_id=ticket.id,
        kind=kind,
        visibility=visibility,
        at=at,
        actor_id=author.user_id,
        actor_label=author.label,
        body=checked_text(body),
        facts={**(facts or {}), "by": author.organisation_id},
        form_token=form_token,
    )
    db.session.add(event)
    audit.record(
        ticket.member_id,
        f"ticket.{kind}",
        "ticket",
        ticket.id,
        actor_id=author.user_id,
        actor_label=author.label,
        changes=changes,
    )
    return event


def checked_text(text: str, limit: int = TEXT_MAX, field: str = "body") -> str:
    """Return the text, or raise UserError when it is too long to be kept whole."""
    if len(text) > limit:
        raise UserError(
            _(
                "Le texte fait %(length)s caractères : %(limit)s au plus. Rien n'a été coupé.",
                length=len(text),
                limit=limit,
            ),
            field=field,
        )
    return text


def begin(act: Act, *permissions: Permission) -> Work:
    """Lock the ticket for this transaction and return it with its author.

    ``permissions``: one of them is needed. Raises NotFound for a ticket that the actor does
    not see (or may not act on at all), ConflictError when somebody was first.
    """
    if permissions and not any(act.actor.may(one) for one in permissions):
        raise NotFound
    ticket = db.session.scalar(
        select(Ticket)
        .where(Ticket.id == act.ticket_id, visible_to(act.actor))
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    )
    if ticket is None:
        raise NotFound
    work = Work(ticket, author_of(act.actor), act.form_token or None, clock.now())
    work.answers = act.actor.may(Permission.TICKETS_HANDLE)
    work.repeated = was_done(ticket, work.token)
    if not work.repeated and act.version is not None and act.version != ticket.version:
        raise ConflictError(
            _(
                "La demande %(reference)s a été modifiée par %(who)s pendant que vous écriviez. "
                "Rien n'a été enregistré : relisez-la, votre saisie est gardée ci-dessous.",
                reference=ticket.reference,
                who=ticket.updated_by_label or _("quelqu'un"),
            )
        )
    return work


def was_done(ticket: Ticket, token: str | None) -> bool:
    """Say whether a form of this token was already carried out on the ticket."""
    if not token:
        return False
    found = db.session.scalar(
        select(TicketEvent.id).where(
            TicketEvent.member_id == ticket.member_id,
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.form_token == token,
        )
    )
    return found is not None


def assignments_of(ticket: Ticket) -> list[Assignment]:
    """Return every assignment of the ticket, oldest first, as this transaction sees them."""
    return list(
        db.session.scalars(
            select(Assignment)
            .where(Assignment.member_id == ticket.member_id, Assignment.ticket_id == ticket.id)
            .order_by(Assignment.id)
            .execution_options(populate_existing=True)
        )
    )


def live_assignments(assignments: Iterable[Assignment]) -> list[Assignment]:
    """Return the assignments whose organisation has the ticket in hand or on offer."""
    return [
        one
        for one in assignments
        if not one.informed_only and AssignmentState(one.state) in LIVE_ASSIGNMENT_STATES
    ]


def assignment_in_hand(act: Act, ticket: Ticket) -> Assignment:
    """Return the live assignment that the actor may answer for.

    A person answers for the own organisation; the landlord's staff and the platform's
    supervisor also answer for an organisation without accounts, in its name. Raises UserError
    when nobody has the ticket (it is at triage).
    """
    live = live_assignments(assignments_of(ticket))
    own = [one for one in live if one.organisation_id == act.actor.organisation_id]
    if own:
        return own[-1]
    if live and may_act_for_others(act.actor):
        return live[-1]
    raise UserError(
        _("Cette demande n'est plus chez votre organisme : elle a été reprise ou réorientée.")
    )


def may_act_for_others(actor: Actor) -> bool:
    """Say whether the person may answer in the name of a contractor or a syndic."""
    return actor.role in {Role.MANAGER, Role.STAFF, Role.SUPERVISOR}


def answer(assignment: Assignment, to: AssignmentState, at: datetime) -> None:
    """Change an assignment's state, if its table of transitions allows it."""
    if assignment.state == to:
        return
    if to not in ASSIGNMENT_TRANSITIONS[AssignmentState(assignment.state)]:
        raise UserError(
            _(
                "L'envoi à %(organisme)s est « %(now)s » : il ne peut pas devenir « %(to)s ».",
                organisme=assignment.organisation_name,
                now=words.ASSIGNMENT_STATES[assignment.state],
                to=words.ASSIGNMENT_STATES[to],
            )
        )
    assignment.state = to
    assignment.state_at = at
    if to is AssignmentState.ACCEPTED and assignment.accepted_at is None:
        assignment.accepted_at = at


def facts_of(act: Act, assignment: Assignment) -> dict[str, Any]:
    """Return which organisation an event is about, and whether somebody spoke in its name."""
    facts: dict[str, Any] = {
        "organisation_id": assignment.organisation_id,
        "organisation": assignment.organisation_name,
        "team": assignment.team_name,
    }
    if assignment.organisation_id != act.actor.organisation_id:
        facts["on_behalf"] = True
    return facts


def finish(work: Work) -> Ticket:
    """Note who acted, write the act to the transaction and return the ticket.

    What a person of the organisations does answers what the tenant wrote before. Messages that
    wait and whose reason has gone by this act are stopped.
    """
    work.touch()
    if work.answers:
        work.ticket.tenant_wrote_at = None
    db.session.flush()
    stop_outdated(work.ticket.member_id, work.ticket.id)
    return work.ticket


def mark_read(ticket: Ticket) -> None:
    """Somebody has read what the tenant wrote; past the mapper, since nobody's writing is hurt."""
    _set_tenant_wrote(ticket, None)


def mark_unread(ticket: Ticket, at: datetime) -> None:
    """The tenant has said something that whoever has the ticket must read."""
    _set_tenant_wrote(ticket, at)


def _set_tenant_wrote(ticket: Ticket, at: datetime | None) -> None:
    db.session.execute(
        update(Ticket)
        .where(Ticket.member_id == ticket.member_id, Ticket.id == ticket.id)
        .values(tenant_wrote_at=at)
        .execution_options(synchronize_session=False)
    )
    set_committed_value(ticket, "tenant_wrote_at", at)
