"""From the ticket saved to the provider, and back: latency, dispatcher, status callbacks."""

import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import urlencode

import requests
from redis import Redis
from twilio.request_validator import RequestValidator

from callcenter.core import database_roles as roles
from callcenter.core.db import db
from callcenter.webhooks.twilio_sms import store_status
from tests.bench.base import Base, server_pids
from tests.bench.measures import Results, rate, timed
from tests.bench.pages import AGENT, URGENT, save
from tests.bench.samples import Caller, Samples
from tests.bench.web import Browser, Process, cpu_seconds, web
from workers.dispatcher import Dispatcher

_WAIT_SECONDS = 20
_END_TO_END = 30
_BACKLOG = 20_000
_CALLBACKS = 1_000
_UNLIMITED = 1_000_000
# Enough to see how fast they can leave, at a rate that no setting can exceed.
_CAPACITY, _FREELY = 2_000, 1_000
PROVIDER_MS = 100
_LOADING_SECONDS = 5  # the workers and the clockwork load the application
_STUCK_SECONDS = 60
STATUS_PATH = "/webhooks/twilio/status"

_Sent = tuple[int, str]  # our number and the provider's


def measure(base: Base, samples: Samples, results: Results, backlog: int, allowed: int) -> None:
    """Print the lines of the SMS path. Nothing here leaves the machine.

    The ``backlog`` drains at the rate of ``allowed`` messages a second.
    """
    _end_to_end(base, samples, results)
    _drain(base, results, "sms_sending", _CAPACITY, allowed=_FREELY)
    _drain(base, results, "sms_backlog", backlog, allowed=allowed)
    _dispatcher(base, results)
    _callbacks(base, results)


def _processes(base: Base, **environment: str) -> list[Process]:
    settings = base.settings
    port = settings.sandbox_url.rpartition(":")[2]
    account = {
        "SANDBOX_ACCOUNT_SID": settings.sms_account_sid,
        "SANDBOX_AUTH_TOKEN": settings.sms_auth_token,
    }
    sandbox = Process(
        base, "sandbox",
        ["-m", "sandbox", "--port", port, "--webhook-origin", settings.public_origin],
        **account,
    )  # fmt: skip
    return [
        sandbox,
        *(
            Process(base, f"worker-{number}", ["-m", "tests.bench.day_worker"])
            for number in range(1, settings.worker_count + 1)
        ),
        Process(base, "clockwork", ["-m", "workers", "clockwork"], **environment),
    ]


def _end_to_end(base: Base, samples: Samples, results: Results) -> None:
    """From the save's answer to the message on the sandbox's phone, one at a time."""
    with ExitStack() as running:
        process, sandbox, *others = (
            running.enter_context(one) for one in (web(base), *_processes(base))
        )
        process.wait_for(base.settings.public_origin)
        sandbox.wait_for(base.settings.sandbox_url)
        time.sleep(_LOADING_SECONDS)
        browser = Browser(base.settings.public_origin, AGENT)
        seconds = []
        with requests.Session() as http:
            http.trust_env = False
            for caller in samples.callers[: _END_TO_END + 3]:
                save(browser, caller, URGENT)
                saved = time.perf_counter()
                _wait_for_sms(http, base, caller)
                seconds.append(time.perf_counter() - saved)
        results.times("sms_ticket_saved_to_post", seconds[3:])
        for one in others[-2:]:
            results.tell(f"{one.name}_process_memory", mb=round(one.memory_mb(), 1))


