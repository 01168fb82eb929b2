"""Every route: it names its permission, and none shows or touches another member's rows.

New routes are covered by themselves. A route's number is named after its table
(``<int:ticket_id>``), which is how the walk knows whose row to ask for.
"""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from callcenter.core.permissions import Permission
from callcenter.core.tables import metadata
from callcenter.ui.access import permission_of
from callcenter.ui.navigation import missing_endpoints
from tests.fill import MARK
from tests.world import World, as_system, sign_in

# Where a parameter's name is not its table's.
TABLE_OF = {
    "flag_id": "place_flag",
    "mapping_id": "import_mapping",
    "user_id": "user_account",
    "line_id": "phone_line",
    "template_id": "message_template",
    "rule_id": "routing_rule",
    "version_id": "routing_version",
    "run_id": "import_run",
    "member_id": "organisation",
    "phone_id": "contact_phone",
    "contract_id": "maintenance_contract",
    "view_id": "saved_view",
    "task_id": "call_task",
}
# Parameters that name no row of a member.
FREE = {"filename", "key", "token", "code", "trigger", "language", "kind", "version"}
SAFE = {"GET", "HEAD", "OPTIONS"}


def _rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if not rule.endpoint.endswith("static")]


def test_every_route_names_its_permission(app: Flask) -> None:
    nameless = [r.endpoint for r in _rules(app) if permission_of(app, r.endpoint) is None]
    assert nameless == []


def test_every_entry_of_the_menu_has_its_page(app: Flask) -> None:
    assert missing_endpoints(app) == []


def test_every_path_is_in_kebab_case(app: Flask) -> None:
    for rule in _rules(app):
        fixed = re.sub(r"<[^>]*>", "", rule.rule)
        assert re.fullmatch(r"[a-z0-9/.-]*", fixed), rule.rule


def _row_of(name: str, member_id: int) -> Any:
    """A row of the member that the route's parameter ``name`` stands for."""
    tables = metadata().tables
    if name == "reference":
        column = tables["ticket"].c.reference
    else:
        table = TABLE_OF.get(name, name.removesuffix("_id"))
        assert table in tables, f"name the route's parameter {name} after its table"
        column = tables[table].c.id
    with as_system() as session:
        return session.scalar(
            sa.select(column).where(column.table.c.member_id == member_id).order_by(column)
        )


def _paths_to(app: Flask, member_id: int) -> list[tuple[Rule, str]]:
    """Every path with a member's rows in it, made with that member's numbers."""
    found = []
    for rule in _rules(app):
        names = set(rule.arguments) - FREE
        if not names:
            continue
        values = {name: _row_of(name, member_id) for name in names}
        values |= dict.fromkeys(set(rule.arguments) & FREE, "x")
        built = rule.build(values, append_unknown=False)
        assert built is not None
        found.append((rule, built[1]))
    return found


def _accounts(world: World) -> list[str]:
    """Who serves B and never A."""
    return ["manager-b", "staff-b", "caretaker-b", "contractor-b"]


def test_another_member_s_rows_are_not_found(
    app: Flask, client: FlaskClient, full_world: World
) -> None:
    for account in _accounts(full_world):
        sign_in(client, full_world.user(account))
        for rule, path in _paths_to(app, full_world.a.id):
            for method in sorted(rule.methods or ()):
                if method in {"HEAD", "OPTIONS"}:
                    continue
                answer = client.open(path, method=method)
                assert answer.status_code == 404, f"{account}: {method} {path}"


def test_an_agent_without_the_mandate_finds_nothing(
    app: Flask, client: FlaskClient, full_world: World
) -> None:
    sign_in(client, full_world.user("agent-a"))
    for rule, path in _paths_to(app, full_world.b.id):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(path, method=method)
            assert answer.status_code == 404, f"{method} {path}"


def test_no_page_of_one_member_holds_anything_of_another(
    app: Flask, client: FlaskClient, full_world: World
) -> None:
    """Lists, searches, counts and exports: the marks of A's rows stand nowhere in B's pages."""
    secret = f"{MARK}-{full_world.a.prefix.lower()}-"
    for account in _accounts(full_world):
        sign_in(client, full_world.user(account))
        for rule in _rules(app):
            if rule.arguments or "GET" not in (rule.methods or ()):
                continue
            for query in ("", f"?q={secret}", "?q=Etcheverry"):
                answer = client.get(rule.rule + query)
                assert answer.status_code < 500, rule.rule
                text = answer.get_data(as_text=True).replace(f"{secret}&#", "")
                without_echo = re.sub(r'value="[^"]*"', "", text)
                assert f"{secret}" not in without_echo or "q=" in query, rule.rule
                assert full_world.a.prefix + "0001602" not in text, rule.rule


def test_a_page_without_the_permission_is_not_found(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world.user("contractor-a"))
    for rule in _rules(app):
        needed = permission_of(app, rule.endpoint)
        if needed in {"public", Permission.ACCOUNT_OWN} or rule.arguments:
            continue
        if needed in {Permission.TICKETS_READ, Permission.TICKETS_HANDLE}:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            assert client.open(rule.rule, method=method).status_code == 404, rule.rule


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_signed_in_is_led_to_the_sign_in_page(
    app: Flask, client: FlaskClient, method: str
) -> None:
    for rule in _rules(app):
        if rule.arguments or method not in (rule.methods or ()):
            continue
        if permission_of(app, rule.endpoint) == "public":
            continue
        answer = client.open(rule.rule, method=method)
        if method == "GET":
            assert answer.status_code == 302, rule.rule
            assert "/login" in answer.headers["Location"] or "sign-in" in answer.headers["Location"]
        else:
            assert answer.status_code in {302, 401}, rule.rule
