"""Follows instructions (TwiML) for one telephone at a time, as the provider would.

Verbs that our program uses: Say, Play, Pause, Gather, Redirect, Hangup, Enqueue, Leave, Record,
and Dial to a number, a queue or a conference. Source: https://www.twilio.com/docs/voice/twiml
"""

import logging
import threading
import time
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from sandbox.delivery import Account
from sandbox.recordings import Recording, Recordings
from sandbox.voice import (
    DequeuedError,
    Leg,
    OverError,
    RedirectedError,
    Room,
    Switchboard,
)
from sandbox.voice_http import Caller, stamp

log = logging.getLogger(__name__)

INCOMING = "/webhooks/twilio/voice/incoming"
STATUS = "/webhooks/twilio/voice/status"
_RING = 25.0
_LONG = 4 * 3600.0

Jump = tuple[str, dict[str, str]] | None


class Script(Caller):
    """Runs each leg on a thread of its own. Times in seconds; `play` is one turn of music."""

    def __init__(
        self,
        board: Switchboard,
        account: Account,
        recordings: Recordings,
        play: float = 4.0,
    ) -> None:
        self.recordings = recordings
        super().__init__(board, account)
        self.play = play

    def call(self, phone: str, line: str, origin: str) -> Leg:
        """A person at `phone` dials `line`; the program at `origin` answers."""
        leg = self.board.new_leg(phone, line, inbound=True, callback=origin + STATUS)
        self.board.pick_up(leg.sid)
        self.board.note(leg, "info", f"Vous appelez le {line}.")
        self._start(leg, origin + INCOMING)
        return leg

    def ring(self, to: str, caller_id: str, url: str, callback: str, seconds: float) -> Leg:
        """The program has a telephone ring, and follow `url` once it is answered."""
        leg = self.board.new_leg(to, caller_id, inbound=False, callback=callback)
        threading.Thread(
            target=self._ring_then_run, args=(leg, url, seconds or _RING), daemon=True
        ).start()
        return leg

    def _start(self, leg: Leg, url: str) -> None:
        threading.Thread(target=self._run, args=(leg, url), daemon=True).start()

    def _ring_then_run(self, leg: Leg, url: str, seconds: float) -> None:
        if self._answered(leg, seconds):
            self._run(leg, url)
        else:
            self.board.hang_up(leg.sid)
            self.tell_end(leg)

    def _answered(self, leg: Leg, seconds: float) -> bool:
        """Wait for somebody to pick up; telephones that nobody looks at answer by themselves."""
        by_hand = self.board.answers != "auto" or self.board.is_watched(leg.phone)
        self.board.note(leg, "info", f"Le {leg.line} appelle.")
        try:
            if not by_hand:
                self.board.wait(leg, lambda: False, 0.2)
                return self.board.pick_up(leg.sid)
            return self.board.wait(leg, lambda: leg.answered is not None, seconds)
        except (OverError, RedirectedError):
            return False

    def _run(self, leg: Leg, url: str) -> None:
        """Follow instructions until the call is over."""
        while True:
            try:
                self._follow(leg, url)
                break
            except RedirectedError as other:
                url = other.url
            except OverError:
                break
            except Exception:
                log.exception("a call stumbled")
                break
        self.board.hang_up(leg.sid)
        going_on = self.recordings.current(leg.sid)
        if going_on is not None:
            self.end_recording(leg, going_on)
        self.tell_end(leg)

    def end_recording(self, leg: Leg, recording: Recording) -> None:
        """End a recording and tell who asked for it."""
        if self.recordings.change(recording, "stopped") and recording.callback:
            self.post(leg, recording.callback, _recorded(recording))

    def _follow(self, leg: Leg, url: str, *, queued: bool = False) -> bool:
        """Follow one set of instructions and where they lead; True when the queue was left."""
        jump: Jump = (url, {})
        while jump is not None:
            url, more = jump
            jump = None
            for verb in self.fetch(leg, url, more):
                if verb.tag == "Leave" and queued:
                    return True
                if verb.tag == "Hangup":
                    self.board.hang_up(leg.sid)
                    raise OverError
                jump = self._do(leg, verb, url, queued=queued)
                if jump is not None:
                    break
        return False

    def _do(self, leg: Leg, verb: ET.Element, base: str, *, queued: bool) -> Jump:
        self.board.wait(leg, lambda: True, 0, queued=queued)
        match verb.tag:
            case "Say":
                self.board.note(leg, "voice", (verb.text or "").strip())
            case "Play":
                self.board.note(leg, "voice", "♪ musique")
                self.board.wait(leg, lambda: False, self.play, queued=queued)
            case "Pause":
                self.board.wait(leg, lambda: False, float(verb.get("length", 1)), queued=queued)
            case "Redirect":
                return urljoin(base, (verb.text or "").strip()), {}
            case "Gather":
                return self._gather(leg, verb, base, queued=queued)
            case "Enqueue":
                return self._enqueue(leg, verb, base)
            case "Record":
                return self._record(leg, verb, base)
            case "Dial":
                return self._dial(leg, verb, base)
        return None

    def _gather(self, leg: Leg, verb: ET.Element, base: str, *, queued: bool) -> Jump:
        for said in verb.iter("Say"):
            self.board.note(leg, "voice", (said.text or "").strip())
        wanted = int(verb.get("numDigits", 1))
        with self.board.changed:
            leg.gathering = True
            self.board.tell(leg)
        try:
            self.board.wait(
                leg, lambda: len(leg.keys) >= wanted, float(verb.get("timeout", 5)), queued=queued
            )
        finally:
            leg.gathering = False
        with self.board.changed:
            digits = "".join(leg.keys)[:wanted]
            leg.keys.clear()
        if not digits and verb.get("actionOnEmptyResult") != "true":
            return None
        return urljoin(base, verb.get("action", "")), {"Digits": digits}

    def _record(self, leg: Leg, verb: ET.Element, base: str) -> Jump:
        """Take a message: until the key that ends it, a long silence, or the end of the call."""
        callback = verb.get("recordingStatusCallback", "")
        recording = self.recordings.start(leg.sid, urljoin(base, callback) if callback else "")
        self.board.note(leg, "info", "● Enregistrement : parlez, puis tapez #")
        end = verb.get("finishOnKey", "#")
        most, silence = float(verb.get("maxLength", 3600)), float(verb.get("timeout", 5))
        said, quiet_since = len(leg.log), time.time()
        try:
            while time.time() - recording.since < most:
                if self.board.wait(leg, lambda: any(key in end for key in leg.keys), 0.5):
                    break
                if len(leg.log) != said:
                    said, quiet_since = len(leg.log), time.time()
                if time.time() - quiet_since > silence:
                    break
        finally:
            # Also of a caller who hangs up: the callback is what tells.
            self.end_recording(leg, recording)
            with self.board.changed:
                leg.keys.clear()
        return urljoin(base, verb.get("action", "")), _recorded(recording)

    def _enqueue(self, leg: Leg, verb: ET.Element, base: str) -> Jump:
        name = (verb.text or "").strip()
        action = urljoin(base, verb.get("action", ""))
        with self.board.changed:
            if len(self.board.in_queue(name)) >= int(verb.get("maxQueueSize", 1000)):
                return action, {"QueueResult": "queue-full", "QueueTime": "0"}
            leg.queue, leg.queued = name, time.time()
            self.board.tell(leg)
        result = "leave"
        try:
            while not self._follow(leg, urljoin(base, verb.get("waitUrl", "")), queued=True):
                pass
        except DequeuedError:
            self.board.note(leg, "info", "Vous êtes en ligne avec un conseiller.")
            self.board.wait(leg, lambda: not leg.peer, _LONG)
            result = "bridged"
        except OverError:
            self.fetch(leg, action, {"QueueResult": "hangup"})
            raise
        finally:
            leg.queue = ""
        waited = int(time.time() - leg.queued)
        return action, {"QueueResult": result, "QueueTime": str(waited)}

    def _dial(self, leg: Leg, verb: ET.Element, base: str) -> Jump:
        started = time.time()
        if (queue := verb.find("Queue")) is not None:
            status = self._dial_queue(leg, queue, base, float(verb.get("timeout", _RING)))
        elif (room := verb.find("Conference")) is not None:
            status = self._dial_room(leg, room)
        elif (number := verb.find("Number")) is not None:
            status = self._dial_number(leg, verb, number, base)
        else:
            status = "failed"
        if not verb.get("action"):
            return None
        spoken = str(int(time.time() - started))
        return urljoin(base, verb.get("action", "")), {
            "DialCallStatus": status, "DialCallDuration": spoken,
        }  # fmt: skip

    def _dial_queue(self, leg: Leg, queue: ET.Element, base: str, seconds: float) -> str:
        name = (queue.text or "").strip()
        if not self.board.wait(leg, lambda: bool(self.board.in_queue(name)), seconds):
            return "no-answer"
        with self.board.changed:
            waiting = self.board.in_queue(name)
            if not waiting:
                return "no-answer"
            caller = waiting[0]
            caller.queue = ""
            caller.peer, leg.peer = leg.sid, caller.sid
            self.board.tell(caller)
        if queue.get("url"):
            waited = str(int(time.time() - caller.queued))
            more = {"DequeingCallSid": leg.sid, "QueueTime": waited}
            self.fetch(caller, urljoin(base, queue.get("url", "")), more)
        self.board.note(leg, "info", f"En ligne avec le {caller.phone}.")
        self.board.wait(leg, lambda: not leg.peer, _LONG)
        return "completed"

    def _dial_room(self, leg: Leg, verb: ET.Element) -> str:
        name = (verb.text or "").strip()
        with self.board.changed:
            room = self.board.rooms.setdefault(name, Room())
            room.members.append(leg.sid)
            leg.room = name
            if verb.get("endConferenceOnExit") == "true":
                room.enders.add(leg.sid)
            if verb.get("startConferenceOnEnter") != "false":
                room.started = True
        waits = "En ligne." if room.started else "♪ musique d'attente"
        self.board.note(leg, "info", waits)
        self.board.wait(leg, lambda: leg.room != name, _LONG)
        return "completed"

    def _dial_number(self, leg: Leg, verb: ET.Element, number: ET.Element, base: str) -> str:
        to = (number.text or "").strip()
        other = self.board.new_leg(to, verb.get("callerId", leg.line), inbound=False)
        told = (
            urljoin(base, number.get("statusCallback", "")) if number.get("statusCallback") else ""
        )
        threading.Thread(target=self._answered, args=(other, _RING), daemon=True).start()
        try:
            seconds = float(verb.get("timeout", _RING))
            self.board.wait(leg, lambda: other.over or other.answered is not None, seconds)
            if other.answered is None or other.over:
                return "no-answer"
            if number.get("url"):
                for said in self.fetch(other, urljoin(base, number.get("url", ""))):
                    self.board.note(other, "voice", (said.text or "").strip())
            with self.board.changed:
                leg.peer, other.peer = other.sid, leg.sid
            if told:
                self.post(other, told, {"CallStatus": "in-progress", "ParentCallSid": leg.sid})
            self.board.note(leg, "info", f"En ligne avec le {to}.")
            self.board.note(other, "info", "En ligne.")
            self.board.wait(leg, lambda: not leg.peer, _LONG)
            return "completed"
        finally:
            self.board.hang_up(other.sid)
            if told:
                final = {"CallStatus": other.status, "ParentCallSid": leg.sid}
                self.post(other, told, final | stamp())


def _recorded(recording: Recording) -> dict[str, str]:
    return {
        "RecordingSid": recording.sid,
        "RecordingStatus": recording.status,
        "RecordingDuration": str(recording.length),
    }
