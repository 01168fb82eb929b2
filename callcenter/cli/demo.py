"""``flask demo …``: demonstration data, for a first look and for measuring.

The launcher calls ``flask demo seed`` once per database and prints ``accounts()``.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import click
from flask import current_app
from flask.cli import AppGroup
from flask_security import hash_password
from tqdm import tqdm

from callcenter.cli.estate import import_files
from callcenter.core.permissions import Role
from callcenter.demo import cast
from callcenter.demo.bulk_command import bulk
from callcenter.settings import PROJECT_ROOT

command = AppGroup("demo", help="Données de démonstration : jamais en production.")
command.add_command(bulk)

_SHARED: Final = PROJECT_ROOT.parent / "shared" / "data" / "import"
_FILES: Final = ("aquitanis-patrimoine.csv", "aquitanis-locataires.csv")
# Plain words: the launcher asks outside of any application, where nothing is translated.
_ROLES: Final = {
    Role.AGENT: "agent d'appel",
    Role.SUPERVISOR: "superviseur",
    Role.ADMINISTRATOR: "administrateur",
    Role.MANAGER: "responsable",
    Role.STAFF: "collaborateur",
    Role.CARETAKER: "gardien",
    Role.CONTRACTOR: "prestataire",
}


def accounts() -> list[tuple[str, ...]]:
    """Return the lines that the launcher prints: the password of all, then who can sign in."""
    people = [(person, cast.PLATFORM) for person in cast.PLATFORM_PEOPLE]
    people += [(p, p.firm or member.name) for member in cast.MEMBERS for p in member.people]
    width = max(len(person.email) for person, _place in people)
    rows: list[tuple[str, ...]] = [
        (person.email.ljust(width), _ROLES[person.role].ljust(14), _with_mandates(person, place))
        for person, place in people
    ]
    return [("Comptes de démonstration, mot de passe de tous :", cast.PASSWORD), *rows]


def _with_mandates(person: cast.Person, place: str) -> str:
    return f"{place} ({', '.join(person.mandates)})" if person.mandates else place


@command.command("seed")
def seed_command() -> None:
    """Remplit une base vide : trois bailleurs, leur patrimoine, six semaines d'appels."""
    from callcenter.demo.seed import is_seeded, seed  # the web process has no use for it

    _refuse_production()
    if is_seeded():
        click.echo("La base a déjà une plateforme : rien n'a été changé.")
        return
    with _bar() as progress:
        made = seed(hash_password(cast.PASSWORD), progress)
    click.echo(
        f"  {made.homes} logements, {made.people} personnes, {made.calls} appels,"
        f" {made.tickets} demandes, {made.messages} SMS"
    )


@command.command("import-shared")
@click.option(
    "--folder",
    default=_SHARED,
    type=click.Path(path_type=Path, file_okay=False),
    help="Où sont les fichiers du patrimoine et des locataires d'Aquitanis.",
)
@click.pass_context
def import_shared(context: click.Context, folder: Path) -> None:
    """Ajoute à Aquitanis son patrimoine réel : 20 400 logements."""
    _refuse_production()
    files = [folder / name for name in _FILES]
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise click.ClickException(f"fichier introuvable : {', '.join(missing)}")
    context.invoke(
        import_files,
        files=tuple(str(file) for file in files),
        member=cast.AQUITANIS.prefix,
        dry_run=False,
        kind=None,
        confirm=True,
        partial=True,  # the invented tenants are in no file: their leases go on
        afresh=False,
        report=None,
    )


def _refuse_production() -> None:
    if current_app.config["SETTINGS"].is_production:
        raise click.ClickException(
            "les données de démonstration ont un mot de passe connu de tous : jamais en production"
        )


@contextlib.contextmanager
def _bar() -> Iterator[Callable[[str, float], None]]:
    """One bar for all: the part in words, and how far it has come."""
    layout = "  {desc:<12} {percentage:3.0f}% |{bar:30}| {elapsed}"
    with tqdm(total=100, bar_format=layout, leave=True) as bar:

        def show(part: str, percent: float) -> None:
            bar.set_description_str(part, refresh=False)
            bar.update(percent - bar.n)

        yield show
        show("prêt", 100)
