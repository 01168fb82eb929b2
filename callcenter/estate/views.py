"""The estate's pages: one search box, a home, a residence, a person and how to mend them."""

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission
from callcenter.estate import services, words
from callcenter.estate.care import check_care, get_care, person_in_care
from callcenter.estate.contract_views import add_contract_routes
from callcenter.estate.forms import ContactForm, DepartureForm, OccupantForm, PhoneForm
from callcenter.estate.import_views import add_import_routes
from callcenter.estate.panels import found_panels, place_panels
from callcenter.estate.queries import (
    get_dwelling_card,
    get_person,
    get_residence_card,
    search,
)
from callcenter.estate.records import Person, SearchResults
from callcenter.estate.states import OccupancyRole
from callcenter.members.queries import list_members
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to, is_htmx
from callcenter.ui.reading import note_reading

blueprint = Blueprint("estate", __name__, url_prefix="/estate")

_MOST_FOUND = 25
_MAX_TYPED = 120


@blueprint.get("")
@requires(Permission.ESTATE_READ)
def index() -> ResponseReturnValue:
    """Search people, homes and residences; a fragment while somebody types."""
    typed = request.args.get("q", "").strip()[:_MAX_TYPED]
    actor = current_actor()
    found = SearchResults()
    if typed:
        found = search(typed, actor.member_ids, None, _MOST_FOUND, get_care(actor))
    context: dict[str, Any] = {
        "typed": typed,
        "found": found,
        "found_panels": found_panels(typed) if typed else [],
        "members": {m.id: m.short_name for m in list_members()},
        "words": words,
    }
    template = "estate/_results.html" if is_htmx() else "estate/index.html"
    return render_template(template, **context)


@blueprint.get("/dwellings/<int:dwelling_id>")
@requires(Permission.ESTATE_READ)
def dwelling(dwelling_id: int) -> ResponseReturnValue:
    """Show a home: people, contracts, residence, and what other rooms know of it."""
    return _dwelling_page(dwelling_id, OccupantForm(starts_on=clock.today()))


def _dwelling_page(dwelling_id: int, form: OccupantForm, status: int = 200) -> ResponseReturnValue:
    card = get_dwelling_card(dwelling_id)
    check_care(get_care(current_actor()), card.place.residence_id)
    note_reading("dwelling", dwelling_id, card.place.member_id)
    return (
        render_template(
            "estate/dwelling.html",
            card=card,
            place=card.place,
            form=form,
            panels=place_panels(card.place.member_id, card.place.residence_id, dwelling_id),
            words=words,
            may_edit=current_actor().may(Permission.ESTATE_EDIT),
            today=clock.today(),
            accent_id=card.place.member_id,
        ),
        status,
    )


@blueprint.post("/dwellings/<int:dwelling_id>/occupants")
@requires(Permission.ESTATE_EDIT)
def add_occupant(dwelling_id: int) -> ResponseReturnValue:
    """Add somebody who lives in a home."""
    form = OccupantForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.add_occupant(
                    dwelling_id,
                    form.told(),
                    OccupancyRole(form.role.data),
                    form.starts_on.data,
                    form.number.data or "",
                    current_actor(),
                )
        except UserError as error:
            form.add_error(error.field, error.message)
        else:
            flash(_("Occupant ajouté."), "good")
            return go_to(url_for("estate.dwelling", dwelling_id=dwelling_id))
    return _dwelling_page(dwelling_id, form, 422)


@blueprint.get("/residences/<int:residence_id>")
@requires(Permission.ESTATE_READ)
def residence(residence_id: int) -> ResponseReturnValue:
    """Show a residence: buildings, contracts, homes, and what other rooms know of it."""
    check_care(get_care(current_actor()), residence_id)
    building = request.args.get("building", type=int)
    card = get_residence_card(residence_id, building)
    return render_template(
        "estate/residence.html",
        card=card,
        residence=card.residence,
        building=building,
        panels=place_panels(card.residence.member_id, residence_id, None),
        words=words,
        today=clock.today(),
        accent_id=card.residence.member_id,
    )


