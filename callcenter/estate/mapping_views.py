"""The pages where a member's mapping is seen, corrected, and tried on a file's first rows."""

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from pathlib import Path

from flask import Blueprint, current_app, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission
from callcenter.estate import import_queries, import_runs, import_words, mapping_services
from callcenter.estate.forms import MappingForm
from callcenter.estate.import_models import ImportMapping, ImportRun
from callcenter.estate.importing.fields import FIELDS, FileKind
from callcenter.estate.importing.mapping import Mapping, propose_mapping
from callcenter.estate.importing.preview import Preview, preview_file
from callcenter.estate.importing.reader import inspect_file
from callcenter.estate.mapping_rules import FREE_ROWS, MOST_ROWS, MappingRow, mapping_of, rows_of
from callcenter.estate.mapping_words import (
    CODE_VALUES,
    all_transforms,
    field_label,
    transform_label,
)
from callcenter.estate.queueing import queue_import
from callcenter.estate.states import ImportKind
from callcenter.members.queries import list_members
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to

_SHOWN_SAMPLES = 3
_SAMPLE_LENGTH = 60


@dataclass(slots=True)
class _Subject:
    """What is being edited: whose, what kind, from which file, with what was kept."""

    member_id: int
    kind: FileKind
    kept: ImportMapping | None
    run: ImportRun | None = None
    path: Path | None = None
    header: tuple[str, ...] = ()
    samples: dict[str, tuple[str, ...]] = field(default_factory=dict)
    mapping: Mapping | None = None
    lost: list[str] = field(default_factory=list)
    broken: bool = False


def _folder() -> Path:
    return import_runs.folder_of(current_app.config["SETTINGS"].var_dir)


def _own(member_id: int) -> None:
    """Raise NotFound for a member that the actor does not serve."""
    if member_id not in current_app_members():
        raise NotFound


def current_app_members() -> AnyMapping[int, str]:
    """Return whose mappings the actor may edit: those of the members served."""
    served = current_actor().member_ids
    return {m.id: m.short_name for m in list_members() if m.id in served}


def _of_run(run_id: int) -> _Subject:
    run = import_runs.get_run(run_id)
    _own(run.member_id)
    kind = FileKind(run.kind)
    kept = mapping_services.find_mapping(run.member_id, ImportKind(run.kind))
    return _look_at(_Subject(run.member_id, kind, kept, run), run.kept_file)


def _of_mapping(mapping_id: int) -> _Subject:
    kept = mapping_services.get_mapping(mapping_id)
    _own(kept.member_id)
    kind = FileKind(kept.kind)
    last = import_queries.find_last_file(kept.member_id, ImportKind(kept.kind))
    return _look_at(_Subject(kept.member_id, kind, kept, last), last.kept_file if last else "")


def _look_at(subject: _Subject, kept_file: str) -> _Subject:
    """Read the file's header and first rows, if it is still there, and find the mapping to show."""
    path = _folder() / Path(kept_file).name if kept_file else None
    if path is not None and path.is_file():
        subject.path = path
        look = inspect_file(path, subject.kind)
        subject.header = look.header
        for place, column in enumerate(look.header):
            seen = (row[place].strip() for row in look.samples if place < len(row))
            told = dict.fromkeys(cell[:_SAMPLE_LENGTH] for cell in seen if cell)
            subject.samples[column] = tuple(told)[:_SHOWN_SAMPLES]
        subject.mapping = look.mapping or propose_mapping(look.header, subject.kind)
    if subject.kept is not None:
        try:
            subject.mapping = Mapping.from_data(subject.kept.mapping)
        except UserError:  # kept by another version: what is proposed takes its place
            subject.broken = True
            return subject
        if subject.header:
            columns = {rule.column for rule in subject.mapping.rules}
            subject.lost = sorted(columns.difference(subject.header))
    return subject


def _posted_rows(subject: _Subject) -> list[MappingRow]:
    """Read the rows of the form as they were sent."""
    rows = []
    for place in range(MOST_ROWS):
        if f"column-{place}" not in request.form:
            break

        def said(name: str, place: int = place) -> str:
            return request.form.get(f"{name}-{place}", "").replace("\x00", "").strip()[:4000]

        column = said("column")
        rows.append(
            MappingRow(
                column,
                said("field"),
                said("transform"),
                said("arguments").replace("\r\n", "\n"),
                said("earlier"),
                subject.samples.get(column, ()),
                free=request.form.get(f"free-{place}") == "1",
            )
        )
    return rows


def _page(
    subject: _Subject, form: MappingForm, rows: list[MappingRow] | None, status: int = 200
) -> ResponseReturnValue:
    if rows is None:
        mapping = subject.mapping or Mapping(subject.kind, ())
        rows = rows_of(mapping, subject.header, subject.samples, CODE_VALUES)
        form.version.data = subject.kept.version if subject.kept else 0
    here = _addresses(subject)
    return (
        render_template(
            "estate/mapping.html",
            subject=subject,
            form=form,
            rows=rows,
            fields={name: field_label(subject.kind, name) for name in FIELDS[subject.kind]},
            transforms=all_transforms(),
            own={n: transform_label(f.transform) for n, f in FIELDS[subject.kind].items()},
            code_values={
                transform_label(name): list(dict.fromkeys(str(said) for said in words.values()))
                for name, words in CODE_VALUES.items()
            },
            preview=None,
            kinds=import_words.kind_words(),
            member=current_app_members()[subject.member_id],
            free_rows=FREE_ROWS,
            accent_id=subject.member_id,
            **here,
        ),
        status,
    )


