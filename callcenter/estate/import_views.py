"""Pages of imports: the list, a file to send, what a try found, apply it, what was refused."""

import secrets
from collections.abc import Sequence
from pathlib import Path

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.estate import (
    import_queries,
    import_runs,
    import_services,
    import_words,
    mapping_services,
)
from callcenter.estate.forms import ApplyForm, UploadForm
from callcenter.estate.import_models import ImportRun
from callcenter.estate.importing.source import MAX_BYTES
from callcenter.estate.queueing import queue_import
from callcenter.estate.states import ImportKind, ImportState
from callcenter.members.queries import list_members
from callcenter.settings import Settings
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to
from callcenter.ui.pagination import window_from
from callcenter.ui.reading import note_reading
from callcenter.ui.uploads import takes_files

_PAGE = 30
_NAME_MAX = 200


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _folder() -> Path:
    return import_runs.folder_of(_settings().var_dir)


def _members() -> dict[int, str]:
    """Return whose files the actor may import: those it serves."""
    served = current_actor().member_ids
    return {m.id: m.short_name for m in list_members() if m.id in served}


def _run(run_id: int) -> ImportRun:
    return import_runs.get_run(run_id)


@requires(Permission.ESTATE_IMPORT)
def imports() -> ResponseReturnValue:
    """List the imports, with the form to send a file."""
    return _list_page(UploadForm())


def _list_page(form: UploadForm, status: int = 200) -> ResponseReturnValue:
    members = _members()
    form.member.offer(members)
    page = import_queries.list_runs(sorted(members), window_from(request.args, 1, _PAGE))
    return (
        render_template(
            "estate/imports.html",
            page=page,
            form=form,
            members=members,
            files=_files_there(page.items),
            keeps={m: import_runs.keeps_files(m) for m in members},
            mappings=mapping_services.list_mappings(sorted(members)),
            kinds=import_words.kind_words(),
            states=import_words.state_words(),
            tones=import_words.STATE_TONES,
        ),
        status,
    )


def _files_there(runs: Sequence[ImportRun]) -> set[int]:
    """Return which of the imports still have their file."""
    folder = _folder()
    return {run.id for run in runs if run.kept_file and (folder / run.kept_file).is_file()}


@requires(Permission.ESTATE_IMPORT)
@takes_files(MAX_BYTES)
def upload() -> ResponseReturnValue:
    """Take a file and try it in the background: nothing is changed by a try."""
    form = UploadForm()
    form.member.offer(_members())
    if not form.validate_on_submit():
        return _list_page(form, 422)
    sent = form.file.data
    folder = _folder()
    name = f"envoi-{form.member.data}-{secrets.token_hex(12)}"
    path = folder / name
    sent.save(path)
    path.chmod(0o600)
    actor = current_actor()
    try:
        kind = ImportKind(form.kind.data) if form.kind.data else import_services.find_kind(path)
        with transaction():
            import_runs.refuse_second(form.member.data)
            run = import_runs.open_run(
                form.member.data,
                kind,
                (sent.filename or "")[-_NAME_MAX:],
                dry_run=True,
                state=ImportState.QUEUED,
                actor_id=actor.user_id,
                actor_label=actor.name,
            )
            import_runs.keep_order(
                run, name, confirmed=False, partial=form.partial.data, afresh=form.afresh.data
            )
            queue_import(run)
    except UserError as error:
        path.unlink(missing_ok=True)
        form.add_error(error.field or "file", error.message)
        return _list_page(form, 422)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return go_to(url_for("estate.import_run", run_id=run.id))


@requires(Permission.ESTATE_IMPORT)
def keep_import_files(member_id: int) -> ResponseReturnValue:
    """Choose whether the member's files are kept once they are applied."""
    keep = request.form.get("keep") == "1"
    with transaction():
        import_runs.choose_to_keep(member_id, keep=keep, actor=current_actor())
    flash(
        _("Les fichiers appliqués seront gardés.")
        if keep
        else _("Les fichiers appliqués ne seront plus gardés."),
        "good",
    )
    return go_to(url_for("estate.imports"))


