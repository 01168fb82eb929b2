"""Rows written together: one statement, the right numbers, the same wall."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from callcenter.core import audit
from callcenter.core.audit import AuditEntry
from callcenter.core.db import TOGETHER, db, transaction
from callcenter.core.writing import add_named, write_together
from callcenter.messaging.email_services import queue_email
from callcenter.messaging.email_states import EmailKind
from callcenter.messaging.models import EmailMessage
from tests.statements import counted
from tests.world import World, as_member

pytestmark = pytest.mark.usefixtures("app")


def letter(member_id: int, subject: str) -> EmailMessage:
    return queue_email(
        member_id=member_id,
        kind=EmailKind.WORK_ORDER,
        to_address="travaux@exemple.fr",
        subject=subject,
        body="« L'ascenseur » : 100 % en panne\n",
    )


def test_all_that_is_added_is_one_statement(app: Flask, world: World) -> None:
    with as_member(world.a.id), transaction():
        write_together({EmailMessage: 2}, "a form")
        with counted(app) as statements:
            letters = [letter(world.a.id, "one"), letter(world.a.id, "two")]
            assert statements == []
            assert [one.attempts for one in letters] == [0, 0]  # as the defaults say
            for sent in letters:
                audit.record(world.a.id, "email.queued", "email", sent.id)
            db.session.flush()
            assert len(statements) == 1
            assert [one.body for one in letters] == ["« L'ascenseur » : 100 % en panne\n"] * 2
            letters[0].reason = "changed after it was written"
        assert len(statements) == 1  # what was written needs no reading
    with as_member(world.a.id):
        kept = {one.subject: one for one in db.session.scalars(select(EmailMessage))}
        assert [kept[name].id for name in ("one", "two")] == [one.id for one in letters]
        assert kept["one"].reason == "changed after it was written"
        assert kept["two"].created_at == letters[1].created_at
        told = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "email.queued"))
        assert [int(one.object_id) for one in told] == [one.id for one in letters]


def test_more_rows_than_numbers_were_taken_for(world: World) -> None:
    with as_member(world.a.id), transaction():
        write_together({EmailMessage: 1}, "a form")
        numbers = [letter(world.a.id, subject).id for subject in ("one", "two", "three")]
    assert len(set(numbers)) == len(numbers)
    with as_member(world.a.id):
        assert len(db.session.scalars(select(EmailMessage)).all()) == len(numbers)


def test_a_row_of_another_member_is_refused_with_all_the_others(world: World) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        _write_for(world.a.id, world.b.id)
    assert TOGETHER not in db.session.info
    with as_member(world.a.id):
        assert db.session.scalars(select(EmailMessage)).all() == []


def _write_for(*member_ids: int) -> None:
    with as_member(member_ids[0]), transaction():
        write_together({EmailMessage: len(member_ids)}, "a form")
        for member_id in member_ids:
            letter(member_id, "theirs")


def test_what_is_added_otherwise_is_written_as_ever(world: World) -> None:
    with as_member(world.a.id), transaction():
        first = letter(world.a.id, "alone")
        assert db.session.scalar(select(EmailMessage.id)) == first.id
        again = EmailMessage(**{k: v for k, v in vars(first).items() if k[0] != "_" and k != "id"})
        again.message_key = "another"
        add_named(again)
        assert again.id > first.id
