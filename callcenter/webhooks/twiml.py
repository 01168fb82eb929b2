"""What the telephone says and does, in the provider's words (TwiML). No database, no request."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask_babel import force_locale
from flask_babel import gettext as _
from twilio.twiml.voice_response import Dial, VoiceResponse

from callcenter.calls.voice_rules import (
    CALLBACK_KEY,
    URGENT_KEY,
    VOICEMAIL_KEY,
    Decision,
    DialledLine,
    Next,
)

BASE = "/webhooks/twilio/voice"
_LANGUAGE = "fr-FR"
_GATHER_SECONDS = 6
_RING_SECONDS = 25
# What the telephone of somebody on call is named in the addresses of its steps.
ON_CALL = "on-call"
_HOUR = 3600
_MESSAGE_SECONDS = 180
_SILENCE_SECONDS = 8


def address(step: str, **values: object) -> str:
    """Return the address of a step; empty values are left out."""
    query = urlencode({name: value for name, value in values.items() if value not in ("", None)})
    return f"{BASE}/{step}" + (f"?{query}" if query else "")


@dataclass(slots=True)
class Speech:
    """One answer in the making."""

    music: str = ""
    response: VoiceResponse = field(default_factory=VoiceResponse)

    def say(self, *sentences: str) -> "Speech":
        """Say sentences, one after the other; empty ones are left out."""
        for sentence in sentences:
            if sentence.strip():
                self.response.say(sentence, language=_LANGUAGE)
        return self

    def ask(self, action: str, *sentences: str, digits: int = 1) -> "Speech":
        """Say sentences while a key may be pressed; nothing pressed goes to ``action`` too."""
        gather = self.response.gather(
            action=action, num_digits=digits, timeout=_GATHER_SECONDS, action_on_empty_result=True
        )
        for sentence in sentences:
            if sentence.strip():
                gather.say(sentence, language=_LANGUAGE)
        return self

    def hang_up(self) -> "Speech":
        """End the call."""
        self.response.hangup()
        return self

    def go_to(self, url: str) -> "Speech":
        """Follow other instructions."""
        self.response.redirect(url)
        return self

    def pause(self, seconds: int) -> "Speech":
        """Wait in silence."""
        self.response.pause(length=seconds)
        return self

    def text(self) -> str:
        """Return the instructions."""
        return str(self.response)


def follow(line: DialledLine, decision: Decision, *, asked: int = 0, music: str = "") -> Speech:
    """Return what a caller hears for a decision."""
    with force_locale("fr"):
        return _follow(line, decision, asked, music)


def _follow(  # noqa: PLR0911 - one return for each way a call may go
    line: DialledLine, decision: Decision, asked: int, music: str
) -> Speech:
    speech = Speech(music)
    match decision.next:
        case Next.ASK:
            words = [f"{one.words}, {_('tapez')} {one.digit}." for one in line.choices]
            return speech.ask(address("choice", line=line.number, asked=asked + 1), *words)
        case Next.QUEUE:
            return queue(speech, line)
        case Next.ON_CALL:
            speech.say(_("Nous vous mettons en relation avec l'astreinte."))
            return dial(speech, line, line.on_call_number, ON_CALL)
        case Next.OVERFLOW:
            speech.say(_("Nous vous mettons en relation avec un autre service."))
            return dial(speech, line, line.overflow_number, "overflow")
        case Next.OFFER_CALLBACK:
            return speech.ask(
                address("callback", line=line.number),
                _("Tous nos conseillers sont en ligne."),
                _("Pour être rappelé à ce numéro, tapez %(key)s.", key=CALLBACK_KEY),
                voicemail_offer(line),
            )
        case Next.VOICEMAIL:
            return take_message(speech, line)
        case Next.NOTE_CALLBACK:
            return speech.go_to(address("callback", line=line.number, noted=1))
        case Next.OTHER_LINE:
            return speech.go_to(address("incoming", line=decision.line_number))
        case Next.CLOSED | Next.CLOSED_URGENT:
            return _closed(speech, line, urgent=decision.next is Next.CLOSED_URGENT)
    return speech.say(_("Merci de votre appel. Au revoir.")).hang_up()


def _closed(speech: Speech, line: DialledLine, *, urgent: bool) -> Speech:
    message = line.closed_message or _(
        "%(member)s : nos bureaux sont fermés pour le moment.", member=line.member
    )
    urgency = (
        _(
            "Si vous sentez une odeur de gaz, raccrochez et appelez le 0 800 47 33 33."
            " Pour une autre urgence technique, tapez %(key)s.",
            key=URGENT_KEY,
        )
        if urgent
        else ""
    )
    return speech.ask(
        address("night", line=line.number),
        message,
        urgency,
        _("Pour être rappelé aux heures d'ouverture, tapez %(key)s.", key=CALLBACK_KEY),
        voicemail_offer(line),
    )


def voicemail_offer(line: DialledLine) -> str:
    """Return the sentence that offers to leave a message; "" where the line takes none."""
    if not line.voicemail:
        return ""
    return str(_("Pour laisser un message, tapez %(key)s.", key=VOICEMAIL_KEY))


def take_message(speech: Speech, line: DialledLine) -> Speech:
    """Record a message, once the caller knows that it is recorded and for how long."""
    speech.say(
        _(
            "Laissez votre message après le signal, puis tapez dièse."
            " Il sera conservé %(days)s jours au plus.",
            days=line.recording_days,
        )
    )
    speech.response.record(
        action=address("message", line=line.number),
        max_length=_MESSAGE_SECONDS,
        timeout=_SILENCE_SECONDS,
        finish_on_key="#",
        play_beep=True,
        recording_status_callback=address("message-recorded", line=line.number),
        recording_status_callback_event="completed",
    )
    return speech


def greeting(line: DialledLine) -> tuple[str, ...]:
    """Return what a line says before anything else while it is open."""
    with force_locale("fr"):
        welcome = line.welcome or _("%(member)s, bonjour.", member=line.member)
        told = (
            _(
                "Cet appel peut être enregistré pour améliorer notre service, et conservé"
                " %(days)s jours au plus. Si vous ne le souhaitez pas, dites-le à votre conseiller.",
                days=line.recording_days,
            )
            if line.recording
            else ""
        )
    return (welcome, line.notice, told)


def queue(speech: Speech, line: DialledLine) -> Speech:
    """Put the caller in the line's queue."""
    speech.response.enqueue(
        line.queue,
        action=address("left", line=line.number),
        wait_url=address("wait", line=line.number),
        max_queue_size=line.max_waiting,
    )
    return speech


