"""Follow-ups by rule: what is sent by default, what stands, what wins, and when. Pure.

The states named here are those of a ticket and of a visit (the room above this one); a test
holds them to the real ones.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.messaging.default_texts import TRIGGER_WORDS
from callcenter.messaging.rules import PARIS, is_quiet
from callcenter.messaging.states import Trigger

T = Trigger

DELAY_MAX: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a member chose for one kind of follow-up."""

    active: bool = True
    delay_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """What a member chose for all of them; see `FollowUpPolicy`."""

    max_per_day: int = 4
    reminder_hour: int = 17
    warn_hours: int = 4


# What a member sends until it chooses. The order is that of a request's life.
DEFAULTS: Final[Mapping[Trigger, Choice]] = {
    T.RECEIVED: Choice(),
    T.RECEIVED_AT_NIGHT: Choice(),
    T.HANDED_OVER: Choice(),
    T.ACCEPTED: Choice(),
    T.PLANNED: Choice(),
    T.VISIT_MOVED: Choice(),
    T.VISIT_CANCELLED: Choice(),
    T.VISIT_REMINDER: Choice(),
    T.TENANT_ABSENT: Choice(),
    T.ON_HOLD: Choice(),
    # One of the two is enough for most: apologies that come before the fault worry people.
    T.NEARLY_LATE: Choice(active=False),
    T.DELAYED: Choice(),
    T.SILENT: Choice(),
    T.RESOLVED: Choice(),
    T.REOPENED: Choice(),
    T.CLOSED: Choice(),
    T.CANCELLED: Choice(),
    T.SATISFACTION: Choice(delay_minutes=60),
    T.SEVERAL: Choice(),
    T.INCIDENT_NEWS: Choice(),
    T.INCIDENT_RESOLVED: Choice(),
}
# When it leaves is what it is about, so that a delay would make no sense.
WITHOUT_DELAY: Final = frozenset(
    {T.VISIT_REMINDER, T.INCIDENT_NEWS, T.INCIDENT_RESOLVED, T.SEVERAL}
)
# What a person asked for, or decided, leaves whatever was sent before.
_UNLIMITED: Final = frozenset(
    {T.PHOTO_REFUSED, T.NEW_LINK, T.BULLETIN, T.PARTNER_OFFER, T.ON_CALL_PAGE}
)
NOT_TO_TENANTS: Final = frozenset({T.PARTNER_OFFER, T.ON_CALL_PAGE})

_OPEN: Final = frozenset({"open", "planned", "on_hold"})
_RUNNING: Final = frozenset({"open", "planned"})
# The states of its ticket in which a message still says something true.
STANDS_WHILE: Final[Mapping[Trigger, frozenset[str]]] = {
    T.RECEIVED: _OPEN,
    T.RECEIVED_AT_NIGHT: _OPEN,
    T.HANDED_OVER: _OPEN,
    T.ACCEPTED: _OPEN,
    T.PLANNED: _OPEN,
    T.VISIT_MOVED: _OPEN,
    T.VISIT_CANCELLED: _OPEN,
    T.VISIT_REMINDER: _OPEN,
    T.TENANT_ABSENT: frozenset({"on_hold"}),
    T.ON_HOLD: frozenset({"on_hold"}),
    T.NEARLY_LATE: _RUNNING,
    T.DELAYED: _RUNNING,
    T.SILENT: _OPEN,
    T.RESOLVED: frozenset({"resolved"}),
    T.REOPENED: _OPEN,
    T.CLOSED: frozenset({"closed"}),
    T.CANCELLED: frozenset({"cancelled"}),
    T.SATISFACTION: frozenset({"resolved", "closed"}),
    T.PARTNER_OFFER: _OPEN,
    T.ON_CALL_PAGE: _OPEN,
}
_ABOUT_A_VISIT: Final = frozenset({T.PLANNED, T.VISIT_MOVED, T.VISIT_REMINDER})

# Of several about one request that fall together, the heaviest leaves, the newest among equals:
# a date says more than "we have it", and "we have it" more than "we have not forgotten you".
_WEIGHTS: Final[Mapping[Trigger, int]] = {
    T.SILENT: 0,
    T.NEARLY_LATE: 0,
    T.RECEIVED: 1,
    T.RECEIVED_AT_NIGHT: 1,
    T.HANDED_OVER: 1,
    T.ACCEPTED: 2,
    T.ON_HOLD: 3,
    T.DELAYED: 3,
    T.TENANT_ABSENT: 4,
    T.PLANNED: 4,
    T.VISIT_MOVED: 4,
    T.VISIT_CANCELLED: 4,
    T.RESOLVED: 4,
    T.REOPENED: 4,
    T.CLOSED: 4,
    T.CANCELLED: 4,
    T.SATISFACTION: 4,
    T.VISIT_REMINDER: 5,
}

