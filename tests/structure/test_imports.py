"""House rules on imports that are finer than floors: what rules and services may not know."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("calls", "tickets", "routing", "messaging", "estate", "members")

# Where the trade is written down: no web, no queue, no cache, no provider.
INNER = ("services", "queries", "models", "rules", "states", "records")
OUTSIDE_WORLD = {"flask", "rq", "redis", "valkey", "twilio", "requests", "smtplib", "werkzeug"}

# The database and the clock stay out of pure rules as well.
PURE = ("rules", "states")
IMPURE = {"sqlalchemy", "flask_sqlalchemy", "psycopg"}
IMPURE_OURS = {
    "callcenter.core.db",
    "callcenter.core.audit",
    "callcenter.core.clock.now",
    "callcenter.core.clock.today",
}
THE_TIME = ("clock.now(", "clock.today(", "datetime.now(", "date.today(")

# The one place that knows the provider's client, and the one that checks its signature.
TWILIO = {"callcenter/messaging/gateway.py"}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _kind(path: Path) -> str:
    """The part of a module's name that says what it is: ``visit_services`` is ``services``."""
    inside = path.relative_to(ROOT / "callcenter").parts[1:-1]
    if inside and inside[0] in (*INNER, "views"):
        return inside[0]
    return path.stem.rpartition("_")[2]


def _modules(kinds: tuple[str, ...]) -> list[Path]:
    return [
        path
        for room in ROOMS
        for path in sorted((ROOT / "callcenter" / room).rglob("*.py"))
        if _kind(path) in kinds
    ]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", _modules(INNER), ids=_name)
def test_inner_modules_know_nothing_of_the_outside_world(path: Path) -> None:
    known = {name.partition(".")[0] for name in _imports(path)}
    assert not known & OUTSIDE_WORLD


@pytest.mark.parametrize("path", _modules(PURE), ids=_name)
def test_rules_and_states_are_pure(path: Path) -> None:
    names = set(_imports(path))
    assert not {name.partition(".")[0] for name in names} & IMPURE
    assert not names & IMPURE_OURS
    text = path.read_text(encoding="utf-8")
    assert not [reading for reading in THE_TIME if reading in text]


def test_only_the_gateway_sends_through_twilio() -> None:
    senders = {
        _name(path)
        for folder in ("callcenter", "workers")
        for path in (ROOT / folder).rglob("*.py")
        if any(name.startswith(("twilio.rest", "twilio.http")) for name in _imports(path))
    }
    assert senders == TWILIO


def test_only_transaction_commits() -> None:
    """One commit, at the edge: nobody else says ``commit()`` on a session."""
    allowed = {"callcenter/core/db.py"}
    found = {
        _name(path)
        for room in ROOMS
        for path in (ROOT / "callcenter" / room).rglob("*.py")
        if ".session.commit(" in path.read_text(encoding="utf-8")
    }
    assert found <= allowed
