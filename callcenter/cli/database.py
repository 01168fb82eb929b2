"""``flask database …``: bring a database to the newest migration, and say what is wrong with it."""

import click
from flask import current_app
from flask.cli import AppGroup

from callcenter.core.database_roles import app_role_fault
from callcenter.core.migrate import is_current, upgrade
from callcenter.settings import Settings

command = AppGroup("database", help="Migrations, and the roles that hold the wall.")


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


@command.command("upgrade")
def upgrade_database() -> None:
    """Apply the migrations that are missing, as the owner (DATABASE_OWNER_URL)."""
    owner_url = _settings().database_owner_url
    if not owner_url:
        raise click.ClickException("DATABASE_OWNER_URL: set it to the address of the tables' owner")
    upgrade(owner_url)
    click.echo("The database stands at the newest migration.")


@command.command("check")
def check_database() -> None:
    """Say whether the role is a plain one and every migration is applied; exit 1 if not."""
    settings = _settings()
    fault = app_role_fault(settings.database_url)
    if fault:
        raise click.ClickException(fault)
    if not is_current(settings.database_url):
        raise click.ClickException("migrations are missing: flask database upgrade")
    click.echo("The role is a plain one, and every migration is applied.")
