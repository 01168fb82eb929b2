"""What people write back: stored once, behind the right wall, before anything is made of it."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.core.phone import try_parse_phone
from callcenter.estate.models import ContactPhone
from callcenter.members.models import Organisation
from callcenter.messaging.answer_rules import Meaning, Request, choose_request, understand
from callcenter.messaging.follow_up_rules import NOT_TO_TENANTS
from callcenter.messaging.models import InboundMessage
from callcenter.messaging.pauses import platform_id
from callcenter.messaging.queries import get_inbound, last_sent_to, open_requests_of
from callcenter.messaging.services import record_opt_in, record_opt_out

_BODY_MAX = 1600


@dataclass(frozen=True, slots=True)
class Incoming:
    """An answer as the provider hands it over."""

    provider_id: str
    from_number: str
    to_number: str
    body: str
    media_count: int = 0
    opt_out_type: str = ""


@dataclass(frozen=True, slots=True)
class _Sender:
    """Behind whose wall an answer belongs, and whose it is, as far as that is certain."""

    member_id: int
    ticket_id: int | None = None
    contact_id: int | None = None


def store_inbound(incoming: Incoming) -> InboundMessage | None:
    """Keep an answer, and carry out STOP and START; None when it was kept already.

    It belongs to the request that `choose_request` is certain of; else, for a person to sort,
    to the member whose message it answers, the only one who knows the number, or the platform.
    Somebody who says "ce n'est pas moi" is written to no more. Needs the scope of every member.
    """
    phone = try_parse_phone(incoming.from_number)
    number = phone.e164 if phone else incoming.from_number[:40]
    sender = _sender(number, incoming.to_number)
    if sender is None:
        return None
    meaning = understand(incoming.body, incoming.opt_out_type)
    settled = meaning in {Meaning.STOP, Meaning.START}
    row: InboundMessage | None = db.session.scalar(
        insert(InboundMessage)
        .values(
            member_id=sender.member_id,
            provider_id=incoming.provider_id,
            from_number=number,
            to_number=incoming.to_number[:40],
            body=incoming.body.replace("\x00", "")[:_BODY_MAX],
            received_at=clock.now(),
            meaning=meaning,
            ticket_id=sender.ticket_id,
            contact_id=sender.contact_id,
            media_count=incoming.media_count,
            sorted_at=clock.now() if settled else None,
        )
        .on_conflict_do_nothing()
        .returning(InboundMessage)
    )
    if row is None:
        return None
    if meaning is Meaning.STOP:
        record_opt_out(row.member_id, number, source="sms")
    elif meaning is Meaning.WRONG_PERSON:
        record_opt_out(row.member_id, number, source="wrong_person")
    elif meaning is Meaning.START or incoming.opt_out_type.upper() == "START":
        record_opt_in(row.member_id, number)
    return row


def mark_sorted(inbound_message_id: int, actor: Actor) -> InboundMessage:
    """A person has read it and nothing more is to be done. Harmless when repeated."""
    inbound = get_inbound(inbound_message_id)
    if inbound.sorted_at is None:
        inbound.sorted_at = clock.now()
        audit.record(
            inbound.member_id,
            "inbound_message.sorted",
            "inbound_message",
            inbound.id,
            actor_id=actor.user_id,
            actor_label=actor.name,
        )
    return inbound


def _sender(number: str, to_number: str) -> _Sender | None:
    """Return behind whose wall an answer belongs, and the request that it is about."""
    owners = list(
        db.session.scalars(
            select(Organisation.id).where(
                Organisation.sms_sender == to_number, Organisation.sms_sender != ""
            )
        )
    )
    last = last_sent_to(number, owners or None)
    if last is not None and last.trigger in NOT_TO_TENANTS:
        # A firm or a person on call has written: these are not a tenant's words.
        return _Sender(last.member_id)
    requests = open_requests_of(number, owners or None)
    request = choose_request(
        [Request(one.member_id, one.ticket_id) for one in requests],
        Request(last.member_id, last.ticket_id) if last and last.ticket_id else None,
        last.trigger if last else "",
        last.sent_at if last else None,
        clock.now(),
    )
    if request is not None:
        who = next((one.contact_id for one in requests if one.ticket_id == request.ticket_id), None)
        if who is None and last is not None and last.ticket_id == request.ticket_id:
            who = last.contact_id
        return _Sender(request.member_id, request.ticket_id, who)
    if last is not None:
        return _Sender(last.member_id, None, last.contact_id)
    return _known(number, owners)


def _known(number: str, owners: list[int]) -> _Sender | None:
    """Return the only member that knows the number; else the platform, for the desk to sort."""
    known = db.session.execute(
        select(
            ContactPhone.member_id,
            func.count().label("people"),
            func.min(ContactPhone.contact_id).label("contact_id"),
        )
        .where(ContactPhone.number == number)
        .group_by(ContactPhone.member_id)
    ).all()
    if owners:
        known = [row for row in known if row.member_id in owners]
    if len(known) == 1:
        only = known[0]
        return _Sender(only.member_id, None, only.contact_id if only.people == 1 else None)
    if len(owners) == 1:
        return _Sender(owners[0])
    platform = db.session.scalar(select(platform_id()))
    return _Sender(platform) if platform is not None else None
