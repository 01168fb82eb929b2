"""The list of members, and a member's identity."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.permissions import Permission
from callcenter.members import directory_queries as queries
from callcenter.members import directory_services as services
from callcenter.members.forms import HouseForm, IdentityForm
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind
from callcenter.members.views.parts import back_to_members, blueprint, done, tabs
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved, status_of
from callcenter.ui.htmx import go_to


@blueprint.get("")
@requires(Permission.USERS_MANAGE)
def index() -> ResponseReturnValue:
    """List the members and the platform; a member's own manager goes straight home."""
    actor = current_actor()
    if not actor.may(Permission.MEMBERS_MANAGE):
        return go_to(url_for("members.member", member_id=actor.home_id))
    houses = queries.list_houses()
    landlord = OrganisationKind.LANDLORD
    return render_template(
        "members/index.html",
        landlords=[house for house in houses if house.organisation.kind == landlord],
        platforms=[house for house in houses if house.organisation.kind != landlord],
    )


@blueprint.route("/<int:member_id>", methods=["GET", "POST"])
@requires(Permission.USERS_MANAGE)
def member(member_id: int) -> ResponseReturnValue:
    """Show and change who a member is."""
    actor = current_actor()
    house = queries.get_house(member_id)
    may_rename = actor.may(Permission.MEMBERS_MANAGE) and house.next_reference == 1
    form = _form_of(house)
    if not may_rename and isinstance(form, IdentityForm):
        form.reference_prefix.data, form.reference_prefix.raw_data = house.reference_prefix, None
    names = (*form.FIELDS, "reference_prefix") if may_rename else form.FIELDS
    names = tuple(name for name in names if name in form)

    def work() -> bool:
        services.save_identity(
            house, form.values(*names), seen_version=form.seen_version, actor=actor
        )
        return True

    if saved(form, work):
        here = url_for("members.member", member_id=member_id)
        return done(_("L'identité de %(name)s est enregistrée.", name=house.name), here)
    page = render_template(
        "members/identity.html",
        house=house,
        form=form,
        tabs=tabs(house, "identity"),
        back=back_to_members(),
        may_rename=may_rename,
        accent_id=house.id,
        is_landlord=house.kind == OrganisationKind.LANDLORD,
    )
    return page, status_of(form)


def _form_of(house: Organisation) -> IdentityForm | HouseForm:
    if house.kind == OrganisationKind.LANDLORD:
        return IdentityForm(obj=house)
    return HouseForm(obj=house)