_GONE: Final[Mapping[str, LazyString]] = {
    "open": _l("Plus d'objet : la demande est de nouveau en cours."),
    "planned": _l("Plus d'objet : une visite est prévue."),
    "on_hold": _l("Plus d'objet : la demande est en attente."),
    "resolved": _l("Plus d'objet : la demande est résolue."),
    "closed": _l("Plus d'objet : la demande est close."),
    "cancelled": _l("Plus d'objet : la demande est annulée."),
}
_VISIT_GONE: Final = _l("Plus d'objet : la visite a été déplacée, annulée ou faite.")
_VISIT_AGAIN: Final = _l("Plus d'objet : une nouvelle visite est prévue.")
_RATED: Final = _l("Plus d'objet : le locataire a déjà donné son avis.")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a message stands on, as the database has it now; "" and False for what is not."""

    ticket_state: str = ""
    visit_state: str = ""
    visit_planned: bool = False
    rated: bool = False


@dataclass(frozen=True, slots=True)
class Rival:
    """Another message about the same request to the same number; ``left``: it is on its way."""

    id: int
    trigger: str
    left: bool = False


def why_gone(trigger: Trigger, ground: Ground) -> str:
    """Return why a message has lost its reason, in words, or "" while it stands."""
    stands = STANDS_WHILE.get(trigger)
    if stands is not None and ground.ticket_state and ground.ticket_state not in stands:
        return str(_GONE.get(ground.ticket_state, ""))
    if trigger in _ABOUT_A_VISIT and ground.visit_state not in {"", "planned"}:
        return str(_VISIT_GONE)
    if trigger is T.VISIT_CANCELLED and ground.visit_planned:
        return str(_VISIT_AGAIN)
    if trigger is T.SATISFACTION and ground.rated:
        return str(_RATED)
    return ""


def outdone_by(message_id: int, trigger: Trigger, rivals: Iterable[Rival]) -> Trigger | None:
    """Return the trigger of the message that says it better, or None when this one leaves.

    Of those that are due together the heaviest wins, then the newest. One that left meanwhile
    wins over what was written before it and weighs no more.
    """
    if trigger not in _WEIGHTS:
        return None
    own = (_WEIGHTS[trigger], message_id)
    better = [
        (_WEIGHTS[T(one.trigger)], one.id, T(one.trigger))
        for one in rivals
        if one.trigger in set(T) and T(one.trigger) in _WEIGHTS
        if (one.id > message_id if one.left else True)
    ]
    best = max(better, default=None)
    return best[2] if best is not None and best[:2] > own else None


# Messages about a person's different requests leave as one when no more than this lies between
# them, and one SMS tells of so many requests at most.
TOGETHER_WITHIN: Final = timedelta(minutes=10)
TOLD_TOGETHER: Final = 4


@dataclass(frozen=True, slots=True)
class Part:
    """A message that is told together with others; ``segments`` is what it would take alone."""

    id: int
    ticket_id: int
    trigger: Trigger
    brief: str
    segments: int
    gone: str = ""


def told_of(parts: Iterable[Part]) -> tuple[list[Part], dict[int, str]]:
    """Return what one SMS tells, a message a request, and why the other parts are not in it.

    Of several about one request the heaviest, then the newest; nothing that has lost its reason.
    """
    everything = sorted(parts, key=lambda part: part.id)
    left_out = {part.id: part.gone for part in everything if part.gone}
    best: dict[int, Part] = {}
    for part in everything:
        if part.gone:
            continue
        other = best.get(part.ticket_id)
        if other is not None and _WEIGHTS[other.trigger] > _WEIGHTS[part.trigger]:
            left_out[part.id] = said_better(other.trigger)
            continue
        if other is not None:
            left_out[other.id] = said_better(part.trigger)
        best[part.ticket_id] = part
    return list(best.values()), left_out


def is_worth_it(told: Sequence[Part], segments: int) -> bool:
    """Say whether one SMS of ``segments`` may tell these: two requests or more, and no dearer."""
    dearer = segments > sum(part.segments for part in told)
    return 1 < len(told) <= TOLD_TOGETHER and not dearer


def said_better(other: Trigger) -> str:
    """Return why a message does not leave: another about the same request says more."""
    return str(_("Regroupé : le SMS « %(other)s » en dit plus.", other=TRIGGER_WORDS[other]))


def is_limited(trigger: Trigger, *, urgent: bool, tried: bool) -> bool:
    """Say whether the daily limit of a number, and merging, hold for a message.

    Emergencies are exempt, as are answers to what somebody has just done and what was let
    through once already (``tried``).
    """
    return not urgent and not tried and trigger not in _UNLIMITED


def reminder_at(
    day: date,
    hour: int,
    now: datetime,
    holidays: Container[date],
    zone: ZoneInfo = PARIS,
) -> datetime | None:
    """Return when to remind of a visit on ``day``: at ``hour`` the day before, on Paris clocks.

    A Sunday or a holiday is passed over backwards (Monday's visit is recalled on Saturday).
    None when that is within six hours: the appointment itself has just been written.
    """
    for back in range(1, 8):
        at = datetime.combine(day - timedelta(days=back), time(hour), tzinfo=zone)
        if not is_quiet(at, holidays):
            return at if at - now > timedelta(hours=6) else None
    return None
