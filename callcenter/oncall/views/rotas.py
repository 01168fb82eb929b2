"""One rota: what it covers, its list of people, how its calendar is filled."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from callcenter.core import clock
from callcenter.core.db import db, transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.core.phone import can_receive_sms, format_phone
from callcenter.members.calendar_rules import local_instant
from callcenter.members.journal_words import action_words, changes_words
from callcenter.members.queries import get_member
from callcenter.oncall import queries, services, words
from callcenter.oncall.agenda import first_of_week, midnight, parse_day
from callcenter.oncall.forms import (
    PatternForm,
    PersonForm,
    RotaForm,
    ShiftForm,
    WeekForm,
    offer_people,
)
from callcenter.oncall.gaps import list_gaps
from callcenter.oncall.models import OnCallRota
from callcenter.oncall.services import NewPattern, NewPerson
from callcenter.oncall.states import Turn
from callcenter.oncall.views.parts import blueprint, done, refused
from callcenter.routing.screen_queries import list_category_rows
from callcenter.routing.screen_words import EQUIPMENT
from callcenter.routing.states import Priority
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved, status_of
from callcenter.ui.forms import BaseForm

EDIT = Permission.ON_CALL_EDIT
_FILLED_WEEKS = 8
_SHIFTS_SHOWN = timedelta(days=60)


def _page_url(rota: OnCallRota) -> str:
    return url_for("on_call.rota", on_call_rota_id=rota.id)


def _offer(form: RotaForm, member_id: int) -> RotaForm:
    """Offer the member's own categories: urgent ones first, since only they reach on-call."""
    rows = [row for row in list_category_rows(member_id) if row.active]
    rows.sort(key=lambda row: not Priority(row.priority).is_urgent)
    form.category_codes.offer({row.code: f"{row.code} · {row.label}" for row in rows})
    form.equipment.offer(EQUIPMENT)
    return form


@blueprint.route("/members/<int:member_id>/rotas/new", methods=["GET", "POST"])
@requires(EDIT)
def new_rota(member_id: int) -> ResponseReturnValue:
    """Add a rota to a member."""
    member = get_member(member_id)
    form = _offer(RotaForm(), member.id)
    made = saved(
        form,
        lambda: services.add_rota(
            member.id, form.values(), token=form.token, actor=current_actor()
        ),
    )
    if made:
        return done(
            _("« %(name)s » est créée : mettez des personnes dans sa liste.", name=made.name),
            _page_url(made),
        )
    page = render_template(
        "oncall/rota_new.html",
        form=form,
        member=member,
        accent_id=member.id,
        back=(url_for("on_call.index", member=member.id), _("Astreintes")),
    )
    return page, status_of(form)


@blueprint.route("/rotas/<int:on_call_rota_id>", methods=["GET", "POST"])
@requires(EDIT)
def rota(on_call_rota_id: int) -> ResponseReturnValue:
    """Show a rota with everything about it, and change what it covers."""
    row = queries.get_rota(on_call_rota_id)
    form = _offer(RotaForm(obj=row), row.member_id)

    def work() -> bool:
        services.save_rota(
            row, form.values(), seen_version=form.seen_version, actor=current_actor()
        )
        return True

    if saved(form, work):
        return done(_("« %(name)s » est enregistrée.", name=row.name), _page_url(row))
    return _render(row, settings=form)


@blueprint.post("/rotas/<int:on_call_rota_id>/switch")
@requires(EDIT)
def switch_rota(on_call_rota_id: int) -> ResponseReturnValue:
    """Put a rota in service or out of it."""
    row = queries.get_rota(on_call_rota_id)
    active = request.form.get("active") == "1"
    with transaction():
        services.save_rota(row, {"active": active}, seen_version=row.version, actor=current_actor())
    if active:
        return done(_("« %(name)s » est de nouveau en service.", name=row.name), _page_url(row))
    return done(_("« %(name)s » n'appelle plus personne.", name=row.name), _page_url(row))


