"""What every act on an incident has in common: find it, lock it, check it, write it down."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.tickets.authors import Author, author_of
from callcenter.tickets.errors import ConflictError
from callcenter.tickets.incident_models import Incident, IncidentEvent, IncidentTicket
from callcenter.tickets.incident_rules import may_lead
from callcenter.tickets.incident_states import IncidentEventKind, IncidentState
from callcenter.tickets.models import Ticket, TicketEvent
from callcenter.tickets.queries.incidents import incident_visible_to
from callcenter.tickets.states import OPEN_STATES, EventKind, Visibility

Right = Callable[[Actor, int | None], bool]


@dataclass(frozen=True, slots=True)
class IncidentAct:
    """Who acts on which incident. ``version`` None skips the check (nothing is overwritten)."""

    actor: Actor
    incident_id: int
    version: int | None = None
    form_token: str = ""


@dataclass(slots=True)
class IncidentWork:
    """A locked incident in hand. ``repeated``: this very form was already carried out."""

    incident: Incident
    author: Author
    token: str | None
    at: datetime
    repeated: bool = False

    def write(
        self, kind: IncidentEventKind, body: str = "", facts: dict[str, Any] | None = None
    ) -> IncidentEvent:
        """Add a line to the incident's history and to the audit trail (flushed)."""
        token, self.token = self.token, None
        event = IncidentEvent(
            member_id=self.incident.member_id,
            incident_id=self.incident.id,
            kind=kind,
            at=self.at,
            actor_id=self.author.user_id,
            actor_label=self.author.label,
            body=body,
            facts=facts or {},
            form_token=token,
        )
        db.session.add(event)
        audit.record(
            self.incident.member_id,
            f"incident.{kind}",
            "incident",
            self.incident.id,
            actor_id=self.author.user_id,
            actor_label=self.author.label,
        )
        db.session.flush()
        return event

    def touch(self) -> None:
        """Note who changed the incident: this raises its version, so that others are warned."""
        self.incident.updated_at = self.at
        self.incident.updated_by_label = self.author.label

    def on_tickets(
        self, kind: EventKind, body: str = "", facts: dict[str, Any] | None = None
    ) -> None:
        """Write one line, which tenants read, on each open ticket of the incident."""
        kept = {"incident_id": self.incident.id, "title": self.incident.title, **(facts or {})}
        db.session.add_all(
            TicketEvent(
                member_id=self.incident.member_id,
                ticket_id=ticket_id,
                kind=kind,
                visibility=Visibility.TENANT,
                at=self.at,
                actor_id=self.author.user_id,
                actor_label=self.author.label,
                body=body,
                facts={**kept, "by": self.author.organisation_id},
            )
            for ticket_id in open_ticket_ids(self.incident)
        )
        db.session.flush()


def begin_incident(act: IncidentAct, right: Right) -> IncidentWork:
    """Lock the incident for this transaction and return it with its author.

    Raises NotFound when the actor does not see it or has not the ``right``, ConflictError when
    somebody was first. The incident is always locked before its tickets.
    """
    incident = db.session.scalar(
        select(Incident)
        .where(Incident.id == act.incident_id, incident_visible_to(act.actor))
        .with_for_update(of=Incident, key_share=True)
        .execution_options(populate_existing=True)
    )
    if incident is None or not right(act.actor, incident.owner_organisation_id):
        raise NotFound
    work = IncidentWork(incident, author_of(act.actor), act.form_token or None, clock.now())
    work.repeated = was_done(incident, work.token)
    if not work.repeated and act.version is not None and act.version != incident.version:
        raise ConflictError(
            _(
                "L'incident a été modifié par %(who)s pendant que vous écriviez. Rien n'a été "
                "enregistré : relisez-le, votre saisie est gardée ci-dessous.",
                who=incident.updated_by_label or _("quelqu'un"),
            )
        )
    return work


def leads(actor: Actor, _owner: int | None) -> bool:
    """The right to lead, whoever owns the incident."""
    return may_lead(actor)


def was_done(incident: Incident, token: str | None) -> bool:
    """Say whether a form of this token was already carried out on the incident."""
    if not token:
        return False
    found = db.session.scalar(
        select(IncidentEvent.id).where(
            IncidentEvent.member_id == incident.member_id,
            IncidentEvent.incident_id == incident.id,
            IncidentEvent.form_token == token,
        )
    )
    return found is not None


def require_open(incident: Incident) -> None:
    """Raise UserError when the incident is over."""
    if incident.state != IncidentState.OPEN:
        raise UserError(_("Cet incident est terminé : rouvrez-le d'abord."))


def open_ticket_ids(incident: Incident) -> list[int]:
    """Return the tickets of the incident on which somebody still has to do something."""
    return list(
        db.session.scalars(
            select(Ticket.id)
            .join(
                IncidentTicket,
                (IncidentTicket.member_id == Ticket.member_id)
                & (IncidentTicket.ticket_id == Ticket.id),
            )
            .where(
                IncidentTicket.member_id == incident.member_id,
                IncidentTicket.incident_id == incident.id,
                Ticket.state.in_(OPEN_STATES),
            )
            .order_by(Ticket.id)
        )
    )
