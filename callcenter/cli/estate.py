"""``flask estate …``: import a member's files from the machine itself."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select
from tqdm import tqdm

from callcenter.core.db import db, session_scope
from callcenter.core.errors import UserError
from callcenter.core.isolation import Scope
from callcenter.estate.import_runner import ImportOrder, ImportResult, OnProgress, run_import
from callcenter.estate.import_services import find_kind
from callcenter.estate.import_words import cause_lines, doubt_words, kind_words, told_counts
from callcenter.estate.importing.normalise import search_key
from callcenter.estate.states import ImportKind, ImportState
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind

command = estate_group = AppGroup("estate", help="Patrimoine : importer les fichiers d'un membre.")

_LABEL = "commande flask estate"
_ORDER = list(ImportKind)
_SHOWN_REFUSALS = 20


def _member(name: str) -> tuple[int, str]:
    """Return the landlord called ``name``, or whose reference prefix it is, whatever the case."""
    with session_scope(Scope(everything=True)):
        rows = db.session.execute(
            select(
                Organisation.id,
                Organisation.name,
                Organisation.short_name,
                Organisation.reference_prefix,
            ).where(Organisation.kind == OrganisationKind.LANDLORD)
        ).all()
    wanted = search_key(name)
    found = [row for row in rows if wanted in {search_key(part) for part in row[1:]}]
    if len(found) != 1:
        known = ", ".join(sorted(row.name for row in rows)) or "aucun"
        raise click.ClickException(f"bailleur inconnu : {name} (bailleurs : {known})")
    return found[0].id, found[0].name


@contextlib.contextmanager
def _bar(name: str) -> Iterator[OnProgress]:
    with tqdm(desc=name, unit=" lignes", dynamic_ncols=True, leave=False, disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


@command.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.option("--member", required=True, help="Nom, nom court ou préfixe du bailleur.")
@click.option("--dry-run", is_flag=True, help="Dit ce qui changerait, sans rien changer.")
@click.option("--kind", type=click.Choice(_ORDER), help="Ce que contient le fichier.")
@click.option("--confirm", is_flag=True, help="Applique même un fichier qui paraît suspect.")
@click.option("--partial", is_flag=True, help="Le fichier est une partie : ne clôt aucun bail.")
@click.option("--afresh", is_flag=True, help="Oublie la correspondance de colonnes gardée.")
@click.option("--report", type=click.Path(path_type=Path), help="Où écrire les lignes refusées.")
def import_files(
    files: tuple[str, ...],
    *,
    member: str,
    dry_run: bool,
    kind: str | None,
    confirm: bool,
    partial: bool,
    afresh: bool,
    report: Path | None,
) -> None:
    """Importe des fichiers de logements, de baux ou de contrats, les logements d'abord."""
    member_id, member_name = _member(member)
    if report and len(files) > 1 and not report.is_dir():
        raise click.ClickException("--report : donnez un dossier pour plusieurs fichiers")
    known: list[tuple[ImportKind, Path]] = []
    for name in files:
        try:
            known.append((ImportKind(kind) if kind else find_kind(Path(name)), Path(name)))
        except UserError as error:
            raise click.ClickException(f"{name} : {error.message}") from error
    folder = current_app.config["SETTINGS"].var_dir / "imports"
    known.sort(key=lambda item: _ORDER.index(item[0]))
    for place, (file_kind, path) in enumerate(known):
        goal = report / f"{path.stem}-refus.csv" if report and report.is_dir() else report
        click.echo(f"\n{path.name} → {member_name} ({kind_words()[file_kind]})")
        with _bar(path.name) as show:
            result = run_import(
                ImportOrder(
                    member_id=member_id,
                    path=path,
                    file_name=path.name,
                    kind=file_kind,
                    folder=folder,
                    dry_run=dry_run,
                    confirmed=confirm,
                    partial=partial,
                    afresh=afresh,
                    actor_label=_LABEL,
                    report_path=goal,
                    after=tuple(known[:place]),
                ),
                show,
            )
        _tell(result, dry_run=dry_run)
        if result.state is not ImportState.DONE:
            raise SystemExit(1)


def _tell(result: ImportResult, *, dry_run: bool) -> None:
    if result.state is ImportState.FAILED:
        click.secho(f"  Refusé : {result.error}", fg="red", err=True)
        if result.report:
            _show_refused(result.report)
        return
    _tell_figures(result.counts)
    if result.report:
        _show_refused(result.report)
    for doubt in result.counts["doubts"]:
        click.secho(f"  ⚠ {doubt_words(doubt)}", fg="yellow", err=True)
    if result.state is ImportState.TO_CONFIRM:
        click.secho("  Rien n'a été changé. Ajoutez --confirm pour l'appliquer.", err=True)
    elif dry_run:
        click.echo("  Essai : rien n'a été changé.")


def _tell_figures(counts: dict[str, Any]) -> None:
    click.echo(f"  {counts['rows']} lignes dans le fichier")
    for number, words in told_counts(counts):
        click.echo(f"  {number:>8} {words}")
    for group, title in (
        ("causes", "Refusées"),
        ("warnings", "Valeurs laissées de côté ou à vérifier"),
        ("repairs", "Réparées"),
    ):
        lines = cause_lines(counts, group)
        if lines:
            click.echo(f"  {title} :")
        for number, words in lines:
            click.echo(f"  {number:>8} {words}")
    for news, title in (("added", "Ajoutée"), ("changed", "Modifiée"), ("closed", "Close")):
        for sample in counts["samples"].get(news, [])[:3]:
            click.echo(f"    {title}, par exemple : {sample}")


def _show_refused(path: Path) -> None:
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=";")
        next(reader, None)
        click.echo(f"  Lignes refusées (toutes dans {path}) :")
        for place, row in enumerate(reader):
            if place == _SHOWN_REFUSALS:
                click.echo("    …")
                break
            where = f"ligne {row[0]}" + (f", {row[1]}" if row[1] else "")
            what = f" « {row[2]} »" if row[2] else ""
            click.echo(f"    {where}{what} : {row[3]}")
