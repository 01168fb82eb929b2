"""What every process here has in common: the application, and its log."""

import logging
import sys
from collections.abc import Callable, Iterable
from typing import TypeVar

from flask import Flask
from sqlalchemy import select

from callcenter.app import create_app
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind
from callcenter.settings import Settings

Thing = TypeVar("Thing")


def start_process(name: str) -> Flask:
    """Build the application once for the whole process, and log to its standard error."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format=f"%(asctime)s {name} %(name)s: %(message)s"
    )
    for ours in ("callcenter", "workers"):
        logging.getLogger(ours).setLevel(logging.INFO)
    return create_app()


def settings_of(app: Flask) -> Settings:
    """Return the application's settings."""
    settings: Settings = app.config["SETTINGS"]
    return settings


def each_landlord(work: Callable[[int], int]) -> int:
    """Call ``work(member_id)`` for each active landlord, in its own transaction; add up."""
    with session_scope(Scope(everything=True)):
        members = db.session.scalars(
            select(Organisation.id).where(
                Organisation.kind == OrganisationKind.LANDLORD, Organisation.active
            )
        ).all()
    done = 0
    for member_id in members:
        with session_scope(Scope(member_ids=frozenset({member_id}))), transaction():
            done += work(member_id)
    return done


def one_by_one(found: Iterable[tuple[int, Thing]], work: Callable[[int, Thing], object]) -> int:
    """Call ``work(member_id, thing)``, mostly a row's number, for each; return how many said yes.

    Each is a transaction of its own behind its member's wall: a kill undoes nothing done before.
    """
    done = 0
    for member_id, thing in found:
        with session_scope(Scope(member_ids=frozenset({member_id}))), transaction():
            done += bool(work(member_id, thing))
    return done
