"""Opening a ticket: decide where it goes, write it, tell the tenant, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import bindparam, select, update

from callcenter.core import clock
from callcenter.core.db import Identified, db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.phone import format_phone
from callcenter.core.site import current_site
from callcenter.core.writing import add_named, write_together
from callcenter.estate.models import Building, Contact, Residence
from callcenter.members.models import Organisation
from callcenter.members.states import Service
from callcenter.messaging.models import EmailMessage, Message
from callcenter.messaging.states import Trigger
from callcenter.routing.catalogue_types import Category
from callcenter.routing.place_queries import Place as RoutedPlace
from callcenter.routing.queries import MemberRouting, get_routing
from callcenter.routing.services import RoutePreview, RouteRequest, decide_route
from callcenter.routing.states import CallerRole, DestinationKind, Location, Stage
from callcenter.tickets.authors import author_of
from callcenter.tickets.links import make_link
from callcenter.tickets.models import Assignment, Ticket
from callcenter.tickets.rules import place_words, search_words
from callcenter.tickets.services.acts import checked_text, write_event
from callcenter.tickets.services.duty_start import page_on_duty, with_duty
from callcenter.tickets.services.follow_ups import tell_tenant
from callcenter.tickets.services.partners import tell_partner
from callcenter.tickets.states import AssignmentState, EventKind, TicketState, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """What somebody asked for, as the desk's form gives it.

    ``contact_language`` is that of ``contact_id``, told with its name by whoever has just read
    the person among the member's; else the person is looked up. ``handed_from_label`` names the member whose line was dialled when the home turned out to
    be another member's.
    """

    member_id: int
    service: Service
    category_id: int
    location: str
    actor: Actor
    form_token: str
    residence_id: int | None = None
    building_id: int | None = None
    dwelling_id: int | None = None
    contact_id: int | None = None
    contact_name: str = ""
    contact_language: str = ""
    contact_number: str = ""
    description: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    caller_role: CallerRole = CallerRole.TENANT
    handed_from_label: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    residence_id: int | None = None
    building_id: int | None = None
    dwelling_id: int | None = None
    words: str = ""
    city: str = ""


# The rows of a new ticket that others name, as a rule (see `write_together`).
OPENING: Final[Mapping[type[Identified], int]] = {
    Ticket: 1,
    Assignment: 1,
    EmailMessage: 1,
    Message: 1,
}


def open_ticket(new: NewTicket) -> Ticket:
    """Open a ticket as `open_new_ticket` does; the same form token gives the first one.

    Two requests of one double click wait for each other here; other tickets don't.
    """
    write_together(OPENING, f"{new.member_id} {new.form_token}")
    return _already_open(new) or open_new_ticket(new)


def open_new_ticket(new: NewTicket) -> Ticket:
    """Open a ticket and everything that goes with it, for a caller who knows the form as new.

    Written together: ticket, timeline, audit, assignment(s) or triage, private link, message.
    Raises UserError when the category or the place is not that member's, or a text is too long.
    """
    routing = get_routing(new.member_id)
    category = _category(new, routing)
    place = _place_without_home(new)
    checked_text(new.description, field="description")
    at = clock.now()
    try:
        route = decide_route(
            RouteRequest(
                member_id=new.member_id,
                service=new.service,
                category_id=new.category_id,
                location=Location(new.location) if new.location in set(Location) else None,
                residence_id=place.residence_id,
                building_id=place.building_id,
                dwelling_id=new.dwelling_id,
                caller_role=new.caller_role,
                answers=dict(new.answers),
                at=at,
            ),
            routing=routing,
        )
    except NotFound as error:
        raise _wrong_place() from error
    if new.dwelling_id is not None:
        place = _home_place(route.place, new.dwelling_id)
    contact = None if new.contact_language else _contact(new)
    contact_name = new.contact_name or (contact.full_name if contact else "")
    route, duty = with_duty(route, new.member_id, category.code, category.equipment or "", at)
    ticket = _ticket(new, category, place, route, at)
    ticket.contact_name = contact_name
    # Last of all: this locks the member's counter until the commit.
    ticket.reference = _next_reference(new.member_id)
    ticket.words = search_words(
        ticket.reference,
        category.code,
        ticket.title,
        place.words,
        place.city,
        contact_name,
        format_phone(new.contact_number),
        new.description,
    )
    with db.session.no_autoflush:  # the ticket is written with all that hangs on it
        add_named(ticket)
        _write_opening(ticket, new, route, at)
        page_on_duty(ticket, route, duty, at)
        link = make_link(ticket, current_site().secret)
        tell_tenant(
            ticket,
            opening_trigger(new, route),
            link=link,
            language=new.contact_language,
            organisme=route.organisation_name,
        )
    return ticket


def opening_trigger(new: NewTicket, route: RoutePreview) -> Trigger:
    """Return which words tell the tenant that the request is registered.

    At night, at weekends and on holidays what is not urgent waits, and the tenant is told so.
    """
    if new.handed_from_label:
        return Trigger.HANDED_OVER
    if route.at_night and not route.priority.is_urgent:
        return Trigger.RECEIVED_AT_NIGHT
    return Trigger.RECEIVED


def _already_open(new: NewTicket) -> Ticket | None:
    return db.session.scalar(
        select(Ticket).where(Ticket.member_id == new.member_id, Ticket.form_token == new.form_token)
    )


def _ticket(
    new: NewTicket, category: Category, place: _Place, route: RoutePreview, at: datetime
) -> Ticket:
    return Ticket(
        member_id=new.member_id,
        service=new.service,
        category_id=new.category_id,
        title=category.label,
        location=new.location,
        place=place.words,
        description=new.description,
        answers=dict(new.answers),
        residence_id=place.residence_id,
        building_id=place.building_id,
        dwelling_id=place.dwelling_id,
        contact_id=new.contact_id,
        contact_number=new.contact_number,
        state=TicketState.OPEN,
        priority=route.priority,
        restricted=category.restricted,
        opened_at=at,
        promised_from=at,
        due_at=route.due_at,
        news_at=at,
        news_due_at=_due(route, Stage.NEWS),
        visit_due_at=_due(route, Stage.FIRST_VISIT),
        needs_triage=kept_by_platform(route),
        routing=route.kept,
        opened_by_id=new.actor.user_id,
        opened_by_label=new.actor.name,
        handed_from_label=new.handed_from_label,
        form_token=new.form_token,
        updated_at=at,
        updated_by_label=new.actor.name,
    )


def _due(route: RoutePreview, stage: Stage) -> datetime | None:
    promise = route.promises.get(stage)
    return promise.due_at if promise is not None else None


def kept_by_platform(route: RoutePreview) -> bool:
    """Say whether the decision names no organisation of the member: triage has it then.

    Another member's home is for the desk to hand over; a ticket that was opened all the same
    waits at triage, since nobody here can answer it.
    """
    return route.needs_triage or route.decision.destination_kind is DestinationKind.OTHER_MEMBER


def _write_opening(ticket: Ticket, new: NewTicket, route: RoutePreview, at: datetime) -> None:
    author = author_of(new.actor)
    assignments = [] if ticket.needs_triage else _assign(ticket, route, at)
    for assignment in assignments:
        if assignment.organisation_id != ticket.member_id and not assignment.informed_only:
            tell_partner(ticket, assignment, new=True)
    write_event(
        ticket,
        EventKind.OPENED,
        author,
        at,
        visibility=Visibility.TENANT,
        body=new.description,
        facts={"priority": str(route.priority)},
    )
    if new.handed_from_label:
        write_event(
            ticket, EventKind.HANDED_OVER, author, at, facts={"from": new.handed_from_label}
        )
    for assignment in assignments:
        write_event(
            ticket,
            EventKind.OFFERED,
            author,
            at,
            facts={
                "organisation_id": assignment.organisation_id,
                "organisation": assignment.organisation_name,
                "team": assignment.team_name,
                "informed_only": assignment.informed_only,
            },
        )


def _assign(ticket: Ticket, route: RoutePreview, at: datetime) -> list[Assignment]:
    """Offer the ticket to the organisation that gets it and to those that are told."""
    sent: list[tuple[int | None, str, int | None, str, bool]] = [
        (route.organisation_id, route.organisation_name, route.team_id, route.team_name, False)
    ]
    sent += [
        (
            told.organisation.id,
            told.organisation.name,
            told.team.id if told.team else None,
            told.team.name if told.team else "",
            True,
        )
        for told in route.inform
    ]
    made: dict[int, Assignment] = {}
    for organisation_id, name, team_id, team_name, informed_only in sent:
        if organisation_id is None or organisation_id in made:
            continue
        made[organisation_id] = Assignment(
            member_id=ticket.member_id,
            ticket_id=ticket.id,
            organisation_id=organisation_id,
            organisation_name=name,
            team_id=team_id,
            team_name=team_name,
            state=AssignmentState.OFFERED,
            informed_only=informed_only,
            state_at=at,
            accept_by=None if informed_only else _due(route, Stage.ACCEPTANCE),
        )
    for assignment in made.values():
        add_named(assignment)
    return list(made.values())


_TAKE_REFERENCE: Final = (
    update(Organisation)
    .where(Organisation.id == bindparam("whose"))
    .values(next_reference=Organisation.next_reference + 1)
    .returning(Organisation.reference_prefix, Organisation.next_reference)
    .execution_options(synchronize_session=False)
)
_CONTACT: Final = select(Contact).where(
    Contact.member_id == bindparam("member_id"), Contact.id == bindparam("contact_id")
)


def _next_reference(member_id: int) -> str:
    """Take the member's next reference (``AQ-24817``); its row stays locked until the commit."""
    taken = db.session.execute(_TAKE_REFERENCE, {"whose": member_id}).one_or_none()
    if taken is None:
        raise UserError(_("Ce membre n'est pas ouvert à votre compte."))
    return f"{taken.reference_prefix}-{taken.next_reference - 1}"


