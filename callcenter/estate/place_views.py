"""The pages of places: a home, a residence, who lives there and what is flagged there."""

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.estate import (
    flag_services,
    history_queries,
    history_words,
    occupancy_services,
    words,
)
from callcenter.estate.care import check_care, get_care
from callcenter.estate.flag_forms import FlagEndForm, FlagForm
from callcenter.estate.flag_queries import Flag, get_flag, list_flags
from callcenter.estate.flag_rules import writable_kinds
from callcenter.estate.flag_words import FLAG_GROUNDS, FLAG_ICONS, FLAG_KINDS, FLAG_MEASURES
from callcenter.estate.forms import DepartureForm, OccupantForm
from callcenter.estate.panels import place_panels
from callcenter.estate.queries import get_dwelling_card, get_residence_card
from callcenter.estate.states import OccupancyRole
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved, status_of
from callcenter.ui.forms import BaseForm
from callcenter.ui.htmx import go_to
from callcenter.ui.reading import note_reading


@requires(Permission.ESTATE_READ)
def dwelling(dwelling_id: int) -> ResponseReturnValue:
    """Show a home: people, contracts, residence, flags, and what other rooms know of it."""
    return dwelling_page(dwelling_id)


def dwelling_page(
    dwelling_id: int,
    form: OccupantForm | None = None,
    flag_form: FlagForm | None = None,
    extending: tuple[int, FlagEndForm] | None = None,
    departure: tuple[int, DepartureForm] | None = None,
) -> ResponseReturnValue:
    """Answer with a home's page, and the form that was refused on it."""
    card = get_dwelling_card(dwelling_id)
    place = card.place
    check_care(get_care(current_actor()), place.residence_id)
    note_reading("dwelling", dwelling_id, place.member_id)
    refused = extending or departure
    sent: BaseForm | None = form or flag_form or (refused[1] if refused else None)
    return (
        render_template(
            "estate/dwelling.html",
            card=card,
            place=place,
            departure=departure,
            departure_form=DepartureForm(formdata=None, last_day=clock.today()),
            form=form or OccupantForm(formdata=None, starts_on=clock.today()),
            panels=place_panels(place.member_id, place.residence_id, dwelling_id),
            history=history_queries.dwelling_history(place.member_id, dwelling_id),
            **history_context(),
            accent_id=place.member_id,
            **_flags_context(
                place.member_id, place.residence_id, dwelling_id, flag_form, extending
            ),
            **_words(),
        ),
        status_of(sent) if sent else 200,
    )


def _words() -> dict[str, object]:
    return {
        "words": words,
        "may_edit": current_actor().may(Permission.ESTATE_EDIT),
        "today": clock.today(),
    }


def history_context() -> dict[str, object]:
    """Return the words that the templates of history need."""
    return {
        "sources": history_words.SOURCES,
        "identity": history_words.IDENTITY,
        "field_words": history_words.field_words,
        "value_words": history_words.value_words,
        "change_words": history_words.change_words,
    }


def _flags_context(
    member_id: int,
    residence_id: int,
    dwelling_id: int | None,
    form: FlagForm | None,
    extending: tuple[int, FlagEndForm] | None,
) -> dict[str, object]:
    """Return what the panel of flags shows, and note which of them were read."""
    actor = current_actor()
    flags = list_flags(actor, member_id, residence_id, dwelling_id)
    note_flags(flags)
    form = form or FlagForm(formdata=None, prefix="flag")
    form.offer(writable_kinds(actor.permissions, whole_residence=dwelling_id is None))
    return {
        "flags": flags,
        "flag_form": form,
        "extending": extending,
        "flag_end_form": FlagEndForm(formdata=None),
        **flag_words(),
    }


def flag_words() -> dict[str, object]:
    """Return the words that the templates of flags need."""
    return {
        "flag_kinds": FLAG_KINDS,
        "flag_icons": FLAG_ICONS,
        "flag_measures": FLAG_MEASURES,
        "flag_grounds": FLAG_GROUNDS,
    }


def note_flags(flags: tuple[Flag, ...]) -> None:
    """Put in the journal that sensitive flags were read."""
    for flag in flags:
        if flag.sensitive:
            note_reading("place_flag", flag.flag_id, flag.member_id)


