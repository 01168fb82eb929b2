"""The triage questions of a category, and categories of a member's own."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.errors import NotFound
from callcenter.core.permissions import Permission
from callcenter.members.views.parts import done, edit_page
from callcenter.routing import question_services as services
from callcenter.routing import screen_queries as queries
from callcenter.routing.forms import ChildForm, QuestionForm
from callcenter.routing.models import Category
from callcenter.routing.views.parts import blueprint
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved, status_of

EDIT = Permission.ROUTING_EDIT
_DIGITS = 19


def _back(row: Category) -> str:
    return url_for("routing.category", category_id=row.id, _anchor="questions")


def _seen_version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < _DIGITS else -1


@blueprint.route("/routing/categories/<int:category_id>/questions/new", methods=["GET", "POST"])
@requires(EDIT)
def new_question(category_id: int) -> ResponseReturnValue:
    """Add a question to a category."""
    row = queries.get_category_row(category_id)
    return _question(row, None, QuestionForm(data={"version": row.version}))


@blueprint.route("/routing/categories/<int:category_id>/questions/<key>", methods=["GET", "POST"])
@requires(EDIT)
def question(category_id: int, key: str) -> ResponseReturnValue:
    """Change a question of a category."""
    row = queries.get_category_row(category_id)
    known = next((each for each in row.questions if each["key"] == key), None)
    if known is None:
        raise NotFound
    choices = [
        {name: "" if value is None else value for name, value in choice.items()}
        for choice in known["choices"]
    ]
    form = QuestionForm(data={"version": row.version, "label": known["label"], "choices": choices})
    return _question(row, key, form)


def _question(row: Category, key: str | None, form: QuestionForm) -> ResponseReturnValue:
    codes = {each.code: f"{each.code} {each.label}" for each in
             queries.list_category_rows(row.member_id) if each.id != row.id}  # fmt: skip
    form.offer(codes, more=4 if key is None else 2)

    def work() -> bool:
        services.save_question(
            row,
            key,
            form.label.data,
            form.answers(),
            seen_version=form.seen_version,
            actor=current_actor(),
        )
        return True

    if saved(form, work):
        return done(_("La question est enregistrée : elle est posée dès maintenant."), _back(row))
    page = render_template(
        "routing/question.html",
        row=row,
        form=form,
        key=key,
        back=(_back(row), f"{row.code} {row.label}"),
        accent_id=row.member_id,
    )
    return page, status_of(form)


@blueprint.post("/routing/categories/<int:category_id>/questions/<key>/remove")
@requires(EDIT)
def remove_question(category_id: int, key: str) -> ResponseReturnValue:
    """Ask a question no longer."""
    row = queries.get_category_row(category_id)
    with transaction():
        services.remove_question(row, key, seen_version=_seen_version(), actor=current_actor())
    return done(_("La question n'est plus posée."), _back(row))


@blueprint.post("/routing/categories/<int:category_id>/questions/<key>/move")
@requires(EDIT)
def move_question(category_id: int, key: str) -> ResponseReturnValue:
    """Ask a question earlier, or later."""
    row = queries.get_category_row(category_id)
    up = request.form.get("direction") == "up"
    with transaction():
        services.move_question(row, key, up=up, seen_version=_seen_version(), actor=current_actor())
    return done(_("L'ordre des questions est changé."), _back(row))


@blueprint.route("/routing/categories/<int:category_id>/child", methods=["GET", "POST"])
@requires(EDIT)
def new_category(category_id: int) -> ResponseReturnValue:
    """Add a category of the member's own below this one."""
    parent = queries.get_category_row(category_id)
    form = ChildForm()
    made = saved(
        form,
        lambda: services.add_child(
            parent,
            form.suffix.data or "",
            form.label.data,
            token=form.token,
            actor=current_actor(),
        ),
    )
    if made:
        here = url_for("routing.category", category_id=made.id)
        return done(
            _("« %(code)s » est ajouté : réglez-le, puis ses règles.", code=made.code), here
        )
    return edit_page(
        form,
        title=_("Sous-motif de %(code)s %(label)s", code=parent.code, label=parent.label),
        back=(url_for("routing.category", category_id=parent.id), parent.code),
        rows=[["suffix", "label"]],
        member_id=parent.member_id,
        button=_("Ajouter le sous-motif"),
    )
