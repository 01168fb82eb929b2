"""What agents changed and the member's own system does not have yet: the list, the file, done."""

from collections.abc import Sequence

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.permissions import Permission
from callcenter.estate import history_queries, history_services, history_words
from callcenter.estate.history_queries import Difference
from callcenter.members.queries import list_members
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to
from callcenter.ui.pagination import window_from
from callcenter.ui.spreadsheets import Cell, Sheet, csv_response, xlsx_response

_PAGE = 50
_MOST_TICKED = 200
_DIGITS = 18


def _settled() -> bool:
    return request.args.get("view") == "settled"


@requires(Permission.ESTATE_IMPORT)
def differences() -> ResponseReturnValue:
    """List what agents changed: what is to be brought back, or what was."""
    members = {m.id: m.short_name for m in list_members() if m.id in current_actor().member_ids}
    settled = _settled()
    return render_template(
        "estate/differences.html",
        page=history_queries.list_differences(
            sorted(members), window_from(request.args, 1, _PAGE), settled=settled
        ),
        settled=settled,
        waiting=history_queries.count_differences(sorted(members)),
        members=members,
        field_words=history_words.field_words,
        value_words=history_words.value_words,
    )


@requires(Permission.ESTATE_IMPORT)
def settle_differences() -> ResponseReturnValue:
    """Say that the ticked changes are in the member's own system, or are not after all."""
    ids = [int(i) for i in request.form.getlist("change") if i.isascii() and i.isdigit()][
        :_MOST_TICKED
    ]
    back = request.form.get("back") == "1"
    with transaction():
        done = history_services.settle_changes(
            [i for i in ids if i < 10**_DIGITS], current_actor(), settled=not back
        )
    if not ids:
        flash(_("Cochez d'abord des corrections."), "wait")
    elif back:
        flash(
            ngettext("%(num)s correction à reporter.", "%(num)s corrections à reporter.", done),
            "good",
        )
    else:
        flash(
            ngettext("%(num)s correction reportée.", "%(num)s corrections reportées.", done), "good"
        )
    view = {"view": "settled"} if back else {}
    return go_to(url_for("estate.differences", **view))  # type: ignore[arg-type]


@requires(Permission.ESTATE_IMPORT)
def export_differences() -> ResponseReturnValue:
    """Give what agents changed as a CSV file, to bring back to the member's own system."""
    return csv_response(_file_name(), _sheet())


@requires(Permission.ESTATE_IMPORT)
def export_differences_xlsx() -> ResponseReturnValue:
    """Give the same as a workbook."""
    return xlsx_response(_file_name(), [_sheet()])


def _file_name() -> str:
    return f"corrections-{clock.today():%Y-%m-%d}"


def _sheet() -> Sheet:
    members = {m.id: m.short_name for m in list_members() if m.id in current_actor().member_ids}
    found = history_queries.list_all_differences(sorted(members), settled=_settled())
    heads = (
        _("Numéro"), _("Date"), _("Bailleur"), _("Logement"), _("Bail"), _("Personne"),
        _("Champ"), _("Valeur du fichier"), _("Valeur corrigée"), _("Auteur"), _("Reportée le"),
    )  # fmt: skip
    return Sheet(_("Corrections"), heads, (_row(one, members) for one in found))


def _row(one: Difference, members: dict[int, str]) -> Sequence[Cell]:
    change = one.change
    return (
        change.id,
        change.at,
        members.get(change.member_id, ""),
        one.home,
        one.lease,
        one.person,
        history_words.field_words(change.field),
        change.before,
        change.after,
        change.actor_label,
        change.settled_at,
    )


def add_difference_routes(blueprint: Blueprint) -> None:
    """Put the pages of differences on the estate's blueprint."""
    for rule, endpoint, view, method in (
        ("/differences", "differences", differences, "GET"),
        ("/differences", "settle_differences", settle_differences, "POST"),
        ("/differences.csv", "export_differences", export_differences, "GET"),
        ("/differences.xlsx", "export_differences_xlsx", export_differences_xlsx, "GET"),
    ):
        blueprint.add_url_rule(rule, endpoint, view, methods=[method])
