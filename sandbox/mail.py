"""Catching e-mails: an SMTP server that delivers nothing, and the box that keeps what came."""

import asyncio
import email
import email.policy
import json
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

MAX_MAILS = 2000


class Refusal(StrEnum):
    """What the mail server does instead of taking an e-mail."""

    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    DROPPED = "dropped"  # takes it, then the line falls before the answer


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail as it was handed over. ``at`` is epoch seconds."""

    number: int
    at: float
    sender: str
    to: list[str]
    subject: str
    body: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def moment(self) -> datetime:
        """When it came, aware, UTC."""
        return datetime.fromtimestamp(self.at, UTC)


class MailBox:
    """The e-mails caught, newest first; safe to use from any thread."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._mails: deque[Mail] = deque(maxlen=MAX_MAILS)
        self._refusals: deque[Refusal] = deque()
        self._file = file
        if self._file and self._file.exists():
            lines = self._file.read_text(encoding="utf-8").splitlines()[-MAX_MAILS:]
            self._mails.extend(Mail(**json.loads(line)) for line in lines)
        self._next = self._mails[-1].number + 1 if self._mails else 1

    def take(self, sender: str, to: list[str], letter: EmailMessage) -> Mail:
        """Keep an e-mail."""
        part = letter.get_body(("plain", "html"))
        with self._lock:
            mail = Mail(
                number=self._next,
                at=time.time(),
                sender=str(letter.get("From", sender)),
                to=to,
                subject=str(letter.get("Subject", "")),
                body=str(part.get_content()).replace("\r\n", "\n") if part else "",
                headers={name: str(value) for name, value in letter.items()},
            )
            self._next += 1
            self._mails.append(mail)
            if self._file:
                with self._file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(mail)) + "\n")
            return mail

    def found(self, search: str = "") -> list[Mail]:
        """Return the e-mails, newest first, whose address, subject or text holds ``search``."""
        wanted = search.strip().lower()
        with self._lock:
            newest = list(reversed(self._mails))
        return [
            mail
            for mail in newest
            if wanted in " ".join((*mail.to, mail.sender, mail.subject, mail.body)).lower()
        ]

    def refuse_next(self, how: Refusal, count: int = 1) -> None:
        """Refuse the next e-mails."""
        with self._lock:
            self._refusals.extend([how] * count)

    def next_refusal(self) -> Refusal | None:
        """Take one refusal that was asked for."""
        with self._lock:
            return self._refusals.popleft() if self._refusals else None

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._mails.clear()
            self._refusals.clear()
            if self._file:
                self._file.unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing waits to be written."""


class _Handler:
    def __init__(self, box: MailBox) -> None:
        self._box = box

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take one e-mail, or refuse it as asked."""
        refusal = self._box.next_refusal()
        if refusal is Refusal.TEMPORARY:
            return "451 4.7.1 Please try again later"
        if refusal is Refusal.PERMANENT:
            return "550 5.1.1 No such mailbox"
        content = cast("bytes", envelope.content or b"")
        letter = email.message_from_bytes(content, policy=email.policy.default)
        self._box.take(envelope.mail_from or "", list(envelope.rcpt_tos), letter)
        if refusal is Refusal.DROPPED:
            transport: Any = server.transport
            transport.abort()
        return "250 OK"


class MailServer:
    """The SMTP server, in a thread of its own."""

    def __init__(self, box: MailBox, host: str, port: int) -> None:
        self._loop = asyncio.new_event_loop()
        handler = _Handler(box)
        self._server = self._loop.run_until_complete(
            self._loop.create_server(
                lambda: SMTP(handler, hostname="sandbox", loop=self._loop), host, port
            )
        )
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._server.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
