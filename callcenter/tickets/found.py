"""What the tickets' room adds to the one search box: the ticket whose reference was typed."""

import re
from typing import Final

from flask import render_template

from callcenter.core.permissions import Permission
from callcenter.members.queries import list_members
from callcenter.tickets import words
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


def render(typed: str) -> str:
    """Return the panel of tickets found, for whoever may read tickets; one indexed statement."""
    actor = current_actor()
    if not actor.may(Permission.TICKETS_READ):
        return ""
    members = {m.id: m for m in list_members() if m.id in actor.member_ids}
    prefixes = [m.reference_prefix for m in members.values() if m.reference_prefix]
    meant = references_in(typed, prefixes)
    tickets = list_by_references(actor, meant) if meant else []
    if not tickets:
        return ""
    return render_template(
        "tickets/_found.html",
        tickets=tickets,
        members={m.id: m.short_name for m in members.values()},
        states=words.TICKET_STATES,
    )
