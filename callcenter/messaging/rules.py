"""What to do with the provider's answers, and when an SMS may leave. Pure rules.

Sources: Twilio's error dictionary (https://www.twilio.com/docs/api/errors) and its list of
message statuses. A failed message is never silently sent again: a retry is always decided
here, from the code and the number of attempts already made.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.messaging.states import Trigger

PARIS = ZoneInfo("Europe/Paris")

_SUNDAY = 6
_SUCCESS, _CLIENT_ERROR = 2, 4
# Twilio's ValidityPeriod, in seconds.
MIN_VALIDITY, MAX_VALIDITY = 1, 36_000


class ErrorFamily(StrEnum):
    """What a failure is about, hence who has something to do."""

    NUMBER = "number"
    OPTED_OUT = "opted_out"
    FILTERED = "filtered"
    TEMPORARY = "temporary"
    BACK_OFF = "back_off"
    ACCOUNT_PAUSE = "account_pause"
    CREDENTIALS = "credentials"
    EXPIRED = "expired"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


class NumberFlag(StrEnum):
    """Why a number is not to be written to again."""

    INVALID = "invalid"
    NOT_MOBILE = "not_mobile"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    LANDLINE = "landline"


class FailureAction(StrEnum):
    """What the sender does next."""

    RETRY = "retry"
    GIVE_UP = "give_up"
    PAUSE_ACCOUNT = "pause_account"
    STOP_CREDENTIALS = "stop_credentials"


class SendOutcome(StrEnum):
    """What an HTTP exchange with the provider proves about our message."""

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    AMBIGUOUS = "ambiguous"
    REJECTED = "rejected"
    BAD_CREDENTIALS = "bad_credentials"


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """What one provider code means. `delays`: one more try after each, then give up."""

    family: ErrorFamily
    flag: NumberFlag | None = None
    delays: tuple[timedelta, ...] = ()
    alert: bool = False


@dataclass(frozen=True, slots=True)
class FailureDecision:
    """What to do after a failure. `retry_at` is set for RETRY only; `alert` calls a person.

    PAUSE_ACCOUNT and STOP_CREDENTIALS fail no message: it goes back to the queue and waits
    for somebody to resume.
    """

    action: FailureAction
    family: ErrorFamily
    retry_at: datetime | None = None
    flag: NumberFlag | None = None
    alert: bool = False


@dataclass(frozen=True, slots=True)
class QuietWindow:
    """Hours when only emergencies leave, on Paris clocks. Equal ends mean no window."""

    start: time = time(20, 0)
    end: time = time(8, 0)
    sundays: bool = True
    public_holidays: bool = True
    zone: ZoneInfo = PARIS


_HALF_HOUR = timedelta(minutes=30)

# An operator holds the message back as unwanted: its words or its sender are to blame.
FILTERED_CODE = 30007

ERROR_RULES: dict[int, ErrorRule] = {
    20003: ErrorRule(ErrorFamily.CREDENTIALS, alert=True),
    20429: ErrorRule(ErrorFamily.BACK_OFF),
    21211: ErrorRule(ErrorFamily.NUMBER, NumberFlag.INVALID),
    21610: ErrorRule(ErrorFamily.OPTED_OUT),
    21611: ErrorRule(ErrorFamily.BACK_OFF),
    21614: ErrorRule(ErrorFamily.NUMBER, NumberFlag.NOT_MOBILE),
    30001: ErrorRule(ErrorFamily.BACK_OFF),
    30003: ErrorRule(ErrorFamily.TEMPORARY, delays=(_HALF_HOUR, timedelta(hours=2))),
    30004: ErrorRule(ErrorFamily.NUMBER, NumberFlag.BLOCKED),
    30005: ErrorRule(ErrorFamily.NUMBER, NumberFlag.UNKNOWN),
    30006: ErrorRule(ErrorFamily.NUMBER, NumberFlag.LANDLINE),
    FILTERED_CODE: ErrorRule(ErrorFamily.FILTERED, alert=True),
    30008: ErrorRule(ErrorFamily.TEMPORARY, delays=(_HALF_HOUR,)),
    30036: ErrorRule(ErrorFamily.EXPIRED),
    63038: ErrorRule(ErrorFamily.ACCOUNT_PAUSE, alert=True),
}
# A code we do not know is not retried: somebody looks at it.
_UNKNOWN_CODE = ErrorRule(ErrorFamily.REFUSED, alert=True)

_FLAG_WORDS = {
    NumberFlag.INVALID: _l("Ce numéro n'est pas valable."),
    NumberFlag.NOT_MOBILE: _l("Ce numéro ne reçoit pas de SMS (ligne fixe)."),
    NumberFlag.LANDLINE: _l("Ce numéro ne reçoit pas de SMS (ligne fixe)."),
    NumberFlag.BLOCKED: _l("L'opérateur bloque les messages vers ce numéro."),
    NumberFlag.UNKNOWN: _l("Ce numéro n'est plus attribué."),
}
_FAMILY_WORDS = {
    ErrorFamily.OPTED_OUT: _l("La personne a demandé à ne plus recevoir de SMS."),
    ErrorFamily.FILTERED: _l(
        "L'opérateur a filtré le message : son texte ou son expéditeur est en cause."
    ),
    ErrorFamily.TEMPORARY: _l("Téléphone éteint, hors réseau ou injoignable."),
    ErrorFamily.BACK_OFF: _l(
        "Le service d'envoi est saturé : le message partira dès que possible."
    ),
    ErrorFamily.ACCOUNT_PAUSE: _l(
        "Le plafond d'envois du jour est atteint : les envois sont en pause."
    ),
    ErrorFamily.CREDENTIALS: _l(
        "Le service d'envoi refuse nos identifiants : les envois sont arrêtés."
    ),
    ErrorFamily.UNREACHABLE: _l(
        "Le service d'envoi ne répond pas : le message partira dès son retour."
    ),
    ErrorFamily.EXPIRED: _l("Le message n'a pas pu être remis à temps."),
}

_BACK_OFF_FIRST = timedelta(seconds=5)
_BACK_OFF_LONGEST = timedelta(minutes=10)
_HOLD_LONGEST = timedelta(minutes=1)
_HOLD_LONGEST_IN_DOUBT = timedelta(minutes=10)
# So many lost answers in a row are no accident.
DOUBTS_BEFORE_HOLD = 3


def rule_for(code: int | None) -> ErrorRule:
    """Return what the provider's `code` means; None is a refusal to connect or a bare 429."""
    if code is None or code == HTTPStatus.TOO_MANY_REQUESTS:
        return ErrorRule(ErrorFamily.BACK_OFF)
    return ERROR_RULES.get(code, _UNKNOWN_CODE)


