"""The journal of readings: who was shown what, once per look, inside the wall."""

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from callcenter.core.audit import AuditEntry
from tests.world import World, as_member, sign_in


def readings(world: World) -> list[tuple[str, str, str]]:
    with as_member(world.a.id) as session:
        rows = session.execute(
            sa.select(AuditEntry.action, AuditEntry.object_id, AuditEntry.actor_label)
            .where(AuditEntry.action.like("%.read"))
            .order_by(AuditEntry.id)
        )
        return [(row[0], row[1], row[2]) for row in rows]


def test_a_look_at_a_person_and_a_home_is_kept_once(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world.user("agent"))
    data = {"contact_id": world.a.maite, "dwelling_id": world.a.home}
    for _ in range(2):
        assert client.post(f"/desk/{world.a.line}/caller", data=data).status_code == 200
    assert readings(world) == [
        ("contact.read", str(world.a.maite), "Camille Roux"),
        ("dwelling.read", str(world.a.home), "Camille Roux"),
    ]


def test_what_was_not_found_was_not_read(app: Flask, client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("staff-b"))
    assert client.get("/tickets/1").status_code == 404
    assert readings(world) == []
