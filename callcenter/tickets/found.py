"""What the tickets' room adds to the one search box: the ticket whose reference was typed."""

import re
from collections.abc import Sequence
from typing import Final

from flask import render_template

from callcenter.core.permissions import Permission
from callcenter.members.queries import list_members
from callcenter.tickets import words
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.references import list_by_references
from callcenter.ui.access import current_actor

# A leading zero is a home's number (AQ0001602), never a ticket's.
_REFERENCE: Final = re.compile(r"([A-Za-z]{1,8})?[\s-]*([1-9]\d{0,11})")


def references_in(typed: str, prefixes: list[str]) -> list[str]:
    """Return the references that somebody may mean.

    >>> references_in("aq 24817", ["AQ", "ME"]), references_in("24817", ["AQ", "ME"])
    (['AQ-24817'], ['AQ-24817', 'ME-24817'])
    """
    read = _REFERENCE.fullmatch(typed.strip())
    if read is None:
        return []
    meant = [read[1].upper()] if read[1] else sorted(set(prefixes))
    return [f"{prefix}-{read[2]}" for prefix in meant]


def find_by_reference(typed: str) -> Sequence[Ticket]:
    """Return the tickets whose reference was typed, for whoever may read them; one statement."""
    actor = current_actor()
    if not actor.may(Permission.TICKETS_READ) or not _REFERENCE.fullmatch(typed.strip()):
        return ()
    members = [m for m in list_members() if m.id in actor.member_ids]
    prefixes = [m.reference_prefix for m in members if m.reference_prefix]
    meant = references_in(typed, prefixes)
    return list_by_references(actor, meant) if meant else ()


def render(typed: str) -> str:
    """Return the panel of tickets found, for whoever may read tickets; one indexed statement."""
    tickets = find_by_reference(typed)
    if not tickets:
        return ""
    served = current_actor().member_ids
    return render_template(
        "tickets/_found.html",
        tickets=tickets,
        members={m.id: m.short_name for m in list_members() if m.id in served},
        states=words.TICKET_STATES,
    )
