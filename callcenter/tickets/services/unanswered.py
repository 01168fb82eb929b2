"""What time does to a ticket by itself: an offer runs out, a silence is excused.

Both are the platform's own acts, and harmless when done twice: the ticket is locked and looked
at again before anything is written.
"""

from flask_babel import force_locale
from sqlalchemy import select, update

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.messaging.states import Trigger
from callcenter.tickets.authors import machine_author
from callcenter.tickets.models import Assignment, Ticket
from callcenter.tickets.partner_links import revoke_partner_links
from callcenter.tickets.queries.watch import is_being_paged, is_silent
from callcenter.tickets.rules import is_open
from callcenter.tickets.services.acts import Work, answer, assignments_of, finish, live_assignments
from callcenter.tickets.services.follow_ups import tell_tenant
from callcenter.tickets.services.moves import note_move
from callcenter.tickets.states import NO_ANSWER, AssignmentState, EventKind, Visibility


def return_unanswered(member_id: int, ticket_id: int) -> bool:
    """Take the ticket back from the organisations whose time to answer is over.

    Nobody else has it: the platform's triage does from now on. Says whether anything changed:
    nothing does while people on call are being asked, one after the other.
    """
    work = _begin(member_id, ticket_id)
    if work is None or not is_open(work.ticket.state) or is_being_paged(work.ticket):
        return False
    rows = assignments_of(work.ticket)
    over = [
        one
        for one in live_assignments(rows)
        if one.state == AssignmentState.OFFERED
        and one.accept_by is not None
        and one.accept_by <= work.at
    ]
    if not over:
        return False
    with force_locale("fr"):
        for assignment in over:
            _withdraw(work, assignment)
        if not live_assignments(rows):
            work.ticket.needs_triage, work.ticket.unanswered_at = True, work.at
        for _returned in over:
            note_move(work)
        finish(work)
    return True


def reassure(member_id: int, ticket_id: int) -> bool:
    """Tell the tenant of a silent ticket that it is not forgotten; once per silence.

    What keeps the message from leaving (no number, opted out, switched off) is kept on the
    message; nothing is tried again before there is news and another silence.
    """
    work = _begin(member_id, ticket_id)
    if work is None or not is_silent(work.ticket, work.at):
        return False
    ticket = work.ticket
    with force_locale("fr"):
        # Not a change that somebody who is writing must be warned of.
        db.session.execute(
            update(Ticket)
            .where(Ticket.member_id == member_id, Ticket.id == ticket_id)
            .values(reassured_at=work.at)
            .execution_options(synchronize_session=False)
        )
        work.write(
            EventKind.REASSURED,
            visibility=Visibility.TENANT,
            facts={"since": ticket.news_at.isoformat()},
        )
        tell_tenant(ticket, Trigger.SILENT)
        db.session.flush()
    return True


def _withdraw(work: Work, assignment: Assignment) -> None:
    answer(assignment, AssignmentState.WITHDRAWN, work.at)
    assignment.reason = NO_ANSWER
    assignment.assignee_id, assignment.assignee_name = None, ""
    revoke_partner_links(assignment.member_id, assignment.id)
    work.write(
        EventKind.UNANSWERED,
        facts={
            "organisation_id": assignment.organisation_id,
            "organisation": assignment.organisation_name,
            "team": assignment.team_name,
            "accept_by": assignment.accept_by.isoformat() if assignment.accept_by else None,
        },
    )


def _begin(member_id: int, ticket_id: int) -> Work | None:
    """Lock the ticket; None when it is gone, or when somebody has it in hand at this moment."""
    ticket = db.session.scalar(
        select(Ticket)
        .where(Ticket.member_id == member_id, Ticket.id == ticket_id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return None if ticket is None else Work(ticket, machine_author(), None, clock.now())
