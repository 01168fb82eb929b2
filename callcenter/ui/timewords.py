"""Time as people say it: "dans 2 h", "en retard de 1 j", "hier 9 h 12".

Pure apart from the language of the request: the present instant is always given.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from flask_babel import format_date, gettext, ngettext

from callcenter.core.clock import in_paris
from callcenter.ui.i18n import language

_MINUTE = 60
_HOUR = 3600
_DAY = 86_400
_WEEK_DAYS = 7

Urgency = Literal["late", "soon", "later"]


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline in words, and how pressing it is."""

    text: str
    urgency: Urgency


def _(message: str, **values: object) -> str:
    return str(gettext(message, **values))


def unbroken(text: str) -> str:
    """Return the text with spaces that no line ends at: "9 h 12" stays in one piece."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def span(seconds: float) -> str:
    """Return a length of time in its largest useful unit: "40 min", "2 h", "3 j"."""
    return _span(language(), *_rounded(seconds))


def _rounded(seconds: float) -> tuple[str, int]:
    """Return a length of time in whole units."""
    length = abs(seconds)
    if length < _HOUR:
        return "min", max(1, int(length // _MINUTE))
    if length < _DAY:
        return "h", int(length // _HOUR)
    return "j", int(length // _DAY)


# Kept per language: a list says a hundred of them.
@lru_cache(maxsize=2048)
def _span(_language: str, unit: str, count: int) -> str:
    if unit == "min":
        return unbroken(_("%(count)s min", count=count))
    if unit == "h":
        return unbroken(_("%(count)s h", count=count))
    return unbroken(_("%(count)s j", count=count))


@lru_cache(maxsize=2048)
def _late(language: str, unit: str, count: int) -> str:
    return _("en retard de %(span)s", span=_span(language, unit, count))


@lru_cache(maxsize=2048)
def _in(language: str, unit: str, count: int) -> str:
    return _("dans %(span)s", span=_span(language, unit, count))


@lru_cache(maxsize=2048)
def _ago(language: str, unit: str, count: int) -> str:
    return _("il y a %(span)s", span=_span(language, unit, count))


def due(at: datetime, now: datetime, *, soon: timedelta = timedelta(hours=4)) -> Due:
    """Return how far a deadline is; ``soon`` is when it starts to call for attention."""
    left = (at - now).total_seconds()
    if left < 0:
        return Due(_late(language(), *_rounded(left)), "late")
    text = _in(language(), *_rounded(left))
    return Due(text, "soon" if left <= soon.total_seconds() else "later")


def since(at: datetime, now: datetime) -> str:
    """Return how long ago something happened: "à l'instant", "il y a 5 min", "il y a 3 j"."""
    gone = (now - at).total_seconds()
    if gone < _MINUTE:
        return _("à l'instant")
    return _ago(language(), *_rounded(gone))


def clock_time(at: datetime) -> str:
    """Return the time of day in Paris: "16 h 40" in French, "16:40" in English."""
    local = in_paris(at)
    return _clock_words(language(), local.hour, local.minute)


@lru_cache(maxsize=2 * 24 * 60)
def _clock_words(_language: str, hour: int, minute: int) -> str:
    return unbroken(_("%(hour)s h %(minute)s", hour=hour, minute=f"{minute:02d}"))


def moment(at: datetime, now: datetime) -> str:
    """Return a day and time, short for what is near: "9 h 12", "hier 9 h 12", "12/11 9 h 12"."""
    local, present = in_paris(at), in_paris(now)
    time = clock_time(at)
    days = (local.date() - present.date()).days
    if days == 0:
        return time
    if days == -1:
        return _("hier %(time)s", time=time)
    if days == 1:
        return _("demain %(time)s", time=time)
    if 1 < days < _WEEK_DAYS:
        return f"{format_date(local.date(), 'EEEE')} {time}"
    day = f"{local:%d/%m}" if local.year == present.year else f"{local:%d/%m/%Y}"
    return f"{day} {time}"


def duration(seconds: int) -> str:
    """Return the length of a call: "0:40", "12:05", "1:02:05"."""
    minutes, rest = divmod(max(0, seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def days(count: int) -> str:
    """Return a count of days in words."""
    return str(ngettext("%(num)s jour", "%(num)s jours", count))
