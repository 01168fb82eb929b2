"""The estate's pages: one search box, a person and how to mend what is known of them."""

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission
from callcenter.estate import history_queries, occupancy_services, services, words
from callcenter.estate.badges import register_badges
from callcenter.estate.care import get_care, person_in_care
from callcenter.estate.contract_views import add_contract_routes
from callcenter.estate.difference_views import add_difference_routes
from callcenter.estate.forms import ContactForm, DepartureForm, PhoneForm
from callcenter.estate.import_views import add_import_routes
from callcenter.estate.mapping_views import add_mapping_routes
from callcenter.estate.panels import found_panels
from callcenter.estate.place_views import add_place_routes, dwelling_page, history_context
from callcenter.estate.queries import get_person, search
from callcenter.estate.records import Person, SearchResults
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
    form.keep_choice(person.civility)
    return (
        render_template(
            "estate/contact.html",
            person=person,
            form=form,
            phone_form=phone_form or PhoneForm(formdata=None, prefix="phone"),
            departure=departure,
            history=history_queries.contact_history(person.member_id, person.contact_id),
            phone_origins=history_queries.phone_origins(person.member_id, person.contact_id),
            **history_context(),
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
    form.keep_choice(person.civility)
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
    """Say that somebody no longer lives in a home; ``here`` is the page it was said on."""
    form = DepartureForm()
    occupancy = occupancy_services.get_occupancy(occupancy_id)
    at_home = request.args.get("here") == "dwelling"
    if form.validate_on_submit():
        try:
            with transaction():
                occupancy_services.end_occupancy(occupancy_id, form.last_day.data, current_actor())
        except UserError as error:
            form.add_error(error.field, error.message)
        else:
            flash(_("Départ enregistré."), "good")
            if at_home:
                return go_to(url_for("estate.dwelling", dwelling_id=occupancy.dwelling_id))
            return go_to(url_for("estate.contact", contact_id=occupancy.contact_id))
    departure = (occupancy_id, form)
    if at_home:
        return dwelling_page(occupancy.dwelling_id, departure=departure)
    return _contact_page(get_person(occupancy.contact_id), departure=departure)


add_place_routes(blueprint)
add_contract_routes(blueprint)
add_import_routes(blueprint)
add_difference_routes(blueprint)
add_mapping_routes(blueprint)
blueprint.record_once(register_badges)