def back_off_delay(attempts: int) -> timedelta:
    """Return how long to wait after `attempts` tries (1 or more): 5 s, doubled, at most 10 min."""
    doublings = min(max(attempts, 1) - 1, 16)
    return min(_BACK_OFF_FIRST * (1 << doublings), _BACK_OFF_LONGEST)


def hold_wait(elapsed: timedelta, *, costs_a_doubt: bool) -> timedelta:
    """Return how long to let an absent provider alone, ``elapsed`` after it was first missed.

    A quarter of that time, so that a short absence costs little and a long one few tries. Asking
    nobody is free: every minute at least. Where each try may leave a message in doubt
    (``costs_a_doubt``: it answers, but badly), every ten minutes.
    """
    longest = _HOLD_LONGEST_IN_DOUBT if costs_a_doubt else _HOLD_LONGEST
    return min(max(elapsed / 4, _BACK_OFF_FIRST), longest)


def cap_tried_at(at: datetime) -> datetime:
    """Return when to try again once the account's cap of a day is reached.

    The provider counts a day that rolls on hour by hour; some accounts' day turns at midnight
    UTC. So each hour, and at that midnight: to be refused costs nothing.
    """
    tomorrow = at.astimezone(UTC).date() + timedelta(days=1)
    return min(at + timedelta(hours=1), datetime.combine(tomorrow, time(0), tzinfo=UTC))


def unreachable_words() -> str:
    """Return why a message waits while the provider is away."""
    return str(_FAMILY_WORDS[ErrorFamily.UNREACHABLE])


def after_failure(
    code: int | None,
    attempts: int,
    now: datetime,
    retry_after: timedelta | None = None,
) -> FailureDecision:
    """Decide what follows a failure the provider told us about, or a message it never had.

    `attempts` counts the tries made so far, this one included. `retry_after` is the wait the
    provider asked for: it can lengthen ours, never shorten it. Backing off has no limit of
    its own: the message's useful life ends it.
    """
    rule = rule_for(code)
    match rule.family:
        case ErrorFamily.ACCOUNT_PAUSE:
            return FailureDecision(FailureAction.PAUSE_ACCOUNT, rule.family, alert=True)
        case ErrorFamily.CREDENTIALS:
            return FailureDecision(FailureAction.STOP_CREDENTIALS, rule.family, alert=True)
        case ErrorFamily.BACK_OFF:
            wait = max(back_off_delay(attempts), retry_after or timedelta(0))
            return FailureDecision(FailureAction.RETRY, rule.family, retry_at=now + wait)
        case ErrorFamily.TEMPORARY if 1 <= attempts <= len(rule.delays):
            wait = max(rule.delays[attempts - 1], retry_after or timedelta(0))
            return FailureDecision(FailureAction.RETRY, rule.family, retry_at=now + wait)
    return FailureDecision(FailureAction.GIVE_UP, rule.family, flag=rule.flag, alert=rule.alert)


