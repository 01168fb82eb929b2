"""A member's categories: list, order, change, switch off, put back."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.members.directory_queries import get_house
from callcenter.members.views.parts import back_to_members, done, landlord_only, tabs
from callcenter.members.words import SERVICES, TEAM_KINDS
from callcenter.routing import category_services as services
from callcenter.routing import screen_queries as queries
from callcenter.routing import screen_words as words
from callcenter.routing.catalogue_types import target_for
from callcenter.routing.category_rows import category_from
from callcenter.routing.forms import CategoryForm
from callcenter.routing.models import Category
from callcenter.routing.promises import (
    Origin,
    OwnTargets,
    main_stage,
    target_and_origin,
    target_of_stage,
)
from callcenter.routing.queries import get_own_targets
from callcenter.routing.rule_reading import conditions_in_words, destination_in_words
from callcenter.routing.rule_rows import snapshot_of
from callcenter.routing.states import Stage
from callcenter.routing.views.parts import blueprint, language, questions_of
from callcenter.routing.wording import delay_text
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved, status_of

EDIT = Permission.ROUTING_EDIT
_BIGINT_DIGITS = 19


def _delay(row: Category, own: OwnTargets) -> str:
    """Return the category's main delay at its own priority: the one that applies."""
    category = category_from(row)
    target = target_of_stage(own, main_stage(category), category, category.priority).target
    return delay_text(
        target or target_for(category, category.priority), category.priority, language()
    )


@dataclass(frozen=True, slots=True)
class Delay:
    """What is promised of a category at one stage: the delay that applies, and its origin.

    ``instead`` is the category's own delay where an exception is stronger, else "".
    """

    stage: str
    priority: str
    words: str
    origin: str
    instead: str = ""


def _delays(row: Category, every: Sequence[Category]) -> list[Delay]:
    """Return what applies at the category's priority, then its exceptions at the others."""
    category = category_from(row)
    own = get_own_targets(row.member_id, {each.id: each.code for each in every})
    main = main_stage(category)
    stages = [Stage.ACCEPTANCE, Stage.NEWS, Stage.FIRST_VISIT, main]
    places = [(stage, category.priority) for stage in stages]
    places += sorted(
        (stage, priority)
        for stage, code, priority in own
        if code == row.code and priority != category.priority
    )
    found = []
    for stage, priority in places:
        told, origin = target_and_origin(own, stage, category, priority)
        hidden = (
            origin is Origin.EXCEPTION
            and stage is main
            and category.target is not None
            and priority == category.priority
        )
        found.append(
            Delay(
                str(words.STAGES[stage]),
                priority,
                delay_text(told.target, priority, language())
                if told.target
                else _("rien n'est promis"),
                str(words.ORIGINS[origin]),
                delay_text(category.target, priority, language())
                if hidden and category.target
                else "",
            )
        )
    return found


def _destination(row: Category) -> str:
    if row.team_kind:
        return str(TEAM_KINDS.get(row.team_kind, row.team_kind))
    return str(words.DESTINATIONS.get(row.destination, row.destination))


@blueprint.get("/members/<int:member_id>/categories")
@requires(EDIT)
def categories(member_id: int) -> ResponseReturnValue:
    """List a member's categories in its own order."""
    house = landlord_only(get_house(member_id))
    rows = queries.list_category_rows(member_id)
    own = get_own_targets(member_id, {row.id: row.code for row in rows})
    return render_template(
        "routing/categories.html",
        house=house,
        rows=[(row, _delay(row, own), _destination(row), services.is_changed(row)) for row in rows],
        services=SERVICES,
        tabs=tabs(house, "categories"),
        back=back_to_members(),
        accent_id=member_id,
    )


