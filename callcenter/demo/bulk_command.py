"""``flask demo bulk``: the large base from the terminal, with a progress bar."""

import sys

import click
from flask import current_app
from flask_security import hash_password

from callcenter.core.errors import UserError
from callcenter.core.site import current_site
from callcenter.demo.bulk import SEED, fill

_WIDTH = 24


@click.command("bulk")
@click.option("--homes", default=20_000, show_default=True, type=click.IntRange(200))
@click.option("--tickets", default=10_000, show_default=True, type=click.IntRange(0))
@click.option("--seed", default=SEED, show_default=True, help="The same seed, the same base.")
@click.option(
    "--password",
    default="",
    help="Lets the made-up accounts (agent1@grand.exemple.fr…) sign in; nobody can without.",
)
def bulk(homes: int, tickets: int, seed: int, password: str) -> None:
    """Fill the database with made-up members, homes, people, calls and tickets, to measure with."""
    settings = current_app.config["SETTINGS"]
    if settings.is_production:
        raise click.ClickException("made-up data has no place in production")
    if not settings.database_owner_url:
        raise click.ClickException("DATABASE_OWNER_URL is needed: the tables' owner loads them")
    bar = _Bar()
    try:
        filled = fill(
            homes,
            tickets,
            owner_url=settings.database_owner_url,
            site=current_site(),
            password_hash=hash_password(password) if password else None,
            seed=seed,
            progress=bar.show,
        )
    except UserError as error:
        raise click.ClickException(error.message) from None
    bar.end()
    seconds = sum(filled.seconds.values())
    click.echo(
        f"{filled.members} members, {filled.homes} homes, {filled.tickets} tickets in {seconds:.0f} s"
    )


class _Bar:
    """One line that is drawn again and again on a terminal, one line per part elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._part = ""

    def show(self, part: str, done: int, of: int) -> None:
        """Show how far a part has come."""
        if self._terminal:
            full = _WIDTH * done // max(of, 1)
            line = f"\r{part:<12} [{'#' * full}{'.' * (_WIDTH - full)}] {done} / {of}"
            click.echo(f"{line:<70}", nl=False)
        elif part != self._part:
            click.echo(part)
        self._part = part

    def end(self) -> None:
        """Leave the line."""
        if self._terminal:
            click.echo()
