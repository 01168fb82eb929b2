"""Follow-ups of the large base: messages, their steps and what the provider said of them.

None of them waits to be sent: a load must not make a provider busy.
"""

from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

from callcenter.demo.bulk_copy import NULL, Connection, Sheet, next_id
from callcenter.demo.bulk_routes import MARKS
from callcenter.messaging.models import DeliveryReceipt, Message, MessageStep
from callcenter.messaging.text import GSM_PART, GSM_SINGLE

if TYPE_CHECKING:
    from callcenter.demo.bulk_tickets import Story

TABLES = ("message", "message_step", "delivery_receipt")

# Steps and receipts of the last half year: what is older is not needed to measure with.
_DETAIL_DAYS = 180
_DAY = 86_400
_NO_NUMBER = "Aucun numéro : à rappeler."
_LANDLINE = "Ce numéro ne reçoit pas de SMS (ligne fixe)."
_UNREACHED = "Le téléphone est éteint ou hors réseau."
_UNREACHABLE_CODE = 30003


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()


class MessageWriter:
    """Writes the messages of each ticket: received, accepted, planned, on hold, resolved."""

    def __init__(self, connection: Connection, rng: Random, now: float) -> None:
        """``now`` in seconds since 1970."""
        self.rng, self.now = rng, now
        self.messages = Sheet(
            Message, "id", "member_id", "ticket_id", "contact_id", "to_number",
            "trigger", "body", "segments", "encoding", "urgent", "state", "state_at", "reason",
            "not_before", "expires_at", "claimed_at", "attempt_id", "attempts", "provider_id",
            "error_code", "sent_at", "delivered_at", "created_at",
        )  # fmt: skip
        self.steps = Sheet(MessageStep, "id", "member_id", "message_id", "state", "at", "note")
        self.receipts = Sheet(
            DeliveryReceipt, "id", "member_id", "message_id", "provider_id", "status",
            "error_code", "received_at",
        )  # fmt: skip
        self.sheets = (self.messages, self.steps, self.receipts)
        self.ids = {name: next_id(connection, name) for name in TABLES}

    def _next(self, table: str) -> int:
        number = self.ids[table]
        self.ids[table] = number + 1
        return number

    def follow(self, one: "Story") -> None:
        """Write the messages that this ticket's life has called for."""
        self._write(one, "received", one.opened)
        if one.to is not None and not one.to.own and one.state != "open":
            self._write(one, "accepted", one.opened + 20_000)
        if one.visit_day:
            self._write(one, "planned", one.opened + 30_000)
        if one.state == "on_hold":
            self._write(one, "on_hold", self.now - 7100)
        if one.resolved and one.state != "cancelled":
            self._write(one, "resolved", one.resolved)

    def _write(self, one: "Story", trigger: str, at: float) -> None:
        person, number, chance = one.person, self._next("message"), self.rng.random()
        at = min(at, self.now - 30)
        body = one.route.bodies[trigger]
        for name, value in (
            ("reference", one.reference),
            ("lien", f"{one.room.site.origin}/s/{one.token}"),
            ("echeance", _stamp(one.due)[:10]),
            ("date", one.visit_day),
            ("creneau", one.slot.key),
            ("cause", "piece commandee"),
            ("organisme", one.estate.member.name),
        ):
            body = body.replace(MARKS[name], value)
        size = len(body)
        segments = 1 if size <= GSM_SINGLE else -(-size // GSM_PART)
        urgent = "t" if one.route.priority in {"P0", "P1"} else "f"
        start, end = _stamp(at), _stamp(at + 4)
        state, reason, code, provider = "delivered", "", NULL, ""
        if not person.number or not person.mobile:
            state, reason = "skipped", _LANDLINE if person.number else _NO_NUMBER
        elif chance < 0.04:
            state, reason, code = "undelivered", _UNREACHED, str(_UNREACHABLE_CODE)
        elif chance < 0.05:
            state = "sent"
        sent = state != "skipped"
        if sent:
            provider = f"SM{self.rng.getrandbits(128):032x}"
            claim = f"{start}\t{number:016x}\t1\t{provider}\t{code}\t{start}"
        else:
            claim = f"{NULL}\t{NULL}\t0\t{NULL}\t{NULL}\t{NULL}"
        self.messages.add(
            f"{number}\t{one.member}\t{one.id}\t{person.id or NULL}\t{person.number}"
            f"\t{trigger}\t{body}\t{segments}\tGSM-7\t{urgent}\t{state}"
            f"\t{end if sent else start}\t{reason}\t{start}\t{_stamp(at + 2 * _DAY)}\t{claim}"
            f"\t{end if state == 'delivered' else NULL}\t{start}"
        )
        if at > self.now - _DETAIL_DAYS * _DAY:
            self._history(one.member, number, at, state, reason, code, provider)

    def _history(
        self, member: int, message: int, at: float, state: str, reason: str, code: str,
        provider: str,
    ) -> None:  # fmt: skip
        if not provider:
            self._step(member, message, "skipped", at, reason)
            return
        for later, reached in enumerate(("queued", "sending", "accepted", "sent")):
            self._step(member, message, reached, at + later)
        for later, status in enumerate(("sent", state)):
            if later and state == "sent":
                break
            failed = later and state != "delivered"
            self.receipts.add(
                f"{self._next('delivery_receipt')}\t{member}\t{message}\t{provider}\t{status}"
                f"\t{code if failed else NULL}\t{_stamp(at + 3 + later)}"
            )
        if state != "sent":
            self._step(member, message, state, at + 4, reason)

    def _step(self, member: int, message: int, state: str, at: float, note: str = "") -> None:
        self.steps.add(
            f"{self._next('message_step')}\t{member}\t{message}\t{state}\t{_stamp(at)}\t{note}"
        )
