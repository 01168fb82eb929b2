"""Calendars: the week, public holidays, closing days."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.permissions import Permission
from callcenter.members import directory_queries as queries
from callcenter.members import directory_services as services
from callcenter.members.calendar_forms import CalendarForm, ClosingDayForm
from callcenter.members.models import Calendar
from callcenter.members.services import OFFICE_HOURS
from callcenter.members.views.parts import back_to_members, blueprint, done, tabs
from callcenter.members.words import DAYS
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved, status_of

USERS = Permission.USERS_MANAGE


@blueprint.get("/<int:member_id>/calendars")
@requires(USERS)
def calendars(member_id: int) -> ResponseReturnValue:
    """List a member's calendars with their weeks."""
    house = queries.get_house(member_id)
    rows = queries.list_calendars(member_id)
    today = clock.today()
    closings = [day for day in queries.list_closing_days(r.id for r in rows) if day.day >= today]
    return render_template(
        "members/calendars.html",
        house=house,
        calendars=rows,
        closings=closings,
        days=DAYS,
        tabs=tabs(house, "calendars"),
        back=back_to_members(),
        accent_id=member_id,
    )


@blueprint.route("/<int:member_id>/calendars/new", methods=["GET", "POST"])
@requires(USERS)
def new_calendar(member_id: int) -> ResponseReturnValue:
    """Add a calendar, starting from office hours."""
    queries.get_house(member_id)
    form = CalendarForm(weekly_hours=OFFICE_HOURS, public_holidays=True)
    made = saved(
        form,
        lambda: services.add_calendar(
            member_id, _values(form), token=form.token, actor=current_actor()
        ),
    )
    if made:
        here = url_for("members.calendar", calendar_id=made.id)
        return done(_("Le calendrier « %(name)s » est ajouté.", name=made.name), here)
    return _page(form, None, member_id)


def _values(form: CalendarForm) -> dict[str, object]:
    return form.values("name", "weekly_hours", "public_holidays")


def _page(
    form: CalendarForm, row: Calendar | None, member_id: int, closing: ClosingDayForm | None = None
) -> ResponseReturnValue:
    page = render_template(
        "members/calendar.html",
        form=form,
        calendar=row,
        days=DAYS,
        closing=closing,
        closings=queries.list_closing_days([row.id]) if row else [],
        today=clock.today(),
        back=(url_for("members.calendars", member_id=member_id), _("Calendriers")),
        accent_id=member_id,
    )
    return page, max(status_of(form), status_of(closing) if closing else 0)


@blueprint.route("/calendars/<int:calendar_id>", methods=["GET", "POST"])
@requires(USERS)
def calendar(calendar_id: int) -> ResponseReturnValue:
    """Change a calendar's name and week."""
    row = queries.get_calendar(calendar_id)
    form = CalendarForm(obj=row)

    def work() -> bool:
        services.save_calendar(
            row, _values(form), seen_version=form.seen_version, actor=current_actor()
        )
        return True

    if saved(form, work):
        listed = url_for("members.calendars", member_id=row.member_id)
        return done(_("Le calendrier « %(name)s » est enregistré.", name=row.name), listed)
    return _page(form, row, row.member_id, ClosingDayForm(formdata=None, prefix="closing-"))


@blueprint.post("/calendars/<int:calendar_id>/closing-days")
@requires(USERS)
def add_closing_day(calendar_id: int) -> ResponseReturnValue:
    """Close a calendar on one more day."""
    row = queries.get_calendar(calendar_id)
    closing = ClosingDayForm(prefix="closing-")
    made = saved(
        closing,
        lambda: services.add_closing_day(
            row,
            closing.day.data,
            closing.label.data or "",
            token=closing.token,
            actor=current_actor(),
        ),
    )
    if made:
        here = url_for("members.calendar", calendar_id=row.id)
        return done(_("Le jour de fermeture est ajouté."), here)
    return _page(CalendarForm(formdata=None, obj=row), row, row.member_id, closing)


@blueprint.post("/closing-days/<int:closing_day_id>/remove")
@requires(USERS)
def remove_closing_day(closing_day_id: int) -> ResponseReturnValue:
    """Open again on a day that was closed."""
    row = queries.get_closing_day(closing_day_id)
    here = url_for("members.calendar", calendar_id=row.calendar_id)
    with transaction():
        services.remove_closing_day(row, actor=current_actor())
    return done(_("Ce jour est de nouveau ouvert."), here)
