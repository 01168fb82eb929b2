"""A worker that kills itself, as a power cut would, at a named point of its first message."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from callcenter.messaging.gateway import Gateway
from callcenter.tickets.services.what_ifs import Trial
from workers import messages, worker
from workers.process import start_process

Anything = Callable[..., Any]


def die(*_args: object, **_kwargs: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying_after(work: Anything) -> Anything:
    def done(*args: object, **kwargs: object) -> None:
        work(*args, **kwargs)
        die()

    return done


POINTS: dict[str, Callable[[], None]] = {
    "before_claim": lambda: setattr(messages, "claim_messages", die),
    "after_claim": lambda: setattr(Gateway, "send", die),
    "after_post": lambda: setattr(messages, "store_answers", die),
    "after_sid": lambda: setattr(messages, "send_all", dying_after(messages.send_all)),
    "in_what_if": lambda: setattr(Trial, "step", dying_after(Trial.step)),
}

if __name__ == "__main__":
    POINTS[sys.argv[1]]()
    sys.exit(worker.run(start_process("dying worker")))
