"""Founding the platform and its members: organisations, teams, accounts, lines, catalogue."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.core.permissions import PERMISSIONS, Role
from callcenter.demo import cast
from callcenter.demo.cast import Firm, MemberCast, Person
from callcenter.members import services
from callcenter.members.accounts import User
from callcenter.members.clock_rules import Target, TargetUnit
from callcenter.members.models import Agency, Calendar, ClosingDay, Organisation, PhoneLine, Team
from callcenter.members.states import OrganisationKind, Service, TeamKind
from callcenter.messaging.follow_up_rules import Choice, Policy
from callcenter.messaging.follow_up_services import choose_follow_ups
from callcenter.messaging.ledger_models import DeliveryWatch, SmsTariff
from callcenter.messaging.services import install_templates
from callcenter.messaging.states import Trigger
from callcenter.routing.models import ServiceTarget
from callcenter.routing.services import install_catalogue
from callcenter.routing.states import Priority, Stage

_LOCAL: Final = (TeamKind.AGENCY, TeamKind.CARETAKER)
_WHOLE_DAY: Final = [["00:00", "24:00"]]
_WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MANDATE_DAYS: Final = 400
# Euros a segment, without tax: last year's, then the one negotiated together.
_TARIFF_DAYS: Final = ((_MANDATE_DAYS, "0.0690"), (25, "0.0645"))
# A member that sends on its own contract.
_OWN_TARIFF: Final = {"TG": "0.0710"}


@dataclass(slots=True)
class Founded:
    """A member as the rest of the demonstration needs it."""

    cast: MemberCast
    organisation: Organisation
    agencies: list[Agency] = field(default_factory=list)
    lines: dict[Service, PhoneLine] = field(default_factory=dict)
    teams: dict[tuple[TeamKind, int | None], Team] = field(default_factory=dict)
    firms: list[tuple[Firm, Organisation]] = field(default_factory=list)
    syndics: list[Organisation] = field(default_factory=list)
    # Actors by the kinds of teams they are in; contractors by their firm's number.
    manager: Actor | None = None
    staff: list[Actor] = field(default_factory=list)
    by_team: dict[tuple[TeamKind, int | None], Actor] = field(default_factory=dict)
    by_firm: dict[int, Actor] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The member's number."""
        return self.organisation.id


@dataclass(slots=True)
class Company:
    """Everybody: the platform's people and the members."""

    platform: Organisation
    agents: list[Actor] = field(default_factory=list)
    supervisor: Actor | None = None
    members: list[Founded] = field(default_factory=list)


def found_company(password_hash: str) -> Company:
    """Found all of it in the present transaction (which sees each newborn member)."""
    platform = services.found_organisation(
        OrganisationKind.PLATFORM,
        cast.PLATFORM,
        phone="+33536490000",
        email="contact@coopairs.exemple.fr",
        opening_hours=cast.HOURS,
    )
    _tariffs(platform.id)
    company = Company(platform)
    triage = services.add_team(platform, TeamKind.TRIAGE, "Plateforme")
    users = [
        (person, _account(platform, person, password_hash, [triage]))
        for person in cast.PLATFORM_PEOPLE
    ]
    company.members = [_found_member(one, password_hash) for one in cast.MEMBERS]
    since = clock.today() - timedelta(days=_MANDATE_DAYS)
    numbers = {member.cast.prefix: member.id for member in company.members}
    for number, (person, user) in enumerate(users):
        # A telephone of their own: "take" works at once, and the sandbox answers it.
        user.phone = f"{cast.EXTENSIONS}{number:02}"
        served = frozenset(numbers[prefix] for prefix in person.mandates)
        for member_id in sorted(served):
            services.give_mandate(user, member_id, since)
        if person.role is Role.AGENT:
            company.agents.append(actor_of(user, served))
        elif person.role is Role.SUPERVISOR:
            company.supervisor = actor_of(user, served)
    return company


def actor_of(user: User, member_ids: frozenset[int]) -> Actor:
    """Return the account as the services know a signed-in person."""
    role = Role(user.role)
    return Actor(
        user_id=user.id,
        name=user.full_name,
        role=role,
        home_id=user.member_id,
        organisation_id=user.organisation_id,
        member_ids=member_ids,
        permissions=PERMISSIONS[role],
    )


def _account(
    organisation: Organisation, person: Person, password_hash: str, teams: list[Team]
) -> User:
    return services.open_account(
        organisation,
        person.role,
        person.email,
        person.first_name,
        person.last_name,
        password_hash=password_hash,
        teams=teams,
    )


def _found_member(wanted: MemberCast, password_hash: str) -> Founded:
    organisation = services.found_organisation(
        OrganisationKind.LANDLORD,
        wanted.name,
        reference_prefix=wanted.prefix,
        accent_colour=wanted.colour,
        phone=wanted.phone,
        email=wanted.email,
        opening_hours=cast.HOURS,
        sms_sender=wanted.sender,
        sms_two_way=wanted.two_way,
        next_reference=wanted.first_reference,
    )
    member = Founded(wanted, organisation)
    member.agencies = [
        services.add_agency(member.id, name, phone) for name, phone in wanted.agencies
    ]
    _partners(member)
    member.teams = _teams(member)
    _people(member, member.teams, password_hash)
    for line in wanted.lines:
        member.lines[line.service] = services.add_line(
            member.id, line.number, line.service, line.name, line.greeting, line.script
        )
    _calendars(member)
    with clock.frozen_at(clock.now() - timedelta(days=_MANDATE_DAYS)):
        install_catalogue(member.id)
    install_templates(member.id)
    _tariffs(member.id, wanted.prefix)
    # Few people live in the demonstration: fewer messages prove a fall, over more hours.
    db.session.add(
        DeliveryWatch(member_id=member.id, window_hours=72, usual_days=28, least_messages=8)
    )
    _follow_ups(member)
    return member


