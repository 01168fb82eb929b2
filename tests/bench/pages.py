"""Whole pages through the web process, as a signed-in person, one after the other and at once."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any
from urllib.parse import quote

from flask import Flask
from sqlalchemy import event

from callcenter.core import database_roles as roles
from callcenter.core.db import db
from callcenter.demo.bulk_members import DOMAIN
from callcenter.ui.pagination import encode_cursor
from tests.bench.base import PASSWORD, Base
from tests.bench.measures import WARM_UP, Results, rate, timed
from tests.bench.samples import Caller, Samples
from tests.bench.web import Browser, Process, web
from tests.members.browser import Browser as InProcess

AGENT = f"agent1@{DOMAIN}"
CLIENTS = 8
# A category that goes around the clock: its message leaves at once, whatever the hour.
URGENT, ORDINARY = "T-FUI", "T-PLB"

Page = Callable[[Any, int], object]


def pages(samples: Samples, *, staff_only: bool = False) -> dict[str, Page]:
    """The measured pages: name -> how a browser asks for the n-th one."""
    callers, common = samples.callers, samples.common_names
    late = quote(encode_cursor(samples.agent_deep))
    old = quote(encode_cursor((samples.staff_deep,)))

    def search(words: list[str]) -> Page:
        def ask(browser: Any, n: int) -> object:
            line = callers[n % len(callers)].line_id
            return fragment(browser, f"/desk/{line}/search?q={quote(words[n % len(words)])}")

        return ask

    def tickets(query: str) -> Page:
        return lambda browser, _n: browser.get(f"/tickets?{query}")

    agent: dict[str, Page] = {
        "caller_lookup_by_phone": search([caller.typed for caller in callers]),
        "search_rare_name": search(samples.rare_names),
        "search_common_name": search(common),
        "search_mistyped_name": search(samples.mistyped),
        "search_address": search(samples.addresses),
        "desk_open": lambda browser, n: browser.get(f"/desk/{callers[n % len(callers)].line_id}"),
        "desk_with_caller": lambda browser, n: browser.get(desk_of(callers[n % len(callers)])),
        "desk_preview": lambda browser, n: browser.post(
            f"/desk/{callers[n % len(callers)].line_id}/preview", call(callers[n % len(callers)])
        ),
        "save_call_and_ticket": lambda browser, n: save(browser, callers[n % len(callers)]),
        "ticket_list_first_page": tickets(""),
        "ticket_list_deep_page": tickets(f"after={late}"),
        "ticket_page": lambda browser, n: browser.get(
            f"/tickets/{samples.tickets[n % len(samples.tickets)]}"
        ),
        "ticket_search_reference": lambda browser, n: browser.get(
            f"/tickets?q={samples.references[n % len(samples.references)]}"
        ),
        "ticket_search_rare_word": lambda browser, n: browser.get(
            f"/tickets?q={quote(samples.rare_names[n % len(samples.rare_names)])}"
        ),
        "ticket_search_common_word": tickets("q=plomberie"),
        "ticket_search_two_words": tickets("q=plomberie+martin"),
        "call_log": lambda browser, _n: browser.get("/calls"),
    }
    staff: dict[str, Page] = {
        "staff_list_first_page": tickets(""),
        "staff_list_all_deep_page": tickets(f"view=all&after={old}"),
        "staff_list_late": tickets("view=late"),
        "staff_list_one_category": tickets("priority=P1"),
    }
    return staff if staff_only else agent


def fragment(browser: Any, path: str) -> object:
    """Ask as htmx does, with either browser."""
    if isinstance(browser, Browser):
        return browser.fragment(path)
    return browser.get(path, headers={"HX-Request": "true"})


def desk_of(caller: Caller) -> str:
    """The desk's address with somebody on the line."""
    return f"/desk/{caller.line_id}?contact_id={caller.contact_id}&dwelling_id={caller.dwelling_id}"


def call(caller: Caller, category: str = ORDINARY) -> dict[str, str]:
    """What the desk's form says of a call that becomes a ticket."""
    return {
        "form_token": secrets.token_hex(16),
        "contact_id": str(caller.contact_id),
        "dwelling_id": str(caller.dwelling_id),
        "caller_kind": "contact",
        "direction": "in",
        "caller_number": caller.typed,
        "category": category,
        "location": "private",
        "sms_number": caller.typed,
        "description": "Mesure : le robinet de la cuisine fuit depuis ce matin.",
        "outcome": "ticket",
    }