def change_queue(line: DialledLine) -> str:
    """Put a caller whom an agent passes on in another line's queue."""
    with force_locale("fr"):
        speech = Speech().say(_("Nous transférons votre appel."))
    return queue(speech, line).text()


def dial(speech: Speech, line: DialledLine, number: str, what: str, turn: int = 0) -> Speech:
    """Ring somebody else and join the caller to them; ``turn`` counts whom it was tried with."""
    joined = Dial(
        action=address("dialled", line=line.number, what=what, turn=turn or ""),
        timeout=_RING_SECONDS,
        caller_id=line.number,
    )
    joined.number(number, url=address("whisper", line=line.number, what=what))
    speech.response.append(joined)
    return speech


def next_on_call(line: DialledLine, turn: int) -> str:
    """Ring the next person on call."""
    with force_locale("fr"):
        speech = Speech().say(_("Un instant, nous appelons une autre personne d'astreinte."))
        return dial(speech, line, line.on_call_numbers[turn], ON_CALL, turn).text()


def wait(line: DialledLine, position: int, turn: int, music: str) -> str:
    """Return what somebody in the queue hears: the place, the way out, music, and again."""
    with force_locale("fr"):
        speech = Speech(music)
        if position <= 1:
            speech.say(_("Vous êtes le prochain. Un conseiller va vous répondre."))
        else:
            speech.say(_("Vous êtes en position %(place)s.", place=position))
        if turn:
            speech.ask(
                address("wait-key", line=line.number, turn=turn + 1),
                _("Pour être rappelé sans attendre, tapez %(key)s.", key=CALLBACK_KEY),
            )
        if music:
            speech.response.play(music)
        else:
            speech.pause(10)
        return speech.go_to(address("wait", line=line.number, turn=turn + 1)).text()


def leave_queue() -> str:
    """Take the caller out of the queue; the queue's ``action`` says what comes next."""
    speech = Speech()
    speech.response.leave()
    return speech.text()


def agent_answers(line_name: str, queue_name: str, call_id: int) -> str:
    """Whisper to the agent whose call it is, then join the first of the queue."""
    speech = Speech().say(line_name)
    joined = Dial(action=address("agent-done", call_id=call_id), timeout=10)
    joined.queue(queue_name, url=address("dequeued", call_id=call_id))
    speech.response.append(joined)
    return speech.text()


def room(
    name: str, *, action: str = "", waits: bool = False, ends: bool = True, music: str = ""
) -> str:
    """Join a room. ``waits``: with music until somebody else opens it; ``ends``: empties it."""
    speech = Speech()
    joined = Dial(action=action) if action else Dial()
    joined.conference(
        name,
        beep=False,
        start_conference_on_enter=not waits,
        end_conference_on_exit=ends,
        wait_url=music,
        wait_method="GET",
    )
    speech.response.append(joined)
    return speech.text()


def silence(again: str) -> str:
    """Keep a telephone in hand while its caller is on hold."""
    return Speech().pause(_HOUR // 60).go_to(again).text()


def call_out(number: str, caller_id: str, call_id: int) -> str:
    """Ring the person whom the agent calls, from the line's number."""
    speech = Speech()
    joined = Dial(
        action=address("out-done", call_id=call_id), timeout=_RING_SECONDS, caller_id=caller_id
    )
    joined.number(
        number,
        status_callback=address("out-status", call_id=call_id),
        status_callback_event="answered completed",
    )
    speech.response.append(joined)
    return speech.text()


def transfer(number: str, caller_id: str, call_id: int) -> str:
    """Join the caller to another number; the agent is out of it."""
    with force_locale("fr"):
        speech = Speech().say(_("Nous transférons votre appel."))
    joined = Dial(
        action=address("transferred", call_id=call_id), timeout=_RING_SECONDS, caller_id=caller_id
    )
    joined.number(number)
    speech.response.append(joined)
    return speech.text()


def trouble(again: str = "") -> str:
    """Say that we have trouble: once more in a moment, or goodbye."""
    with force_locale("fr"):
        if again:
            return (
                Speech()
                .say(_("Bonjour. Un instant, s'il vous plaît."))
                .pause(2)
                .go_to(again)
                .text()
            )
        return (
            Speech()
            .say(
                _(
                    "Notre service est momentanément indisponible. Merci de rappeler dans un instant."
                ),
                _("En cas d'urgence, composez le 112."),
            )
            .hang_up()
            .text()
        )


def nothing() -> str:
    """Return no instruction: what goes on goes on, what is over is over."""
    return Speech().text()


def goodbye(*sentences: str) -> str:
    """Say something and hang up."""
    return Speech().say(*sentences).hang_up().text()
