"""Phones and messages, in memory, with an optional file so that a restart keeps them."""

import json
import sqlite3
import threading
import uuid
from collections import Counter, OrderedDict
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# A statement of what the page and the tests can look back at, not of what can be sent.
MAX_MESSAGES = 50_000
PROGRESS = {"accepted": 0, "queued": 1, "sending": 2, "sent": 3, "received": 4}
FINAL = 5


@dataclass(slots=True)
class Message:
    """One SMS, to a phone (`outbound-api`) or from it (`inbound`). Times are epoch seconds."""

    sid: str
    phone: str
    sender: str
    body: str
    direction: str
    status: str
    created: float
    updated: float
    sent: float | None = None
    error_code: int | None = None
    status_callback: str = ""
    messaging_service_sid: str = ""
    callbacks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def inbound(self) -> bool:
        """Whether the person at the phone wrote it."""
        return self.direction == "inbound"

    @property
    def at(self) -> datetime:
        """When it was made, aware, UTC."""
        return datetime.fromtimestamp(self.created, UTC)


@dataclass(slots=True)
class Phone:
    """A phone that somebody looks at. `version` grows with each change seen on its screen."""

    number: str
    name: str = ""
    by_hand: bool = False
    version: int = 0
    sids: list[str] = field(default_factory=list)


def new_sid(prefix: str = "SM") -> str:
    """Return an id of the provider's form."""
    return prefix + uuid.uuid4().hex


class Store:
    """All that the sandbox remembers. Every method is safe to call from any thread."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._messages: OrderedDict[str, Message] = OrderedDict()
        self._phones: OrderedDict[str, Phone] = OrderedDict()
        self._opted_out: set[tuple[str, str]] = set()
        self._totals: Counter[str] = Counter()
        self._version = 0
        self._archive = Archive(path) if path else None
        if self._archive:
            self._load(self._archive)

    def add(self, message: Message) -> None:
        """Keep a message and show it on its phone, which is made if need be."""
        with self._lock:
            self._messages[message.sid] = message
            phone = self._phones.setdefault(message.phone, Phone(message.phone))
            phone.sids.append(message.sid)
            self._totals["inbound" if message.inbound else "outbound"] += 1
            self._changed(phone)
            self._save(message, phone)
            while len(self._messages) > MAX_MESSAGES:
                self._forget_oldest()

    def get(self, sid: str) -> Message | None:
        """Return one message, or None."""
        with self._lock:
            return self._messages.get(sid)

    def move(self, sid: str, status: str, error_code: int | None = None) -> None:
        """Move a message to a later status; an earlier one is ignored."""
        with self._lock:
            message = self._messages.get(sid)
            if message is None or PROGRESS.get(status, FINAL) <= PROGRESS.get(
                message.status, FINAL
            ):
                return
            message.status = status
            message.error_code = error_code
            message.updated = datetime.now(UTC).timestamp()
            if status == "sent":
                message.sent = message.updated
            self._totals[status] += 1
            self._touch(message)

    def record_callback(self, sid: str, status: str, answer: int | None) -> None:
        """Note that a status was told to the program, and its HTTP answer (None: none came)."""
        with self._lock:
            message = self._messages.get(sid)
            if message is None:
                return
            message.callbacks.append({"status": status, "http": answer})
            self._touch(message)

    def messages(
        self, phone: str = "", sender: str = "", *, outbound: bool = False
    ) -> list[Message]:
        """List messages, newest first, of one phone or one sender if given."""
        with self._lock:
            if phone:
                found = self._phones.get(phone)
                sids = list(found.sids) if found else []
                chosen = [self._messages[sid] for sid in sids if sid in self._messages]
            else:
                chosen = list(self._messages.values())
        return [
            message
            for message in reversed(chosen)
            if (not sender or message.sender == sender) and not (outbound and message.inbound)
        ]

    def add_phone(self, number: str, name: str = "") -> None:
        """Put a phone on the page, with or without messages."""
        with self._lock:
            phone = self._phones.setdefault(number, Phone(number))
            phone.by_hand = True
            phone.name = name or phone.name
            self._changed(phone)
            self._save(None, phone)

    def is_by_hand(self, number: str) -> bool:
        """Whether somebody put this phone on the page."""
        with self._lock:
            phone = self._phones.get(number)
            return phone is not None and phone.by_hand

    def touch_phone(self, number: str) -> None:
        """Have a phone's screen drawn again; made if a call is the first thing on it."""
        with self._lock:
            self._changed(self._phones.setdefault(number, Phone(number)))

    def phones(self, search: str = "", limit: int = 24) -> tuple[int, list[Phone]]:
        """Return the present version and the phones, the last changed first.

        `search` keeps the numbers (digits) or names that hold it.
        """
        digits = "".join(char for char in search if char.isdigit()).removeprefix("0")
        words = "" if digits else search.strip().lower()
        with self._lock:
            chosen: list[Phone] = []
            for phone in reversed(self._phones.values()):
                if len(chosen) >= limit:
                    break
                if digits in phone.number and words in phone.name.lower():
                    chosen.append(phone)
            return self._version, chosen

    def thread(self, phone: Phone, limit: int = 60) -> list[Message]:
        """Return the last messages of a phone, oldest first."""
        with self._lock:
            return [self._messages[sid] for sid in phone.sids[-limit:] if sid in self._messages]

    def opt(self, phone: str, sender: str, *, out: bool) -> None:
        """Note that a phone refuses (or takes again) what a sender writes."""
        with self._lock:
            (self._opted_out.add if out else self._opted_out.discard)((phone, sender))
            if self._archive:
                self._archive.put("opt_out", f"{phone} {sender}", {"out": out})

    def opted_out(self, phone: str, sender: str) -> bool:
        """Whether a phone refuses a sender."""
        with self._lock:
            return (phone, sender) in self._opted_out

    def totals(self) -> dict[str, int]:
        """Return how many messages there were, by direction and by status reached."""
        with self._lock:
            return dict(self._totals)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._messages.clear()
            self._phones.clear()
            self._opted_out.clear()
            self._totals.clear()
            self._version += 1
            if self._archive:
                self._archive.clear()

    def close(self) -> None:
        """Write what is not written yet."""
        if self._archive:
            self._archive.close()

    def _touch(self, message: Message) -> None:
        phone = self._phones.get(message.phone)
        if phone:
            # A new status does not bring the phone to the front of the page.
            self._changed(phone)
        self._save(message, None)

    def _changed(self, phone: Phone) -> None:
        self._version += 1
        phone.version = self._version
        self._phones.move_to_end(phone.number)

    def _forget_oldest(self) -> None:
        sid, message = self._messages.popitem(last=False)
        phone = self._phones.get(message.phone)
        if phone:
            phone.sids.remove(sid)
            if not phone.sids and not phone.by_hand:
                del self._phones[phone.number]
        if self._archive:
            self._archive.put("message", sid, None)

    def _save(self, message: Message | None, phone: Phone | None) -> None:
        if self._archive is None:
            return
        if message:
            self._archive.put("message", message.sid, message)
        if phone:
            self._archive.put("phone", phone.number, {"name": phone.name, "by_hand": phone.by_hand})

    def _load(self, archive: "Archive") -> None:
        for number, value in archive.read("phone"):
            self._phones[number] = Phone(number, value["name"], value["by_hand"])
        stored = [Message(**value) for _sid, value in archive.read("message")]
        for message in sorted(stored, key=lambda one: one.created):
            self._messages[message.sid] = message
            phone = self._phones.setdefault(message.phone, Phone(message.phone))
            phone.sids.append(message.sid)
        for phone in sorted(self._phones.values(), key=self._last_activity):
            self._changed(phone)
        for key, value in archive.read("opt_out"):
            if value["out"]:
                number, _space, sender = key.partition(" ")
                self._opted_out.add((number, sender))

    def _last_activity(self, phone: Phone) -> float:
        return self._messages[phone.sids[-1]].created if phone.sids else 0.0


