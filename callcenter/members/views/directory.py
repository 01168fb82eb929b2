"""A member's agencies and partners."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.permissions import Permission
from callcenter.members import directory_queries as queries
from callcenter.members import directory_services as services
from callcenter.members.forms import AgencyForm, PartnerForm
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
from callcenter.members.words import ORGANISATION_KINDS
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved

USERS = Permission.USERS_MANAGE
_AGENCY_ROWS = [["name"], ["phone", "email"]]
_PARTNER_ROWS = [["kind"], ["name", "short_name"], ["phone", "email"], ["opening_hours"],
                 ["answers_at_night"]]  # fmt: skip


@blueprint.get("/<int:member_id>/agencies")
@requires(USERS)
def agencies(member_id: int) -> ResponseReturnValue:
    """List a member's agencies."""
    house = landlord_only(queries.get_house(member_id))
    return render_template(
        "members/agencies.html",
        house=house,
        agencies=queries.list_agencies(member_id),
        tabs=tabs(house, "agencies"),
        back=back_to_members(),
        accent_id=member_id,
    )


@blueprint.route("/<int:member_id>/agencies/new", methods=["GET", "POST"])
@requires(USERS)
def new_agency(member_id: int) -> ResponseReturnValue:
    """Add an agency."""
    landlord_only(queries.get_house(member_id))
    form = AgencyForm()
    listed = url_for("members.agencies", member_id=member_id)
    made = saved(
        form,
        lambda: services.add_agency(
            member_id, form.values(*form.FIELDS), token=form.token, actor=current_actor()
        ),
    )
    if made:
        return done(_("L'agence « %(name)s » est ajoutée.", name=made.name), listed)
    return edit_page(
        form,
        title=_("Nouvelle agence"),
        back=(listed, _("Agences")),
        rows=_AGENCY_ROWS,
        member_id=member_id,
        button=_("Ajouter l'agence"),
    )


@blueprint.route("/agencies/<int:agency_id>", methods=["GET", "POST"])
@requires(USERS)
def agency(agency_id: int) -> ResponseReturnValue:
    """Change an agency."""
    row = queries.get_agency(agency_id)
    form = AgencyForm(obj=row)
    listed = url_for("members.agencies", member_id=row.member_id)

    def work() -> bool:
        services.save_agency(
            row,
            form.values(*form.FIELDS),
            seen_version=form.seen_version,
            actor=current_actor(),
        )
        return True

    if saved(form, work):
        return done(_("L'agence « %(name)s » est enregistrée.", name=row.name), listed)
    return edit_page(
        form,
        title=row.name,
        back=(listed, _("Agences")),
        rows=_AGENCY_ROWS,
        member_id=row.member_id,
        switch=Switch(
            url_for("members.switch_agency", agency_id=row.id),
            row.active,
            _("Elle ne sera plus proposée. Ses résidences et ses équipes restent en place."),
        ),
    )


@blueprint.post("/agencies/<int:agency_id>/switch")
@requires(USERS)
def switch_agency(agency_id: int) -> ResponseReturnValue:
    """Put an agency in service, or out of it."""
    row = queries.get_agency(agency_id)
    return switch_and_go(row, url_for("members.agencies", member_id=row.member_id))


@blueprint.get("/<int:member_id>/partners")
@requires(USERS)
def partners(member_id: int) -> ResponseReturnValue:
    """List the syndics, contractors and others that a member works with."""
    house = landlord_only(queries.get_house(member_id))
    return render_template(
        "members/partners.html",
        house=house,
        partners=queries.list_partners(member_id),
        kinds=ORGANISATION_KINDS,
        tabs=tabs(house, "partners"),
        back=back_to_members(),
        accent_id=member_id,
    )


@blueprint.route("/<int:member_id>/partners/new", methods=["GET", "POST"])
@requires(USERS)
def new_partner(member_id: int) -> ResponseReturnValue:
    """Add a partner."""
    landlord_only(queries.get_house(member_id))
    form = PartnerForm()
    listed = url_for("members.partners", member_id=member_id)
    made = saved(
        form,
        lambda: services.add_partner(
            member_id, form.values(*form.FIELDS), token=form.token, actor=current_actor()
        ),
    )
    if made:
        return done(_("« %(name)s » est ajouté aux partenaires.", name=made.name), listed)
    return edit_page(
        form,
        title=_("Nouveau partenaire"),
        back=(listed, _("Partenaires")),
        rows=_PARTNER_ROWS,
        member_id=member_id,
        button=_("Ajouter le partenaire"),
    )


@blueprint.route("/partners/<int:organisation_id>", methods=["GET", "POST"])
@requires(USERS)
def partner(organisation_id: int) -> ResponseReturnValue:
    """Change a partner."""
    row = queries.get_partner(organisation_id)
    form = PartnerForm(obj=row)
    listed = url_for("members.partners", member_id=row.member_id)

    def work() -> bool:
        services.save_partner(
            row,
            form.values(*form.FIELDS),
            seen_version=form.seen_version,
            actor=current_actor(),
        )
        return True

    if saved(form, work):
        return done(_("« %(name)s » est enregistré.", name=row.name), listed)
    return edit_page(
        form,
        title=row.name,
        back=(listed, _("Partenaires")),
        rows=_PARTNER_ROWS,
        member_id=row.member_id,
        switch=Switch(
            url_for("members.switch_partner", organisation_id=row.id),
            row.active,
            _("Il ne recevra plus de demandes à la main. Ses contrats et ses comptes restent."),
        ),
    )


@blueprint.post("/partners/<int:organisation_id>/switch")
@requires(USERS)
def switch_partner(organisation_id: int) -> ResponseReturnValue:
    """Put a partner in service, or out of it."""
    row = queries.get_partner(organisation_id)
    return switch_and_go(row, url_for("members.partners", member_id=row.member_id))
