"""To whom a call can be passed on: teams of its member, and colleagues who are there."""

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.calls.models import AgentPresence, Call
from callcenter.core.db import db
from callcenter.core.errors import UserError
from callcenter.core.isolation import Actor
from callcenter.core.phone import parse_phone
from callcenter.members.accounts import User
from callcenter.members.models import Team


@dataclass(frozen=True, slots=True)
class Target:
    """A name and its number."""

    name: str
    number: str


def list_targets(call: Call, actor: Actor) -> list[Target]:
    """Return the member's teams that have a number, then colleagues with an extension."""
    teams = db.session.execute(
        select(Team.name, Team.phone)
        .where(Team.member_id == call.member_id, Team.active, Team.phone != "")
        .order_by(Team.name)
    )
    colleagues = db.session.execute(
        select(User.first_name, User.last_name, User.phone)
        .join(AgentPresence, AgentPresence.user_id == User.id)
        .where(
            User.member_id == actor.home_id,
            User.id != actor.user_id,
            User.active,
            User.phone != "",
        )
        .order_by(User.first_name)
    )
    found = [Target(row.name, row.phone) for row in teams]
    return found + [
        Target(f"{row.first_name} {row.last_name}".strip(), row.phone) for row in colleagues
    ]


def wanted_number(text: str) -> str:
    """Return the number to pass a call on to, in E.164. Raises UserError."""
    try:
        return parse_phone(text).e164
    except UserError as error:
        raise UserError(error.message, "number") from error


def extension_of(actor: Actor) -> str:
    """Return the telephone on which the actor takes calls. Raises UserError without one."""
    number = db.session.scalar(select(User.phone).where(User.id == actor.user_id))
    if not number:
        raise UserError(
            _("Votre compte n'a pas de poste téléphonique : demandez à l'administrateur.")
        )
    return number
