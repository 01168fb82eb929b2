"""A member's phone lines."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.permissions import Permission
from callcenter.members import directory_queries as queries
from callcenter.members import directory_services as services
from callcenter.members.forms import LineForm
from callcenter.members.identity_rules import greet
from callcenter.members.queries import get_line
from callcenter.members.views.parts import (
    Switch,
    back_to_members,
    blueprint,
    done,
    edit_page,
    landlord_only,
    switch_and_go,
    tabs,
)
from callcenter.members.words import SERVICES
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved

USERS = Permission.USERS_MANAGE
_ROWS = [["number", "name"], ["service", "calendar_id"], ["greeting"], ["script"]]


@blueprint.get("/<int:member_id>/lines")
@requires(USERS)
def lines(member_id: int) -> ResponseReturnValue:
    """List a member's lines, with what the agent says on each."""
    house = landlord_only(queries.get_house(member_id))
    rows = queries.list_member_lines(member_id)
    return render_template(
        "members/lines.html",
        house=house,
        lines=[(row, greet(row.greeting, _("Camille"))) for row in rows],
        services=SERVICES,
        calendars={row.id: row.name for row in queries.list_calendars(member_id)},
        tabs=tabs(house, "lines"),
        back=back_to_members(),
        accent_id=member_id,
    )


def _offer_calendars(form: LineForm, member_id: int) -> None:
    calendars = {row.id: row.name for row in queries.list_calendars(member_id)}
    form.calendar_id.offer(calendars, _("Calendrier principal"))


@blueprint.route("/<int:member_id>/lines/new", methods=["GET", "POST"])
@requires(USERS)
def new_line(member_id: int) -> ResponseReturnValue:
    """Add a line."""
    house = landlord_only(queries.get_house(member_id))
    opening = _("%(name)s bonjour, {agent} à votre écoute", name=house.short_name)
    form = LineForm(greeting=opening)
    _offer_calendars(form, member_id)
    listed = url_for("members.lines", member_id=member_id)
    made = saved(
        form,
        lambda: services.add_line(
            member_id, form.values(*form.FIELDS), token=form.token, actor=current_actor()
        ),
    )
    if made:
        return done(_("La ligne « %(name)s » est ajoutée.", name=made.name), listed)
    return edit_page(
        form,
        title=_("Nouvelle ligne"),
        back=(listed, _("Lignes")),
        rows=_ROWS,
        member_id=member_id,
        button=_("Ajouter la ligne"),
    )


@blueprint.route("/lines/<int:line_id>", methods=["GET", "POST"])
@requires(USERS)
def line(line_id: int) -> ResponseReturnValue:
    """Change a line."""
    row = get_line(line_id)
    form = LineForm(obj=row)
    _offer_calendars(form, row.member_id)
    listed = url_for("members.lines", member_id=row.member_id)

    def work() -> bool:
        services.save_line(
            row,
            form.values(*form.FIELDS),
            seen_version=form.seen_version,
            actor=current_actor(),
        )
        return True

    if saved(form, work):
        return done(_("La ligne « %(name)s » est enregistrée.", name=row.name), listed)
    return edit_page(
        form,
        title=row.name,
        back=(listed, _("Lignes")),
        rows=_ROWS,
        member_id=row.member_id,
        switch=Switch(
            url_for("members.switch_line", line_id=row.id),
            row.active,
            _("Les appels vers ce numéro ne diront plus de quel membre ils viennent."),
        ),
    )


@blueprint.post("/lines/<int:line_id>/switch")
@requires(USERS)
def switch_line(line_id: int) -> ResponseReturnValue:
    """Put a line in service, or out of it."""
    row = get_line(line_id)
    return switch_and_go(row, url_for("members.lines", member_id=row.member_id))
