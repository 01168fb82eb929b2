"""An urgent word to the people of a residence: prepared, shown, confirmed, sent once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.phone import format_phone
from callcenter.members.models import Organisation
from callcenter.messaging.bulk import Recipient, queue_for_many, words_for_many
from callcenter.messaging.default_texts import known_language
from callcenter.messaging.follow_up_models import Bulletin
from callcenter.messaging.models import Message
from callcenter.messaging.residents import Inhabitant, count_inhabitants, list_reachable
from callcenter.messaging.states import MessageState, Trigger
from callcenter.messaging.text import SmsSize, count_segments
from callcenter.ui.pagination import Page, Window, page_of

WORD_MAX = 300
# More people than that are no residence.
RECIPIENTS_MAX = 2000


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is about to send. No building: the whole residence."""

    member_id: int
    residence_id: int
    place: str
    word: str
    word_en: str = ""
    building_ids: tuple[int, ...] = ()
    urgent: bool = True


@dataclass(frozen=True, slots=True)
class Prepared:
    """What would leave: to whom, in which words, how many segments in all.

    ``homes`` are those with somebody in, ``without`` those of them that no SMS reaches.
    """

    people: Sequence[Inhabitant]
    homes: int
    without: int
    texts: dict[str, tuple[str, SmsSize]]
    segments: int


def prepare(draft: Draft, chosen: Collection[int] | None = None) -> Prepared:
    """Return what sending the draft would do; ``chosen`` are the people kept (None: all)."""
    people = list_reachable(
        draft.member_id, draft.residence_id, draft.building_ids, limit=RECIPIENTS_MAX
    )
    if chosen is not None:
        people = [one for one in people if one.contact_id in chosen]
    homes, without = count_inhabitants(draft.member_id, draft.residence_id, draft.building_ids)
    spoken = {known_language(one.language) for one in people} or {"fr"}
    written = words_for_many(draft.member_id, Trigger.BULLETIN, _values(draft))
    texts = {
        language: (text, count_segments(text))
        for language, text in written.items()
        if language in spoken
    }
    segments = sum(texts[known_language(one.language)][1].segments for one in people)
    return Prepared(people, homes, without, texts, segments)


def send_bulletin(
    draft: Draft, chosen: Collection[int], *, actor: Actor, form_token: str
) -> Bulletin:
    """Put one message per chosen person in the outbox; the same form sent twice sends once.

    Whoever has opted out or left meanwhile is left out. Raises UserError when nobody is left.
    """
    if draft.member_id not in actor.member_ids:
        raise NotFound
    prepared = prepare(draft, chosen)
    if not prepared.people:
        raise UserError(_("Choisissez au moins une personne."))
    at = clock.now()
    made: Bulletin | None = db.session.scalar(
        insert(Bulletin)
        .values(
            member_id=draft.member_id,
            residence_id=draft.residence_id,
            place=draft.place,
            body=draft.word,
            body_en=draft.word_en,
            urgent=draft.urgent,
            recipients=len(prepared.people),
            unreachable=prepared.without,
            author_label=actor.name,
            form_token=form_token,
            confirmed_at=at,
            created_at=at,
        )
        .on_conflict_do_nothing()
        .returning(Bulletin)
    )
    if made is None:
        return db.session.scalars(
            select(Bulletin).where(
                Bulletin.member_id == draft.member_id, Bulletin.form_token == form_token
            )
        ).one()
    queue_for_many(
        member_id=draft.member_id,
        trigger=Trigger.BULLETIN,
        recipients=[
            Recipient(one.number, one.contact_id, None, one.language, {}) for one in prepared.people
        ],
        values=_values(draft),
        urgent=draft.urgent,
        bulletin_id=made.id,
    )
    audit.record(
        draft.member_id,
        "bulletin.sent",
        "bulletin",
        made.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
        changes={"place": [None, draft.place], "recipients": [None, len(prepared.people)]},
    )
    db.session.flush()
    return made


def get_bulletin(bulletin_id: int) -> Bulletin:
    """Return a bulletin that the actor's wall shows; NotFound for any other."""
    found = db.session.scalar(select(Bulletin).where(Bulletin.id == bulletin_id))
    if found is None:
        raise NotFound
    return found


def list_bulletins(window: Window) -> Page[Bulletin]:
    """Return one page of what was sent, newest first."""
    query = select(Bulletin)
    if window.key is not None:
        (last,) = window.key
        query = query.where(Bulletin.id > last if window.backwards else Bulletin.id < last)
    order = Bulletin.id.asc() if window.backwards else Bulletin.id.desc()
    rows = db.session.scalars(query.order_by(order).limit(window.limit)).all()
    return page_of(rows, window, lambda one: (one.id,))


def states_of(bulletins: Sequence[Bulletin]) -> dict[int, dict[MessageState, int]]:
    """Return how many messages of each bulletin stand in each state; one statement."""
    found: dict[int, dict[MessageState, int]] = {one.id: {} for one in bulletins}
    rows = db.session.execute(
        select(Message.bulletin_id, Message.state, func.count())
        .where(
            Message.member_id.in_({one.member_id for one in bulletins}),
            Message.bulletin_id.in_(list(found)),
        )
        .group_by(Message.bulletin_id, Message.state)
    )
    for bulletin_id, state, count in rows:
        found.setdefault(bulletin_id or 0, {})[MessageState(state)] = count
    return found


def failed_of(bulletin: Bulletin) -> Sequence[Message]:
    """Return the messages of a bulletin that did not arrive, with their reasons; 200 at most."""
    return db.session.scalars(
        select(Message)
        .where(
            Message.member_id == bulletin.member_id,
            Message.bulletin_id == bulletin.id,
            Message.state.in_(
                (
                    MessageState.FAILED,
                    MessageState.UNDELIVERED,
                    MessageState.SKIPPED,
                    MessageState.EXPIRED,
                    MessageState.CANCELLED,
                    MessageState.UNCERTAIN,
                )
            ),
        )
        .order_by(Message.id)
        .limit(200)
    ).all()


def _values(draft: Draft) -> dict[str, dict[str, str]]:
    member = db.session.get(Organisation, draft.member_id)
    common = {
        "membre": member.short_name if member else "",
        "telephone": format_phone(member.phone) if member and member.phone else "",
    }
    return {
        "fr": {**common, "nouvelle": _sentence(draft.word)},
        "en": {**common, "nouvelle": _sentence(draft.word_en or draft.word)},
    }


def _sentence(text: str) -> str:
    """End with a stop, since the message goes on after it; one line."""
    line = " ".join(text.split())
    return line if not line or line[-1] in ".!?…" else f"{line}."
