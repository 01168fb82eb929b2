"""Telephones that call: legs, queues and rooms, and what a person at a phone can do.

Nothing is heard: what a voice would say is written on the phone's screen, with the instructions
(TwiML) that made it so. `sandbox.voice_script` follows the instructions.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.store import Store, new_sid

MAX_LEGS = 2000
MAX_LINES = 200


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line of a call's screen: who (voice, me, them, info) and what."""

    who: str
    words: str


@dataclass(slots=True)
class Leg:
    """One telephone of one call. `phone` is the person's number, `line` the other end's."""

    sid: str
    phone: str
    line: str
    inbound: bool
    status: str = "ringing"
    created: float = field(default_factory=time.time)
    answered: float | None = None
    ended: float | None = None
    status_callback: str = ""
    log: list[Spoken] = field(default_factory=list)
    twiml: str = ""
    keys: deque[str] = field(default_factory=deque)
    gathering: bool = False
    queue: str = ""
    queued: float = 0.0
    room: str = ""
    peer: str = ""
    redirect: str = ""
    over: bool = False

    @property
    def since(self) -> datetime:
        """When it began, aware, UTC."""
        return datetime.fromtimestamp(self.created, UTC)


@dataclass(slots=True)
class Room:
    """A conference: who is in it, and whose leaving ends it."""

    started: bool = False
    members: list[str] = field(default_factory=list)
    enders: set[str] = field(default_factory=set)


class OverError(Exception):
    """The leg hung up."""


class RedirectedError(Exception):
    """The leg is to follow other instructions."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class DequeuedError(Exception):
    """The leg left its queue for somebody."""


class Switchboard:
    """All legs. Every method is safe to call from any thread."""

    def __init__(self, store: Store) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.answers = "auto"  # auto, manual, never: telephones that nobody put on the page
        self.legs: dict[str, Leg] = {}
        self.rooms: dict[str, Room] = {}
        self._store = store

    def add(self, leg: Leg) -> Leg:
        """Keep a leg, and forget the oldest ones that are over."""
        with self.changed:
            self.legs[leg.sid] = leg
            if len(self.legs) > MAX_LEGS:
                for sid in [one.sid for one in self.legs.values() if one.over][: MAX_LEGS // 4]:
                    del self.legs[sid]
            self.tell(leg)
        return leg

    def new_leg(self, phone: str, line: str, *, inbound: bool, callback: str = "") -> Leg:
        """Make a leg with an id of the provider's form."""
        return self.add(Leg(new_sid("CA"), phone, line, inbound, status_callback=callback))

    def get(self, sid: str) -> Leg | None:
        """Return a leg, or None."""
        with self.changed:
            return self.legs.get(sid)

    def live_on(self, phone: str) -> Leg | None:
        """Return the call that a phone is in, or its last one of the past minute."""
        with self.changed:
            mine = [leg for leg in self.legs.values() if leg.phone == phone]
        recent = [leg for leg in mine if not leg.over or time.time() - (leg.ended or 0) < 60]  # noqa: PLR2004 - a minute
        return recent[-1] if recent else None

    def is_watched(self, phone: str) -> bool:
        """Whether somebody put this phone on the page to use it."""
        return self._store.is_by_hand(phone)

    def tell(self, leg: Leg) -> None:
        """Wake whoever waits, and have the phone's screen drawn again."""
        self.changed.notify_all()
        self._store.touch_phone(leg.phone)

    def note(self, leg: Leg, who: str, words: str) -> None:
        """Write on a phone's screen."""
        with self.changed:
            leg.log.append(Spoken(who, words))
            del leg.log[:-MAX_LINES]
            self.tell(leg)

    def wait(
        self, leg: Leg, done: Callable[[], bool], seconds: float, *, queued: bool = False
    ) -> bool:
        """Wait for something; False when it did not come. Raises when the leg has to go on."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                if leg.over:
                    raise OverError
                if leg.redirect:
                    url, leg.redirect = leg.redirect, ""
                    raise RedirectedError(url)
                if queued and leg.peer:
                    raise DequeuedError
                if done():
                    return True
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self.changed.wait(min(left, 0.5))

    def press(self, sid: str, digits: str) -> bool:
        """Press keys; False for a call that is over."""
        with self.changed:
            leg = self.legs.get(sid)
            if leg is None or leg.over:
                return False
            leg.keys.extend(char for char in digits if char in "0123456789*#")
            leg.log.append(Spoken("me", f"[{digits}]"))
            self.tell(leg)
            return True

    def speak(self, sid: str, words: str) -> bool:
        """Say something to whoever is joined; False for a call that is over."""
        with self.changed:
            leg = self.legs.get(sid)
            if leg is None or leg.over:
                return False
            leg.log.append(Spoken("me", words))
            for other in self.hearers(leg):
                other.log.append(Spoken("them", words))
                self.tell(other)
            self.tell(leg)
            return True

    def hearers(self, leg: Leg) -> list[Leg]:
        """Return the legs that hear this one."""
        room = self.rooms.get(leg.room)
        sids = [leg.peer] if leg.peer else []
        if room is not None and room.started:
            sids += [sid for sid in room.members if sid != leg.sid]
        return [self.legs[sid] for sid in sids if sid in self.legs]

    def hang_up(self, sid: str) -> bool:
        """End a leg; False for one that is over."""
        with self.changed:
            leg = self.legs.get(sid)
            if leg is None or leg.over:
                return False
            leg.over = True
            leg.ended = time.time()
            leg.status = "completed" if leg.answered else "no-answer"
            leg.log.append(Spoken("info", "Appel terminé."))
            self.part(leg)
            self.tell(leg)
            return True

    def lead(self, sid: str, url: str) -> bool:
        """Have a leg follow other instructions; False for one that is over."""
        with self.changed:
            leg = self.legs.get(sid)
            if leg is None or leg.over:
                return False
            leg.redirect = url
            self.part(leg)
            self.tell(leg)
            return True

    def pick_up(self, sid: str) -> bool:
        """Answer a telephone that rings."""
        with self.changed:
            leg = self.legs.get(sid)
            if leg is None or leg.over or leg.answered:
                return False
            leg.answered, leg.status = time.time(), "in-progress"
            self.tell(leg)
            return True

    def part(self, leg: Leg) -> None:
        """Take a leg out of its queue, its talk and its room."""
        leg.queue = ""
        other = self.legs.get(leg.peer)
        leg.peer = ""
        if other is not None and other.peer == leg.sid:
            other.peer = ""
            self.tell(other)
        self.leave(leg)

    def leave(self, leg: Leg) -> None:
        """Take a leg out of its room; the room ends with who ends it."""
        name, leg.room = leg.room, ""
        room = self.rooms.get(name)
        if room is None:
            return
        if leg.sid in room.members:
            room.members.remove(leg.sid)
        ends = leg.sid in room.enders
        room.enders.discard(leg.sid)
        if ends or not room.members:
            self.rooms.pop(name, None)
            for sid in list(room.members):
                other = self.legs.get(sid)
                if other is not None and other.room == name:
                    other.room = ""
                    self.tell(other)

    def in_queue(self, name: str) -> list[Leg]:
        """Return who waits in a queue, the longest first."""
        waiting = [leg for leg in self.legs.values() if leg.queue == name and not leg.over]
        return sorted(waiting, key=lambda leg: leg.queued)

    def clear(self) -> None:
        """Hang everybody up and forget them."""
        with self.changed:
            for sid in list(self.legs):
                self.hang_up(sid)
            self.legs.clear()
            self.rooms.clear()
