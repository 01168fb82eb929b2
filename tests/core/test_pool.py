"""What a connection has prepared outlives the pages that it serves."""

import contextlib

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError

from callcenter.core.db import db
from tests.members.browser import Browser
from tests.world import PASSWORD, World

# The driver prepares what it has been asked this often.
OFTEN = 7


def test_a_page_that_only_reads_leaves_its_statements_prepared(app: Flask, world: World) -> None:
    """Else each page is parsed and planned anew: the driver forgets everything at a rollback."""
    browser = Browser(app)
    browser.sign_in(world.user("agent").email, PASSWORD)
    for _ in range(OFTEN):
        assert browser.get("/tickets").status_code == 200
    db.session.remove()  # the last page's connection goes back
    with db.engine.connect() as connection:
        prepared = connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements")
        statements = prepared.scalars().all()
    assert any("FROM ticket" in one for one in statements)


@pytest.mark.parametrize("statement", ["SELECT 1", "SELECT 1/0"])
@pytest.mark.usefixtures("app")
def test_a_transaction_is_undone_whichever_way(statement: str) -> None:
    """A healthy one past the driver, a failed one by it: the next finds a connection at rest."""
    with contextlib.suppress(DBAPIError), db.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE gone (id int)")
        connection.exec_driver_sql(statement)
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT to_regclass('gone')").scalar() is None
