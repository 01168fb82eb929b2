"""A worker that kills itself, as a power cut would, at a named point of its first message."""

import itertools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from callcenter.messaging.gateway import Gateway
from callcenter.messaging.sending import store_answers
from callcenter.tickets.services.what_ifs import Trial
from workers import messages, worker
from workers.process import start_process

Anything = Callable[..., Any]


def die(*_args: object, **_kwargs: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying_after(work: Anything, times: int = 1) -> Anything:
    """Do the work, and die once it has been done so many times."""
    left = itertools.count(1)

    def done(*args: object, **kwargs: object) -> Any:
        answer = work(*args, **kwargs)
        if next(left) >= times:
            die()
        return answer

    return done


def after_five_posts() -> None:
    messages.AT_ONCE = 4  # so that some of the group have not been asked for
    setattr(Gateway, "send", dying_after(Gateway.send, 5))  # noqa: B010 - for mypy


def after_a_store() -> None:
    """Some of the group are stored, others asked for, others not."""
    messages.AT_ONCE = 4
    setattr(messages, "store_answers", dying_after(store_answers))  # noqa: B010


POINTS: dict[str, Callable[[], None]] = {
    "before_claim": lambda: setattr(messages, "claim_messages", die),
    "after_claim": lambda: setattr(Gateway, "send", die),
    "after_post": lambda: setattr(messages, "store_answers", die),
    "after_sid": lambda: setattr(messages, "send_all", dying_after(messages.send_all)),
    "after_five_posts": after_five_posts,
    "after_a_store": after_a_store,
    "in_what_if": lambda: setattr(Trial, "step", dying_after(Trial.step)),
}

if __name__ == "__main__":
    POINTS[sys.argv[1]]()
    sys.exit(worker.run(start_process("dying worker")))
