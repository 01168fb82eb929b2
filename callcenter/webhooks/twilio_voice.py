"""The provider rings: what a caller hears, from the first ring to the end of the call.

A voice answers whatever happens to our own machines: lines are remembered in this process, and
what is written down is written within two seconds or later, by itself. Redis is never waited for.
"""

import logging
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Final

from flask import Blueprint, Flask, Response, abort, current_app, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from callcenter.calls.live_rules import Report
from callcenter.calls.states import CallPath
from callcenter.calls.voice_rules import (
    CALLBACK_KEY,
    PATHS,
    Decision,
    DialledLine,
    Next,
    on_arrival,
    on_choice,
    on_night_choice,
    on_offer,
    waited_too_long,
    when_full,
)
from callcenter.core import clock
from callcenter.ui.access import public
from callcenter.webhooks import twiml, voice_records
from callcenter.webhooks.bounded import Bounded
from callcenter.webhooks.signature import signed_by_provider

log = logging.getLogger(__name__)

blueprint = Blueprint("voice", __name__, url_prefix=twiml.BASE)
# Signed by the provider instead of carrying a form's token.
blueprint.record_once(lambda state: state.app.extensions["csrf"].exempt(blueprint))

_LINE_SECONDS = 30.0
_MOST_RETRIES = 3
_ANSWERED = frozenset({"completed", "answered"})
_EXTENSION = "voice"
_DIGITS = 18
UNKNOWN: Final = object()


@dataclass(slots=True)
class _Voice:
    """What this process remembers of lines, and its threads for the database."""

    bounded: Bounded
    lines: dict[str, tuple[DialledLine | None, float]] = field(default_factory=dict)


def voice(app: Flask | None = None) -> _Voice:
    """Return the application's memory of lines."""
    here: Flask = app or current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    found: _Voice | None = here.extensions.get(_EXTENSION)
    if found is None:
        found = here.extensions[_EXTENSION] = _Voice(Bounded(here))
    return found


def bounded() -> Bounded:
    """Return the threads on which the database is asked."""
    return voice().bounded


def line_of(number: str) -> DialledLine | object | None:
    """Return a number's line, ``None`` if it is no line of ours, UNKNOWN if nobody can tell.

    A line once known goes on serving while the database is away.
    """
    memory = voice()
    known, until = memory.lines.get(number, (None, 0.0))
    if time.monotonic() < until:
        return known
    found = memory.bounded.run(partial(voice_records.load_line, number), UNKNOWN)
    if found is UNKNOWN:
        return known if known is not None else UNKNOWN
    line: DialledLine | None = found  # type: ignore[assignment]
    memory.lines[number] = (line, time.monotonic() + _LINE_SECONDS)
    return line


def answer(instructions: str) -> Response:
    """Return instructions to the provider."""
    return Response(instructions, mimetype="text/xml")


def music() -> str:
    """Return the address of what callers hear while they wait."""
    return url_for("static", filename="audio/attente.wav")


def dialled_line() -> DialledLine | object | None:
    """Return the line that this request is about (see ``line_of``)."""
    return line_of(request.args.get("line") or request.form.get("To", ""))


def _lost(line: object) -> Response:
    """Answer for a number that is no line of ours, or that nobody can tell now."""
    if line is None:
        log.warning("a call to a number that is no line in service")
        return answer(twiml.trouble())
    turn = whole(request.args.get("again"))
    if turn >= _MOST_RETRIES:
        return answer(twiml.trouble())
    return answer(twiml.trouble(twiml.address("incoming", again=turn + 1)))


def sid() -> str:
    """Return the provider's id of the leg that asks."""
    return request.form.get("CallSid", "")[:64]


def whole(text: str | None) -> int:
    """Return a whole number that a column can hold, else 0."""
    fits = text is not None and text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) if fits and text else 0


