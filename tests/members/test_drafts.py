"""Drafts: kept for their writer alone, within limits, for a week."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor, Scope, actor_scope
from callcenter.core.permissions import PERMISSIONS, Role
from callcenter.members import drafts
from callcenter.members.accounts import Draft
from tests.members.browser import token_in
from tests.world import World, sign_in


def actor_of(world: World, name: str) -> Actor:
    user = world.user(name)
    return Actor(
        user_id=user.id,
        name=user.full_name,
        role=Role(user.role),
        home_id=user.member_id,
        organisation_id=user.organisation_id,
        member_ids=frozenset({user.member_id}),
        permissions=PERMISSIONS[Role(user.role)],
    )


@pytest.fixture
def staff(world: World) -> Actor:
    return actor_of(world, "staff-a")


def keep(actor: Actor, key: str, **fields: str) -> None:
    with session_scope(actor_scope(actor)), transaction():
        drafts.save_draft(actor, key, fields.items())


def read(actor: Actor, key: str) -> dict[str, list[str]] | None:
    with session_scope(actor_scope(actor)):
        found = drafts.load_draft(actor, key)
        return None if found is None else found.to_dict(flat=False)


def test_the_last_one_is_kept_without_tokens_and_secrets(staff: Actor) -> None:
    keep(staff, "desk:12", reason="fuite")
    with session_scope(actor_scope(staff)), transaction():
        drafts.save_draft(
            staff,
            "desk:12",
            [("reason", "fuite\x00 d'eau \ud800"), ("answer", "a"), ("answer", "b"),
             ("csrf_token", "x"), ("form_token", "y"), ("password", "z"), ("version", "3")],
        )  # fmt: skip
    assert read(staff, "desk:12") == {"reason": ["fuite d'eau "], "answer": ["a", "b"]}
    with session_scope(actor_scope(staff)), transaction():
        drafts.drop_draft(staff, "desk:12")
    assert read(staff, "desk:12") is None


def test_nobody_else_reads_it(staff: Actor, world: World) -> None:
    keep(staff, "ticket:1", note="secret")
    for other in ("colleague-a", "staff-b", "agent"):
        assert read(actor_of(world, other), "ticket:1") is None
    with session_scope(actor_scope(actor_of(world, "staff-b"))):
        assert db.session.scalars(select(Draft)).all() == []


@pytest.mark.parametrize("key", ["", "Ticket", "../x", "a b", "é", "x" * 81, ":x", "a\n"])
def test_odd_keys_are_no_form_of_ours(staff: Actor, key: str) -> None:
    with pytest.raises(NotFound):
        keep(staff, key, note="x")


def test_too_much_is_refused(staff: Actor) -> None:
    with pytest.raises(UserError):
        keep(staff, "x", note="a" * 64_001)
    with pytest.raises(UserError):
        keep(staff, "x", **{f"f{number}": "" for number in range(201)})
    assert read(staff, "x") is None


def test_the_oldest_of_many_is_forgotten(staff: Actor) -> None:
    for number in range(drafts.DRAFTS_MAX + 2):
        with clock.frozen_at(clock.now() + timedelta(seconds=number)):
            keep(staff, f"form:{number}", note="x")
    assert read(staff, "form:0") is None
    assert read(staff, f"form:{drafts.DRAFTS_MAX + 1}") is not None


def test_a_week_later_it_is_gone(staff: Actor, world: World) -> None:
    keep(staff, "old", note="x")
    with clock.frozen_at(clock.now() + timedelta(days=8)):
        keep(staff, "new", note="y")
        assert read(staff, "old") is None
        with session_scope(Scope(everything=True)), transaction():
            assert drafts.purge_drafts() == 1
        assert read(staff, "new") is not None


def test_the_pages_script_keeps_reads_and_drops(
    app: Flask, client: FlaskClient, world: World
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    sign_in(client, world.user("staff-a"))
    page = client.get("/account").get_data(as_text=True)
    headers = {"X-CSRFToken": token_in(page), "X-Requested-With": "fetch"}
    address = "/drafts/desk%3A12"
    data = {"reason": "fuite", "answer": ["a", "b"]}
    assert client.post(address, data=data, headers=headers).status_code == 204
    assert client.get(address).json == {"fields": {"reason": ["fuite"], "answer": ["a", "b"]}}
    big = {f"f{number}": "" for number in range(300)}
    assert client.post(address, data=big, headers=headers).status_code == 422
    assert client.post("/drafts/Bad", data=data, headers=headers).status_code == 404
    assert client.delete(address, headers=headers).status_code == 204
    assert client.get(address).status_code == 404
    assert client.post(address, data=data).status_code == 400  # no CSRF token


def test_an_expired_session_is_told_as_such(client: FlaskClient) -> None:
    answer = client.post("/drafts/x", data={"a": "b"}, headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 401
