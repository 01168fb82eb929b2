"""From the outbox to Redis: bounded, at the allowed rate, shared between two of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from redis import Redis

from callcenter.core import queues
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.core.queues import QueueName
from callcenter.messaging import upkeep
from tests.outbox import change, every_message, queue_one
from tests.world import World
from workers import dispatcher
from workers.dispatcher import PER_JOB, Bucket, Dispatcher


@pytest.fixture
def redis_url(app: Flask) -> str:
    url = str(app.config["SETTINGS"].redis_url)
    with Redis.from_url(url) as client:
        client.flushdb()
    return url


def test_what_is_due_is_handed_out_once(app: Flask, world: World, redis_url: str) -> None:
    for _one in range(3):
        queue_one(world.a.id)
    hands_out = Dispatcher(redis_url, 100)
    assert hands_out.step() == 3
    assert hands_out.step() == 0
    jobs = queues.queue(QueueName.MESSAGES_URGENT, redis_url).jobs
    assert [job.args for job in jobs] == [[[one.id for one in every_message()]]]


def test_without_redis_nothing_is_marked(app: Flask, world: World) -> None:
    queue_one(world.a.id)
    assert Dispatcher("redis://127.0.0.1:9/0", 100).step() is None
    assert every_message()[0].enqueued_at is None


def test_redis_lost_between_the_look_and_the_push(
    app: Flask, world: World, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_one(world.a.id)
    monkeypatch.setattr(queues, "enqueue_all", lambda *_args: False)
    assert Dispatcher(redis_url, 100).step() is None
    assert every_message()[0].enqueued_at is None


def test_a_backlog_waits_in_the_database(
    app: Flask, world: World, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "MOST_WAITING", 2)
    monkeypatch.setattr(dispatcher, "PER_JOB", 8)
    for _one in range(20):
        queue_one(world.a.id)
    hands_out = Dispatcher(redis_url, 1000)
    while hands_out.step():
        pass
    assert sum(one.enqueued_at is None for one in every_message()) == 20 - 16


def test_the_rate_is_kept(app: Flask, world: World, redis_url: str) -> None:
    for _one in range(8):
        queue_one(world.a.id)
    assert Dispatcher(redis_url, 5).step() == 5


def test_a_spent_rate_is_let_fill_a_job(app: Flask, world: World, redis_url: str) -> None:
    """A backlog leaves job by job, an idle dispatcher looks at once."""
    time = [0.0]
    hands_out = Dispatcher(redis_url, 100, now=lambda: time[0])
    assert hands_out.rest() == 0
    hands_out._bucket.spend(100)
    assert hands_out.rest() == PER_JOB / 100
    time[0] = 0.1
    assert hands_out.rest() == pytest.approx((PER_JOB - 10) / 100)
    slow = Dispatcher(redis_url, 1, now=lambda: time[0])
    assert slow.rest() == 0
    slow._bucket.spend(1)
    assert slow.rest() == 0.2


def test_a_bucket_fills_with_time() -> None:
    time = [0.0]
    bucket = Bucket(10, now=lambda: time[0])
    bucket.spend(bucket.available())
    assert bucket.available() == 0
    time[0] = 0.5
    assert bucket.available() == 5
    time[0] = 60
    assert bucket.available() == 10


def test_two_at_once_share_the_work(app: Flask, world: World) -> None:
    numbers = [queue_one(world.a.id) for _one in range(60)]

    def take(_index: int) -> list[int]:
        taken: list[int] = []
        with app.app_context():
            for _round in range(10):
                with session_scope(Scope(everything=True)), transaction():
                    taken += [due.id for due in upkeep.take_due(7)]
        return taken

    with ThreadPoolExecutor(3) as pool:
        shares = list(pool.map(take, range(3)))
    together = [number for share in shares for number in share]
    assert sorted(together) == numbers


def test_a_far_off_message_is_left_alone(app: Flask, world: World, redis_url: str) -> None:
    from tests.outbox import ago

    change(queue_one(world.a.id), not_before=ago(hours=-1))
    assert Dispatcher(redis_url, 100).step() == 0