@blueprint.post("/incoming")
@public
@signed_by_provider
def incoming() -> Response:
    """Greet somebody who has just called a line of ours."""
    line = dialled_line()
    if not isinstance(line, DialledLine):
        return _lost(line)
    waiting = bounded().run(
        partial(voice_records.arrive, line, sid(), request.form.get("From", "")), None
    )
    decision = on_arrival(line, clock.now(), waiting)
    speech = _take_path(line, decision)
    if decision.next not in {Next.CLOSED, Next.CLOSED_URGENT}:
        hello = twiml.Speech().say(*twiml.greeting(line)).response
        for verb in speech.response.verbs:
            hello.append(verb)
        return answer(str(hello))
    return answer(speech.text())


def _take_path(line: DialledLine, decision: Decision, asked: int = 0) -> twiml.Speech:
    path = PATHS.get(decision.next, CallPath.NONE)
    if path not in {CallPath.NONE, CallPath.QUEUE}:
        _note(line, Report.NEW, path=path)
    return twiml.follow(line, decision, asked=asked)


def _note(line: DialledLine, kind: Report, **more: Any) -> bool:
    """Write down news of this call; False when it could not be done in time."""
    caller = request.form.get("From", "")
    news = replace(voice_records.news_of(line, sid(), caller, kind), **more)
    return bounded().run(partial(voice_records.report, news, line.platform_id), False)


@blueprint.post("/choice")
@public
@signed_by_provider
def choice() -> Response:
    """Follow the key that the caller pressed."""
    line = dialled_line()
    if not isinstance(line, DialledLine):
        return _lost(line)
    asked = whole(request.args.get("asked"))
    decision = on_choice(line, request.form.get("Digits", ""), None, asked)
    return answer(_take_path(line, decision, asked).text())


@blueprint.post("/night")
@public
@signed_by_provider
def night() -> Response:
    """Follow the key pressed outside hours: the on-call service, or a call back."""
    line = dialled_line()
    if not isinstance(line, DialledLine):
        return _lost(line)
    decision = on_night_choice(line, request.form.get("Digits", ""))
    return answer(_take_path(line, decision).text())


@blueprint.post("/callback")
@public
@signed_by_provider
def callback() -> Response:
    """Note that the caller wants to be called back, if that is the key that was pressed."""
    digits = request.form.get("Digits", "")
    line = dialled_line()
    if isinstance(line, DialledLine) and on_offer(line, digits).next is Next.VOICEMAIL:
        return answer(_take_path(line, Decision(Next.VOICEMAIL)).text())
    with force_locale("fr"):
        wanted = request.args.get("noted") or digits == CALLBACK_KEY
        if not wanted:
            return answer(twiml.goodbye(_("Merci de votre appel. Au revoir.")))
        if bounded().run(partial(voice_records.callback, sid()), False):
            return answer(twiml.goodbye(_("C'est noté : nous vous rappellerons. Au revoir.")))
        return answer(
            twiml.goodbye(_("Nous n'avons pas pu noter votre demande. Merci de rappeler."))
        )


@blueprint.post("/wait")
@public
@signed_by_provider
def wait() -> Response:
    """What somebody in the queue hears, turn after turn."""
    line = dialled_line()
    if not isinstance(line, DialledLine):
        return answer(twiml.leave_queue())
    if waited_too_long(line, whole(request.form.get("QueueTime"))):
        return answer(twiml.leave_queue())
    turn = whole(request.args.get("turn"))
    _note(line, Report.QUEUED, path=CallPath.QUEUE)
    position = whole(request.form.get("QueuePosition")) or 1
    return answer(twiml.wait(line, position, turn, music()))


@blueprint.post("/wait-key")
@public
@signed_by_provider
def wait_key() -> Response:
    """A key pressed in the queue: out of it and called back, or on waiting."""
    if request.form.get("Digits") == CALLBACK_KEY:
        noted = bounded().run(partial(voice_records.callback, sid()), False)
        if noted:
            return answer(twiml.leave_queue())
    return answer(
        twiml.Speech()
        .go_to(
            twiml.address(
                "wait", line=request.args.get("line"), turn=whole(request.args.get("turn"))
            )
        )
        .text()
    )