@requires(Permission.ESTATE_EDIT)
def add_occupant(dwelling_id: int) -> ResponseReturnValue:
    """Add somebody who lives in a home."""
    form = OccupantForm()
    if form.validate_on_submit():
        try:
            with transaction():
                occupancy_services.add_occupant(
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
    return dwelling_page(dwelling_id, form)


@requires(Permission.ESTATE_READ)
def residence(residence_id: int) -> ResponseReturnValue:
    """Show a residence: buildings, contracts, homes, and what other rooms know of it."""
    return _residence_page(residence_id)


def _residence_page(
    residence_id: int,
    flag_form: FlagForm | None = None,
    extending: tuple[int, FlagEndForm] | None = None,
) -> ResponseReturnValue:
    check_care(get_care(current_actor()), residence_id)
    building = request.args.get("building", type=int)
    card = get_residence_card(residence_id, building)
    member_id = card.residence.member_id
    sent: BaseForm | None = flag_form or (extending[1] if extending else None)
    return (
        render_template(
            "estate/residence.html",
            card=card,
            residence=card.residence,
            building=building,
            panels=place_panels(member_id, residence_id, None),
            accent_id=member_id,
            **_flags_context(member_id, residence_id, None, flag_form, extending),
            **_words(),
        ),
        status_of(sent) if sent else 200,
    )


@requires(Permission.ESTATE_EDIT)
def flag_dwelling(dwelling_id: int) -> ResponseReturnValue:
    """Flag a home from a day to a day."""
    card = get_dwelling_card(dwelling_id)
    form, added = _add_flag(card.place.residence_id, dwelling_id)
    if added:
        return go_to(url_for("estate.dwelling", dwelling_id=dwelling_id))
    return dwelling_page(dwelling_id, flag_form=form)


@requires(Permission.ESTATE_EDIT)
def flag_residence(residence_id: int) -> ResponseReturnValue:
    """Flag a whole residence from a day to a day: works."""
    form, added = _add_flag(residence_id, None)
    if added:
        return go_to(url_for("estate.residence", residence_id=residence_id))
    return _residence_page(residence_id, flag_form=form)


def _add_flag(residence_id: int, dwelling_id: int | None) -> tuple[FlagForm, bool]:
    actor = current_actor()
    form = FlagForm(prefix="flag")
    form.offer(writable_kinds(actor.permissions, whole_residence=dwelling_id is None))
    flag = saved(
        form, lambda: flag_services.add_flag(residence_id, dwelling_id, form.told(), actor)
    )
    if flag is not None:
        flash(_("Signalement enregistré."), "good")
    return form, flag is not None


@requires(Permission.ESTATE_EDIT)
def extend_flag(flag_id: int) -> ResponseReturnValue:
    """Give a flag another last day."""
    actor = current_actor()
    flag = get_flag(actor, flag_id)
    form = FlagEndForm()
    if saved(form, lambda: flag_services.extend_flag(flag_id, form.ends_on.data, actor)):
        flash(_("Signalement prolongé."), "good")
        return go_to(_place_of(flag))
    if flag.dwelling_id is None:
        return _residence_page(flag.residence_id, extending=(flag_id, form))
    return dwelling_page(flag.dwelling_id, extending=(flag_id, form))


@requires(Permission.ESTATE_EDIT)
def withdraw_flag(flag_id: int) -> ResponseReturnValue:
    """Lift a flag: it is erased."""
    actor = current_actor()
    flag = get_flag(actor, flag_id)
    with transaction():
        flag_services.withdraw_flag(flag_id, actor)
    flash(_("Signalement levé."), "good")
    return go_to(_place_of(flag))


def _place_of(flag: Flag) -> str:
    if flag.dwelling_id is None:
        return url_for("estate.residence", residence_id=flag.residence_id)
    return url_for("estate.dwelling", dwelling_id=flag.dwelling_id)


def add_place_routes(blueprint: Blueprint) -> None:
    """Put the pages of places on the estate's blueprint."""
    for rule, view, method in (
        ("/dwellings/<int:dwelling_id>", dwelling, "GET"),
        ("/dwellings/<int:dwelling_id>/occupants", add_occupant, "POST"),
        ("/dwellings/<int:dwelling_id>/flags", flag_dwelling, "POST"),
        ("/residences/<int:residence_id>", residence, "GET"),
        ("/residences/<int:residence_id>/flags", flag_residence, "POST"),
        ("/flags/<int:flag_id>/extend", extend_flag, "POST"),
        ("/flags/<int:flag_id>/withdraw", withdraw_flag, "POST"),
    ):
        blueprint.add_url_rule(rule, view.__name__, view, methods=[method])
