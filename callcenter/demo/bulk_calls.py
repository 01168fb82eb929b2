"""Calls of the large base, those that opened or chased a ticket and as many others; the audit."""

from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

from callcenter.calls.models import Call, CallTicket
from callcenter.core.audit import AuditEntry
from callcenter.demo import bulk_words as words
from callcenter.demo.bulk_copy import NULL, Connection, Sheet, next_id

if TYPE_CHECKING:
    from callcenter.demo.bulk_tickets import Story

TABLES = ("call", "call_ticket", "audit_entry")

# The audit trail of the last half year: what is older is not needed to measure with.
_AUDIT_DAYS = 180
_DAY = 86_400
_OTHER = ("answered", "answered", "answered", "signposted", "call_back", "cut_off", "wrong_number")


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()


class CallWriter:
    """Writes the calls around each ticket, and the audit rows of calls and tickets."""

    def __init__(
        self, connection: Connection, rng: Random, agents: list[tuple[int, str]], now: float
    ) -> None:
        """``now`` in seconds since 1970."""
        self.rng, self.agents, self.now = rng, agents, now
        self.calls = Sheet(
            Call, "id", "member_id", "line_id", "service", "provider_id",
            "caller_number", "caller_kind", "caller_name", "contact_id", "dwelling_id",
            "category_id", "agent_id", "agent_label", "started_at", "answered_at", "ended_at",
            "wrapped_up_at", "disposition", "note", "form_token",
        )  # fmt: skip
        self.links = Sheet(CallTicket, "id", "member_id", "call_id", "ticket_id", "link")
        self.trail = Sheet(
            AuditEntry, "id", "member_id", "at", "actor_id", "actor_label", "action",
            "object_type", "object_id",
        )  # fmt: skip
        self.sheets = (self.calls, self.links, self.trail)
        self.ids = {name: next_id(connection, name) for name in TABLES}

    def _next(self, table: str) -> int:
        number = self.ids[table]
        self.ids[table] = number + 1
        return number

    def around(self, one: "Story") -> None:
        """Write the call that opened a ticket, those that chased it, and one without a ticket."""
        self._link(one, self._call(one, one.opened - 200, "ticket_opened", one.agent), "opened")
        for _ in range(one.chases):
            chase = self._call(one, one.opened + 39_900, "ticket_chased", one.agent)
            self._link(one, chase, "chase")
        rng = self.rng.random
        agent = self.agents[int(rng() * len(self.agents))]
        self._call(one, one.opened + rng() * 30 * _DAY, _OTHER[int(rng() * len(_OTHER))], agent)

    def _call(self, one: "Story", at: float, disposition: str, agent: tuple[int, str]) -> int:
        rng = self.rng.random
        number = self._next("call")
        starts = min(at, self.now - 400)
        ends = _stamp(starts + 60 + rng() * 300)
        note = words.NOTES[int(rng() * len(words.NOTES))]
        person, started = one.person, _stamp(starts)
        anonymous = disposition == "wrong_number"
        service = one.route.service
        who = (
            f"\tanonymous\t\t{NULL}\t{NULL}" if anonymous
            else f"{person.number}\tcontact\t{person.name}\t{person.id or NULL}\t{one.home.id}"
        )  # fmt: skip
        self.calls.add(
            f"{number}\t{one.member}\t{one.estate.member.lines[service]}\t{service}"
            f"\tCA{self.rng.getrandbits(128):032x}\t{who}\t{one.route.category_id}\t{agent[0]}"
            f"\t{agent[1]}\t{started}\t{started}\t{ends}\t{ends}\t{disposition}\t{note}"
            f"\tbulk-{number}"
        )
        self.audit(one, "call.logged", "call", number, starts, agent)
        return number

    def _link(self, one: "Story", call: int, link: str) -> None:
        self.links.add(f"{self._next('call_ticket')}\t{one.member}\t{call}\t{one.id}\t{link}")

    def audit(
        self, one: "Story", action: str, kind: str, number: int, at: float,
        who: tuple[int, str] | None,
    ) -> None:  # fmt: skip
        """Add a row to the trail unless it is too old to matter here."""
        if at < self.now - _AUDIT_DAYS * _DAY:
            return
        actor = f"{who[0]}\t{who[1]}" if who else f"{NULL}\t"
        self.trail.add(
            f"{self._next('audit_entry')}\t{one.member}\t{_stamp(min(at, self.now))}\t{actor}"
            f"\t{action}\t{kind}\t{number}"
        )