class Archive:
    """A SQLite file written in batches by a thread of its own, never by a request."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS thing"
            " (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key))"
        )
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._pending: dict[tuple[str, str], Any] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="archive", daemon=True)
        self._thread.start()

    def put(self, kind: str, key: str, value: Any) -> None:
        """Remember to write a value soon; None removes it."""
        with self._lock:
            self._pending[kind, key] = value

    def read(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """Return all keys and values of a kind."""
        rows = self._database.execute("SELECT key, value FROM thing WHERE kind = ?", (kind,))
        return [(key, json.loads(value)) for key, value in rows]

    def clear(self) -> None:
        """Remove everything."""
        with self._writing:
            with self._lock:
                self._pending.clear()
            self._database.execute("DELETE FROM thing")
            self._database.commit()

    def close(self) -> None:
        """Write what is left and close the file."""
        self._stop.set()
        self._thread.join(5)
        self._write()
        self._database.close()

    def _run(self) -> None:
        while not self._stop.wait(0.3):
            self._write()

    def _write(self) -> None:
        with self._writing:
            with self._lock:
                pending, self._pending = self._pending, {}
            for (kind, key), value in pending.items():
                if value is None:
                    self._database.execute(
                        "DELETE FROM thing WHERE kind = ? AND key = ?", (kind, key)
                    )
                    continue
                plain = asdict(value) if isinstance(value, Message) else value
                self._database.execute(
                    "INSERT OR REPLACE INTO thing VALUES (?, ?, ?)",
                    (kind, key, json.dumps(plain)),
                )
            if pending:
                self._database.commit()