def _category(new: NewTicket, routing: MemberRouting) -> Category:
    try:
        return routing.category(new.category_id).category
    except NotFound as error:
        raise UserError(_("Choisissez un motif de ce membre."), field="category_id") from error


def _contact(new: NewTicket) -> Contact | None:
    if new.contact_id is None:
        return None
    contact = db.session.scalar(
        _CONTACT, {"member_id": new.member_id, "contact_id": new.contact_id}
    )
    if contact is None:
        raise UserError(_("Cette personne n'est plus dans la base : choisissez-la à nouveau."))
    return contact


def _place_without_home(new: NewTicket) -> _Place:
    """Return the place that the numbers name when no home is among them.

    A home's own residence and building win: the routing loads them.
    """
    if new.dwelling_id is not None or new.residence_id is None:
        return _Place()
    row = db.session.execute(
        select(Residence.name, Residence.city, Building.id, Building.name.label("building"))
        .outerjoin(
            Building,
            (Building.residence_id == Residence.id)
            & (Building.member_id == Residence.member_id)
            & (Building.id == new.building_id),
        )
        .where(Residence.member_id == new.member_id, Residence.id == new.residence_id)
    ).one_or_none()
    if row is None or (new.building_id is not None and row.id is None):
        raise _wrong_place()
    words = place_words({"residence": row.name, "building": row.building or ""})
    return _Place(new.residence_id, row.id, None, words, row.city)


def _home_place(home: RoutedPlace, dwelling_id: int) -> _Place:
    words = place_words(
        {
            "residence": home.residence_name,
            "building": home.building_name,
            "entrance": home.entrance_name,
            "floor": home.floor,
            "door": home.door,
            "number": home.dwelling_number,
        }
    )
    return _Place(home.residence_id, home.building_id, dwelling_id, words, home.city)


def _wrong_place() -> UserError:
    return UserError(
        _("Ce lieu n'est pas chez ce membre : choisissez-le à nouveau."), field="place"
    )
