"""Scenes of live calls for tests: an exchange that reports, desks that listen."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from callcenter.calls.live_edge import tell_call
from callcenter.calls.live_rules import Report
from callcenter.calls.live_services import ExchangeReport, Reported, record_report
from callcenter.calls.models import Call
from callcenter.calls.states import CallProvider
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import Actor, Scope
from callcenter.core.permissions import PERMISSIONS, Role
from tests.world import Member, World

MAITE = "+33639981201"


def actor(world: World, name: str = "agent", role: Role = Role.AGENT) -> Actor:
    members = {world.a.id} if name == "agent-a" else {world.a.id, world.b.id}
    return Actor(
        user_id=world.users[name],
        name={"agent": "Camille Roux", "agent-a": "Lucie Blanc"}.get(name, "Nadia Perrin"),
        role=role,
        home_id=world.platform,
        organisation_id=world.platform,
        member_ids=frozenset(members),
        permissions=PERMISSIONS[role],
    )


def report(world: World, member: Member, kind: Report, call_id: str = "one", **more: Any) -> int:
    """Have the exchange report something about a call on a member's tenants' line."""
    with (
        session_scope(Scope(member_ids=frozenset({member.id, world.platform}))),
        transaction(),
    ):
        told: Reported | None = record_report(
            ExchangeReport(
                **{
                    "provider": CallProvider.TWILIO,
                    "provider_id": call_id,
                    "report": kind,
                    "member_id": member.id,
                    "line_id": member.line,
                    "service": "tenants",
                    "number": MAITE,
                    **more,
                }
            )
        )
        assert told is not None
        tell_call(told.call)
        return told.call.id


def load_call(call_id: int) -> Call:
    with session_scope(Scope(everything=True)):
        return db.session.get_one(Call, call_id)


def events_in(text: str) -> Iterator[tuple[str, str, Any]]:
    """The (id, kind, data) of an event stream's text."""
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in fields:
            yield fields.get("id", ""), fields["event"], json.loads(fields["data"])


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
