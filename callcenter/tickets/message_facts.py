"""What a template of SMS may say of a real request: for previews, without its private link."""

from collections.abc import Sequence
from typing import Final

from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

from callcenter.core.db import db
from callcenter.messaging.default_texts import SAMPLE_LINK, SAMPLES
from callcenter.messaging.real_facts import register_facts
from callcenter.tickets import words
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.rules import Slot
from callcenter.tickets.services.acts import assignments_of, live_assignments
from callcenter.tickets.services.follow_ups import day_words, follow_up_values, slot_words
from callcenter.tickets.services.visits import planned_visit
from callcenter.ui.access import current_actor

_RECENT: Final = 25


class TicketFacts:
    """See ``messaging.real_facts.FactsSource``."""

    def recent(self, member_id: int) -> Sequence[tuple[int, str]]:
        """Return the newest requests of a member that the actor sees."""
        rows = db.session.execute(
            select(Ticket.id, Ticket.reference, Ticket.title, Ticket.place)
            .where(Ticket.member_id == member_id, visible_to(current_actor()))
            .order_by(Ticket.id.desc())
            .limit(_RECENT)
        )
        return [(row.id, f"{row.reference} · {row.title} · {row.place}"[:90]) for row in rows]

    def values(self, ticket_id: int, language: str) -> dict[str, str] | None:
        """Return the facts of a request; what it lacks (no visit planned) is made up."""
        ticket = db.session.scalar(
            select(Ticket).where(Ticket.id == ticket_id, visible_to(current_actor()))
        )
        if ticket is None:
            return None
        values = follow_up_values(ticket, SAMPLE_LINK, language)
        live = live_assignments(assignments_of(ticket))
        if live:
            values["organisme"] = live[-1].organisation_name
        visit = planned_visit(ticket)
        if visit is not None:
            values["date"] = day_words(visit.day, language)
            values["creneau"] = slot_words(Slot(visit.starts_at, visit.ends_at), language)
        if ticket.hold_cause:
            with force_locale(language):
                values["cause"] = str(words.HOLD_CAUSES_FOR_TENANT.get(ticket.hold_cause, ""))
        values["lieu"] = ticket.place
        shown = {name: value for name, value in values.items() if value}
        return {**SAMPLES[language], **shown}


def init_app(app: Flask) -> None:
    """Let previews show real requests."""
    register_facts(app, TicketFacts())
