"""The queues: which work waits where, and how to add to it. Only edges and machinery call it.

A job carries ids, nothing else, and is named by a string, because workers stand above this
house. It may be lost at any moment (Redis keeps nothing that matters): whoever enqueues has
already written the row by which a sweep finds the work again.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

log = logging.getLogger(__name__)

# JSON and not pickle: whoever can write to Redis must not be able to run code here.
SERIALIZER: Final = JSONSerializer

_FAILED_KEPT_SECONDS = 24 * 3600


class QueueName(StrEnum):
    """The queues, in the order in which a worker empties them."""

    MESSAGES_URGENT = "messages-urgent"
    MESSAGES = "messages"
    DEFAULT = "default"
    IMPORTS = "imports"


class Job(StrEnum):
    """Every job by the name of its function; a test proves that each exists."""

    SEND_MESSAGES = "workers.messages.send"
    SEND_URGENT_MESSAGES = "workers.messages.send_urgent"
    RUN_IMPORT = "workers.imports.run"
    SEND_EMAILS = "workers.emails.send"
    TRY_RULES = "workers.what_ifs.run"
    TAKE_RECORDING_STEP = "workers.recordings.take_step"


# Job -> its queue and the seconds it may take.
JOBS: Final[Mapping[Job, tuple[QueueName, int]]] = {
    Job.SEND_MESSAGES: (QueueName.MESSAGES, 180),
    Job.SEND_URGENT_MESSAGES: (QueueName.MESSAGES_URGENT, 180),
    Job.RUN_IMPORT: (QueueName.IMPORTS, 3600),
    Job.SEND_EMAILS: (QueueName.DEFAULT, 120),
    Job.TRY_RULES: (QueueName.DEFAULT, 600),
    Job.TAKE_RECORDING_STEP: (QueueName.DEFAULT, 120),
}


@dataclass(frozen=True, slots=True)
class Task:
    """One job to add: its name and what it is called with (ids: JSON)."""

    job: Job
    args: Sequence[Any]


@lru_cache(maxsize=4)
def connection(redis_url: str) -> Redis:
    """Return this process's connection to Redis, with short patience: a page never waits long."""
    return Redis.from_url(
        redis_url,
        socket_connect_timeout=1,
        socket_timeout=2,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 1),
    )


def queue(name: QueueName, redis_url: str) -> Queue:
    """Return one queue."""
    return Queue(name, connection=connection(redis_url), serializer=SERIALIZER)


def enqueue(redis_url: str, job: Job, *args: Any) -> bool:
    """Add a job; False, and a log line, when Redis is away (the sweep finds the work later)."""
    return enqueue_all(redis_url, [Task(job, args)])


def enqueue_all(redis_url: str, tasks: Iterable[Task]) -> bool:
    """Add many jobs in as few exchanges as there are queues; never raises for want of Redis."""
    by_queue: dict[QueueName, list[Any]] = {}
    for task in tasks:
        name, seconds = JOBS[task.job]
        data = Queue.prepare_data(
            task.job.value,
            args=list(task.args),
            timeout=seconds,
            result_ttl=0,
            failure_ttl=_FAILED_KEPT_SECONDS,
        )
        by_queue.setdefault(name, []).append(data)
    try:
        for name, datas in by_queue.items():
            queue(name, redis_url).enqueue_many(datas)
    except RedisError as error:
        log.warning("Redis is away, jobs wait for the sweep: %s", type(error).__name__)
        return False
    return True


def waiting(redis_url: str, names: Iterable[QueueName]) -> int | None:
    """Return how many jobs wait in these queues; None when Redis is away."""
    try:
        return sum(queue(name, redis_url).count for name in names)
    except RedisError:
        return None
