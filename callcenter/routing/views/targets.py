"""A member's promises: the table of every priority, exceptions by category, the watch."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.permissions import Permission
from callcenter.members.directory_queries import get_house, list_calendars
from callcenter.members.models import Organisation
from callcenter.members.views.parts import back_to_members, done, landlord_only, tabs
from callcenter.routing import screen_queries as queries
from callcenter.routing import screen_words as words
from callcenter.routing import target_services as services
from callcenter.routing import watch_settings
from callcenter.routing.models import ServiceTarget
from callcenter.routing.states import Priority, Stage
from callcenter.routing.target_forms import UNITS, ExceptionForm, TableForm, WatchForm, field_name
from callcenter.routing.views.parts import blueprint, language
from callcenter.routing.wording import delay_text
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved, status_of
from callcenter.ui.forms import BaseForm

EDIT = Permission.ROUTING_EDIT
# Three forms in one page.
_EXCEPTION, _WATCH = "exception", "watch"


@blueprint.route("/members/<int:member_id>/targets", methods=["GET", "POST"])
@requires(EDIT)
def targets(member_id: int) -> ResponseReturnValue:
    """Show and change what is promised at each priority."""
    house = landlord_only(get_house(member_id))
    form = TableForm()
    form.offer(_calendars(member_id))

    def work() -> bool:
        services.save_table(
            member_id,
            form.targets(),
            form.calendars(),
            seen_version=form.seen_version,
            actor=current_actor(),
        )
        return True

    if request.method == "GET":
        form.show(services.get_table(member_id))
    elif saved(form, work):
        return done(_("Les délais promis sont enregistrés."), _here(member_id))
    return _page(house, table=form)


@blueprint.post("/members/<int:member_id>/targets/exceptions")
@requires(EDIT)
def add_exception(member_id: int) -> ResponseReturnValue:
    """Promise something else for one category."""
    house = landlord_only(get_house(member_id))
    form = ExceptionForm(prefix=_EXCEPTION)
    form.category_id.offer(_categories(member_id))

    def work() -> bool:
        services.add_exception(
            member_id,
            form.category_id.data,
            (Stage(form.stage.data), Priority(form.priority.data)),
            form.target.data,
            actor=current_actor(),
        )
        return True

    if saved(form, work):
        return done(_("L'exception est enregistrée."), _here(member_id))
    return _page(house, exception=form)


@blueprint.post("/targets/<int:service_target_id>/remove")
@requires(EDIT)
def remove_exception(service_target_id: int) -> ResponseReturnValue:
    """Give a category what every other has."""
    with transaction():
        row = services.remove_exception(service_target_id, actor=current_actor())
    return done(_("L'exception est retirée."), _here(row.member_id))


@blueprint.post("/members/<int:member_id>/watch-settings")
@requires(EDIT)
def save_watch(member_id: int) -> ResponseReturnValue:
    """Change after how many days the watch calls somebody."""
    house = landlord_only(get_house(member_id))
    form = WatchForm(prefix=_WATCH)

    def work() -> bool:
        watch_settings.save_watch(
            house,
            watch_settings.WatchSettings(form.silent_days.data, form.hold_days.data),
            actor=current_actor(),
        )
        return True

    if saved(form, work):
        return done(_("La surveillance est enregistrée."), _here(member_id))
    return _page(house, watch=form)


def _page(
    house: Organisation,
    *,
    table: BaseForm | None = None,
    exception: BaseForm | None = None,
    watch: BaseForm | None = None,
) -> ResponseReturnValue:
    sent = table or exception or watch
    if table is None:
        table = TableForm(formdata=None)
        table.offer(_calendars(house.id))
        table.show(services.get_table(house.id))
    if exception is None:
        exception = ExceptionForm(formdata=None, prefix=_EXCEPTION)
        exception.category_id.offer(_categories(house.id), _("Choisir…"))
    if watch is None:
        kept = watch_settings.read_watch(house.settings)
        watch = WatchForm(
            formdata=None,
            prefix=_WATCH,
            data={"silent_days": kept.silent_days, "hold_days": kept.hold_days},
        )
    page = render_template(
        "routing/targets.html",
        house=house,
        table=table,
        exception=exception,
        watch=watch,
        field_name=field_name,
        stages=list(Stage),
        priorities=list(Priority),
        stage_words=words.STAGES,
        stage_hints=words.STAGE_HINTS,
        with_calendar=services.WITH_CALENDAR,
        units=[(str(one), words.SHORT_UNITS[one]) for one in UNITS],
        exceptions=[
            (row, category, _delay(row)) for row, category in services.list_exceptions(house.id)
        ],
        tabs=tabs(house, "targets"),
        back=back_to_members(),
        accent_id=house.id,
    )
    return page, status_of(sent) if sent is not None else 200


def _delay(row: ServiceTarget) -> str:
    target = services.target_of_row(row)
    if target is None:
        return str(_("aucun délai"))
    return delay_text(target, Priority(row.priority), language())


def _calendars(member_id: int) -> dict[int, str]:
    # The main one is what an empty choice means.
    return {one.id: one.name for one in list_calendars(member_id) if not one.main}


def _categories(member_id: int) -> dict[int, str]:
    rows = queries.list_category_rows(member_id)
    return {row.id: f"{row.code} {row.label}" for row in rows if row.active}


def _here(member_id: int) -> str:
    return url_for("routing.targets", member_id=member_id)
