"""Jinja filters and globals: dates in Paris, phone numbers, addresses of the same page."""

from datetime import date, datetime

from flask import Flask, request, url_for
from flask_babel import format_date, get_locale
from markupsafe import Markup, escape

from callcenter.core import clock
from callcenter.core.phone import format_phone
from callcenter.ui import timewords

_SKELETON = {"long": "EEEE d MMMM yyyy", "day": "EEEE d MMMM"}


def date_filter(value: date | datetime | None, form: str = "short") -> str:
    """Return a date as people write it; None gives nothing.

    ``short`` 12/11/2026, ``long`` jeudi 12 novembre 2026, ``day`` jeudi 12 novembre. An
    instant gives its day in Paris.
    """
    if value is None:
        return ""
    day = clock.in_paris(value).date() if isinstance(value, datetime) else value
    if form == "short":  # the same in both languages, and fifty times quicker than Babel
        return _short(day)
    return str(format_date(day, _SKELETON[form]))


def time_filter(value: datetime | None) -> str:
    """Return the time of day in Paris, or nothing."""
    return "" if value is None else timewords.clock_time(value)


def datetime_filter(value: datetime | None) -> str:
    """Return the date and the time in Paris, or nothing."""
    if value is None:
        return ""
    local = clock.in_paris(value)
    return f"{_short(local)} {timewords.clock_time(local)}"


def _short(day: date) -> str:
    # As %d/%m/%Y: a list writes a hundred of them, and strftime takes four times as long.
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def _time_tag(value: datetime, text: str, kind: str, css: str = "") -> Markup:
    """Return a ``<time>`` that the page's script keeps up to date."""
    # A list holds a hundred of these: Markup.format takes ten times as long. The words are ours
    # or a translator's, and hold nothing to escape but an apostrophe, which text may hold.
    style = f' class="{css}"' if css else ""
    return Markup(  # noqa: S704 - see above
        f'<time datetime="{value.isoformat()}" title="{datetime_filter(value)}"'
        f' data-relative="{kind}"{style}>{text}</time>'
    )


def moment_filter(value: datetime | None) -> str:
    """Return a day and time, short for what is near: "9 h 12", "hier 9 h 12"."""
    if value is None:
        return ""
    words = escape(timewords.moment(value, clock.now()))
    return Markup(  # noqa: S704 - every value is escaped here, or ours
        f'<time datetime="{value.isoformat()}" title="{escape(datetime_filter(value))}">{words}</time>'
    )


def since_filter(value: datetime | None) -> str:
    """Return "il y a 5 min" in a ``<time>`` that stays true while the page is open."""
    if value is None:
        return ""
    return _time_tag(value, timewords.since(value, clock.now()), "since")


def due_filter(value: datetime | None) -> str:
    """Return "dans 2 h" or "en retard de 1 j" as a badge that stays true."""
    if value is None:
        return ""
    due = timewords.due(value, clock.now())
    return _time_tag(value, due.text, "due", f"due due-{due.urgency}")


def phone_filter(value: str | None) -> str:
    """Return a number as people write it: 06 39 98 12 34."""
    return format_phone(value) if value else ""


def lines_filter(value: str | None) -> Markup:
    """Return text typed by a person with its line breaks, everything else escaped."""
    return Markup("<br>").join(escape(line) for line in (value or "").splitlines())


def url_with(**changes: object) -> str:
    """Return this page's address with some query arguments changed (None takes one away)."""
    arguments: dict[str, object] = {**request.args.to_dict(flat=False)}
    arguments.update(changes)
    kept = {name: value for name, value in arguments.items() if value is not None}
    kept = {name: value for name, value in kept.items() if not name.startswith("_")}
    return url_for(str(request.endpoint), **{**kept, **(request.view_args or {})})


def init_app(app: Flask) -> None:
    """Register the filters and globals.

    Filters: ``date``, ``time``, ``datetime``, ``moment``, ``since``, ``due``, ``phone``,
    ``lines``, ``duration``; globals: ``url_with``, ``locale_code``, ``now``.
    """
    app.jinja_env.filters.update(
        date=date_filter,
        time=time_filter,
        datetime=datetime_filter,
        moment=moment_filter,
        since=since_filter,
        due=due_filter,
        phone=phone_filter,
        lines=lines_filter,
        duration=timewords.duration,
    )
    app.jinja_env.globals.update(
        url_with=url_with, now=clock.now, locale_code=lambda: str(get_locale() or "fr")
    )
