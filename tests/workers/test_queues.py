"""Jobs are names: each exists, each queue is served, and Redis away hurts nobody."""

import importlib
import inspect

import pytest
from flask import Flask
from redis import Redis

from callcenter.core import queues
from callcenter.core.queues import JOBS, Job, QueueName, Task, enqueue, enqueue_all, waiting
from workers.worker import AppWorker

NOWHERE = "redis://127.0.0.1:9/0"


@pytest.fixture
def redis_url(app: Flask) -> str:
    url = str(app.config["SETTINGS"].redis_url)
    with Redis.from_url(url) as client:
        client.flushdb()
    return url


def served(app: Flask) -> set[str]:
    return set(AppWorker(app, list(QueueName)).queue_names())


def test_every_job_has_a_queue() -> None:
    assert set(JOBS) == set(Job)


@pytest.mark.parametrize("job", list(Job))
def test_every_job_name_imports(job: Job) -> None:
    module, _dot, name = job.value.rpartition(".")
    function = getattr(importlib.import_module(module), name)
    assert inspect.isfunction(function)


def test_every_queue_is_served(app: Flask, redis_url: str) -> None:
    assert {str(name) for name, _seconds in JOBS.values()} <= served(app)


def test_jobs_travel_as_json(app: Flask, redis_url: str) -> None:
    assert enqueue(redis_url, Job.SEND_MESSAGES, [1, 2])
    assert waiting(redis_url, [QueueName.MESSAGES]) == 1
    (job,) = queues.queue(QueueName.MESSAGES, redis_url).jobs
    assert job.args == [[1, 2]]
    with Redis.from_url(redis_url) as client:
        data = client.hget(f"rq:job:{job.id}", "data")
    import zlib

    assert b"workers.messages.send" in zlib.decompress(data)


def test_redis_away_is_said_and_not_raised() -> None:
    assert not enqueue(NOWHERE, Job.SEND_MESSAGES, [1])
    assert not enqueue_all(NOWHERE, [Task(Job.SEND_MESSAGES, [[1]])])
    assert waiting(NOWHERE, list(QueueName)) is None


def test_a_job_has_a_context_and_a_session_of_its_own(app: Flask, redis_url: str) -> None:
    enqueue(redis_url, Job.SEND_MESSAGES, [10**9])
    worker = AppWorker(app, [QueueName.MESSAGES])
    assert worker.work(burst=True, logging_level="ERROR")
    assert worker.failed_job_count == 0
