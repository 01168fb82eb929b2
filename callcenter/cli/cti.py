"""``flask cti …``: keys of telephone exchanges, and an exchange made up to try the desk out."""

import itertools
import random
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click
import requests
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import func, select

from callcenter.calls.exchanges import issue_key, revoke_key
from callcenter.calls.models import PbxToken
from callcenter.core import clock
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.core.permissions import Role
from callcenter.estate.models import (
    ContactPhone,
    ContractResidence,
    Dwelling,
    MaintenanceContract,
    Occupancy,
)
from callcenter.members.accounts import Mandate, User
from callcenter.members.models import Organisation, PhoneLine
from callcenter.members.states import OrganisationKind, Service

command = AppGroup("cti", help="Telephone exchanges: key, keys, revoke, simulate.")

_LABEL = "commande flask cti"
_EVERYTHING = Scope(everything=True)
_FICTION = "+3363998{:04d}"


@command.command("key")
@click.option("--organisation", default="", help="whose lines it speaks of; the platform's: all")
@click.option("--name", required=True, help="what the exchange is called")
def make_key(organisation: str, name: str) -> None:
    """Make an exchange's key and print it, once."""
    with session_scope(_EVERYTHING), transaction():
        secret = issue_key(_owner(organisation), name, _LABEL)
    click.echo(f"{current_app.config['SETTINGS'].public_origin}/webhooks/cti/{secret}")


@command.command("keys")
def list_keys() -> None:
    """List the keys, without their secret."""
    with session_scope(_EVERYTHING):
        for token, owner in db.session.execute(
            select(PbxToken, Organisation.short_name)
            .join(Organisation, Organisation.id == PbxToken.member_id)
            .order_by(PbxToken.id)
        ):
            state = "active" if token.active else "revoked"
            used = token.last_used_at.isoformat(" ", "minutes") if token.last_used_at else "never"
            click.echo(f"{token.id}\t{owner}\t{token.name}\t{state}\tlast used {used}")


@command.command("revoke")
@click.argument("key_id", type=int)
def revoke(key_id: int) -> None:
    """Refuse a key from now on."""
    with session_scope(_EVERYTHING), transaction():
        revoke_key(key_id, _LABEL)


@dataclass(slots=True)
class _Storm:
    """What is simulated: who calls which line, and which agents answer."""

    url: str
    line: str
    callers: list[str]
    agents: list[str]
    talk_seconds: float
    answered: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@command.command("simulate")
@click.option("--calls", default=30, show_default=True, help="how many calls")
@click.option("--seconds", default=60.0, show_default=True, help="over how long")
@click.option("--member", default="", help="whose tenants' line rings; the first member's")
@click.option("--same-boiler", is_flag=True, help="all from one residence with a common boiler")
@click.option("--talk", default=20.0, show_default=True, help="seconds that a call is spoken")
@click.option("--answered", default=0.8, show_default=True, help="share that agents answer")
@click.option("--url", default="", help="origin of the platform; its own public one")
def simulate(
    calls: int,
    seconds: float,
    member: str,
    talk: float,
    answered: float,
    url: str,
    *,
    same_boiler: bool,
) -> None:
    """Have calls come in as an exchange would report them, through the webhook."""
    origin = url or current_app.config["SETTINGS"].public_origin
    with _key_of_its_own() as secret:
        with session_scope(_EVERYTHING):
            line = _line(member)
            callers = _callers(line, same_boiler=same_boiler)
            agents = _agents(line.member_id)
            number = line.number
        storm = _Storm(f"{origin}/webhooks/cti/{secret}", number, callers, agents, talk)
        _blow(storm, calls, seconds, answered)
    times = sorted(storm.answered)
    if times:
        click.echo(
            f"{len(times)} reports, p50 {times[len(times) // 2] * 1000:.0f} ms,"
            f" p95 {times[int(len(times) * 0.95)] * 1000:.0f} ms"
        )
    if storm.failures:
        raise click.ClickException(f"{len(storm.failures)} failed: {storm.failures[0]}")


def _blow(storm: _Storm, calls: int, seconds: float, answered: float) -> None:
    chance = random.Random(calls)  # noqa: S311 - a storm, not a secret
    agents = itertools.cycle(storm.agents or [""])
    threads = []
    for number in range(calls):
        caller = storm.callers[number % len(storm.callers)]
        agent = next(agents) if chance.random() < answered else ""
        thread = threading.Thread(target=_one_call, args=(storm, caller, agent), daemon=True)
        thread.start()
        threads.append(thread)
        time.sleep(seconds / max(calls, 1))
    for thread in threads:
        thread.join()


