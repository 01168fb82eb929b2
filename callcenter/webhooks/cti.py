"""What any telephone exchange tells us of its calls: newCall, answer, hangup.

The exchange proves itself by its key, in ``Authorization: Bearer …`` or at the end of the
address. Its reports may repeat and come in any order, and speak of lines that are not ours:
all that is answered 2xx, so that no exchange sends the same thing for ever. Only a database
that is away is answered 503: come back later.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from callcenter.calls import presence
from callcenter.calls.dialled import find_dialled
from callcenter.calls.exchanges import Exchange, find_exchange
from callcenter.calls.live_edge import tell_call, tell_presence
from callcenter.calls.live_rules import Report
from callcenter.calls.live_services import Answerer, ExchangeReport, record_report
from callcenter.calls.states import CallProvider, Direction
from callcenter.calls.voice_rules import DialledLine
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.ui.access import public

log = logging.getLogger(__name__)

blueprint = Blueprint("cti", __name__)
# An exchange shows its key instead of carrying a form's token.
blueprint.record_once(lambda state: state.app.extensions["csrf"].exempt(blueprint))

_EVENTS: Final = {
    "newcall": Report.NEW,
    "ringing": Report.NEW,
    "queue": Report.QUEUED,
    "queued": Report.QUEUED,
    "answer": Report.ANSWERED,
    "answered": Report.ANSWERED,
    "hangup": Report.ENDED,
}
_LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Told:
    """One report, clean."""

    report: Report
    call_id: str
    direction: Direction
    from_number: str
    to_number: str
    user: str
    queue: str
    answering_number: str
    cause: str
    at: datetime | None

    @property
    def ours(self) -> str:
        """The number that is a line of ours."""
        return self.from_number if self.direction is Direction.OUT else self.to_number

    @property
    def theirs(self) -> str:
        """The other party's number."""
        return self.to_number if self.direction is Direction.OUT else self.from_number


def parse(fields: Mapping[str, Any]) -> Told | None:
    """Read a report whatever the writing of its names; ``None`` if it says nothing to us."""
    values = {str(name).lower().replace("_", ""): _text(value) for name, value in fields.items()}
    report = _EVENTS.get(values.get("event", "").lower().replace("_", ""))
    call_id = values.get("callid", "")
    if report is None or not call_id:
        return None
    outgoing = values.get("direction", "").lower() in {"out", "outbound", "outgoing"}
    return Told(
        report=report,
        call_id=call_id,
        direction=Direction.OUT if outgoing else Direction.IN,
        from_number=values.get("from", ""),
        to_number=values.get("to", ""),
        user=values.get("user", ""),
        queue=values.get("queue", ""),
        answering_number=values.get("answeringnumber", ""),
        cause=values.get("cause", ""),
        at=_instant(values.get("timestamp", "") or values.get("at", "")),
    )


def _text(value: Any) -> str:
    if isinstance(value, list | dict) or value is None:
        return ""
    # The database keeps no NUL and no half of a pair of surrogates.
    text = str(value).replace("\x00", "").encode("utf-8", "ignore").decode()
    return text.strip()[: 4 * _LONGEST]


def _instant(text: str) -> datetime | None:
    try:
        if text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit():
            seconds = float(text)
            return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)  # noqa: PLR2004 - milliseconds
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def _fields() -> Mapping[str, Any]:
    given = request.get_json(silent=True) if request.is_json else None
    return given if isinstance(given, dict) else request.form


def _secret(token: str) -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else token


@blueprint.post("/webhooks/cti", defaults={"token": ""})
@blueprint.post("/webhooks/cti/<token>")
@public
def report(token: str) -> ResponseReturnValue:
    """Take one report."""
    try:
        return _take(_secret(token))
    except (OperationalError, PoolTimeoutError) as error:
        log.warning("a report of an exchange could not be written: %s", type(error).__name__)
        return jsonify(error="try again"), 503
    except DBAPIError as error:
        log.exception("a report of an exchange was left out")
        return _ignored(type(error).__name__)


def _take(secret: str) -> ResponseReturnValue:
    with session_scope(Scope(everything=True)), transaction():
        exchange = find_exchange(secret)
    if exchange is None:
        return jsonify(error="unknown key"), 403
    told = parse(_fields())
    if told is None:
        return _ignored("event and callId are needed")
    with session_scope(Scope(everything=True)):
        line = find_dialled(told.ours) or find_dialled(told.queue)
        agent = _agent(told)
    if line is None or exchange.member_id not in {None, line.member_id}:
        log.info("exchange %s speaks of a line that is not ours", exchange.id)
        return _ignored("unknown line")
    return _record(exchange, told, line, agent)


def _agent(told: Told) -> Answerer | None:
    user = presence.find_agent(told.user) or presence.find_agent(told.answering_number)
    return Answerer(user.id, user.full_name, user.member_id) if user else None


def _record(
    exchange: Exchange, told: Told, line: DialledLine, agent: Answerer | None
) -> ResponseReturnValue:
    with (
        session_scope(Scope(member_ids=frozenset({line.member_id, line.platform_id}))),
        transaction(),
    ):
        done = record_report(
            ExchangeReport(
                provider=CallProvider.CTI,
                provider_id=_own_id(exchange, told.call_id),
                report=told.report,
                member_id=line.member_id,
                line_id=line.line_id,
                service=line.service,
                number=told.theirs,
                direction=told.direction,
                at=told.at,
                dialled=line.number,
                queue=told.queue[:_LONGEST],
                answering_number=told.answering_number[:_LONGEST],
                cause=told.cause[:_LONGEST],
                agent=agent,
                wrap_up_seconds=line.wrap_up_seconds,
            )
        )
        if done is None:
            return _ignored("the call belongs to somebody else")
        if done.changed:
            tell_call(done.call)
            tell_presence(line.platform_id, done.agent)
        call_id = done.call.id
    return jsonify(ok=True, call=call_id)


def _own_id(exchange: Exchange, call_id: str) -> str:
    """Two exchanges may number their calls alike."""
    short = call_id if len(call_id) <= _LONGEST else sha256(call_id.encode()).hexdigest()
    return f"cti-{exchange.id}-{short}"


def _ignored(why: str) -> ResponseReturnValue:
    return jsonify(ok=True, ignored=why)