@blueprint.post("/rotas/<int:on_call_rota_id>/people")
@requires(EDIT)
def add_person(on_call_rota_id: int) -> ResponseReturnValue:
    """Put somebody on the list."""
    row = queries.get_rota(on_call_rota_id)
    form = _person_form(row)
    made = saved(
        form,
        lambda: services.add_person(
            row,
            NewPerson(
                user_id=form.user_id.data,
                name=form.name.data or "",
                firm=form.firm.data or "",
                number=form.number.data or "",
            ),
            current_actor(),
        ),
    )
    if made:
        said = _("%(name)s est dans la liste.", name=made.name)
        if not can_receive_sms(made.number):
            said += " " + _("Ce numéro ne reçoit pas de SMS : il n'est joint que par téléphone.")
        return done(said, _page_url(row))
    return _render(row, person=form)


@blueprint.post("/people/<int:on_call_person_id>/number")
@requires(EDIT)
def change_number(on_call_person_id: int) -> ResponseReturnValue:
    """Change somebody's number."""
    person = queries.get_person(on_call_person_id)
    row = queries.get_rota(person.on_call_rota_id)
    try:
        with transaction():
            services.save_person(person, row, request.form.get("number", ""), current_actor())
    except UserError as error:
        return refused(error.message, _page_url(row))
    return done(
        _("%(name)s : %(number)s", name=person.name, number=format_phone(person.number)),
        _page_url(row),
    )


@blueprint.post("/people/<int:on_call_person_id>/move")
@requires(EDIT)
def move_person(on_call_person_id: int) -> ResponseReturnValue:
    """Move somebody up or down the list."""
    person = queries.get_person(on_call_person_id)
    row = queries.get_rota(person.on_call_rota_id)
    with transaction():
        step = -1 if request.form.get("step") == "up" else 1
        services.move_person(person, row, step, current_actor())
    return done(_("L'ordre d'appel est changé."), _page_url(row))


@blueprint.post("/people/<int:on_call_person_id>/remove")
@requires(EDIT)
def remove_person(on_call_person_id: int) -> ResponseReturnValue:
    """Take somebody off the list."""
    person = queries.get_person(on_call_person_id)
    row = queries.get_rota(person.on_call_rota_id)
    try:
        with transaction():
            services.remove_person(person, row, current_actor())
    except UserError as error:
        return refused(error.message, _page_url(row))
    return done(_("%(name)s n'est plus dans la liste.", name=person.name), _page_url(row))


@blueprint.post("/rotas/<int:on_call_rota_id>/shifts")
@requires(EDIT)
def add_shift(on_call_rota_id: int) -> ResponseReturnValue:
    """Put somebody on duty."""
    row = queries.get_rota(on_call_rota_id)
    form = ShiftForm(prefix="shift-")
    offer_people(form, _people(row))
    made = saved(
        form,
        lambda: services.add_shift(
            row,
            form.person_id.data,
            _instant(form.starts_at.data),
            _instant(form.ends_at.data),
            current_actor(),
        ),
    )
    if made:
        return done(_("L'astreinte est ajoutée."), _page_url(row))
    return _render(row, shift=form)


@blueprint.post("/rotas/<int:on_call_rota_id>/pattern")
@requires(EDIT)
def fill_turn(on_call_rota_id: int) -> ResponseReturnValue:
    """Fill the calendar by going round the list."""
    row = queries.get_rota(on_call_rota_id)
    form = PatternForm(prefix="turn-")
    offer_people(form, _people(row))
    made = _generated(
        row, form, lambda: {"turn": Turn(form.turn.data), "start_with": form.start_with.data}
    )
    return _render(row, turn=form) if made is None else _filled(row, made)


@blueprint.post("/rotas/<int:on_call_rota_id>/week")
@requires(EDIT)
def fill_week(on_call_rota_id: int) -> ResponseReturnValue:
    """Fill the calendar with a model week."""
    row = queries.get_rota(on_call_rota_id)
    form = WeekForm(prefix="week-")
    offer_people(form, _people(row))
    made = _generated(row, form, lambda: {"week": form.week})
    return _render(row, week=form) if made is None else _filled(row, made)