def _tariffs(wall: int, prefix: str = "") -> None:
    for days, price in _TARIFF_DAYS:
        row = SmsTariff(
            member_id=wall,
            valid_from=clock.today() - timedelta(days=days),
            price=Decimal(_OWN_TARIFF.get(prefix, price)),
        )
        db.session.add(row)
    db.session.flush()


# What each member chose otherwise than everybody: prefix -> trigger -> (sent, minutes later).
_CHOSEN: Final = {
    "ME": {Trigger.NEARLY_LATE: Choice(), Trigger.ACCEPTED: Choice(delay_minutes=15)},
    "TG": {Trigger.CANCELLED: Choice(active=False)},
}


def _follow_ups(member: Founded) -> None:
    """A member that has its own ideas of what to send."""
    chosen = _CHOSEN.get(member.cast.prefix)
    manager = member.manager
    if chosen is None or manager is None:
        return
    policy = Policy(max_per_day=3)
    choose_follow_ups(member.id, chosen, policy, version=0, actor=manager)


def _teams(member: Founded) -> dict[tuple[TeamKind, int | None], Team]:
    """Every kind of team; agency and caretakers' teams for each agency."""
    organisation = member.organisation
    teams: dict[tuple[TeamKind, int | None], Team] = {
        (kind, None): services.add_team(organisation, kind, name)
        for kind, name in cast.TEAM_NAMES.items()
    }
    for place, agency in enumerate(member.agencies):
        for kind, name in zip(_LOCAL, (agency.name, f"Gardiens · {agency.name}"), strict=True):
            teams[kind, place] = services.add_team(organisation, kind, name, agency.id)
    return teams


def _people(
    member: Founded, teams: dict[tuple[TeamKind, int | None], Team], password_hash: str
) -> None:
    firms = {firm.name: organisation for firm, organisation in member.firms}
    for person in member.cast.people:
        if person.role is Role.CONTRACTOR:
            firm = firms[person.firm]
            user = _account(firm, person, password_hash, [])
            member.by_firm.setdefault(firm.id, actor_of(user, frozenset({member.id})))
            continue
        places = [(kind, person.agency if kind in _LOCAL else None) for kind in person.teams]
        user = _account(
            member.organisation, person, password_hash, [teams[place] for place in places]
        )
        actor = actor_of(user, frozenset({member.id}))
        for place in places:
            member.by_team[place] = actor
        if person.role is Role.MANAGER:
            member.manager = actor
        elif person.role is Role.STAFF:
            member.staff.append(actor)


def _partners(member: Founded) -> None:
    member.firms = [
        (
            firm,
            services.add_partner(
                member.id,
                OrganisationKind.CONTRACTOR,
                firm.name,
                phone=firm.mobile or firm.phone,
                email=firm.email,
            ),
        )
        for firm in member.cast.firms
    ]
    member.syndics = [
        services.add_partner(
            member.id, OrganisationKind.SYNDIC, name, phone=phone, email=cast.work_address(name)
        )
        for name, phone in member.cast.syndics
    ]


def _calendars(member: Founded) -> None:
    """The on-call calendar, and a bridge day on which the offices stay closed."""
    db.session.add(
        Calendar(
            member_id=member.id,
            name="Jour et nuit",
            weekly_hours=dict.fromkeys(_WEEK, _WHOLE_DAY),
            public_holidays=False,
        )
    )
    phones = Calendar(
        member_id=member.id,
        name="Accueil téléphonique",
        weekly_hours={key: [["08:00", "18:30"]] for key in _WEEK[:5]}
        | {"sat": [["09:00", "12:00"]]},
    )
    db.session.add(phones)
    db.session.flush()
    _promise(member, phones)
    main = db.session.scalars(
        select(Calendar).where(Calendar.member_id == member.id, Calendar.main)
    ).one()
    eve = date(clock.today().year, 12, 24)
    db.session.add(
        ClosingDay(
            member_id=member.id, calendar_id=main.id, day=eve, label="Fermeture de fin d'année"
        )
    )
    db.session.flush()


def _promise(member: Founded, phones: Calendar) -> None:
    """The platform's "rappel sous 2 h", on the hours of its telephones; a first visit in time."""
    promised = [
        (Stage.NEWS, Priority.P2, Target(4, TargetUnit.WORKING_HOURS), phones.id),
        (Stage.NEWS, Priority.P3, Target(8, TargetUnit.WORKING_HOURS), phones.id),
        (Stage.FIRST_VISIT, Priority.P2, Target(2, TargetUnit.WORKING_DAYS), None),
        (Stage.FIRST_VISIT, Priority.P3, Target(4, TargetUnit.WORKING_DAYS), None),
    ]
    db.session.add_all(
        ServiceTarget(
            member_id=member.id,
            stage=stage,
            priority=priority,
            amount=target.amount,
            unit=target.unit,
            calendar_id=calendar_id,
        )
        for stage, priority, target, calendar_id in promised
    )
    db.session.flush()
