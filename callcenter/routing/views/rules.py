"""A member's rules: in the order in which they are tried, with what each asks for in words."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.permissions import Permission
from callcenter.members.directory_queries import get_house
from callcenter.members.models import Organisation
from callcenter.members.views.parts import back_to_members, done, landlord_only, tabs
from callcenter.routing import rule_services as services
from callcenter.routing import screen_queries as queries
from callcenter.routing.forms import RuleForm
from callcenter.routing.models import Category, RoutingRule
from callcenter.routing.rule_sets import find_ties, has_default, specificity
from callcenter.routing.version_queries import get_draft
from callcenter.routing.views.categories import described
from callcenter.routing.views.parts import (
    ANSWER,
    answers_in,
    blueprint,
    questions_of,
)
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import options, saved, status_of
from callcenter.ui.htmx import go_to

EDIT = Permission.ROUTING_EDIT


@blueprint.get("/routing/rules")
@requires(EDIT)
def rules() -> ResponseReturnValue:
    """Choose a member; whoever serves one goes straight to its rules."""
    members = queries.list_member_lines()
    if len(members) == 1:
        return go_to(url_for("routing.member_rules", member_id=members[0].member.id))
    return render_template("routing/members.html", members=members)


@blueprint.get("/routing/rules/<int:member_id>")
@requires(EDIT)
def member_rules(member_id: int) -> ResponseReturnValue:
    """List a member's rules in the order in which they are tried."""
    house = landlord_only(get_house(member_id))
    lines = queries.list_rule_lines(member_id)
    active = [line.rule for line in lines if line.row.active]
    names = queries.get_names(member_id, [line.row.conditions for line in lines])
    text = request.args.get("q", "").replace("\x00", "").strip()[:100]
    shown = described(lines, names)
    if text:
        sought = text.casefold()
        shown = [
            each
            for each in shown
            if sought in " ".join([each[0].row.name, *each[1], each[2]]).casefold()
        ]
    return render_template(
        "routing/rules.html",
        house=house,
        lines=shown,
        total=len(lines),
        text=text,
        ties=find_ties(active),
        has_default=has_default(active),
        draft=get_draft(member_id, [line.row for line in lines]),
        specificity=specificity,
        tabs=tabs(house, "rules"),
        back=back_to_members(),
        accent_id=member_id,
    )


def _prepare(form: RuleForm, member_id: int) -> None:
    names = queries.get_names(member_id)
    any_category = _("Peu importe")
    form.category.choices = options(
        {code: f"{code} {label}" for code, label in names.categories.items()}, any_category
    )
    form.agency_id.offer(names.agencies, _("Peu importe"))
    partners = {n: name for n, name in names.organisations.items() if n != member_id}
    form.organisation_id.offer(partners, _("Aucun"))
    form.team_id.offer(names.teams, _("Aucune"))


def _category(member_id: int, code: str | None) -> Category | None:
    rows = queries.list_category_rows(member_id) if code else ()
    return next((row for row in rows if row.code == code), None)


def _values(form: RuleForm, member_id: int) -> dict[str, object]:
    """Return a rule's values as the services take them. Raises UserError for the residence."""
    residence_id = services.resolve_residence(member_id, form.residence.data or "")
    building_id = services.resolve_building(residence_id, form.building.data or "")
    category = _category(member_id, form.category.data)
    answers = answers_in(request.form, questions_of(category))
    return {
        **form.values("name", "destination", "organisation_id", "team_id", "team_kind"),
        **form.values("priority", "rank"),
        "conditions": form.conditions(residence_id, building_id, answers),
    }


def _page(form: RuleForm, house: Organisation, row: RoutingRule | None) -> ResponseReturnValue:
    category = _category(house.id, form.category.data)
    kept = row.conditions.get("answers", {}) if row else {}
    page = render_template(
        "routing/rule.html",
        form=form,
        row=row,
        house=house,
        questions=questions_of(category),
        answers=answers_in(request.form, questions_of(category)) if form.is_submitted() else kept,
        prefix=ANSWER,
        back=(url_for("routing.member_rules", member_id=house.id), _("Règles")),
        accent_id=house.id,
    )
    return page, status_of(form)


@blueprint.route("/routing/rules/<int:member_id>/new", methods=["GET", "POST"])
@requires(EDIT)
def new_rule(member_id: int) -> ResponseReturnValue:
    """Add a rule, perhaps for the category in ``?category=``."""
    house = landlord_only(get_house(member_id))
    form = RuleForm(category=request.args.get("category", ""))
    _prepare(form, member_id)
    made = saved(
        form,
        lambda: services.add_rule(
            member_id, _values(form, member_id), token=form.token, actor=current_actor()
        ),
    )
    if made:
        here = url_for("routing.member_rules", member_id=member_id)
        return done(_("La règle « %(name)s » est ajoutée au brouillon.", name=made.name), here)
    return _page(form, house, None)


@blueprint.get("/routing/rules/<int:member_id>/questions")
@requires(EDIT)
def rule_questions(member_id: int) -> ResponseReturnValue:
    """Show the closed questions of the category that was just chosen; a fragment."""
    house = landlord_only(get_house(member_id))
    category = _category(house.id, request.args.get("category", ""))
    return render_template(
        "routing/_rule_answers.html",
        questions=questions_of(category),
        answers=answers_in(request.args, questions_of(category)),
        prefix=ANSWER,
    )


@blueprint.route("/routing/rules/edit/<int:rule_id>", methods=["GET", "POST"])
@requires(EDIT)
def rule(rule_id: int) -> ResponseReturnValue:
    """Change a rule."""
    row = queries.get_rule_row(rule_id)
    house = get_house(row.member_id)
    form = RuleForm(obj=row)
    if not form.is_submitted():
        form.show(row.conditions, *queries.get_place_words(row.conditions))
    _prepare(form, row.member_id)

    def work() -> bool:
        services.save_rule(
            row,
            _values(form, row.member_id),
            seen_version=form.seen_version,
            actor=current_actor(),
        )
        return True

    if saved(form, work):
        here = url_for("routing.member_rules", member_id=row.member_id)
        return done(_("La règle « %(name)s » est enregistrée au brouillon.", name=row.name), here)
    return _page(form, house, row)


@blueprint.post("/routing/rules/edit/<int:rule_id>/switch")
@requires(EDIT)
def switch_rule(rule_id: int) -> ResponseReturnValue:
    """Put a rule in service, or out of it."""
    row = queries.get_rule_row(rule_id)
    active = request.form.get("active") == "1"
    with transaction():
        services.switch_rule(row, active=active, actor=current_actor())
    here = url_for("routing.member_rules", member_id=row.member_id)
    if active:
        return done(_("La règle « %(name)s » est remise dans le brouillon.", name=row.name), here)
    return done(
        _("La règle « %(name)s » est retirée du brouillon. Vous pouvez l'y remettre.",
          name=row.name),
        here,
    )  # fmt: skip
