"""The tenant's page in plain words: where it stands, who, when, what happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.tickets import words
from callcenter.tickets.models import TicketEvent
from callcenter.tickets.queries.tenant import TenantView
from callcenter.tickets.rules import Slot
from callcenter.tickets.states import AssignmentState, EventKind, TicketState
from callcenter.tickets.timeline import day_text, slot_text

_WORKS: Final = ("T", "S")  # families whose requests end with somebody coming


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the history: what, when, and the words that go with it."""

    title: str
    at: datetime
    text: str = ""
    mine: bool = False


def step_names(view: TenantView) -> list[str]:
    """Return the four steps of a request of this kind."""
    third = _("Intervention") if view.category_code.startswith(_WORKS) else _("Réponse")
    return [_("Demande reçue"), _("Prise en charge"), third, _("Terminée")]


def step_now(view: TenantView) -> int:
    """Return the present step, from 1; 5 when all four are behind."""
    state = view.ticket.state
    if state == TicketState.CLOSED:
        return 5
    if state == TicketState.RESOLVED:
        return 4
    if state == TicketState.PLANNED or view.visit is not None:
        return 3
    taken = view.holder is not None and view.holder.state != AssignmentState.OFFERED
    return 2 if taken or state == TicketState.ON_HOLD else 1


def step_details(view: TenantView) -> dict[int, str]:
    """Return what stands under the steps: who, when, and what is awaited."""
    ticket = view.ticket
    details = {1: _("le %(day)s", day=day_text(clock.in_paris(ticket.opened_at).date()))}
    now = step_now(view)
    if view.holder is not None and view.holder.state != AssignmentState.OFFERED:
        details[2] = _("par %(name)s", name=view.holder.organisation_name)
    if view.visit is not None:
        details[3] = visit_words(view)
    if ticket.state == TicketState.ON_HOLD:
        cause = words.HOLD_CAUSES_FOR_TENANT.get(ticket.hold_cause, "")
        details[now] = _("En attente : %(cause)s.", cause=cause)
    elif now < 3 and ticket.due_at is not None:  # noqa: PLR2004 - before anybody comes
        due = _(
            "Réponse prévue avant le %(day)s.", day=day_text(clock.in_paris(ticket.due_at).date())
        )
        if ticket.due_at < clock.now():
            due = _("Nous avons du retard, avec nos excuses : votre demande n'est pas oubliée.")
        details[now] = f"{details.get(now, '')} {due}".strip()
    if ticket.state == TicketState.RESOLVED and ticket.resolved_at is not None:
        details[4] = _("le %(day)s", day=day_text(clock.in_paris(ticket.resolved_at).date()))
    return details


def visit_words(view: TenantView) -> str:
    """Return the planned visit: day, slot."""
    if view.visit is None:
        return ""
    slot = Slot(view.visit.starts_at, view.visit.ends_at)
    return f"{day_text(view.visit.day)}, {slot_text(slot)}"


def history(view: TenantView) -> list[Happening]:
    """Return what the tenant may read of what happened, newest first.

    No name of a person of the organisations, no text that was not written for the tenant.
    """
    told = (_told(event, view) for event in view.events)
    return [one for one in told if one is not None]


def _told(event: TicketEvent, view: TenantView) -> Happening | None:
    kind = EventKind(event.kind)
    facts: Mapping[str, Any] = event.facts
    titles = {
        EventKind.OPENED: lambda: _("Votre demande est enregistrée"),
        EventKind.ACCEPTED: lambda: _("%(name)s s'en occupe", name=facts.get("organisation", "")),
        EventKind.VISIT_PLANNED: lambda: _("Rendez-vous : %(when)s", when=_when(facts)),
        EventKind.VISIT_MOVED: lambda: _("Rendez-vous déplacé : %(when)s", when=_when(facts)),
        EventKind.VISIT_CANCELLED: lambda: _("Rendez-vous annulé : %(when)s", when=_when(facts)),
        EventKind.COMMENT: lambda: _("Message de %(name)s", name=view.member.short_name),
        EventKind.HELD: lambda: _(
            "En attente : %(cause)s",
            cause=words.HOLD_CAUSES_FOR_TENANT.get(facts.get("cause", ""), ""),
        ),
        EventKind.RESUMED: lambda: _("Nous reprenons votre demande"),
        EventKind.RESOLVED: lambda: _("Demande terminée"),
        EventKind.REOPENED: lambda: _("Demande rouverte"),
        EventKind.CLOSED: lambda: _("Demande close"),
        EventKind.CANCELLED: lambda: _("Demande annulée"),
        EventKind.CHASE: lambda: _("Vous nous avez rappelés"),
        EventKind.TENANT_WORD: lambda: _("Vous avez écrit"),
        EventKind.TENANT_CONFIRMED: lambda: _("Vous avez dit : c'est réglé"),
        EventKind.TENANT_DENIED: lambda: _("Vous avez dit : ce n'est pas réglé"),
        EventKind.TENANT_OPTED_OUT: lambda: _("Vous avez arrêté les SMS"),
        EventKind.RATED: lambda: _(
            "Vous avez noté : %(score)s sur 5", score=facts.get("score", "")
        ),
        EventKind.INCIDENT_JOINED: lambda: _(
            "C'est un incident qui touche plusieurs logements : nous le traitons pour tous"
        ),
        EventKind.INCIDENT_LEFT: lambda: _("Nous suivons votre demande à part"),
        EventKind.INCIDENT_NEWS: lambda: _("Des nouvelles de l'incident"),
        EventKind.REASSURED: lambda: _("Nous ne vous oublions pas : elle est toujours en cours"),
        EventKind.VISIT_ANSWERED: lambda: (
            _("Vous avez dit : le rendez-vous me convient")
            if facts.get("answer") == "yes"
            else _("Vous avez demandé un autre créneau")
        ),
    }
    title = titles.get(kind)
    if title is None:
        return None
    mine = kind in _MINE
    text = event.body if mine or kind in _WRITTEN_FOR_TENANT else ""
    return Happening(str(title()), event.at, text, mine)


_MINE: Final = frozenset(
    {
        EventKind.TENANT_WORD,
        EventKind.TENANT_CONFIRMED,
        EventKind.TENANT_DENIED,
        EventKind.TENANT_OPTED_OUT,
        EventKind.RATED,
        EventKind.VISIT_ANSWERED,
    }
)
_WRITTEN_FOR_TENANT: Final = frozenset(
    {
        EventKind.COMMENT,
        EventKind.VISIT_PLANNED,
        EventKind.VISIT_MOVED,
        EventKind.VISIT_CANCELLED,
        EventKind.HELD,
        EventKind.RESOLVED,
        EventKind.INCIDENT_JOINED,
        EventKind.INCIDENT_NEWS,
    }
)


def _when(facts: Mapping[str, Any]) -> str:
    day = day_text(date.fromisoformat(facts["day"])) if facts.get("day") else ""
    if not facts.get("starts_at"):
        return day
    return f"{day}, {slot_text(Slot(facts['starts_at'], facts['ends_at']))}"