@blueprint.get("/contacts/<int:contact_id>")
@requires(Permission.ESTATE_READ)
def contact(contact_id: int) -> ResponseReturnValue:
    """Show a person: numbers with their sources, homes, and the form to mend them."""
    seen = person_in_care(get_person(contact_id), get_care(current_actor()))
    if seen is None:
        raise NotFound
    return _contact_page(seen)


def _contact_page(
    person: Person,
    form: ContactForm | None = None,
    phone_form: PhoneForm | None = None,
    departure: tuple[int, DepartureForm] | None = None,
) -> ResponseReturnValue:
    status = 422 if form or phone_form or departure else 200
    note_reading("contact", person.contact_id, person.member_id)
    if form is None:
        form = ContactForm(
            formdata=None,
            civility=person.civility,
            last_name=person.last_name,
            first_name=person.first_name,
            email=person.email,
            language=person.language,
            version=person.version,
        )
    form.keep_choice(person.civility, person.language)
    return (
        render_template(
            "estate/contact.html",
            person=person,
            form=form,
            phone_form=phone_form or PhoneForm(formdata=None, prefix="phone"),
            departure=departure,
            departure_form=DepartureForm(formdata=None, last_day=clock.today()),
            words=words,
            may_edit=current_actor().may(Permission.ESTATE_EDIT),
            accent_id=person.member_id,
        ),
        status,
    )


@blueprint.post("/contacts/<int:contact_id>")
@requires(Permission.ESTATE_EDIT)
def edit_contact(contact_id: int) -> ResponseReturnValue:
    """Write a person's names, e-mail and language."""
    person = get_person(contact_id)
    form = ContactForm()
    form.keep_choice(person.civility, person.language)
    if form.validate_on_submit():
        try:
            with transaction():
                services.edit_contact(contact_id, form.seen_version, form.told(), current_actor())
        except UserError as error:
            form.add_error(error.field, error.message)
            form.version.data = person.version
        else:
            flash(_("Fiche enregistrée."), "good")
            return go_to(url_for("estate.contact", contact_id=contact_id))
    return _contact_page(person, form)


@blueprint.post("/contacts/<int:contact_id>/phones")
@requires(Permission.ESTATE_EDIT)
def add_phone(contact_id: int) -> ResponseReturnValue:
    """Give a person a number; with ``phone_id``, in the place of a wrong one."""
    person = get_person(contact_id)
    form = PhoneForm(prefix="phone")
    wrong = request.form.get("phone_id", type=int)
    if form.validate_on_submit():
        try:
            with transaction():
                if wrong is None:
                    services.add_phone(
                        contact_id, form.number.data, form.note.data or "", current_actor()
                    )
                else:
                    services.correct_phone(
                        wrong, form.number.data, form.note.data or "", current_actor()
                    )
        except UserError as error:
            form.add_error(error.field, error.message)
        else:
            flash(_("Numéro enregistré."), "good")
            return go_to(url_for("estate.contact", contact_id=contact_id))
    return _contact_page(person, phone_form=form)


@blueprint.post("/phones/<int:phone_id>/remove")
@requires(Permission.ESTATE_EDIT)
def remove_phone(phone_id: int) -> ResponseReturnValue:
    """Stop using a number."""
    with transaction():
        contact_id = services.remove_phone(phone_id, current_actor())
    flash(_("Ce numéro n'est plus utilisé."), "good")
    return go_to(url_for("estate.contact", contact_id=contact_id))


@blueprint.post("/occupancies/<int:occupancy_id>/end")
@requires(Permission.ESTATE_EDIT)
def end_occupancy(occupancy_id: int) -> ResponseReturnValue:
    """Say that somebody no longer lives in a home."""
    form = DepartureForm()
    contact_id = services.contact_of_occupancy(occupancy_id)
    if form.validate_on_submit():
        try:
            with transaction():
                services.end_occupancy(occupancy_id, form.last_day.data, current_actor())
        except UserError as error:
            form.add_error(error.field, error.message)
        else:
            flash(_("Départ enregistré."), "good")
            return go_to(url_for("estate.contact", contact_id=contact_id))
    return _contact_page(get_person(contact_id), departure=(occupancy_id, form))


add_contract_routes(blueprint)
add_import_routes(blueprint)