def classify_http(
    status: int | None, *, connected: bool, has_sid: bool = False, code: int | None = None
) -> SendOutcome:
    """Say what an exchange proves about the message we POSTed.

    `status` is None when no answer came; `connected` is False only if the connection was never
    made. There is no idempotency key for sends, so whatever may have been accepted is AMBIGUOUS:
    a lost answer, any 5xx, a success without a sid, a redirect, 408.
    """
    if status is None:
        return SendOutcome.AMBIGUOUS if connected else SendOutcome.NOT_SENT
    if status // 100 == _SUCCESS:
        return SendOutcome.ACCEPTED if has_sid else SendOutcome.AMBIGUOUS
    if status == HTTPStatus.UNAUTHORIZED or rule_for(code).family is ErrorFamily.CREDENTIALS:
        return SendOutcome.BAD_CREDENTIALS
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return SendOutcome.NOT_SENT
    if status // 100 == _CLIENT_ERROR and status != HTTPStatus.REQUEST_TIMEOUT:
        held = rule_for(code).family in {ErrorFamily.BACK_OFF, ErrorFamily.ACCOUNT_PAUSE}
        return SendOutcome.NOT_SENT if held and code is not None else SendOutcome.REJECTED
    return SendOutcome.AMBIGUOUS


def earliest_send(
    now: datetime,
    *,
    urgent: bool,
    holidays: Container[date] = frozenset(),
    window: QuietWindow | None = None,
) -> datetime:
    """Return the first instant, from `now` on, when the message may leave (aware, UTC).

    Emergencies leave at once. The rest waits for the end of the quiet window, Sundays and
    public holidays (`holidays` are Paris dates). Clock changes are followed: 8:00 is 8:00 on
    people's clocks. Raises ValueError for a naive `now`.
    """
    if now.tzinfo is None:
        raise ValueError("an aware datetime is needed")
    if urgent:
        return now.astimezone(UTC)
    window = window or QuietWindow()
    local = now.astimezone(window.zone)
    for _day in range(60):
        opening = _next_opening(local, holidays, window)
        if opening is None:
            return local.astimezone(UTC)
        local = opening
    raise ValueError("no day is open within two months")


def is_quiet(
    instant: datetime, holidays: Container[date] = frozenset(), window: QuietWindow | None = None
) -> bool:
    """Tell whether what is not urgent must wait at `instant` (aware)."""
    window = window or QuietWindow()
    return _next_opening(instant.astimezone(window.zone), holidays, window) is not None


def validity_seconds(now: datetime, expires_at: datetime) -> int | None:
    """Return the provider's validity period for a message useful until `expires_at`.

    Whole seconds, at most ten hours (the provider's limit); None when it is already too late
    and the message must expire instead of leaving.
    """
    left = int((expires_at - now).total_seconds())
    return None if left < MIN_VALIDITY else min(left, MAX_VALIDITY)


def explain_error(code: int | None) -> str:
    """Return, in words a person reads, what the provider's `code` means for this message."""
    rule = rule_for(code)
    words = _FLAG_WORDS.get(rule.flag) if rule.flag else _FAMILY_WORDS.get(rule.family)
    if words is not None:
        return str(words)
    return str(_("Le service d'envoi a refusé le message (code %(code)s).", code=code))


def _next_opening(
    local: datetime, holidays: Container[date], window: QuietWindow
) -> datetime | None:
    """Return the next wall-clock instant worth trying, or None when `local` is open."""
    closed_day = (window.sundays and local.weekday() == _SUNDAY) or (
        window.public_holidays and local.date() in holidays
    )
    overnight = window.start > window.end
    if closed_day:
        days, at = 1, window.end if overnight else time(0)
    elif window.start == window.end:
        return None
    elif overnight and local.time() >= window.start:
        days, at = 1, window.end
    elif (overnight and local.time() < window.end) or (
        not overnight and window.start <= local.time() < window.end
    ):
        days, at = 0, window.end
    else:
        return None
    return datetime.combine(local.date() + timedelta(days=days), at, tzinfo=window.zone)


# How long a message is still worth reading, from the moment it may leave.
_LIFE = {
    Trigger.RECEIVED: timedelta(hours=24),
    Trigger.HANDED_OVER: timedelta(hours=24),
    Trigger.ACCEPTED: timedelta(hours=36),
    Trigger.PLANNED: timedelta(hours=24),
    Trigger.VISIT_MOVED: timedelta(hours=12),
    Trigger.VISIT_CANCELLED: timedelta(hours=12),
    Trigger.REOPENED: timedelta(hours=36),
    Trigger.INCIDENT_NEWS: timedelta(hours=12),
    Trigger.RECEIVED_AT_NIGHT: timedelta(hours=24),
    Trigger.SILENT: timedelta(hours=24),
    Trigger.DELAYED: timedelta(hours=24),
    Trigger.NEARLY_LATE: timedelta(hours=12),
    Trigger.PHOTO_REFUSED: timedelta(hours=12),
    Trigger.BULLETIN: timedelta(hours=24),
    Trigger.PARTNER_OFFER: timedelta(hours=24),
    # The next person is asked long before that.
    Trigger.ON_CALL_PAGE: timedelta(hours=1),
}
_ORDINARY_LIFE = timedelta(hours=72)
_URGENT_LIFE = timedelta(hours=6)


def useful_life(trigger: Trigger, *, urgent: bool) -> timedelta:
    """Return how long after its first possible departure a message is still useful.

    Past it the message expires instead of leaving. News of an emergency is stale sooner.
    """
    life = _LIFE.get(trigger, _ORDINARY_LIFE)
    return min(life, _URGENT_LIFE) if urgent else life