@blueprint.route("/routing/categories/<int:category_id>", methods=["GET", "POST"])
@requires(EDIT)
def category(category_id: int) -> ResponseReturnValue:
    """Change a category."""
    row = queries.get_category_row(category_id)
    form = CategoryForm(obj=row)
    form.prepare()
    listed = url_for("routing.categories", member_id=row.member_id)

    def work() -> bool:
        services.save_category(
            row,
            form.values(*form.FIELDS),
            seen_version=form.seen_version,
            actor=current_actor(),
        )
        return True

    handler = (row.destination, row.team_kind)
    if saved(form, work):
        if handler != (row.destination, row.team_kind):
            return _rule_waits(row)
        return done(_("Le motif « %(name)s » est enregistré.", name=row.label), listed)
    lines = [
        line
        for line in queries.list_rule_lines(row.member_id)
        if line.row.conditions.get("category") == row.code
    ]
    names = queries.get_names(row.member_id, [line.row.conditions for line in lines])
    every = queries.list_category_rows(row.member_id)
    page = render_template(
        "routing/category.html",
        row=row,
        payers=words.PAYERS,
        children=[each for each in every if each.code.startswith(f"{row.code}-")],
        form=form,
        questions=questions_of(row),
        delays=_delays(row, every),
        changed=services.is_changed(row),
        original=services.default_of(row),
        others=[each for each in every if each.id != row.id],
        lines=described(lines, names),
        back=(listed, _("Motifs")),
        accent_id=row.member_id,
    )
    return page, status_of(form)


def _rule_waits(row: Category) -> ResponseReturnValue:
    """Lead to the draft: who handles a category is said by its rule, which isn't in force yet."""
    return done(
        _("« %(name)s » est enregistré. Sa nouvelle destination attend dans le brouillon des "
          "règles : publiez-le pour qu'elle compte.", name=row.label),
        url_for("routing.draft", member_id=row.member_id),
    )  # fmt: skip


def described(
    lines: list[queries.RuleLine], names: queries.Names
) -> list[tuple[queries.RuleLine, list[str], str]]:
    """Return rules with their conditions and destination in words."""
    return [
        (
            line,
            conditions_in_words(line.row.conditions, names),
            destination_in_words(snapshot_of(line.row), names),
        )
        for line in lines
    ]


@blueprint.post("/routing/categories/<int:category_id>/switch")
@requires(EDIT)
def switch_category(category_id: int) -> ResponseReturnValue:
    """Offer a category at the desk, or no longer."""
    row = queries.get_category_row(category_id)
    active = request.form.get("active") == "1"
    with transaction():
        services.switch_category(row, active=active, actor=current_actor())
    here = url_for("routing.category", category_id=row.id)
    if active:
        return done(_("« %(name)s » est de nouveau proposé au bureau.", name=row.label), here)
    return done(_("« %(name)s » n'est plus proposé au bureau.", name=row.label), here)


@blueprint.post("/routing/categories/<int:category_id>/move")
@requires(EDIT)
def move_category(category_id: int) -> ResponseReturnValue:
    """Move a category in the list: one place up or down, or right after another."""
    row = queries.get_category_row(category_id)
    rows = list(queries.list_category_rows(row.member_id))
    place = next(index for index, each in enumerate(rows) if each.id == row.id)
    direction = request.form.get("direction", "")
    if direction == "up":
        after = rows[place - 2].id if place > 1 else None
    elif direction == "down":
        after = rows[min(place + 1, len(rows) - 1)].id
        after = after if after != row.id else rows[place - 1].id
    else:
        text = request.form.get("after_id", "")
        if text and not (text.isdecimal() and len(text) < _BIGINT_DIGITS):
            raise UserError(_("Choisissez un motif de ce membre."))
        after = int(text) if text else None
    with transaction():
        services.move_category(row, after, actor=current_actor())
    listed = url_for("routing.categories", member_id=row.member_id)
    return done(_("« %(name)s » est déplacé.", name=row.label), listed)


@blueprint.post("/routing/categories/<int:category_id>/reset")
@requires(EDIT)
def reset_category(category_id: int) -> ResponseReturnValue:
    """Put a category back as the default catalogue has it."""
    row = queries.get_category_row(category_id)
    version = request.form.get("version", "")
    handler = (row.destination, row.team_kind)
    with transaction():
        services.reset_category(
            row,
            seen_version=int(version)
            if version.isdecimal() and len(version) < _BIGINT_DIGITS
            else -1,
            actor=current_actor(),
        )
    if handler != (row.destination, row.team_kind):
        return _rule_waits(row)
    here = url_for("routing.category", category_id=row.id)
    return done(_("« %(name)s » est remis comme à l'origine.", name=row.label), here)
