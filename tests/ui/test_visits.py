import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from tests.world import World, sign_in


@pytest.mark.parametrize(
    ("fetched_for", "renewed"), [(None, True), ("document", True), ("empty", False)]
)
def test_a_visit_renews_the_session_and_a_part_does_not(
    client: FlaskClient, world: World, *, fetched_for: str | None, renewed: bool
) -> None:
    sign_in(client, world.user("agent"))
    with client.session_transaction() as cookie:
        cookie.permanent = True
    client.get("/desk")
    headers = {"Sec-Fetch-Dest": fetched_for} if fetched_for else {}
    answer = client.get("/desk", headers=headers)
    assert answer.status_code == 200
    assert ("Set-Cookie" in answer.headers) is renewed


def test_what_changed_is_kept_whoever_asked(app: Flask) -> None:
    with app.test_request_context("/", headers={"Sec-Fetch-Dest": "empty"}):
        session["said"] = "saved"
        answer = app.process_response(app.response_class())
    assert "Set-Cookie" in answer.headers