def _addresses(subject: _Subject) -> dict[str, str]:
    if request.endpoint and request.endpoint.startswith("estate.run_mapping") and subject.run:
        run_id = subject.run.id
        return {
            "action": url_for("estate.run_mapping", run_id=run_id),
            "preview_action": url_for("estate.run_mapping_preview", run_id=run_id),
        }
    mapping_id = subject.kept.id if subject.kept else 0
    return {
        "action": url_for("estate.kept_mapping", mapping_id=mapping_id),
        "preview_action": url_for("estate.kept_mapping_preview", mapping_id=mapping_id),
    }


def _whole_mapping(kind: FileKind, rows: list[MappingRow]) -> Mapping:
    mapping = mapping_of(kind, rows, CODE_VALUES)
    if missing := mapping.missing():
        wanted = ", ".join(field_label(kind, f.name) for f in missing)
        raise UserError(_("Il manque une colonne pour : %(fields)s.", fields=wanted))
    return mapping


def _answer(subject: _Subject, *, try_again: bool) -> ResponseReturnValue:
    """Show the editor; when it was sent, keep the mapping and try the file anew."""
    form = MappingForm()
    if not form.is_submitted():
        return _page(subject, form, None)
    rows = _posted_rows(subject)
    if not form.validate():
        return _page(subject, form, rows, 422)
    actor = current_actor()
    again: ImportRun | None = None
    try:
        mapping = _whole_mapping(subject.kind, rows)
        with transaction():
            mapping_services.save_mapping(subject.member_id, mapping, form.seen_version, actor)
            if try_again and subject.run is not None and subject.path is not None:
                again = import_runs.try_again(
                    subject.run, actor_id=actor.user_id, actor_label=actor.name
                )
                queue_import(again)
    except UserError as error:
        form.add_error(None, error.message)
        return _page(subject, form, rows, 422)
    flash(_("Correspondance enregistrée."), "good")
    if again is not None:
        return go_to(url_for("estate.import_run", run_id=again.id))
    return go_to(url_for("estate.imports"))


def _preview(subject: _Subject) -> ResponseReturnValue:
    """Show what the mapping, as it is being written, makes of the first rows; a fragment."""
    rows = _posted_rows(subject)
    shown: Preview | None = None
    error, missing = "", []
    try:
        mapping = mapping_of(subject.kind, rows, CODE_VALUES)
        missing = [field_label(subject.kind, f.name) for f in mapping.missing()]
        if subject.path is not None:
            shown = preview_file(subject.path, mapping)
    except UserError as wrong:
        error = wrong.message
    return render_template(
        "estate/_mapping_preview.html",
        preview=shown,
        error=error,
        missing=missing,
        row_errors=[(row.column, row.error) for row in rows if row.error],
        labels={name: field_label(subject.kind, name) for name in (shown.fields if shown else ())},
        code_words=CODE_VALUES,
    )


@requires(Permission.ESTATE_IMPORT)
def run_mapping(run_id: int) -> ResponseReturnValue:
    """See and correct how a tried file is read; saving tries it anew."""
    return _answer(_of_run(run_id), try_again=True)


@requires(Permission.ESTATE_IMPORT)
def run_mapping_preview(run_id: int) -> ResponseReturnValue:
    """Show the effect on the file's first rows; a fragment."""
    return _preview(_of_run(run_id))


@requires(Permission.ESTATE_IMPORT)
def kept_mapping(mapping_id: int) -> ResponseReturnValue:
    """See and correct a mapping that is kept, on the member's last file if it is still there."""
    return _answer(_of_mapping(mapping_id), try_again=False)


@requires(Permission.ESTATE_IMPORT)
def kept_mapping_preview(mapping_id: int) -> ResponseReturnValue:
    """Show the effect on the last file's first rows; a fragment."""
    return _preview(_of_mapping(mapping_id))


@requires(Permission.ESTATE_IMPORT)
def forget_mapping(mapping_id: int) -> ResponseReturnValue:
    """Forget a mapping: the next file is read by its header."""
    _own(mapping_services.get_mapping(mapping_id).member_id)
    with transaction():
        mapping_services.forget_mapping(mapping_id, current_actor())
    flash(_("Correspondance oubliée : le prochain fichier sera lu d'après ses en-têtes."), "good")
    return go_to(url_for("estate.imports"))


def add_mapping_routes(blueprint: Blueprint) -> None:
    """Put the pages of mappings on the estate's blueprint."""
    for rule, view, methods in (
        ("/imports/<int:run_id>/mapping", run_mapping, ["GET", "POST"]),
        ("/imports/<int:run_id>/mapping/preview", run_mapping_preview, ["POST"]),
        ("/mappings/<int:mapping_id>", kept_mapping, ["GET", "POST"]),
        ("/mappings/<int:mapping_id>/preview", kept_mapping_preview, ["POST"]),
        ("/mappings/<int:mapping_id>/forget", forget_mapping, ["POST"]),
    ):
        blueprint.add_url_rule(rule, view.__name__, view, methods=methods)
