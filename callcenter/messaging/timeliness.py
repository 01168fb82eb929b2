"""Whether messages are still right to send, asked of the database at the moment of their claim.

The ticket and the visit stand in the room above; only their state is read here. No lock is
taken on them: an act that commits after the claim came after it, and one that commits before
is seen. The daily limit is counted under a lock of the number, since two workers may claim
two messages to one person at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache

from flask_babel import gettext as _
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.estate.models import ContactPhone
from callcenter.members.models import Organisation
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
    said_better,
    why_gone,
)
from callcenter.messaging.ground import is_planned, is_rated, is_there, ticket_state, visit_state
from callcenter.messaging.models import Message, OptOut
from callcenter.messaging.services import why_closed
from callcenter.messaging.states import MessageState as S
from callcenter.messaging.states import Trigger
from callcenter.messaging.together import rewrite

# It is with the provider, or was: it counts, whatever became of it.
_LEFT = (S.SENDING, S.UNCERTAIN, S.ACCEPTED, S.SENT, S.DELIVERED, S.UNDELIVERED, S.FAILED)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database has to say of a message that is due.

    ``sender`` is its member's name or number, ``closed`` why the number is closed to the member,
    in words, or "". ``active`` is None where the member has chosen nothing. ``today`` counts
    its messages to the number since midnight.
    """

    sender: str
    closed: str
    ground: Ground
    active: bool | None
    max_per_day: int | None
    today: int
    rivals: tuple[Rival, ...]


def standings_of(messages: Sequence[Message], at: datetime) -> dict[int, Standing]:
    """Return how each of the messages stands, by number; words in the present language."""
    midnight = datetime.combine(clock.in_paris(at).date(), time(0), tzinfo=clock.PARIS)
    rows = db.session.execute(
        _standing(), {"ids": [one.id for one in messages], "at": at, "midnight": midnight}
    )
    return {
        row.id: Standing(
            sender=row.sms_sender,
            closed=why_closed(row.trigger, opted_out=row.opted_out, flag=row.flag),
            ground=Ground(row.ticket_state or "", row.visit_state or "", row.planned, row.rated),
            active=row.active,
            max_per_day=row.max_per_day,
            today=row.today,
            rivals=tuple(Rival(*one) for one in row.rivals or ()),
        )
        for row in rows
    }


def lock_numbers(messages: Iterable[Message]) -> None:
    """Have whoever else counts the messages of the day to these numbers wait for our commit."""
    people = sorted({(one.member_id, one.to_number) for one in messages if _limited(one)})
    if people:
        members, numbers = zip(*people, strict=True)
        db.session.execute(_LOCK, {"members": list(members), "numbers": list(numbers)})


def why_not_now(message: Message, standing: Standing) -> str:
    """Return why a message that is due must not leave any more, in words, or "".

    Its reason has gone, the member has switched it off, another says it better, or the number
    has had its messages of the day.
    """
    trigger = Trigger(message.trigger)
    together = trigger is Trigger.SEVERAL
    gone = rewrite(message) if together else why_gone(trigger, standing.ground)
    if gone or not _limited(message):
        return gone
    # What was gathered leaves, even where the member has gathered no more since.
    if not together and not (
        DEFAULTS.get(trigger, Choice()).active if standing.active is None else standing.active
    ):
        return str(_("Le bailleur a désactivé ce message."))
    better = outdone_by(message.id, trigger, standing.rivals)
    if better is not None:
        return said_better(better)
    if standing.today >= (standing.max_per_day or Policy().max_per_day):
        return str(
            _(
                "Limite atteinte : déjà %(count)s SMS aujourd'hui à ce numéro.",
                count=standing.today,
            )
        )
    return ""


def _limited(message: Message) -> bool:
    return is_limited(Trigger(message.trigger), urgent=message.urgent, tried=message.attempts > 0)


# In one order for everybody, so that no two wait for each other.
_LOCK = text(
    "SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended(number, member)"
    " AS key FROM unnest(:members, :numbers) AS one (member, number) ORDER BY key) AS keys"
).bindparams(
    bindparam("members", type_=ARRAY(BigInteger)), bindparam("numbers", type_=ARRAY(String))
)


@cache
def _standing() -> Select[tuple[object, ...]]:
    """One row for each of the messages ``ids``, at the instant ``at``."""
    own = (ContactPhone.member_id == Message.member_id, ContactPhone.number == Message.to_number)
    follow_up = (FollowUp.member_id == Message.member_id, FollowUp.trigger == Message.trigger)
    return select(
        Message.id,
        Message.trigger,
        Organisation.sms_sender,
        is_there(OptOut.member_id == Message.member_id, OptOut.number == Message.to_number).label(
            "opted_out"
        ),
        select(func.max(ContactPhone.flag)).where(*own).scalar_subquery().label("flag"),
        ticket_state().label("ticket_state"),
        visit_state().label("visit_state"),
        is_planned().label("planned"),
        is_rated().label("rated"),
        select(FollowUp.active).where(*follow_up).scalar_subquery().label("active"),
        select(FollowUpPolicy.max_per_day)
        .where(FollowUpPolicy.member_id == Message.member_id)
        .scalar_subquery()
        .label("max_per_day"),
        _sent_today().label("today"),
        _rivals().label("rivals"),
    ).where(
        Message.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))),
        Organisation.id == Message.member_id,
    )


def _sent_today() -> ScalarSelect[int]:
    """How many of the member's messages to the number left since midnight in Paris."""
    other = aliased(Message)
    return (
        select(func.count())
        .where(
            other.to_number == Message.to_number,
            other.member_id == Message.member_id,
            other.state.in_(_LEFT),
            other.claimed_at >= bindparam("midnight", type_=DateTime(timezone=True)),
            other.trigger.not_in(NOT_TO_TENANTS),
        )
        .correlate(Message)
        .scalar_subquery()
    )


def _rivals() -> ScalarSelect[list[object]]:
    """The other messages about the same request: due as well, or gone since this was written."""
    other = aliased(Message)
    at: ColumnElement[datetime] = bindparam("at", type_=DateTime(timezone=True))
    return (
        select(
            func.jsonb_agg(
                func.jsonb_build_array(other.id, other.trigger, other.state != S.QUEUED),
                type_=JSONB,
            )
        )
        .where(
            other.member_id == Message.member_id,
            other.ticket_id == Message.ticket_id,
            other.to_number == Message.to_number,
            other.id != Message.id,
            or_(
                and_(
                    other.state == S.QUEUED,
                    other.not_before <= at,
                    other.expires_at > at + timedelta(seconds=1),
                ),
                and_(other.id > Message.id, other.state.in_(_LEFT)),
            ),
        )
        .correlate(Message)
        .scalar_subquery()
    )