def save(browser: Any, caller: Caller, category: str = ORDINARY) -> object:
    """Save a call with its ticket: routing, assignment, link and message in one commit."""
    return browser.act(f"/desk/{caller.line_id}/save", call(caller, category))


def measure(base: Base, samples: Samples, results: Results, repeat: int) -> None:
    """Print the line of each page, then what eight clients at once get, then the memory."""
    _settle(base)
    statements = count_statements(base, samples)
    with web(base) as process:
        process.wait_for(base.settings.public_origin)
        process.tell_memory(results, "web_process_memory_at_start")
        for person, staff_only in ((AGENT, False), (samples.staff_email, True)):
            browser = Browser(base.settings.public_origin, person)
            for name, page in pages(samples, staff_only=staff_only).items():
                turns = [_turn(page, browser, n) for n in range(repeat + WARM_UP)]
                before = process.cpu_seconds()
                seconds = timed(turns)
                spent = (process.cpu_seconds() - before) / len(turns)
                results.times(name, seconds, statements[name], web_cpu_ms=round(spent * 1000, 1))
        at_once(base, samples, results, repeat, process)
        process.tell_memory(results, "web_process_memory")


def _settle(base: Base) -> None:
    """End what an earlier run left waiting: nobody sends here, and a save tells it together."""
    with roles.connect(base.superuser_url) as connection:
        connection.execute("UPDATE message SET state = 'cancelled' WHERE state = 'queued'")


def _turn(page: Page, browser: Any, number: int) -> Callable[[], object]:
    return lambda: page(browser, number)


def at_once(base: Base, samples: Samples, results: Results, repeat: int, process: Process) -> None:
    """Eight agents, each with a connection and a session of its own."""
    found = pages(samples)
    browsers = [
        Browser(base.settings.public_origin, f"agent{n}@{DOMAIN}") for n in range(1, CLIENTS + 1)
    ]
    for name in ("ticket_list_first_page", "ticket_page", "save_call_and_ticket"):
        makers = [_maker(found[name], browser, start) for start, browser in enumerate(browsers)]
        before = process.cpu_seconds()
        per_second, done = rate(makers, max(repeat // 2, 10))
        spent = (process.cpu_seconds() - before) / (done + len(makers))
        results.tell(
            f"{name}_8_clients",
            per_second=round(per_second, 1),
            n=done,
            web_cpu_ms=round(spent * 1000, 1),
            web_processes=base.settings.web_processes,
        )


def _maker(page: Page, browser: Browser, start: int) -> Callable[[], Callable[[], object]]:
    numbers = cycle(range(start * 11, start * 11 + 10_000, CLIENTS))
    return lambda: _turn(page, browser, next(numbers))


def count_statements(base: Base, samples: Samples) -> dict[str, int]:
    """How many statements each page sends, but for those that only set its scope."""
    app = base.app()
    found: dict[str, int] = {}
    for person, staff_only in ((AGENT, False), (samples.staff_email, True)):
        browser = InProcess(app)
        browser.sign_in(person, PASSWORD)
        for name, page in pages(samples, staff_only=staff_only).items():
            page(_Poster(browser), 0)
            with counted(app) as statements:
                page(_Poster(browser), 1)
            found[name] = sum("set_config('app.member_ids'" not in one for one in statements)
    with app.app_context():
        db.engine.dispose()
    return found


class _Poster:
    """The in-process browser without the page that a form's token is read from."""

    def __init__(self, browser: InProcess) -> None:
        self._browser = browser
        self.get = browser.get

    def act(self, path: str, fields: dict[str, str]) -> object:
        """As a browser that has been to the page which the answer leads to."""
        answer = self.post(path, fields)
        with self._browser.client.session_transaction() as session:
            session.pop("_flashes", None)
        return answer

    def post(self, path: str, fields: dict[str, str]) -> object:
        self._browser.app.config["WTF_CSRF_ENABLED"] = False
        try:
            answer = self._browser.client.post(path, data=fields, headers={"User-Agent": "Firefox"})
        finally:
            self._browser.app.config["WTF_CSRF_ENABLED"] = True
        if answer.status_code >= 400:
            raise SystemExit(f"error: POST {path}: {answer.status_code}")
        return answer


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """Gather every statement sent to the database inside the block."""
    statements: list[str] = []

    def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
