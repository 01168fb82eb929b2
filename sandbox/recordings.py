"""What the provider records: real sounds, small ones, that live as long as this process.

A sandbox hears nothing: a recording is a soft tone of the length of what was recorded, as a WAV
file, so that a player plays it and shows its length.
"""

import io
import math
import struct
import threading
import time
import wave
from dataclasses import dataclass, field

from sandbox.store import new_sid

RATE = 8000
MOST_SECONDS = 30  # of sound; a longer recording is this long to the ear
_MOST_KEPT = 500


@dataclass(slots=True)
class Recording:
    """One recording. `status` is in-progress, paused, completed or absent."""

    sid: str
    call_sid: str
    callback: str = ""
    status: str = "in-progress"
    since: float = field(default_factory=time.time)
    seconds: float = 0.0

    @property
    def length(self) -> int:
        """Whole seconds, as the provider tells them."""
        return round(self.seconds)


class Recordings:
    """All recordings. Every method is safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, Recording] = {}

    def start(self, call_sid: str, callback: str = "") -> Recording:
        """Begin to record a call."""
        made = Recording(new_sid("RE"), call_sid, callback)
        with self._lock:
            self._kept[made.sid] = made
            for sid in list(self._kept)[:-_MOST_KEPT]:
                del self._kept[sid]
        return made

    def get(self, sid: str) -> Recording | None:
        """Return a recording, or None."""
        with self._lock:
            return self._kept.get(sid)

    def current(self, call_sid: str) -> Recording | None:
        """Return the one that goes on in a call."""
        with self._lock:
            mine = [one for one in self._kept.values() if one.call_sid == call_sid]
        return next((one for one in mine if one.status in {"in-progress", "paused"}), None)

    def change(self, recording: Recording, status: str) -> bool:
        """Pause, go on, or end; False for one that is over."""
        with self._lock:
            if recording.status in {"completed", "absent"}:
                return False
            if recording.status == "in-progress":
                recording.seconds += time.time() - recording.since
            recording.since = time.time()
            recording.status = "completed" if status == "stopped" else status
            return True

    def delete(self, sid: str) -> bool:
        """Forget a recording; False for one that is not known."""
        with self._lock:
            return self._kept.pop(sid, None) is not None

    def list(self) -> list[Recording]:
        """Return them all, oldest first."""
        with self._lock:
            return list(self._kept.values())

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()


def sound(seconds: float) -> bytes:
    """Return a WAV file: a soft tone with a pause every second."""
    count = int(RATE * min(max(seconds, 1.0), MOST_SECONDS))
    samples = bytearray()
    for place in range(count):
        heard = place % RATE < RATE * 0.7
        level = 6000 * math.sin(2 * math.pi * 330 * place / RATE) if heard else 0
        samples += struct.pack("<h", int(level))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(bytes(samples))
    return file.getvalue()
