"""A new member takes calls from its first minute, and is founded once."""

from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from callcenter.core.tables import metadata
from callcenter.members.models import Organisation, Team
from tests.page_checks import PageChecker
from tests.world import World, as_system, sign_in

VALUES: dict[str, Any] = {
    "name": "Tarn-et-Garonne Habitat",
    "short_name": "TGH",
    "reference_prefix": "tg",
    "accent_colour": "#7a3b00",
    "phone": "05 36 49 55 00",
    "email": "contact@tgh.exemple.fr",
    "opening_hours": "",
    "sms_sender": "TGH",
}


def test_a_member_is_founded_once_with_all_it_needs(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world.user("administrator"))
    pages = PageChecker(client)
    form = pages.get("/members/new")
    for _ in range(2):  # a double click
        page = pages.submit(form, holding="reference_prefix", **VALUES)
        assert page.heading == "Tarn-et-Garonne Habitat"
    with as_system() as session:
        member = session.scalars(
            sa.select(Organisation).where(Organisation.reference_prefix == "TG")
        ).one()

        def count(table: str) -> int:
            rows = metadata().tables[table]
            return (
                session.scalar(sa.select(sa.func.count()).where(rows.c.member_id == member.id)) or 0
            )

        assert count("category") > 30
        assert count("routing_rule") > 30
        assert count("message_template") > 5
        assert count("calendar") == 1
        assert not session.scalars(
            sa.select(Team).where(Team.member_id == member.id, Team.kind == "triage")
        ).all()
    assert "Tarn-et-Garonne Habitat" in pages.get("/members").text
    refused = pages.submit(
        pages.get("/members/new"), holding="reference_prefix", status=422, **VALUES
    )
    assert "porte déjà ce nom" in refused.text
    other: dict[str, Any] = {**VALUES, "name": "Autre", "reference_prefix": "AQ"}
    refused = pages.submit(
        pages.get("/members/new"), holding="reference_prefix", status=422, **other
    )
    assert "déjà ce préfixe" in refused.text


def test_only_the_administrator_founds(app: Flask, client: FlaskClient, world: World) -> None:
    for name in ("manager-a", "agent", "supervisor"):
        sign_in(client, world.user(name))
        assert client.get("/members/new").status_code == 404
        assert client.post("/members/new", data=VALUES).status_code == 404
