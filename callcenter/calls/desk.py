"""The agent's desk as data: what the form says so far, and what it means.

Everything the agent has chosen travels in the form; the server works out the rest each time,
so that a reload, a kept draft or an error shows the very same desk again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from callcenter.calls.queries import DeskLine, list_last_calls, list_tickets_around
from callcenter.calls.states import CallerKind, Direction
from callcenter.core import clock
from callcenter.core.errors import NotFound
from callcenter.core.isolation import Actor
from callcenter.core.phone import can_receive_sms, format_phone, try_parse_phone
from callcenter.estate.flag_queries import Flag, list_flags
from callcenter.estate.queries import get_dwelling_card, get_person, get_residence_line
from callcenter.estate.records import DwellingCard, Person, ResidenceLine
from callcenter.estate.states import NumberFlag, OccupancyRole
from callcenter.members.models import Organisation
from callcenter.members.queries import get_member
from callcenter.members.states import Service
from callcenter.messaging.default_texts import known_language
from callcenter.routing.catalogue_types import AnswerOutcome, Safety, apply_answers
from callcenter.routing.queries import OfferedCategory, list_categories
from callcenter.routing.states import CallerRole, Location
from callcenter.tickets.incident_rules import can_be_collective, read_settings
from callcenter.tickets.queries.incident_places import Around, find_around
from callcenter.tickets.queries.incidents import IncidentLine
from callcenter.tickets.services.opening import NewTicket
from callcenter.tickets.services.preview import TicketPreview, preview_ticket

ANSWER_PREFIX = "q-"
_LONGEST_CALL_HOURS = 12
_LONGEST_NUMBER = 18  # digits of a bigint
_ROLES = {
    OccupancyRole.OCCUPANT: CallerRole.OCCUPANT,
    OccupancyRole.CO_OWNER: CallerRole.CO_OWNER,
    OccupancyRole.GUARANTOR: CallerRole.THIRD_PARTY,
    OccupancyRole.OTHER: CallerRole.THIRD_PARTY,
}


def _number(values: Mapping[str, str], name: str) -> int | None:
    text = values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else None


@dataclass(slots=True)
class Desk:
    """One call in the making. Built by ``build_desk``; templates read it."""

    line: DeskLine
    values: Mapping[str, str]
    owner: Organisation
    person: Person | None = None
    card: DwellingCard | None = None
    residence: ResidenceLine | None = None
    categories: Sequence[OfferedCategory] = ()
    offered: OfferedCategory | None = None
    answers: dict[str, str] = field(default_factory=dict)
    outcome: AnswerOutcome | None = None
    location: Location | None = None
    around: Around = field(default_factory=Around)
    tickets: Sequence[Row[*tuple[Any, ...]]] = ()
    calls: Sequence[Row[*tuple[Any, ...]]] = ()
    flags: tuple[Flag, ...] = ()

    @property
    def handed_over(self) -> bool:
        """Say whether the home is another member's than the line that rang."""
        return self.owner.id != self.line.member_id

    @property
    def caller_kind(self) -> CallerKind:
        """Return who the caller is said to be."""
        given = self.values.get("caller_kind", "")
        return CallerKind(given) if given in set(CallerKind) else CallerKind.CONTACT

    @property
    def direction(self) -> Direction:
        """Return who called whom."""
        return Direction.OUT if self.values.get("direction") == Direction.OUT else Direction.IN

    @property
    def started_at(self) -> datetime:
        """Return when the call began: when the desk was opened for it, never in the future."""
        now = clock.now()
        try:
            given = datetime.fromisoformat(self.values.get("started_at", ""))
        except ValueError:
            return now
        if given.tzinfo is None:
            return now
        hours = (now - given.astimezone(UTC)).total_seconds() / 3600
        return given.astimezone(UTC) if 0 <= hours < _LONGEST_CALL_HOURS else now

    @property
    def incident_at_hand(self) -> IncidentLine | None:
        """Return the incident that one key joins: the category's, or any while none is chosen."""
        first = self.around.incidents[0] if self.around.incidents else None
        if first is None or self.offered is None:
            return first
        return first if first.incident.category_id == self.offered.id else None

    @property
    def may_be_collective(self) -> bool:
        """Say whether an incident could be opened here for what the caller tells."""
        if self.offered is None or self.residence_id is None or self.location != Location.COMMON:
            return False
        category = self.offered.category
        known = self.incident_at_hand is not None
        return not known and can_be_collective(restricted=category.restricted, code=category.code)

    @property
    def safety_pending(self) -> bool:
        """Say whether a safety script must be read out before anything else (P0)."""
        return self.safety is not None and self.values.get("safety_read") != self.safety_key

    @property
    def safety(self) -> Safety | None:
        """Return what is read out first: the category's script, or what an answer's P0 says."""
        if self.offered is None:
            return None
        if self.offered.category.safety is not None:
            return self.offered.category.safety
        urgent = self.outcome.urgent_advice if self.outcome else ()
        return Safety("", "\n".join(urgent)) if urgent else None

    @property
    def safety_key(self) -> str:
        """Return what the form keeps once the script was read: another script is another key."""
        if self.offered is None:
            return ""
        category = self.offered.category
        return category.code if category.safety is not None else f"{category.code}!"

    @property
    def sms_number(self) -> str:
        """Return the number that follow-ups go to, as typed, else the person's best."""
        if "sms_number" in self.values:
            return self.values["sms_number"].strip()
        return self.best_number

    @property
    def best_number(self) -> str:
        """Return the number that called if it takes SMS, else the person's preferred mobile."""
        called = try_parse_phone(self.values.get("caller_number"))
        if called is not None and called.can_receive_sms:
            return format_phone(called.e164)
        phones = self.person.phones if self.person else ()
        usable = [p for p in phones if can_receive_sms(p.number) and not p.flag and not p.note]
        usable.sort(key=lambda phone: not phone.preferred)
        return format_phone(usable[0].number) if usable else ""

    @property
    def new_number(self) -> str:
        """Return the number that calls (E.164) if the chosen person is not known under it."""
        called = try_parse_phone(self.values.get("caller_number"))
        if called is None or self.person is None or self.caller_kind is not CallerKind.CONTACT:
            return ""
        known = {phone.number for phone in self.person.phones if phone.flag != NumberFlag.INVALID}
        return "" if called.e164 in known else called.e164

    @property
    def building_id(self) -> int | None:
        """Return the building of the chosen home."""
        return self.card.place.building_id if self.card else None

    @property
    def residence_id(self) -> int | None:
        """Return the residence of the chosen home, or the one chosen by itself."""
        if self.card is not None:
            return self.card.place.residence_id
        return self.residence.residence_id if self.residence else None

    @property
    def dwelling_id(self) -> int | None:
        """Return the chosen home."""
        return self.card.place.dwelling_id if self.card else None

    @property
    def contact_id(self) -> int | None:
        """Return the chosen person."""
        return self.person.contact_id if self.person else None

    @property
    def language(self) -> str:
        """Return the language that the person is written to in."""
        return known_language(self.person.language) if self.person else "fr"

    @property
    def caller_role(self) -> CallerRole:
        """Return what the caller is to the place, for the rules that ask for it."""
        if self.caller_kind is CallerKind.ANONYMOUS:
            return CallerRole.ANONYMOUS
        if self.caller_kind is CallerKind.THIRD_PARTY:
            return CallerRole.THIRD_PARTY
        for resident in self.card.residents if self.card else ():
            if self.person and resident.person.contact_id == self.person.contact_id:
                return _ROLES.get(OccupancyRole(resident.home.role), CallerRole.TENANT)
        if self.person is None and self.line.service == Service.LAND:
            return CallerRole.LAND_OWNER
        return CallerRole.TENANT

    @property
    def has_caller(self) -> bool:
        """Say whether the caller's column is settled: somebody, some place, or nobody."""
        return bool(
            self.person or self.card or self.residence or self.caller_kind != CallerKind.CONTACT
        )

    def new_ticket(self, actor: Actor, form_token: str) -> NewTicket | None:
        """Return the ticket that the form describes; ``None`` while no category is chosen."""
        if self.offered is None:
            return None
        number = try_parse_phone(self.sms_number)
        known = self.caller_kind is CallerKind.CONTACT
        told = "" if known else self.values.get("caller_name", "")
        language = ""
        if known and self.person is not None and self.person.member_id == self.owner.id:
            told, language = self.person.name, self.language
        return NewTicket(
            member_id=self.owner.id,
            service=Service(self.line.service),
            category_id=self.offered.id,
            location=self.location or "",
            actor=actor,
            form_token=form_token,
            residence_id=self.residence_id,
            building_id=self.building_id,
            dwelling_id=self.dwelling_id,
            contact_id=self.contact_id if known else None,
            contact_name=told,
            contact_language=language,
            contact_number=number.e164 if number else "",
            description=self.values.get("description", ""),
            answers=self.answers,
            caller_role=self.caller_role,
            handed_from_label=self.line.member_name if self.handed_over else "",
        )


