"""What the incident's page shows, in words; and the incident's place on a ticket's page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.core.isolation import Actor
from callcenter.tickets import words
from callcenter.tickets.incident_models import Incident, IncidentEvent
from callcenter.tickets.incident_rules import (
    can_be_collective,
    may_end,
    may_lead,
    may_speak,
    read_settings,
)
from callcenter.tickets.incident_states import IncidentEventKind, IncidentState
from callcenter.tickets.queries.incident_places import Around, find_around
from callcenter.tickets.queries.incidents import (
    IncidentLine,
    IncidentTicketLine,
    find_incident_of_ticket,
    get_incident_line,
    list_events,
    list_incident_tickets,
)
from callcenter.tickets.queries.pages import Head
from callcenter.tickets.rules import is_open

INCIDENT_STATES: Final[dict[str, LazyString]] = {
    IncidentState.OPEN: _l("En cours"),
    IncidentState.RESOLVED: _l("Terminé"),
}
INCIDENT_TONES: Final[dict[str, str]] = {
    IncidentState.OPEN: "wait",
    IncidentState.RESOLVED: "good",
}
_LOOKS: Final[dict[str, str]] = {
    IncidentEventKind.NEWS: "sms",
    IncidentEventKind.WARNED: "sms",
    IncidentEventKind.OWNER: "move",
    IncidentEventKind.ATTACHED: "system",
    IncidentEventKind.SPLIT: "move",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history as the page shows it."""

    css: str
    title: str
    at: datetime
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """Everything that the page of an incident shows to one actor."""

    actor: Actor
    line: IncidentLine
    events: Sequence[IncidentEvent]
    tickets: list[IncidentTicketLine]

    @property
    def incident(self) -> Incident:
        """The incident itself."""
        return self.line.incident

    @property
    def is_open(self) -> bool:
        """Say whether the cause is still there."""
        return self.incident.state == IncidentState.OPEN

    @property
    def leads(self) -> bool:
        """Say whether the actor may gather, split and give it to somebody."""
        return may_lead(self.actor)

    @property
    def speaks(self) -> bool:
        """Say whether the actor may publish."""
        return may_speak(self.actor, self.incident.owner_organisation_id)

    @property
    def ends(self) -> bool:
        """Say whether the actor may end it, or open it again."""
        return may_end(self.actor, self.incident.owner_organisation_id)

    @property
    def owner(self) -> str:
        """Who has it, in one line."""
        team, organisation = self.incident.owner_team_name, self.incident.owner_organisation_name
        if not organisation:
            return str(_("La plateforme (à trier)"))
        return f"{organisation} · {team}" if team and team != organisation else organisation

    @property
    def reports_words(self) -> str:
        """How often it was reported."""
        return str(ngettext("%(num)s signalement", "%(num)s signalements", self.line.reports))

    @property
    def lines(self) -> list[Line]:
        """The history in words, newest first."""
        return [line_of(event) for event in self.events]


@dataclass(frozen=True, slots=True)
class TicketPanel:
    """The incident on a ticket's page: the one it is in, or those that it may join."""

    incident: Incident | None = None
    around: Around = field(default_factory=Around)
    may_lead: bool = False


def load_incident_page(actor: Actor, incident_id: int) -> IncidentPage:
    """Load the page; NotFound when the actor doesn't see the incident. Three statements."""
    line = get_incident_line(actor, incident_id)
    return IncidentPage(
        actor,
        line,
        list_events(line.incident),
        list_incident_tickets(actor, line.incident),
    )


def ticket_panel(actor: Actor, head: Head) -> TicketPanel | None:
    """Return what a ticket's page says of incidents; ``None`` when that means nothing there."""
    ticket = head.ticket
    if not can_be_collective(restricted=ticket.restricted, code=head.category_code):
        return None
    found = find_incident_of_ticket(actor, ticket) if head.in_incident else None
    leads = may_lead(actor)
    if found is not None:
        return TicketPanel(found, may_lead=leads)
    if not leads or ticket.residence_id is None or not is_open(ticket.state):
        return None
    around = find_around(
        actor,
        ticket.member_id,
        ticket.residence_id,
        ticket.building_id,
        ticket.category_id,
        read_settings(head.member_settings),
    )
    return TicketPanel(None, around, may_lead=True)


def line_of(event: IncidentEvent) -> Line:
    """Return one event in words."""
    kind = IncidentEventKind(event.kind)
    text = event.body
    expected = event.facts.get("expected")
    if kind is IncidentEventKind.NEWS and expected:
        text = f"{text}\n{_('Retour à la normale : %(when)s', when=expected)}"
    if kind is IncidentEventKind.WARNED:
        text = ""
    return Line(
        _LOOKS.get(kind, "state"), _title(kind, event.facts), event.at, event.actor_label, text
    )


def _title(kind: IncidentEventKind, facts: Mapping[str, Any]) -> str:
    count = int(facts.get("count", 0))
    titles = {
        IncidentEventKind.OPENED: lambda: _("Incident ouvert"),
        IncidentEventKind.NEWS: lambda: _("Dit à tous"),
        IncidentEventKind.OWNER: lambda: _("Confié à %(where)s", where=facts["organisation"]),
        IncidentEventKind.ATTACHED: lambda: _(
            "%(reference)s rattachée", reference=facts["reference"]
        ),
        IncidentEventKind.SPLIT: lambda: _("%(reference)s détachée", reference=facts["reference"]),
        IncidentEventKind.WARNED: lambda: ngettext(
            "%(num)s habitant prévenu", "%(num)s habitants prévenus", count
        ),
        IncidentEventKind.RESOLVED: lambda: _(
            "Terminé : %(how)s", how=words.RESOLUTION_CODES.get(facts.get("code", ""), "")
        ),
        IncidentEventKind.REOPENED: lambda: _("Rouvert : ce n'était pas terminé"),
    }
    return str(titles[kind]())
