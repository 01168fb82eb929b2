"""A member's teams, its partners' teams, and the people in them."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.permissions import Permission
from callcenter.members import directory_queries as queries
from callcenter.members import directory_services as services
from callcenter.members.forms import TeamForm
from callcenter.members.models import Organisation
from callcenter.members.queries import get_team
from callcenter.members.states import OrganisationKind
from callcenter.members.views.parts import (
    Switch,
    back_to_members,
    blueprint,
    done,
    edit_page,
    switch_and_go,
    tabs,
)
from callcenter.members.words import TEAM_KINDS
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved

USERS = Permission.USERS_MANAGE
_ROWS = [["kind", "name"], ["agency_id"], ["phone", "email"]]


@blueprint.get("/<int:member_id>/teams")
@requires(USERS)
def teams(member_id: int) -> ResponseReturnValue:
    """List a member's teams."""
    house = queries.get_house(member_id)
    return render_template(
        "members/teams.html",
        house=house,
        teams=queries.list_teams(member_id),
        kinds=TEAM_KINDS,
        tabs=tabs(house, "teams"),
        back=back_to_members(),
        accent_id=member_id,
    )


def _prepare(form: TeamForm, house: Organisation) -> None:
    form.offer_kinds(of_platform=house.kind == OrganisationKind.PLATFORM)
    agencies = {row.id: row.name for row in queries.list_agencies(house.id) if row.active}
    kept = form.agency_id.object_data
    if kept and kept not in agencies:
        agencies[kept] = queries.get_agency(kept).name
    form.agency_id.offer(agencies, _("Toutes les agences"))


@blueprint.route("/<int:member_id>/teams/new", methods=["GET", "POST"])
@requires(USERS)
def new_team(member_id: int) -> ResponseReturnValue:
    """Add a team to a member or to one of its partners."""
    house = queries.get_house(member_id)
    places = {house.id: house} | {
        row.id: row for row in queries.list_partners(member_id) if row.active
    }
    form = TeamForm()
    _prepare(form, house)
    form.organisation_id.offer({number: row.name for number, row in places.items()})
    del form.people
    listed = url_for("members.teams", member_id=member_id)
    made = saved(
        form,
        lambda: services.add_team(
            places[form.organisation_id.data],
            form.values(*form.FIELDS),
            token=form.token,
            actor=current_actor(),
        ),
    )
    if made:
        message = _("L'équipe « %(name)s » est ajoutée. Choisissez ses personnes.", name=made.name)
        return done(message, url_for("members.team", team_id=made.id))
    return edit_page(
        form,
        title=_("Nouvelle équipe"),
        back=(listed, _("Équipes")),
        rows=[["organisation_id"], *_ROWS],
        member_id=member_id,
        button=_("Ajouter l'équipe"),
    )


@blueprint.route("/teams/<int:team_id>", methods=["GET", "POST"])
@requires(USERS)
def team(team_id: int) -> ResponseReturnValue:
    """Change a team and who is in it."""
    row = get_team(team_id)
    people = queries.list_people(row.organisation_id)
    form = TeamForm(obj=row, people=queries.list_team_people_ids(row.id))
    _prepare(form, queries.get_house(row.member_id))
    del form.organisation_id
    form.people.offer({user.id: user.full_name for user in people})
    listed = url_for("members.teams", member_id=row.member_id)

    def work() -> bool:
        services.save_team(
            row,
            form.values(*form.FIELDS),
            form.people.data or (),
            seen_version=form.seen_version,
            actor=current_actor(),
        )
        return True

    if saved(form, work):
        return done(_("L'équipe « %(name)s » est enregistrée.", name=row.name), listed)
    return edit_page(
        form,
        title=row.name,
        back=(listed, _("Équipes")),
        rows=[*_ROWS, ["people"]] if people else _ROWS,
        member_id=row.member_id,
        switch=Switch(
            url_for("members.switch_team", team_id=row.id),
            row.active,
            _(
                "Elle ne recevra plus de demandes : les règles qui la visent passeront "
                "à l'équipe suivante, ou au triage. Ses demandes en cours lui restent."
            ),
        ),
    )


@blueprint.post("/teams/<int:team_id>/switch")
@requires(USERS)
def switch_team(team_id: int) -> ResponseReturnValue:
    """Put a team in service, or out of it."""
    row = get_team(team_id)
    return switch_and_go(row, url_for("members.teams", member_id=row.member_id))