def _drain(base: Base, results: Results, op: str, count: int, *, allowed: int) -> None:
    """How fast a backlog leaves at the allowed rate, with a provider that takes 100 ms.

    The provider's status callbacks come back to the web process all the while; ``told_per_second``
    is until the last of them is stored. ``grown_mb`` is what the workers and the clockwork gained
    between the first tenth and the end.
    """
    with Redis.from_url(base.settings.redis_url) as redis:
        redis.flushdb()
    rate = {"SMS_PER_SECOND": str(allowed), "SMS_PER_SECOND_PER_SENDER": str(allowed)}
    with ExitStack() as running:
        process, sandbox, *others = (
            running.enter_context(one) for one in (web(base), *_processes(base, **rate))
        )
        process.wait_for(base.settings.public_origin)
        sandbox.wait_for(base.settings.sandbox_url)
        with requests.Session() as http:
            http.trust_env = False
            answer = http.post(
                f"{base.settings.sandbox_url}/sandbox/api/behaviour",
                json={"scope": "all", "delay_ms": PROVIDER_MS},
                timeout=10,
            )
            answer.raise_for_status()
        time.sleep(_LOADING_SECONDS)
        parts: dict[str, list[int]] = {}
        for one in (process, sandbox, *others):
            parts.setdefault(one.name.partition("-")[0], []).append(one.pid)
        parts |= {name: [pid] for name, pid in server_pids(base).items()}
        first = _queue(base, count, "queued")[0][0]
        before, start = _spent(parts), time.perf_counter()
        early = 0.0

        def look(left: int) -> None:
            nonlocal early
            if not early and left <= count * 9 // 10:
                early = sum(one.memory_mb() for one in others)

        left_in = _until_none(base, first, ("queued", "sending"), start, look)
        grown = sum(one.memory_mb() for one in others) - early
        told_in = _until_none(base, first, ("accepted", "sent"), start)
        after = _spent(parts)
        results.tell(
            op,
            per_second=round(count / left_in, 1),
            told_per_second=round(count / told_in, 1),
            n=count,
            allowed_per_second=allowed,
            provider_ms=PROVIDER_MS,
            workers=base.settings.worker_count,
            grown_mb=round(grown, 1),
            cpu_ms=round(
                sum(after.values()) * 1000 / count - sum(before.values()) * 1000 / count, 2
            ),
            cpu_ms_of={
                name: round((after[name] - before[name]) * 1000 / count, 2) for name in parts
            },
        )
    _forget(base)


def _spent(parts: dict[str, list[int]]) -> dict[str, float]:
    """Processor seconds of each part of the program so far."""
    return {name: sum(map(cpu_seconds, pids)) for name, pids in parts.items()}


def _until_none(
    base: Base,
    first: int,
    states: tuple[str, ...],
    start: float,
    look: Callable[[int], None] = lambda _left: None,
) -> float:
    """Wait until none of our messages is in these states; return the seconds since the start."""
    left = -1
    at = time.perf_counter()
    while left:
        with roles.connect(base.superuser_url) as connection:
            row = connection.execute(
                b"SELECT count(*) FROM message WHERE id >= %s AND state = ANY(%s)",
                [first, list(states)],
            ).fetchone()
        left, was = int(str(row[0])) if row else 0, left
        now = time.perf_counter()
        at = now if left != was else at
        if now - at > _STUCK_SECONDS:
            raise SystemExit(f"error: {left} messages stay {states}, see var/bench/log")
        look(left)
        # Counting many is work too: seldom while many are left.
        time.sleep(0.1 if left < 5_000 else 2)
    return time.perf_counter() - start


def _wait_for_sms(http: requests.Session, base: Base, caller: Caller) -> None:
    limit = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < limit:
        answer = http.get(
            f"{base.settings.sandbox_url}/sandbox/api/messages",
            params={"phone": caller.number},
            timeout=10,
        )
        if answer.json()["messages"]:
            return
        time.sleep(0.005)
    raise SystemExit("error: no SMS at the sandbox, see var/bench/log/bench-worker.log")


