"""What the screens of this room share: the blueprint, the tabs, the page of a form."""

from dataclasses import dataclass

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.errors import NotFound
from callcenter.core.permissions import Permission
from callcenter.members import directory_services
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind
from callcenter.ui.access import current_actor
from callcenter.ui.fields import status_of
from callcenter.ui.forms import BaseForm
from callcenter.ui.htmx import go_to
from callcenter.ui.navigation import url_if_exists

blueprint = Blueprint("members", __name__, url_prefix="/members")

Tab = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class Switch:
    """The button that puts something in service or out of it, and what that changes."""

    url: str
    active: bool
    warning: str = ""


def tabs(house: Organisation, current: str) -> list[Tab]:
    """Return the tabs of a member's screens; the platform has fewer."""
    number = house.id
    found = [(_("Identité"), url_for("members.member", member_id=number), "identity")]
    if house.kind == OrganisationKind.LANDLORD:
        found += [
            (_("Agences"), url_for("members.agencies", member_id=number), "agencies"),
            (_("Équipes"), url_for("members.teams", member_id=number), "teams"),
            (_("Lignes"), url_for("members.lines", member_id=number), "lines"),
            (_("Calendriers"), url_for("members.calendars", member_id=number), "calendars"),
            (_("Partenaires"), url_for("members.partners", member_id=number), "partners"),
            (_("Motifs"), url_if_exists("routing.categories", member_id=number), "categories"),
            (_("Règles"), url_if_exists("routing.member_rules", member_id=number), "rules"),
            (_("Délais"), url_if_exists("routing.targets", member_id=number), "targets"),
        ]
    else:
        found += [
            (_("Équipes"), url_for("members.teams", member_id=number), "teams"),
            (_("Calendriers"), url_for("members.calendars", member_id=number), "calendars"),
        ]
    found.append((_("Comptes"), url_for("members.users", member=house.id), "users"))
    return [(words, url, name == current) for words, url, name in found if url]


def back_to_members() -> tuple[str, str] | None:
    """Return the way back to the list of members, for whoever may see it."""
    if current_actor().may(Permission.MEMBERS_MANAGE):
        return url_for("members.index"), _("Membres")
    return None


def landlord_only(house: Organisation) -> Organisation:
    """Return the house if it is a landlord; what the platform has not is not found."""
    if house.kind != OrganisationKind.LANDLORD:
        raise NotFound
    return house


def edit_page(
    form: BaseForm,
    *,
    title: str,
    back: tuple[str, str],
    rows: list[list[str]],
    member_id: int,
    button: str = "",
    switch: Switch | None = None,
) -> ResponseReturnValue:
    """Show a form on a page of its own; ``rows`` are names of fields, side by side."""
    page = render_template(
        "members/edit.html",
        form=form,
        title=title,
        back=back,
        rows=rows,
        accent_id=member_id,
        button=button or _("Enregistrer"),
        switch=switch,
    )
    return page, status_of(form)


def done(message: str, url: str) -> ResponseReturnValue:
    """Say that it is saved and go to ``url``."""
    flash(message, "success")
    return go_to(url)


def switch_and_go(row: directory_services.Switchable, url: str) -> ResponseReturnValue:
    """Put a row in service or out of it as the sent button asks, and go to ``url``."""
    active = request.form.get("active") == "1"
    with transaction():
        directory_services.switch(row, active=active, actor=current_actor())
    if active:
        return done(_("« %(name)s » est de nouveau en service.", name=row.name), url)
    return done(
        _("« %(name)s » n'est plus en service. Vous pouvez l'y remettre.", name=row.name), url
    )