@requires(Permission.ESTATE_IMPORT)
def import_file(run_id: int) -> ResponseReturnValue:
    """Give back the file as it was sent, if it is still kept; the look is in the journal."""
    run = _run(run_id)
    path = _folder() / Path(run.kept_file).name
    if not run.kept_file or not path.is_file():
        abort(404)
    note_reading("import_run", run.id, run.member_id)
    return send_file(
        path,
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=run.file_name or "import",
    )


@requires(Permission.ESTATE_IMPORT)
def import_run(run_id: int) -> ResponseReturnValue:
    """Show one import: progress, then what it found or did."""
    return _run_page(_run(run_id), ApplyForm())


def _run_page(run: ImportRun, form: ApplyForm, status: int = 200) -> ResponseReturnValue:
    return (
        render_template("estate/import_run.html", **_told(run), form=form),
        status,
    )


def _told(run: ImportRun) -> dict[str, object]:
    counts = run.counts
    return {
        "run": run,
        "waiting": run.state in {ImportState.QUEUED, ImportState.RUNNING},
        "figures": import_words.told_counts(counts),
        "groups": {
            group: import_words.cause_lines(counts, group)
            for group in ("causes", "warnings", "repairs")
        },
        "samples": counts.get("samples", {}),
        "doubts": [import_words.doubt_words(doubt) for doubt in counts.get("doubts", [])],
        "member": _members().get(run.member_id, ""),
        "kinds": import_words.kind_words(),
        "states": import_words.state_words(),
        "tones": import_words.STATE_TONES,
        "accent_id": run.member_id,
        "file_there": bool(_files_there([run])),
    }


@requires(Permission.ESTATE_IMPORT)
def import_progress(run_id: int) -> ResponseReturnValue:
    """Say how far an import has come; a fragment that asks again, or reloads once it ended."""
    run = _run(run_id)
    if run.state in {ImportState.QUEUED, ImportState.RUNNING}:
        return render_template("estate/_progress.html", **_told(run))
    response = Response(status=204)
    response.headers["HX-Redirect"] = url_for("estate.import_run", run_id=run.id)
    return response


@requires(Permission.ESTATE_IMPORT)
def apply_import(run_id: int) -> ResponseReturnValue:
    """Apply for good what was tried, in the background."""
    form = ApplyForm()
    run = _run(run_id)
    if form.validate_on_submit():
        actor = current_actor()
        try:
            with transaction():
                import_runs.refuse_second(run.member_id)
                real = import_runs.order_again(
                    run,
                    confirmed=form.confirmed.data,
                    actor_id=actor.user_id,
                    actor_label=actor.name,
                )
                queue_import(real)
        except UserError as error:
            form.add_error(error.field, error.message)
        else:
            return go_to(url_for("estate.import_run", run_id=real.id))
    return _run_page(_run(run_id), form, 422)


@requires(Permission.ESTATE_IMPORT)
def refused_rows(run_id: int) -> ResponseReturnValue:
    """Give the refused rows, to mend and send again."""
    run = _run(run_id)
    path = _folder() / Path(run.report_file).name
    if not run.report_file or not path.is_file():
        abort(404)
    stem = Path(run.file_name).stem[:80] or "import"
    return send_file(
        path, mimetype="text/csv", as_attachment=True, download_name=f"{stem}-refus.csv"
    )


def add_import_routes(blueprint: Blueprint) -> None:
    """Put the pages of imports on the estate's blueprint."""
    for rule, endpoint, view, methods in (
        ("/imports", "imports", imports, ["GET"]),
        ("/imports", "upload", upload, ["POST"]),
        ("/imports/<int:run_id>", "import_run", import_run, ["GET"]),
        ("/imports/<int:run_id>/progress", "import_progress", import_progress, ["GET"]),
        ("/imports/<int:run_id>/apply", "apply_import", apply_import, ["POST"]),
        ("/imports/<int:run_id>/file", "import_file", import_file, ["GET"]),
        (
            "/members/<int:member_id>/imports/keep",
            "keep_import_files",
            keep_import_files,
            ["POST"],
        ),
        ("/imports/<int:run_id>/refused.csv", "refused_rows", refused_rows, ["GET"]),
    ):
        blueprint.add_url_rule(rule, endpoint, view, methods=methods)
