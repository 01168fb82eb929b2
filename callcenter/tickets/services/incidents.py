"""Incidents: open one, gather its tickets and callers, split one off, choose its owner."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.estate.models import Building, Residence
from callcenter.members.states import Service
from callcenter.routing.models import Category
from callcenter.routing.services import RouteRequest, decide_route
from callcenter.routing.states import Location
from callcenter.tickets.authors import author_of
from callcenter.tickets.incident_models import Incident
from callcenter.tickets.incident_rules import (
    EXPECTED_MAX,
    TITLE_MAX,
    WORD_MAX,
    can_be_collective,
    may_lead,
)
from callcenter.tickets.incident_states import IncidentEventKind, IncidentState
from callcenter.tickets.models import Assignment, Ticket
from callcenter.tickets.queries.incident_places import could_join, get_settings
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.rules import is_open, place_words
from callcenter.tickets.services.acts import (
    checked_text,
)
from callcenter.tickets.services.incident_acts import (
    IncidentAct,
    begin_incident,
    leads,
)
from callcenter.tickets.services.incident_gathering import told_meanwhile, wait_for_others_at
from callcenter.tickets.services.incident_news import (
    say,
)
from callcenter.tickets.services.incident_tickets import attach, lock_tickets
from callcenter.tickets.states import LIVE_ASSIGNMENT_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIncident:
    """One cause, as somebody found it. ``ticket_ids``: the requests that told of it."""

    actor: Actor
    member_id: int
    category_id: int
    residence_id: int
    building_id: int | None = None
    title: str = ""
    word: str = ""
    expected_text: str = ""
    form_token: str = ""
    ticket_ids: Sequence[int] = ()


def open_incident(new: NewIncident) -> Incident:
    """Open an incident and gather its tickets; the one that is open there already, if any.

    Two people who open the same one at once get one. Its owner is who has most of the tickets,
    else whoever routing names. Raises UserError for a category that is nobody else's business.
    """
    if not may_lead(new.actor):
        raise NotFound
    category, place = _category(new), _place(new)
    title = checked_text(new.title.strip(), TITLE_MAX, "title") or category.label
    word = checked_text(new.word.strip(), WORD_MAX, "word")
    expected = checked_text(new.expected_text.strip(), EXPECTED_MAX, "expected")
    wait_for_others_at(new.member_id, new.residence_id, new.category_id)
    found = _already_open(new)
    if found is None:
        found = _create(new, category, title, place)
        work = begin_incident(IncidentAct(new.actor, found.id, form_token=""), leads)
        work.write(IncidentEventKind.OPENED, "", {"tickets": len(new.ticket_ids)})
        if word:
            say(work, word, expected)
    elif found.state != IncidentState.OPEN:
        return found
    else:
        work = begin_incident(IncidentAct(new.actor, found.id), leads)
    told = list(new.ticket_ids)
    if told:  # and those that came while the agent decided
        where = (new.member_id, new.residence_id, new.building_id, new.category_id)
        told += told_meanwhile(new.actor, *where)
    for ticket in lock_tickets(new.actor, work.incident, list(dict.fromkeys(told))):
        attach(work, new.actor, ticket)
    db.session.flush()
    return work.incident


def open_from_ticket(actor: Actor, ticket_id: int, form_token: str = "") -> Incident:
    """Open an incident from one ticket, with every ticket alike there: one click."""
    ticket = db.session.scalar(select(Ticket).where(Ticket.id == ticket_id, visible_to(actor)))
    if ticket is None or not may_lead(actor):
        raise NotFound
    if ticket.residence_id is None:
        raise UserError(_("Cette demande n'a pas de lieu : un incident en a un."))
    alike = [ticket.id] if is_open(ticket.state) else []
    alike += list_alike(actor, ticket)
    return open_incident(
        NewIncident(
            actor=actor,
            member_id=ticket.member_id,
            category_id=ticket.category_id,
            residence_id=ticket.residence_id,
            building_id=ticket.building_id,
            form_token=form_token,
            ticket_ids=tuple(dict.fromkeys(alike)),
        )
    )


def list_alike(actor: Actor, ticket: Ticket) -> list[int]:
    """Return the open tickets of the same category and common parts, opened around the same time."""
    window = get_settings(ticket.member_id).window
    conditions = [
        Ticket.member_id == ticket.member_id,
        Ticket.id != ticket.id,
        Ticket.residence_id == ticket.residence_id,
        Ticket.category_id == ticket.category_id,
        Ticket.opened_at > ticket.opened_at - window,
        Ticket.opened_at < ticket.opened_at + window,
        Ticket.building_id.is_not_distinct_from(ticket.building_id),
        *could_join(),
        visible_to(actor),
    ]
    return list(db.session.scalars(select(Ticket.id).where(*conditions).order_by(Ticket.id)))


def _create(new: NewIncident, category: Category, title: str, place: str) -> Incident:
    at, author = clock.now(), author_of(new.actor)
    incident = Incident(
        member_id=new.member_id,
        category_id=category.id,
        residence_id=new.residence_id,
        building_id=new.building_id,
        title=title,
        place=place,
        state=IncidentState.OPEN,
        priority=category.priority,
        opened_at=at,
        opened_by_id=author.user_id,
        opened_by_label=author.label,
        form_token=new.form_token or None,
        updated_at=at,
        updated_by_label=author.label,
    )
    _choose_owner(new, incident)
    db.session.add(incident)
    db.session.flush()
    return incident


def _choose_owner(new: NewIncident, incident: Incident) -> None:
    held = db.session.execute(
        select(
            Assignment.organisation_id,
            Assignment.organisation_name,
            Assignment.team_id,
            Assignment.team_name,
        ).where(
            Assignment.member_id == new.member_id,
            Assignment.ticket_id.in_(new.ticket_ids),
            Assignment.informed_only.is_(False),
            Assignment.state.in_(LIVE_ASSIGNMENT_STATES),
        )
    ).all()
    if held:
        most = Counter(tuple(row) for row in held).most_common(1)[0][0]
        chosen = next(row for row in held if tuple(row) == most)
        _own(incident, chosen.organisation_id, chosen.organisation_name)
        incident.owner_team_id, incident.owner_team_name = chosen.team_id, chosen.team_name
        return
    route = decide_route(
        RouteRequest(
            member_id=new.member_id,
            service=Service.TENANTS,
            category_id=new.category_id,
            location=Location.COMMON,
            residence_id=new.residence_id,
            building_id=new.building_id,
            at=clock.now(),
        )
    )
    incident.priority = route.priority
    _own(incident, route.organisation_id, route.organisation_name)
    if route.organisation_id is not None:
        incident.owner_team_id, incident.owner_team_name = route.team_id, route.team_name


def _own(incident: Incident, organisation_id: int | None, name: str) -> None:
    """The platform's own organisation stands behind another wall: it owns by nobody else."""
    incident.owner_organisation_id = organisation_id
    incident.owner_organisation_name = name if organisation_id is not None else ""
    incident.owner_team_id, incident.owner_team_name = None, ""


