"""The small world of the tests: a platform, two members A and B, and the same things on both
sides of the wall, so that every isolation test has something to be refused.

Built once into the template database; tests get a clone of it and look its rows up here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from callcenter.app import create_app
from callcenter.core import database_roles as roles
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.core.permissions import Role
from callcenter.estate.models import (
    Building,
    Contact,
    ContactPhone,
    ContractResidence,
    Dwelling,
    MaintenanceContract,
    Occupancy,
    Residence,
)
from callcenter.estate.search_text import refresh_search
from callcenter.members import services
from callcenter.members.accounts import User
from callcenter.members.models import Agency, Organisation, PhoneLine, Team
from callcenter.members.states import OrganisationKind, Service, TeamKind
from callcenter.settings import Environment, Settings
from tests import servers

PASSWORD = "correct horse battery staple"


EVERYTHING = Scope(everything=True)


@dataclass(slots=True)
class Member:
    """One member's rows by short names: ids only, so that they live in any session."""

    id: int
    name: str
    prefix: str
    ids: dict[str, int] = field(default_factory=dict)

    def __getattr__(self, name: str) -> int:
        try:
            return self.ids[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(slots=True)
class World:
    """Both members, the platform, and everybody's account id by e-mail's first part."""

    platform: int
    a: Member
    b: Member
    users: dict[str, int]

    def user(self, name: str) -> User:
        """Load an account by the first part of its e-mail (``agent``, ``staff-a``…)."""
        with session_scope(EVERYTHING):
            return db.session.get_one(User, self.users[name])


@contextmanager
def as_system() -> Iterator[Session]:
    """Look at (or change) everything, as the platform's machinery would."""
    with session_scope(EVERYTHING) as session:
        yield session


@contextmanager
def as_member(*member_ids: int) -> Iterator[Session]:
    """Look at what these members see."""
    with session_scope(Scope(member_ids=frozenset(member_ids))) as session:
        yield session


def sign_in(client: FlaskClient, user: User) -> None:
    """Sign a test browser in without the form (which has tests of its own)."""
    with client.session_transaction() as session:
        session["_user_id"] = user.fs_uniquifier
        session["_fresh"] = True


def build_world(owner_url: str) -> None:
    """Fill the template database through the services that the product uses."""
    app = create_app(
        Settings(
            environment=Environment.TEST,
            database_url=make_url(owner_url)
            .set(username=roles.APP_ROLE)
            .render_as_string(hide_password=False),
            redis_url="redis://127.0.0.1:9",
            secret_key="test-secret-key-of-more-than-thirty-two-characters",
            public_origin="http://localhost",
            var_dir=servers.var_dir(),
        )
    )
    with app.app_context():
        password_hash = hash_password(PASSWORD)  # slow on purpose, so once for all
        with session_scope(Scope()), transaction():
            platform = services.found_organisation(
                OrganisationKind.PLATFORM, "Coo.Pairs", phone="+33536490000"
            )
            agents = services.add_team(platform, TeamKind.TRIAGE, "Plateforme")
        with session_scope(Scope(member_ids=frozenset({platform.id}))), transaction():
            people = {
                name: services.open_account(
                    platform,
                    role,
                    f"{name}@plateforme.exemple.fr",
                    first,
                    last,
                    password_hash=password_hash,
                    teams=[agents],
                )
                for name, role, first, last in (
                    ("agent", Role.AGENT, "Camille", "Roux"),
                    ("agent-a", Role.AGENT, "Lucie", "Blanc"),
                    ("supervisor", Role.SUPERVISOR, "Nadia", "Perrin"),
                    ("administrator", Role.ADMINISTRATOR, "Anne", "Garcia"),
                )
            }
        for index, (name, prefix, colour) in enumerate(
            (("Aquitanis", "AQ", "#0b5d7a"), ("Mésolia", "ME", "#7a2a5c"))
        ):
            _build_member(index, name, prefix, colour, people, password_hash)
        db.session.remove()
        db.engine.dispose()


def _build_member(
    index: int, name: str, prefix: str, colour: str, people: dict[str, User], password_hash: str
) -> None:
    with session_scope(Scope()), transaction():
        member = services.found_organisation(
            OrganisationKind.LANDLORD,
            name,
            reference_prefix=prefix,
            accent_colour=colour,
            phone=f"+3353649000{index + 1}",
            opening_hours="du lundi au vendredi de 8 h 30 à 17 h 30",
            sms_sender=prefix,
        )
    with session_scope(Scope(member_ids=frozenset({member.id}))), transaction() as session:
        side = "ab"[index]
        agency = services.add_agency(member.id, f"Agence {name} Centre")
        teams = {
            kind: services.add_team(
                member,
                kind,
                f"{kind.replace('_', ' ').capitalize()} {name}",
                agency.id if kind in {TeamKind.AGENCY, TeamKind.CARETAKER} else None,
            )
            for kind in TeamKind
            if kind is not TeamKind.TRIAGE
        }
        for line, service in enumerate((Service.TENANTS, Service.SYNDIC)):
            services.add_line(
                member.id,
                f"+335364901{index}{line}",
                service,
                f"{name} {service}",
                f"{name} bonjour, {{agent}} à votre écoute",
            )
        lift = services.add_partner(
            member.id, OrganisationKind.CONTRACTOR, "Ascensoristes du Sud-Ouest"
        )
        heating = services.add_partner(member.id, OrganisationKind.CONTRACTOR, "Garonne Thermique")
        syndic = services.add_partner(member.id, OrganisationKind.SYNDIC, "Syndic des Chartrons")
        for key, role, organisation in (
            ("manager", Role.MANAGER, member),
            ("staff", Role.STAFF, member),
            ("colleague", Role.STAFF, member),
            ("caretaker", Role.CARETAKER, member),
            ("contractor", Role.CONTRACTOR, lift),
        ):
            services.open_account(
                organisation,
                role,
                f"{key}-{side}@{prefix.lower()}.exemple.fr",
                key.capitalize(),
                name,
                password_hash=password_hash,
                teams=[teams[TeamKind.AGENCY]] if organisation is member else (),
            )
        for key in ("agent", "supervisor") + (("agent-a",) if side == "a" else ()):
            services.give_mandate(people[key], member.id, date(2026, 1, 1))
        _build_estate(session, member.id, index, prefix, agency, lift, heating, syndic)
        refresh_search(member.id)
    _install_defaults(member.id)


def _install_defaults(member_id: int) -> None:
    """The default catalogue, rules and templates, as a new member gets them."""
    try:
        from callcenter.routing.services import install_catalogue
    except ImportError:
        pass
    else:
        with session_scope(Scope(member_ids=frozenset({member_id}))), transaction():
            install_catalogue(member_id)
    try:
        from callcenter.messaging.services import install_templates
    except ImportError:
        pass
    else:
        with session_scope(Scope(member_ids=frozenset({member_id}))), transaction():
            install_templates(member_id)


def _build_estate(
    session: Session,
    member_id: int,
    index: int,
    prefix: str,
    agency: Agency,
    lift: Organisation,
    heating: Organisation,
    syndic: Organisation,
) -> None:
    def add(row: Any) -> Any:
        session.add(row)
        session.flush()
        return row

    own = {"member_id": member_id}
    gounod = add(
        Residence(
            **own, code="0001", name="Gounod", city="Bordeaux", postcode="33000",
            agency_id=agency.id, search="gounod bordeaux 33000",
        )
    )  # fmt: skip
    quais = add(
        Residence(
            **own, code="0002", name="Les Quais", city="Bordeaux", postcode="33300",
            agency_id=agency.id, ownership="condo", syndic_id=syndic.id,
            search="les quais bordeaux 33300",
        )
    )  # fmt: skip
    block = add(Building(**own, residence_id=gounod.id, name="B"))
    quay = add(Building(**own, residence_id=quais.id, name="A"))
    home = add(
        Dwelling(
            **own, number=f"{prefix}0001602", residence_id=gounod.id, building_id=block.id,
            floor="6", door="602", street="12 rue Gounod", postcode="33000", city="Bordeaux",
            search=f"{prefix.lower()}0001602 602 12 rue gounod bordeaux 33000 gounod",
        )
    )  # fmt: skip
    flat = add(
        Dwelling(
            **own, number=f"{prefix}0002001", residence_id=quais.id, building_id=quay.id,
            floor="0", door="001", street="3 quai des Chartrons", postcode="33300",
            city="Bordeaux", ownership="condo",
            search=f"{prefix.lower()}0002001 001 3 quai des chartrons bordeaux 33300 les quais",
        )
    )  # fmt: skip
    people = (
        ("Mme", "Etcheverry", "Maïté", f"+336399812{index}1", "mobile", home, "tenant"),
        ("M.", "Etcheverry", "Jean", f"+336399812{index}1", "mobile", home, "occupant"),
        ("Mme", "Lafitte", "Odette", f"+335364902{index}1", "landline", flat, "tenant"),
    )
    for civility, last, first, number, kind, place, role in people:
        contact = add(
            Contact(
                **own, civility=civility, last_name=last, first_name=first,
                search=f"{first} {last}".lower().replace("ï", "i"),
            )
        )  # fmt: skip
        add(ContactPhone(**own, contact_id=contact.id, number=number, kind=kind))
        add(
            Occupancy(
                **own, contact_id=contact.id, dwelling_id=place.id, role=role,
                lease_number=f"B{prefix}{place.door}", starts_on=date(2014, 5, 1),
            )
        )  # fmt: skip
    in_force = add(
        MaintenanceContract(
            **own, contractor_id=lift.id, equipment="lift", starts_on=date(2024, 1, 1),
            ends_on=date(2027, 12, 31), around_the_clock=True, on_call=True,
        )
    )  # fmt: skip
    expired = add(
        MaintenanceContract(
            **own, contractor_id=heating.id, equipment="collective_heating",
            starts_on=date(2020, 1, 1), ends_on=date(2024, 12, 31), around_the_clock=True,
        )
    )  # fmt: skip
    for contract in (in_force, expired):
        add(ContractResidence(**own, contract_id=contract.id, residence_id=gounod.id))


def load_world(app: Flask) -> World:
    """Look the world's rows up in the present database."""
    with app.app_context(), session_scope(EVERYTHING) as session:
        organisations = {
            o.name: o
            for o in session.scalars(
                select(Organisation).where(Organisation.member_id == Organisation.id)
            )
        }
        users = {user.email.split("@")[0]: user.id for user in session.scalars(select(User))}
        members = [
            _load_member(session, organisations[name], index)
            for index, name in enumerate(("Aquitanis", "Mésolia"))
        ]
        return World(organisations["Coo.Pairs"].id, members[0], members[1], users)


def _load_member(session: Session, organisation: Organisation, index: int) -> Member:
    ids: dict[str, int] = {}
    own = SimpleNamespace(id=organisation.id)

    def put(name: str, model: Any, *conditions: Any) -> None:
        ids[name] = session.scalars(
            select(model.id).where(model.member_id == own.id, *conditions)
        ).one()

    put("gounod", Residence, Residence.name == "Gounod")
    put("quais", Residence, Residence.name == "Les Quais")
    put("block", Building, Building.name == "B")
    put("home", Dwelling, Dwelling.door == "602")
    put("flat", Dwelling, Dwelling.door == "001")
    put("maite", Contact, Contact.first_name == "Maïté")
    put("jean", Contact, Contact.first_name == "Jean")
    put("odette", Contact, Contact.first_name == "Odette")
    put("line", PhoneLine, PhoneLine.service == Service.TENANTS)
    put("syndic_line", PhoneLine, PhoneLine.service == Service.SYNDIC)
    put("agency", Agency)
    put("lift", Organisation, Organisation.name == "Ascensoristes du Sud-Ouest")
    put("heating", Organisation, Organisation.name == "Garonne Thermique")
    put("syndic", Organisation, Organisation.kind == OrganisationKind.SYNDIC)
    put("agency_team", Team, Team.kind == TeamKind.AGENCY)
    put("maintenance_team", Team, Team.kind == TeamKind.MAINTENANCE)
    return Member(organisation.id, organisation.name, organisation.reference_prefix, ids)
