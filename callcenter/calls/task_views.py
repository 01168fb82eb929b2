"""People to call back: the list, and closing one by hand."""

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.calls import recording_queries, words
from callcenter.calls.save_views import blueprint
from callcenter.calls.states import TaskKind
from callcenter.calls.tasks import MOST_SHOWN, TaskFilter, close_task, get_task, list_tasks
from callcenter.core.db import transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.members.queries import list_members
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to

__all__ = ["blueprint"]


@blueprint.get("/calls/tasks")
@requires(Permission.DESK_USE)
def tasks() -> ResponseReturnValue:
    """List who is to be called back, those who asked for it first."""
    actor = current_actor()
    member = request.args.get("member_id", "")
    kind = request.args.get("kind", "")
    wanted = TaskFilter(
        member_id=int(member) if member.isascii() and member.isdigit() else None,
        kind=kind if kind in set(TaskKind) else "",
        done=request.args.get("done") == "1",
    )
    rows = list_tasks(actor, wanted)
    return render_template(
        "calls/tasks.html",
        rows=rows,
        messages=recording_queries.list_messages([row.CallTask for row in rows]),
        may_hear=lambda one: recording_queries.may_hear(one, actor),
        wanted=wanted,
        most=MOST_SHOWN,
        kinds=words.TASK_KINDS,
        names={one.id: one.short_name for one in list_members()},
    )


@blueprint.post("/calls/tasks/<int:task_id>/close")
@requires(Permission.DESK_USE)
def close(task_id: int) -> ResponseReturnValue:
    """Close a task by hand, with its reason."""
    actor = current_actor()
    get_task(task_id, actor)
    try:
        with transaction():
            close_task(task_id, actor, request.form.get("note", ""))
    except UserError as error:
        flash(error.message, "danger")
    else:
        flash(_("Tâche close."), "success")
    return go_to(url_for("calls.tasks"))
