"""The members of the large base: founded by the same services as real ones, people included."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select

from callcenter.core.db import db, session_scope, transaction
from callcenter.core.errors import UserError
from callcenter.core.isolation import Scope
from callcenter.core.permissions import Role
from callcenter.demo import bulk_words as words
from callcenter.estate.models import Dwelling
from callcenter.members import services
from callcenter.members.accounts import User
from callcenter.members.models import Agency, Organisation, Team
from callcenter.members.states import OrganisationKind, Service, TeamKind
from callcenter.messaging.services import install_templates
from callcenter.routing.services import install_catalogue

EVERYTHING = Scope(everything=True)
DOMAIN = "grand.exemple.fr"
AGENTS = 25
_HOMES_OF_AN_AGENCY = 4_000
_MANY_HOMES = 30_000


@dataclass(slots=True)
class BulkMember:
    """What the rest of the load needs of one member: numbers and names only."""

    id: int
    prefix: str
    name: str
    homes: int
    agencies: list[int] = field(default_factory=list)
    syndics: list[int] = field(default_factory=list)
    contractors: dict[str, list[int]] = field(default_factory=dict)
    # (id, name) of the people who may be in charge of a ticket
    staff: list[tuple[int, str]] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Founded:
    """The platform and its members."""

    platform_id: int
    agents: list[tuple[int, str]]
    members: list[BulkMember]


def shares(homes: int) -> list[tuple[str, str, int]]:
    """Return (name, prefix, homes) of three to six members, the first the largest."""
    count = 3 if homes < _MANY_HOMES else len(words.MEMBERS)
    chosen = words.MEMBERS[:count]
    total = sum(share for _name, _prefix, share in chosen)
    sizes = [int(homes * share / total) for _name, _prefix, share in chosen]
    sizes[0] += homes - sum(sizes)
    return [(name, prefix, size) for (name, prefix, _s), size in zip(chosen, sizes, strict=True)]


def found_members(homes: int, password_hash: str | None) -> Founded:
    """Found the platform, where it is missing, and the members with teams, lines and accounts.

    Raises UserError when this base was already filled, wholly or half.
    """
    plan = shares(homes)
    with session_scope(EVERYTHING) as session:
        if session.scalar(
            select(Organisation.id).where(
                Organisation.reference_prefix.in_([prefix for _n, prefix, _h in plan]),
                Organisation.id.in_(select(Dwelling.member_id)),
            )
        ):
            raise UserError("This database already holds the large base (or half of it).")
        platform = session.scalar(
            select(Organisation).where(Organisation.kind == OrganisationKind.PLATFORM)
        )
    if platform is None:
        with session_scope(Scope()), transaction():
            platform = services.found_organisation(OrganisationKind.PLATFORM, "Coo.Pairs")
            services.add_team(platform, TeamKind.TRIAGE, "Plateforme")
    with session_scope(Scope(member_ids=frozenset({platform.id}))), transaction():
        people = [
            _account(platform, Role.AGENT, f"agent{n}", words.FIRST_NAMES[n], password_hash)
            for n in range(1, AGENTS + 1)
        ]
        others = [
            _account(platform, Role.SUPERVISOR, "supervisor", "Nadia", password_hash),
            _account(platform, Role.ADMINISTRATOR, "administrator", "Anne", password_hash),
        ]
    members = [
        _found_member(number, *line, [*people, *others], password_hash)
        for number, line in enumerate(plan)
    ]
    return Founded(platform.id, [(one.id, one.full_name) for one in people], members)


def _account(
    organisation: Organisation,
    role: Role,
    name: str,
    first_name: str,
    password_hash: str | None,
    teams: Sequence[Team] = (),
) -> User:
    email = f"{name}@{DOMAIN}"
    found = db.session.scalar(select(User).where(User.email == email))
    return found or services.open_account(
        organisation, role, email, first_name, "Exemple", password_hash=password_hash, teams=teams
    )


def _found_member(
    number: int,
    name: str,
    prefix: str,
    homes: int,
    people: Sequence[User],
    password_hash: str | None,
) -> BulkMember:
    with session_scope(Scope()), transaction():
        founded = services.found_organisation(
            OrganisationKind.LANDLORD,
            name,
            reference_prefix=prefix,
            phone=f"+3353649{7000 + number}",
            opening_hours="du lundi au vendredi de 8 h 30 à 17 h 30",
            sms_sender=prefix,
        )
    member = BulkMember(founded.id, prefix, name, homes)
    with session_scope(Scope(member_ids=frozenset({member.id}))), transaction():
        organisation = db.session.get_one(Organisation, member.id)
        agencies = [
            services.add_agency(
                member.id, f"Agence {words.CITIES[i % len(words.CITIES)][0]} {i + 1}"
            )
            for i in range(1 + homes // _HOMES_OF_AN_AGENCY)
        ]
        member.agencies = [agency.id for agency in agencies]
        teams = _teams(organisation, agencies)
        _lines_of(member, number)
        _partners_of(member)
        for place, agency in enumerate(agencies):
            team = teams[agency.id]
            for key, role in (("staff", Role.STAFF), ("caretaker", Role.CARETAKER)):
                user = _account(
                    organisation,
                    role,
                    f"{key}{place + 1}.{prefix.lower()}",
                    words.FIRST_NAMES[(number * 7 + place) % len(words.FIRST_NAMES)],
                    password_hash,
                    team if role is Role.CARETAKER else team[:1],
                )
                if role is Role.STAFF:
                    member.staff.append((user.id, user.full_name))
        _account(organisation, Role.MANAGER, f"manager.{prefix.lower()}", "Odile", password_hash)
        for person in people:
            services.give_mandate(person, member.id, date(2020, 1, 1))
        install_catalogue(member.id)
        install_templates(member.id)
    return member


def _teams(organisation: Organisation, agencies: Sequence[Agency]) -> dict[int, list[Team]]:
    """One team of each kind for the member; agency and caretakers' teams for each agency."""
    local = {TeamKind.AGENCY, TeamKind.CARETAKER}
    for kind in TeamKind:
        if kind is not TeamKind.TRIAGE and kind not in local:
            services.add_team(organisation, kind, f"Équipe {kind.replace('_', ' ')}")
    return {
        agency.id: [
            services.add_team(organisation, TeamKind.AGENCY, agency.name, agency.id),
            services.add_team(
                organisation, TeamKind.CARETAKER, f"Gardiens {agency.name}", agency.id
            ),
        ]
        for agency in agencies
    }


def _lines_of(member: BulkMember, number: int) -> None:
    for place, service in enumerate(Service):
        line = services.add_line(
            member.id,
            f"+3353649{7100 + number * 10 + place}",
            service,
            f"{member.name} {service}",
            f"{member.name} bonjour, {{agent}} à votre écoute",
        )
        member.lines[service] = line.id


def _partners_of(member: BulkMember) -> None:
    member.syndics = [
        services.add_partner(member.id, OrganisationKind.SYNDIC, name).id for name in words.SYNDICS
    ]
    for equipment, names in words.CONTRACTORS.items():
        member.contractors[equipment] = [
            services.add_partner(member.id, OrganisationKind.CONTRACTOR, name).id for name in names
        ]


def move_references(member: BulkMember, used: int) -> None:
    """Have the member's next ticket numbered after the ``used`` ones of the load."""
    with session_scope(Scope(member_ids=frozenset({member.id}))), transaction():
        organisation = db.session.get_one(Organisation, member.id)
        organisation.next_reference = func.greatest(Organisation.next_reference, used + 1)
