"""From the outbox to the queue: due messages are handed to the workers, most urgent first.

No more than a few seconds' worth of work ever waits in Redis, so that memory stays flat under
any backlog, an emergency never stands behind it, and losing Redis loses next to nothing.
"""

import logging
import time
from collections.abc import Callable

from callcenter.core import queues
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.core.queues import Job, QueueName, Task
from callcenter.messaging.upkeep import Due, give_back, take_due

log = logging.getLogger(__name__)

BATCH = 500
# Messages per job at most: a worker sends them side by side.
PER_JOB = 16
# Jobs that may wait in Redis.
MOST_WAITING = 60
# Seconds that an emergency may have to wait for the rate to allow others with it.
_LONGEST_REST = 0.2

_EVERYTHING = Scope(everything=True)


class Bucket:
    """At most ``rate`` messages a second, with a reserve of one second's worth."""

    def __init__(self, rate: int, now: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._now = now
        self._level = float(rate)
        self._at = now()

    def available(self) -> int:
        """Return how many may leave now."""
        at = self._now()
        self._level = min(float(self.rate), self._level + (at - self._at) * self.rate)
        self._at = at
        return int(self._level)

    def spend(self, count: int) -> None:
        """Count messages that leave."""
        self._level -= count


class Dispatcher:
    """Hands out what is due. Two of them at once share the work (SKIP LOCKED)."""

    def __init__(
        self,
        redis_url: str,
        rate: int,
        per_sender: int | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """``rate`` for all together, ``per_sender`` for each name or number; a second each."""
        self._redis_url = redis_url
        self._now = now
        self._bucket = Bucket(rate, now)
        self._per_sender = per_sender or rate
        self._senders: dict[str, Bucket] = {}

    def step(self) -> int | None:
        """Hand out one batch; return how many messages, None if Redis is away."""
        waiting = queues.waiting(self._redis_url, (QueueName.MESSAGES_URGENT, QueueName.MESSAGES))
        if waiting is None:
            return None
        room = min(BATCH, (MOST_WAITING - waiting) * PER_JOB, self._bucket.available())
        if room <= 0:
            return 0
        with session_scope(_EVERYTHING), transaction():
            found = take_due(room, self._spent())
            due = [one for one in found if self._spend(one.sender)]
            if len(due) < len(found):
                kept = {one.id for one in due}
                give_back([one.id for one in found if one.id not in kept])
        if not due:
            return 0
        if not queues.enqueue_all(self._redis_url, tasks_for(due)):
            with session_scope(_EVERYTHING), transaction():
                give_back([one.id for one in due])
            return None
        self._bucket.spend(len(due))
        return len(due)

    def rest(self) -> float:
        """Return the seconds until the rate allows a whole job.

        A backlog handed out one by one would take a transaction and a job for each message.
        """
        missing = min(PER_JOB, self._bucket.rate) - self._bucket.available()
        return min(max(missing, 0) / self._bucket.rate, _LONGEST_REST)

    def _spent(self) -> list[str]:
        """Return the senders that may send nothing more for now."""
        return [sender for sender, bucket in self._senders.items() if not bucket.available()]

    def _spend(self, sender: str) -> bool:
        """Count one message of a sender, if it may send one."""
        bucket = self._senders.setdefault(sender, Bucket(self._per_sender, self._now))
        if not bucket.available():
            return False
        bucket.spend(1)
        return True


def tasks_for(due: list[Due]) -> list[Task]:
    """Return the jobs for these messages: urgent ones apart, in their own queue."""
    tasks = []
    for job, urgent in ((Job.SEND_URGENT_MESSAGES, True), (Job.SEND_MESSAGES, False)):
        ids = [one.id for one in due if one.urgent is urgent]
        tasks += [
            Task(job, [ids[start : start + PER_JOB]]) for start in range(0, len(ids), PER_JOB)
        ]
    return tasks
