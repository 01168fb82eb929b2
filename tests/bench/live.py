"""From an exchange's webhook to the event on two hundred agents' screens."""

import json
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field

import requests
from sqlalchemy import select

from callcenter.calls.exchanges import issue_key
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.members.models import Organisation, PhoneLine
from tests.bench.base import Base
from tests.bench.measures import Results
from tests.bench.pages import AGENT
from tests.bench.web import Browser, web

SCREENS = 200
CALLS_PER_SECOND = 5
CALLS = 100
_PATIENCE = 30.0


@dataclass
class _Screens:
    """Open streams of one browser's session, read by one thread; arrivals by caller's number."""

    origin: str
    cookies: str
    arrivals: dict[str, list[float]] = field(default_factory=dict)
    snapshots: int = 0
    _stop: bool = False

    def __post_init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def open(self, count: int) -> None:
        """Open the streams and wait until each has shown its first snapshot."""
        host, _, port = self.origin.removeprefix("http://").partition(":")
        self._thread.start()
        for _number in range(count):
            line = socket.create_connection((host, int(port)), timeout=_PATIENCE)
            line.sendall(
                b"GET /desk/events HTTP/1.1\r\nHost: " + host.encode() + b"\r\n"
                b"Cookie: " + self.cookies.encode() + b"\r\n\r\n"
            )
            line.setblocking(False)
            self._selector.register(line, selectors.EVENT_READ, bytearray())
        limit = time.monotonic() + _PATIENCE
        while self.snapshots < count:
            if time.monotonic() > limit:
                raise SystemExit(f"error: {self.snapshots} of {count} screens connected")
            time.sleep(0.05)

    def close(self) -> None:
        """Close them all."""
        self._stop = True
        self._thread.join(5)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def _read(self) -> None:
        while not self._stop:
            for key, _events in self._selector.select(0.2):
                at = time.perf_counter()
                try:
                    data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                except OSError:
                    data = b""
                if not data:
                    self._selector.unregister(key.fileobj)
                    continue
                self._take(key.data, data, at)

    def _take(self, buffer: bytearray, data: bytes, at: float) -> None:
        buffer += data
        while (end := buffer.find(b"\n\n")) >= 0:
            block = bytes(buffer[:end])
            del buffer[: end + 2]
            if b"event: snapshot" in block:
                self.snapshots += 1
            elif b"event: call" in block:
                content = block.partition(b"data: ")[2].partition(b"\n")[0].rstrip(b"\r")
                self.arrivals.setdefault(json.loads(content)["number"], []).append(at)


def measure(base: Base, results: Results) -> None:
    """Print the line of live calls: every arrival on every screen counts."""
    app = base.app()
    with app.app_context(), session_scope(Scope(everything=True)):
        platform = select(Organisation.id).where(Organisation.kind == "platform")
        with transaction() as session:
            owner = session.scalars(platform).one()
            key = issue_key(owner, "bench")
            line = session.scalars(
                select(PhoneLine.number).where(PhoneLine.active).order_by(PhoneLine.id).limit(1)
            ).one()
    with web(base) as process:
        origin = base.settings.public_origin
        process.wait_for(origin)
        browser = Browser(origin, AGENT)
        cookies = "; ".join(f"{name}={value}" for name, value in browser._cookies.items())
        screens = _Screens(origin, cookies)
        screens.open(SCREENS)
        told = _tell(f"{origin}/webhooks/cti/{key}", line)
        time.sleep(2)
        memory = process.memory_mb() / base.settings.web_processes
        screens.close()
    waits = [
        at - told[number] for number, times in screens.arrivals.items() for at in times
        if number in told
    ]  # fmt: skip
    results.times(
        "webhook_to_screen",
        waits,
        screens=SCREENS,
        calls_per_second=CALLS_PER_SECOND,
        seen=round(len(waits) / (SCREENS * CALLS), 3),
        memory_mb=round(memory),
    )


def _tell(url: str, line: str) -> dict[str, float]:
    """Have the exchange report new calls at a steady pace; return when each was told."""
    told: dict[str, float] = {}
    threads = []
    start = time.perf_counter()
    with requests.Session() as http:
        http.trust_env = False
        for number in range(CALLS):
            shown = f"06 39 98 {30 + number // 100:02d} {number % 100:02d}"
            fields = {
                "event": "newCall", "callId": f"{start}-{number}", "from": shown, "to": line,
            }  # fmt: skip
            time.sleep(max(0.0, start + number / CALLS_PER_SECOND - time.perf_counter()))
            told[shown] = time.perf_counter()
            thread = threading.Thread(
                target=http.post, args=(url,), kwargs={"data": fields, "timeout": 10}
            )
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()
    return told
