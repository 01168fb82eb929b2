"""``flask user …``: open, list and close accounts from the machine itself.

For the first administrator, and for the day when nobody can sign in any more.
"""

import click
from flask import current_app
from flask.cli import AppGroup
from flask_security import hash_password
from sqlalchemy import select

from callcenter.core import audit
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.core.permissions import MEMBER_ROLES, PLATFORM_ROLES, Role
from callcenter.members import account_services
from callcenter.members.accounts import User
from callcenter.members.models import Organisation
from callcenter.members.password_messages import fault_message
from callcenter.members.password_rules import password_fault
from callcenter.members.security_views import reset_link
from callcenter.members.services import open_account
from callcenter.members.sign_in import find_account
from callcenter.members.states import OrganisationKind

command = AppGroup("user", help="Accounts: create, list, disable, enable, reset-totp, link.")

_LABEL = "commande flask user"
_EVERYTHING = Scope(everything=True)


def _account(email: str) -> User:
    user = find_account(email)
    if user is None:
        raise click.ClickException(f"no account with the address {email}")
    return user


def _organisation(name: str, role: Role) -> Organisation:
    """Return where somebody of this role works; the platform needs no name."""
    if not name:
        if role not in PLATFORM_ROLES:
            raise click.ClickException("--organisation is needed for a member's account")
        query = select(Organisation).where(Organisation.kind == OrganisationKind.PLATFORM)
    else:
        query = select(Organisation).where(
            (Organisation.name == name) | (Organisation.short_name == name)
        )
    found = db.session.scalars(query).all()
    if len(found) != 1:
        problem = "no" if not found else "more than one"
        raise click.ClickException(f"{problem} organisation is called {name or 'the platform'}")
    return found[0]


def _check_place(organisation: Organisation, role: Role) -> None:
    kind = organisation.kind
    if (role in PLATFORM_ROLES) != (kind == OrganisationKind.PLATFORM):
        raise click.ClickException(f"the role {role} does not exist in {organisation.name}")
    if role in MEMBER_ROLES and kind != OrganisationKind.LANDLORD:
        raise click.ClickException(f"the role {role} is for a landlord's own people")


@command.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--first-name", required=True)
@click.option("--last-name", default="")
@click.option("--organisation", default="", help="Name; the platform if left out.")
@click.option(
    "--password",
    prompt="Password (empty: print a link to choose one)",
    default="",
    hide_input=True,
    confirmation_prompt=True,
    show_default=False,
)
def create(
    email: str, role: str, first_name: str, last_name: str, organisation: str, password: str
) -> None:
    """Open an account. Agents and supervisors still need mandates to see a member."""
    email = email.strip().lower()
    if "@" not in email:
        raise click.ClickException(f"{email} is no e-mail address")
    fault = password_fault(password, (email, first_name, last_name)) if password else None
    if fault:
        with current_app.test_request_context():
            raise click.ClickException(fault_message(fault))
    with session_scope(_EVERYTHING):
        if find_account(email):
            raise click.ClickException(f"{email} has an account already")
        with transaction():
            place = _organisation(organisation, Role(role))
            _check_place(place, Role(role))
            hashed = hash_password(password) if password else None
            user = open_account(
                place, Role(role), email, first_name, last_name, password_hash=hashed
            )
            audit.record(
                user.member_id, "account.opened", "user_account", user.id, actor_label=_LABEL
            )
        click.echo(f"{email}: {role}, {place.name}")
        if not password:
            click.echo(reset_link(current_app, user))


@command.command("list")
def list_accounts() -> None:
    """List accounts: address, role, organisation, second factor, state."""
    with session_scope(_EVERYTHING):
        rows = db.session.execute(
            select(User, Organisation.name)
            .join(Organisation, Organisation.id == User.organisation_id)
            .order_by(Organisation.name, User.email)
        )
        for user, place in rows:
            marks = ["TOTP" if user.has_second_factor else "no TOTP"]
            if not user.active:
                marks.append("disabled")
            if not user.password:
                marks.append("no password yet")
            click.echo(f"{user.email}\t{user.role}\t{place}\t{', '.join(marks)}")


@command.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Close an account; its sessions end at their next request."""
    with session_scope(_EVERYTHING):
        with transaction():
            account_services.close_account(_account(email), actor_label=_LABEL)
        click.echo(f"{email}: disabled")


@command.command("enable")
@click.argument("email")
def enable(email: str) -> None:
    """Open a disabled account again."""
    with session_scope(_EVERYTHING):
        with transaction():
            account_services.reopen_account(_account(email), actor_label=_LABEL)
        click.echo(f"{email}: enabled")


@command.command("reset-totp")
@click.argument("email")
def reset_totp(email: str) -> None:
    """Take the second factor off an account whose telephone is lost."""
    with session_scope(_EVERYTHING):
        with transaction():
            account_services.remove_second_factor(_account(email), actor_label=_LABEL)
        click.echo(f"{email}: second factor removed, sessions ended")


@command.command("link")
@click.argument("email")
def link(email: str) -> None:
    """Print a link to choose a new password: good for a day, and once."""
    with session_scope(_EVERYTHING):
        click.echo(reset_link(current_app, _account(email)))