@blueprint.post("/left")
@public
@signed_by_provider
def left() -> Response:
    """The caller left the queue: spoken to, gone, or out of patience."""
    line = dialled_line()
    result = request.form.get("QueueResult", "")
    if result == "bridged" or result.startswith("redirect"):
        place = bounded().run(partial(voice_records.place_of, sid=sid()), None)
        if place is not None and place.held:
            return answer(twiml.Speech().go_to(twiml.address("held", call_id=place.call_id)).text())
        return answer(twiml.nothing())
    if result == "hangup" or not isinstance(line, DialledLine):
        return answer(twiml.nothing())
    place = bounded().run(partial(voice_records.place_of, sid=sid()), None)
    if place is not None and place.path == CallPath.CALLBACK:
        with force_locale("fr"):
            return answer(twiml.goodbye(_("C'est noté : nous vous rappellerons. Au revoir.")))
    return answer(_take_path(line, when_full(line)).text())


@blueprint.post("/whisper")
@public
@signed_by_provider
def whisper() -> Response:
    """Tell whoever answers for us which member calls, before the caller is joined."""
    line = dialled_line()
    if not isinstance(line, DialledLine):
        return answer(twiml.nothing())
    with force_locale("fr"):
        words = _("Appel de %(member)s, %(line)s.", member=line.member, line=line.name)
    return answer(twiml.Speech().say(words).text())


@blueprint.post("/dialled")
@public
@signed_by_provider
def dialled() -> Response:
    """What became of the on-call service's, or another service's, telephone."""
    line = dialled_line()
    if not isinstance(line, DialledLine):
        return answer(twiml.nothing())
    if request.form.get("DialCallStatus", "") in _ANSWERED:
        _note(line, Report.ANSWERED, answering_number=request.args.get("what", ""))
        return answer(twiml.nothing())
    if request.args.get("what") == twiml.ON_CALL:
        turn = whole(request.args.get("turn")) + 1
        if turn < len(line.on_call_numbers):
            return answer(twiml.next_on_call(line, turn))
        if bounded().run(partial(voice_records.nobody_on_call, line.name, sid()), False):
            with force_locale("fr"):
                return answer(
                    twiml.goodbye(
                        _("Personne ne répond pour le moment."),
                        _("L'astreinte reçoit votre appel par message et vous rappelle."),
                        _("En cas de danger, composez le 112. Au revoir."),
                    )
                )
    with force_locale("fr"):
        sorry = _("Personne ne répond pour le moment.")
        offer = _("Pour être rappelé à ce numéro, tapez %(key)s.", key=CALLBACK_KEY)
        message = twiml.voicemail_offer(line)
    asked = twiml.Speech().ask(twiml.address("callback", line=line.number), sorry, offer, message)
    return answer(asked.text())


@blueprint.post("/status")
@public
@signed_by_provider
def status() -> Response:
    """The provider's own account of a caller's leg: closes the call with its true end."""
    state = request.form.get("CallStatus", "")
    line = dialled_line()
    if isinstance(line, DialledLine) and sid():
        if state in {"completed", "busy", "failed", "no-answer", "canceled"}:
            _note_or_fail(line, state)
        elif state in {"ringing", "in-progress", "queued", "initiated"}:
            _note(line, Report.NEW)
    return Response(status=204)


def _note_or_fail(line: DialledLine, state: str) -> None:
    """The end of a call must not be lost: the provider is asked to say it again."""
    if not _note(line, Report.ENDED, at=told_at(), cause=state):
        abort(503)


def told_at() -> datetime | None:
    """Return the provider's own instant, as it writes it (RFC 2822)."""
    try:
        return parsedate_to_datetime(request.form.get("Timestamp", ""))
    except (ValueError, TypeError):
        return None