def build_desk(line: DeskLine, values: Mapping[str, str], actor: Actor) -> Desk:
    """Work out the desk from what the form says. What can't be found any more is left out."""
    card = _card(_number(values, "dwelling_id"))
    residence = None if card else _residence(_number(values, "residence_id"))
    owner_id = line.member_id
    if card is not None:
        owner_id = card.place.member_id
    elif residence is not None:
        owner_id = residence.member_id
    desk = Desk(line=line, values=values, owner=get_member(owner_id), card=card)
    desk.residence = residence
    desk.person = _person(_number(values, "contact_id"), card)
    if desk.person is not None and card is None and residence is None:
        desk.owner = get_member(desk.person.member_id)
    _read_request(desk)
    look_around(desk, actor)
    desk.calls = list_last_calls(desk.owner.id, desk.contact_id, desk.dwelling_id)
    if desk.residence_id is not None and (card is None or card.flagged):
        known = list_flags(actor, desk.owner.id, desk.residence_id, desk.dwelling_id)
        desk.flags = tuple(flag for flag in known if flag.begun(clock.today()))
    return desk


def look_around(desk: Desk, actor: Actor) -> None:
    """Find what goes on at the place: the incident first, then the open tickets."""
    desk.around = find_around(
        actor,
        desk.owner.id,
        desk.residence_id,
        desk.building_id,
        desk.offered.id if desk.offered else None,
        read_settings(desk.owner.settings),
    )
    desk.tickets = list_tickets_around(
        actor, desk.owner.id, desk.dwelling_id, desk.residence_id, beside_incidents=True
    )