def _queue(base: Base, count: int, state: str) -> list[_Sent]:
    """Put messages in the outbox, by the superuser: what is measured comes after.

    Each to a number of its own: the limit of the day would keep most of them back.
    """
    with roles.connect(base.superuser_url) as connection:
        rows = connection.execute(
            b"INSERT INTO message (member_id, to_number, trigger, body, segments, encoding,"
            b" urgent, state, state_at, reason, not_before, expires_at, attempts, try_number,"
            b" created_at, provider_id) SELECT (SELECT min(member_id) FROM dwelling),"
            b" '+33639' || lpad((n %% 1000000)::text, 6, '0'), 'received', 'mesure', 1, 'GSM-7', false, %s, now(), 'bench', now(),"
            b" now() + interval '1 day', 0, 1, now(), CASE WHEN %s = 'queued' THEN NULL"
            b" ELSE 'SMbench' || %s || n END"
            b" FROM generate_series(1, %s) AS n RETURNING id, coalesce(provider_id, '')",
            [state, state, secrets.token_hex(4), count],
        ).fetchall()
    return [(int(str(number)), str(provider_id)) for number, provider_id in rows]


def _forget(base: Base) -> None:
    with roles.connect(base.superuser_url) as connection:
        connection.execute("DELETE FROM message WHERE body = 'mesure'")


def _dispatcher(base: Base, results: Results) -> None:
    """Rows handed out a second, with nobody taking them: the queue is emptied in between."""
    app = base.app()
    with app.app_context(), Redis.from_url(base.settings.redis_url) as redis:
        redis.flushdb()
        _queue(base, _BACKLOG, "queued")
        dispatcher = Dispatcher(base.settings.redis_url, _UNLIMITED)
        done, took = 0, 0.0
        while True:
            start = time.perf_counter()
            handed = dispatcher.step()
            took += time.perf_counter() - start
            redis.flushdb()
            if not handed:
                break
            done += handed
        results.tell("dispatcher", per_second=round(done / took), n=done)
        db.session.remove()
        db.engine.dispose()
    _forget(base)


def _callbacks(base: Base, results: Results) -> None:
    """Statuses recorded a second: through the web process where it has the address."""
    app = base.app()
    ids = _queue(base, _CALLBACKS, "sent")
    if any(str(rule) == STATUS_PATH for rule in app.url_map.iter_rules()):
        _callbacks_over_http(base, results, ids)
    with app.app_context():
        seconds = timed([_recorded(*sent) for sent in ids[:_CALLBACKS]])
        results.times("status_recorded", seconds, per_second=round(len(seconds) / sum(seconds)))
        db.session.remove()
        db.engine.dispose()
    _forget(base)


def _recorded(number: int, provider_id: str) -> Callable[[], object]:
    def act() -> None:
        store_status(number, provider_id, "sent", None, {})

    return act


def _callbacks_over_http(base: Base, results: Results, ids: list[_Sent]) -> None:
    signer = RequestValidator(base.settings.sms_auth_token)
    with web(base) as process:
        process.wait_for(base.settings.public_origin)

        def maker(
            sessions: requests.Session, numbers: list[_Sent]
        ) -> Callable[[], Callable[[], object]]:
            left = iter(numbers)
            return lambda: lambda: _post(base, sessions, signer, *next(left))

        clients = 8
        sessions = [requests.Session() for _ in range(clients)]
        for one in sessions:
            one.trust_env = False
        each = len(ids) // clients - 1
        makers = [maker(one, ids[n::clients]) for n, one in enumerate(sessions)]
        parts = {"web": [process.pid], "postgres": [server_pids(base)["postgres"]]}
        before = _spent(parts)
        per_second, done = rate(makers, each)
        after = _spent(parts)
        results.tell(
            "status_callbacks",
            per_second=round(per_second),
            n=done,
            cpu_ms_of={
                name: round((after[name] - before[name]) * 1000 / (done + clients), 2)
                for name in parts
            },
        )


def _post(
    base: Base, http: requests.Session, signer: RequestValidator, number: int, provider_id: str
) -> None:
    url = f"{base.settings.public_origin}{STATUS_PATH}?{urlencode({'message': number})}"
    fields = {"MessageSid": provider_id, "MessageStatus": "delivered", "To": "+33639980000"}
    signature = signer.compute_signature(url, fields)
    answer = http.post(url, fields, headers={"X-Twilio-Signature": signature}, timeout=30)
    if answer.status_code >= 400:
        raise SystemExit(f"error: status callback: {answer.status_code} {answer.text[:300]}")
