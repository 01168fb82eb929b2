"""Whether a message is still right to send, asked of the database at the moment of its claim.

The ticket and the visit stand in the room above; only their state is read here. No lock is
taken on them: an act that commits after the claim came after it, and one that commits before
is seen. The daily limit is counted under a lock of the number, since two workers may claim
two messages to one person at once.
"""

from datetime import datetime, time, timedelta
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    and_,
    column,
    exists,
    func,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.messaging.default_texts import TRIGGER_WORDS
from callcenter.messaging.follow_up_models import FollowUp, FollowUpPolicy
from callcenter.messaging.follow_up_rules import (
    DEFAULTS,
    NOT_TO_TENANTS,
    Choice,
    Ground,
    Policy,
    Rival,
    is_limited,
    outdone_by,
    why_gone,
)
from callcenter.messaging.models import Message
from callcenter.messaging.states import MessageState as S
from callcenter.messaging.states import Trigger

_ticket = table("ticket", column("member_id"), column("id"), column("state"))
_visit = table("visit", column("member_id"), column("id"), column("ticket_id"), column("state"))
_satisfaction = table("satisfaction", column("member_id"), column("ticket_id"))

# It is with the provider, or was: it counts, whatever became of it.
_LEFT = (S.SENDING, S.UNCERTAIN, S.ACCEPTED, S.SENT, S.DELIVERED, S.UNDELIVERED, S.FAILED)


def why_not_now(message: Message, at: datetime) -> str:
    """Return why a message that is due must not leave any more, in words, or "".

    Its reason has gone, the member has switched it off, another says it better, or the number
    has had its messages of the day.
    """
    trigger = Trigger(message.trigger)
    limited = is_limited(trigger, urgent=message.urgent, tried=message.attempts > 0)
    if limited:
        db.session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:number, :member))"),
            {"number": message.to_number, "member": message.member_id},
        )
    elif message.ticket_id is None:
        return ""
    row = db.session.execute(
        select(
            *_ground(message),
            _active(message).label("active"),
            select(FollowUpPolicy.max_per_day)
            .where(FollowUpPolicy.member_id == message.member_id)
            .scalar_subquery()
            .label("max_per_day"),
            _sent_today(message, at).label("today"),
            _rivals(message, at).label("rivals"),
        )
    ).one()
    with force_locale("fr"):  # kept on the row, in the language of the trade
        gone = why_gone(
            trigger,
            Ground(row.ticket_state or "", row.visit_state or "", row.planned, row.rated),
        )
        if gone or not limited:
            return gone
        if not (DEFAULTS.get(trigger, Choice()).active if row.active is None else row.active):
            return str(_("Le bailleur a désactivé ce message."))
        rivals = [Rival(number, name, left) for number, name, left in row.rivals or ()]
        better = outdone_by(message.id, trigger, rivals)
        if better is not None:
            return str(
                _("Regroupé : le SMS « %(other)s » en dit plus.", other=TRIGGER_WORDS[better])
            )
        limit = row.max_per_day or Policy().max_per_day
        if row.today >= limit:
            return str(
                _(
                    "Limite atteinte : déjà %(count)s SMS aujourd'hui à ce numéro.",
                    count=row.today,
                )
            )
    return ""


def ground_of(message: Message) -> Ground:
    """Return what a message stands on now."""
    row = db.session.execute(select(*_ground(message))).one()
    return Ground(row.ticket_state or "", row.visit_state or "", row.planned, row.rated)


def _ground(message: Message) -> tuple[ColumnElement[Any], ...]:
    own = _ticket.c.member_id == message.member_id
    return (
        select(_ticket.c.state)
        .where(own, _ticket.c.id == message.ticket_id)
        .scalar_subquery()
        .label("ticket_state"),
        select(_visit.c.state)
        .where(_visit.c.member_id == message.member_id, _visit.c.id == message.visit_id)
        .scalar_subquery()
        .label("visit_state"),
        exists()
        .where(
            _visit.c.member_id == message.member_id,
            _visit.c.ticket_id == message.ticket_id,
            _visit.c.state == "planned",
        )
        .label("planned"),
        exists()
        .where(
            _satisfaction.c.member_id == message.member_id,
            _satisfaction.c.ticket_id == message.ticket_id,
        )
        .label("rated"),
    )


def _active(message: Message) -> ScalarSelect[Any]:
    return (
        select(FollowUp.active)
        .where(FollowUp.member_id == message.member_id, FollowUp.trigger == message.trigger)
        .scalar_subquery()
    )


def _sent_today(message: Message, at: datetime) -> ScalarSelect[Any]:
    """How many of this member's messages to the number left since midnight in Paris."""
    midnight = datetime.combine(clock.in_paris(at).date(), time(0), tzinfo=clock.PARIS)
    return (
        select(func.count())
        .where(
            Message.to_number == message.to_number,
            Message.member_id == message.member_id,
            Message.state.in_(_LEFT),
            Message.claimed_at >= midnight,
            Message.trigger.not_in(NOT_TO_TENANTS),
        )
        .scalar_subquery()
    )


def _rivals(message: Message, at: datetime) -> ScalarSelect[Any]:
    """The other messages about the same request: due as well, or gone since this was written."""
    other = aliased(Message)
    return (
        select(
            func.jsonb_agg(
                func.jsonb_build_array(other.id, other.trigger, other.state != S.QUEUED),
                type_=JSONB,
            )
        )
        .where(
            other.member_id == message.member_id,
            other.ticket_id == message.ticket_id,
            other.to_number == message.to_number,
            other.id != message.id,
            or_(
                and_(
                    other.state == S.QUEUED,
                    other.not_before <= at,
                    other.expires_at > at + timedelta(seconds=1),
                ),
                and_(other.id > message.id, other.state.in_(_LEFT)),
            ),
        )
        .scalar_subquery()
    )