def _already_open(new: NewIncident) -> Incident | None:
    """Return what this very form opened, else the open incident of the place and category."""
    if new.form_token:
        made = db.session.scalar(
            select(Incident).where(
                Incident.member_id == new.member_id, Incident.form_token == new.form_token
            )
        )
        if made is not None:
            return made
    return db.session.scalar(
        select(Incident).where(
            Incident.member_id == new.member_id,
            Incident.residence_id == new.residence_id,
            Incident.building_id.is_not_distinct_from(new.building_id),
            Incident.category_id == new.category_id,
            Incident.state == IncidentState.OPEN,
        )
    )


def _category(new: NewIncident) -> Category:
    category = db.session.scalar(
        select(Category).where(
            Category.member_id == new.member_id, Category.id == new.category_id, Category.active
        )
    )
    if category is None:
        raise UserError(_("Choisissez un motif de ce membre."), field="category_id")
    if not can_be_collective(restricted=category.restricted, code=category.code):
        raise UserError(
            _("« %(label)s » ne peut pas devenir un incident collectif.", label=category.label),
            field="category_id",
        )
    return category


def _place(new: NewIncident) -> str:
    row = db.session.execute(
        select(Residence.name, Building.id, Building.name.label("building"))
        .outerjoin(
            Building,
            (Building.residence_id == Residence.id)
            & (Building.member_id == Residence.member_id)
            & (Building.id == new.building_id),
        )
        .where(Residence.member_id == new.member_id, Residence.id == new.residence_id)
    ).one_or_none()
    if row is None or (new.building_id is not None and row.id is None):
        raise UserError(
            _("Ce lieu n'est pas chez ce membre : choisissez-le à nouveau."), field="building_id"
        )
    return place_words({"residence": row.name, "building": row.building or ""})
