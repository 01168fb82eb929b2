"""One shift: who stands there, and who takes it over."""

from datetime import datetime, timedelta

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.db import db, transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.members.calendar_rules import Interval, local_instant
from callcenter.oncall import queries, services
from callcenter.oncall.forms import ShiftForm, offer_people
from callcenter.oncall.models import OnCallRota, OnCallShift
from callcenter.oncall.views.parts import blueprint, done, refused
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved, status_of
from callcenter.ui.htmx import go_to

EDIT = Permission.ON_CALL_EDIT
_EXCHANGE_AHEAD = timedelta(days=60)
_EXCHANGES_SHOWN = 12


def _url(shift: OnCallShift) -> str:
    return url_for("on_call.shift", on_call_shift_id=shift.id)


def _agenda(rota: OnCallRota, shift: OnCallShift) -> str:
    day = clock.in_paris(shift.starts_at).date().isoformat()
    return url_for("on_call.index", member=rota.member_id, day=day)


@blueprint.get("/shifts/<int:on_call_shift_id>")
@requires(EDIT)
def shift(on_call_shift_id: int) -> ResponseReturnValue:
    """Show a shift, and who may take it, or exchange it, in one click."""
    row = queries.get_shift(on_call_shift_id)
    return _render(row, _part_form(row))


@blueprint.post("/shifts/<int:on_call_shift_id>/replace")
@requires(EDIT)
def replace(on_call_shift_id: int) -> ResponseReturnValue:
    """Have another person take the whole shift, or the part that the form names."""
    row = queries.get_shift(on_call_shift_id)
    rota = queries.get_rota(row.on_call_rota_id)
    if "whole" in request.form:
        person_id = request.form.get("whole", "")
        try:
            with transaction():
                services.replace_shift(
                    row, rota, int(person_id) if person_id.isdecimal() else 0, current_actor()
                )
        except UserError as error:
            return refused(error.message, _url(row))
        return done(_("Le remplacement est fait."), _agenda(rota, row))
    form = _part_form(row, sent=True)
    made = saved(
        form,
        lambda: services.replace_shift(
            row, rota, form.person_id.data, current_actor(), _part(form)
        ),
    )
    if made:
        return done(_("Le remplacement est fait."), _agenda(rota, made))
    db.session.expire_all()
    return _render(row, form)


@blueprint.post("/shifts/<int:on_call_shift_id>/exchange")
@requires(EDIT)
def exchange(on_call_shift_id: int) -> ResponseReturnValue:
    """Have two people take each other's shift."""
    row = queries.get_shift(on_call_shift_id)
    rota = queries.get_rota(row.on_call_rota_id)
    other = request.form.get("other", "")
    other_row = queries.get_shift(int(other) if other.isdecimal() else 0)
    try:
        with transaction():
            services.exchange_shifts(row, other_row, rota, current_actor())
    except UserError as error:
        return refused(error.message, _url(row))
    return done(_("L'échange est fait."), _agenda(rota, row))


@blueprint.post("/shifts/<int:on_call_shift_id>/remove")
@requires(EDIT)
def remove(on_call_shift_id: int) -> ResponseReturnValue:
    """Take a shift away."""
    row = queries.get_shift(on_call_shift_id)
    rota = queries.get_rota(row.on_call_rota_id)
    back = _agenda(rota, row)
    with transaction():
        services.remove_shift(row, rota, current_actor())
    return done(_("L'astreinte est retirée."), back)


@blueprint.get("/shifts/<int:on_call_shift_id>/replace")
@requires(EDIT)
def replaced(on_call_shift_id: int) -> ResponseReturnValue:
    """Whoever reloads a refused form comes back to the shift."""
    return go_to(_url(queries.get_shift(on_call_shift_id)))


def _part(form: ShiftForm) -> Interval:
    starts, ends = form.starts_at.data, form.ends_at.data
    return (
        local_instant(starts.date(), starts.time()),
        local_instant(ends.date(), ends.time()),
    )


def _part_form(row: OnCallShift, *, sent: bool = False) -> ShiftForm:
    if sent:
        form = ShiftForm(prefix="part-")
    else:
        form = ShiftForm(
            prefix="part-",
            formdata=None,
            data={"starts_at": _wall(row.starts_at), "ends_at": _wall(row.ends_at)},
        )
    people = queries.list_people([row.on_call_rota_id])
    offer_people(form, {one.id: one.label for one in people if one.id != row.on_call_person_id})
    return form


def _wall(at: datetime) -> datetime:
    return clock.in_paris(at).replace(tzinfo=None)


def _render(row: OnCallShift, form: ShiftForm) -> ResponseReturnValue:
    rota = queries.get_rota(row.on_call_rota_id)
    people = queries.list_people([rota.id])
    now = clock.now()
    others = [
        (other, person)
        for other, person in queries.list_shifts([rota.id], now, now + _EXCHANGE_AHEAD)
        if other.id != row.id and person.id != row.on_call_person_id
    ]
    page = render_template(
        "oncall/shift.html",
        rota=rota,
        shift=row,
        person=queries.get_person(row.on_call_person_id),
        people=[one for one in people if one.id != row.on_call_person_id],
        others=others[:_EXCHANGES_SHOWN],
        form=form,
        accent_id=rota.member_id,
        back=(_agenda(rota, row), _("Astreintes")),
    )
    return make_response(page, status_of(form))