def _one_call(storm: _Storm, caller: str, agent: str) -> None:
    call_id = f"sim-{secrets.token_hex(6)}"
    told = {"callId": call_id, "direction": "in", "from": caller, "to": storm.line}
    _tell(storm, told | {"event": "newCall", "queue": "simulation"})
    time.sleep(min(4.0, storm.talk_seconds))
    if agent:
        _tell(storm, told | {"event": "answer", "user": agent})
        time.sleep(storm.talk_seconds)
    _tell(storm, told | {"event": "hangup", "cause": "normal" if agent else "no answer"})


def _tell(storm: _Storm, fields: dict[str, str]) -> None:
    start = time.monotonic()
    try:
        answer = requests.post(storm.url, data=fields, timeout=10)
        fault = "" if answer.ok else f"HTTP {answer.status_code}"
        fault = fault or str(answer.json().get("ignored", ""))
    except (requests.RequestException, ValueError) as error:
        fault = type(error).__name__
    with storm.lock:
        storm.answered.append(time.monotonic() - start)
        if fault:
            storm.failures.append(fault)


@contextmanager
def _key_of_its_own() -> Iterator[str]:
    """A key for the length of the simulation."""
    with session_scope(_EVERYTHING), transaction() as session:
        secret = issue_key(_owner(""), "Simulateur", _LABEL)
        key_id = session.scalars(select(func.max(PbxToken.id))).one()
    try:
        yield secret
    finally:
        with session_scope(_EVERYTHING), transaction():
            revoke_key(key_id, _LABEL)


def _owner(name: str) -> int:
    wanted = (
        (Organisation.name == name) | (Organisation.short_name == name)
        if name
        else Organisation.kind == OrganisationKind.PLATFORM
    )
    found = db.session.scalars(
        select(Organisation.id).where(
            wanted, Organisation.kind.in_([OrganisationKind.PLATFORM, OrganisationKind.LANDLORD])
        )
    ).all()
    if len(found) != 1:
        raise click.ClickException(f"no member is called {name or 'the platform'}")
    return found[0]


def _line(member: str) -> PhoneLine:
    query = select(PhoneLine).where(PhoneLine.active, PhoneLine.service == Service.TENANTS)
    if member:
        query = query.where(PhoneLine.member_id == _owner(member))
    line = db.session.scalars(query.order_by(PhoneLine.id).limit(1)).first()
    if line is None:
        raise click.ClickException("no tenants' line is in service")
    return line


def _callers(line: PhoneLine, *, same_boiler: bool) -> list[str]:
    """Numbers of the member's tenants; unknown fiction numbers when there are none."""
    query = (
        select(ContactPhone.number)
        .join(Occupancy, Occupancy.contact_id == ContactPhone.contact_id)
        .join(Dwelling, Dwelling.id == Occupancy.dwelling_id)
        .where(ContactPhone.member_id == line.member_id, Occupancy.ends_on.is_(None))
    )
    if same_boiler:
        boilers = (
            select(ContractResidence.residence_id)
            .join(MaintenanceContract, MaintenanceContract.id == ContractResidence.contract_id)
            .where(
                ContractResidence.member_id == line.member_id,
                MaintenanceContract.equipment == "collective_heating",
            )
        )
        most = (
            select(Dwelling.residence_id)
            .where(Dwelling.member_id == line.member_id, Dwelling.residence_id.in_(boilers))
            .group_by(Dwelling.residence_id)
            .order_by(func.count().desc(), Dwelling.residence_id)
            .limit(1)
        )
        query = query.where(Dwelling.residence_id == most.scalar_subquery())
    found = list(db.session.scalars(query.distinct().order_by(ContactPhone.number).limit(500)))
    return found or [_FICTION.format(number) for number in range(40)]


def _agents(member_id: int) -> list[str]:
    """E-mails of the agents who serve the member today."""
    today = clock.today()
    return list(
        db.session.scalars(
            select(User.email)
            .join(Mandate, Mandate.user_id == User.id)
            .where(
                User.active,
                User.role.in_([Role.AGENT, Role.SUPERVISOR]),
                Mandate.member_id == member_id,
                Mandate.starts_on <= today,
                Mandate.ends_on.is_(None) | (Mandate.ends_on >= today),
            )
            .order_by(User.id)
        )
    )