def _generated(
    row: OnCallRota, form: PatternForm | WeekForm, pattern: Callable[[], dict[str, Any]]
) -> int | None:
    """Fill the calendar if the form is right; how many shifts that made, ``None`` if refused."""

    def work() -> tuple[int]:  # a tuple: none made is no refusal
        wanted = NewPattern(
            first=form.first.data,
            last=form.last.data,
            hand_over=form.hand_over.data,
            **pattern(),
        )
        return (services.generate(row, wanted, current_actor()),)

    made = saved(form, work)
    return made[0] if made else None


@blueprint.post("/rotas/<int:on_call_rota_id>/clear")
@requires(EDIT)
def clear(on_call_rota_id: int) -> ResponseReturnValue:
    """Take away the shifts that start from a day on."""
    row = queries.get_rota(on_call_rota_id)
    since = max(midnight(parse_day(request.form.get("since"))), clock.now())
    with transaction():
        gone = services.clear_shifts(row, since, current_actor())
    said = ngettext("%(num)s astreinte est effacée.", "%(num)s astreintes sont effacées.", gone)
    return done(str(said), _page_url(row))


def _filled(row: OnCallRota, made: int) -> ResponseReturnValue:
    if not made:
        return done(_("Rien à remplir : quelqu'un est déjà d'astreinte partout."), _page_url(row))
    said = ngettext("%(num)s astreinte est ajoutée.", "%(num)s astreintes sont ajoutées.", made)
    return done(str(said), _page_url(row))


def _instant(typed: Any) -> Any:
    """A wall-clock instant of a form, in UTC."""
    return local_instant(typed.date(), typed.time())


def _people(row: OnCallRota) -> dict[int, str]:
    return {one.id: one.label for one in queries.list_people([row.id])}


def _person_form(row: OnCallRota, **given: Any) -> PersonForm:
    form = PersonForm(prefix="person-", **given)
    accounts = queries.list_accounts(row.member_id).values()
    form.user_id.offer({user.id: user.full_name for user in accounts}, _("Sans compte"))
    return form


def _render(
    row: OnCallRota,
    settings: RotaForm | None = None,
    person: PersonForm | None = None,
    shift: ShiftForm | None = None,
    turn: PatternForm | None = None,
    week: WeekForm | None = None,
) -> ResponseReturnValue:
    """Show the rota's page; a form that was refused stands open with what was typed."""
    sent: list[BaseForm] = [one for one in (settings, person, shift, turn, week) if one]
    status = max((status_of(one) for one in sent), default=200)
    if status != 200:  # noqa: PLR2004
        db.session.expire_all()
    people = queries.list_people([row.id])
    names = {one.id: one.label for one in people}
    now, today = clock.now(), clock.today()
    person = person or _person_form(row, formdata=None)
    days = {"first": first_of_week(today), "last": today + timedelta(weeks=_FILLED_WEEKS)}
    shift = shift or ShiftForm(prefix="shift-", formdata=None)
    turn = turn or PatternForm(prefix="turn-", formdata=None, data=days)
    week = week or WeekForm(prefix="week-", formdata=None, data=days)
    for form in (shift, turn, week):
        offer_people(form, names)
    shifts = queries.list_shifts([row.id], now, now + _SHIFTS_SHOWN)
    page = render_template(
        "oncall/rota.html",
        rota=row,
        settings=settings or _offer(RotaForm(formdata=None, obj=row), row.member_id),
        people=people,
        person=person,
        shift=shift,
        turn=turn,
        week=week,
        shifts=shifts,
        gaps=list_gaps(row.member_id, rotas=[row]) if row.active else [],
        history=[
            (entry, action_words(entry.action), changes_words(entry.changes))
            for entry in queries.list_history(row)
        ],
        lands=can_receive_sms,
        words=words,
        today=today,
        accent_id=row.member_id,
        back=(url_for("on_call.index", member=row.member_id), _("Astreintes")),
    )
    return make_response(page, status)
