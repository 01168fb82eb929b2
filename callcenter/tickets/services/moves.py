"""A ticket that goes from hand to hand: each return counts, the third is the supervisor's."""

from typing import Any, Final

from callcenter.tickets.services.acts import Work
from callcenter.tickets.states import EventKind

# Issue of the trade, "ping-pong": refused, left unanswered or passed on for the third time.
MOST_MOVES: Final = 3


def note_move(work: Work) -> None:
    """Count that an organisation has let go of the ticket; at the third, somebody must decide.

    Called after the move's own event was written, so that the timeline reads in order.
    """
    ticket = work.ticket
    ticket.moves += 1
    if ticket.moves != MOST_MOVES:
        return
    facts: dict[str, Any] = {"moves": ticket.moves}
    ticket.escalated_at = ticket.escalated_at or work.at
    work.write(EventKind.ESCALATED, facts=facts)