def build_request(line: DeskLine, values: Mapping[str, str]) -> Desk:
    """Work out only what the middle column needs: the cheap half of ``build_desk``."""
    card = _card(_number(values, "dwelling_id"), whole=False)
    residence = None if card else _residence(_number(values, "residence_id"))
    person = _person(_number(values, "contact_id"), card)
    owner_id = line.member_id
    for found in (card.place if card else None, residence, person):
        if found is not None:
            owner_id = found.member_id
            break
    desk = Desk(line=line, values=values, owner=get_member(owner_id), card=card)
    desk.residence, desk.person = residence, person
    _read_request(desk)
    return desk


def preview(desk: Desk, actor: Actor) -> TicketPreview | None:
    """Return what saving a ticket now would do; ``None`` while the form can't say."""
    new = desk.new_ticket(actor, "preview")
    if new is None or desk.offered is None or desk.safety_pending:
        return None
    return preview_ticket(new, desk.offered, desk.owner.reference_prefix, desk.language)


def _read_request(desk: Desk) -> None:
    """Category, place and answers, as the owner of the home names them."""
    desk.categories = list_categories(desk.owner.id, Service(desk.line.service))
    code = desk.values.get("category", "")
    desk.offered = next((c for c in desk.categories if c.category.code == code), None)
    if desk.offered is None:
        return
    category = desk.offered.category
    desk.answers = {
        question.key: desk.values[f"{ANSWER_PREFIX}{question.key}"]
        for question in category.questions
        if desk.values.get(f"{ANSWER_PREFIX}{question.key}")
    }
    desk.outcome = apply_answers(category, desk.answers)
    wanted = desk.values.get("location", "")
    possible = category.locations
    if wanted in possible:
        desk.location = Location(wanted)
    elif len(possible) == 1:
        desk.location = possible[0]


def _card(dwelling_id: int | None, *, whole: bool = True) -> DwellingCard | None:
    try:
        return get_dwelling_card(dwelling_id, whole=whole) if dwelling_id else None
    except NotFound:
        return None


def _residence(residence_id: int | None) -> ResidenceLine | None:
    try:
        return get_residence_line(residence_id) if residence_id else None
    except NotFound:
        return None


def _person(contact_id: int | None, card: DwellingCard | None) -> Person | None:
    if contact_id is None:
        return None
    for resident in card.residents if card else ():
        if resident.person.contact_id == contact_id:
            return resident.person
    try:
        return get_person(contact_id)
    except NotFound:
        return None
