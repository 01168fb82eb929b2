"""What each agent is doing: one row per agent, behind the platform's own wall."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from callcenter.calls.live_rules import Standing, standing
from callcenter.calls.models import AgentPresence
from callcenter.calls.states import BreakReason, PresenceState
from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.permissions import PLATFORM_ROLES, Role
from callcenter.members.accounts import User

EXTENSION_SECONDS = 60
# What a person may choose; a call and its wrap-up come by themselves.
CHOSEN = (PresenceState.AVAILABLE, PresenceState.BREAK, PresenceState.AWAY)


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as others see one: who, doing what, since when."""

    user_id: int
    name: str
    state: PresenceState
    reason: str
    since: datetime
    until: datetime | None
    call_id: int | None


def get_presence(actor: Actor) -> Agent:
    """Return what the actor is doing; away when nobody ever said."""
    row = _row(actor.user_id)
    if row is None:
        return Agent(actor.user_id, actor.name, PresenceState.AWAY, "", clock.now(), None, None)
    return _seen(row)


def list_agents(home_id: int) -> Sequence[Agent]:
    """Return every agent who was seen in the last day, by name. One statement."""
    since = clock.now() - timedelta(days=1)
    rows = db.session.scalars(
        select(AgentPresence)
        .where(AgentPresence.member_id == home_id, AgentPresence.seen_at > since)
        .order_by(AgentPresence.name)
    )
    return [_seen(row) for row in rows]


def choose_presence(actor: Actor, state: PresenceState, reason: BreakReason) -> Agent:
    """Change what the actor is doing. Raises UserError for what can't be chosen."""
    if state not in CHOSEN:
        raise UserError(_("Cet état vient de lui-même pendant un appel."), "state")
    if state is PresenceState.BREAK and reason is BreakReason.NONE:
        raise UserError(_("Choisissez le motif de la pause."), "reason")
    change = _Change(state=state, reason=reason, seen=True)
    return _write(actor.home_id, actor.user_id, actor.name, change)


def change_presence_of(
    supervisor: Actor, user_id: int, state: PresenceState, reason: BreakReason
) -> Agent:
    """Change what somebody else is doing, as the supervisor. Raises UserError, NotFound."""
    if state not in CHOSEN:
        raise UserError(_("Cet état vient de lui-même pendant un appel."), "state")
    row = _row(user_id)
    if row is None or row.member_id != supervisor.home_id:
        raise NotFound
    before = row.state
    change = _Change(state=state, reason=reason, by=supervisor.name, seen=True)
    agent = _write(row.member_id, user_id, row.name, change)
    audit.record(
        row.member_id,
        "presence.changed",
        "user_account",
        user_id,
        actor_id=supervisor.user_id,
        actor_label=supervisor.name,
        changes={"state": [before, str(state)]},
    )
    return agent


def begin_call(home_id: int, user_id: int, name: str, call_id: int, member_id: int) -> Agent:
    """An agent takes, or speaks, a call."""
    change = _Change(state=PresenceState.ON_CALL, call_id=call_id, call_member_id=member_id)
    return _write(home_id, user_id, name, change)


def begin_wrap_up(
    home_id: int, user_id: int, name: str, call_id: int, until: datetime
) -> Agent | None:
    """The call is over and is being written up; nothing when the agent went on to something else."""
    row = _row(user_id, lock=True)
    if row is not None and row.call_id != call_id:
        return None
    change = _Change(state=PresenceState.WRAP_UP, call_id=call_id, until=until)
    return _write(home_id, user_id, name, change)


def end_wrap_up(user_id: int, call_id: int | None) -> Agent | None:
    """The call is written up: the agent is free, unless another call has begun since."""
    row = _row(user_id, lock=True)
    if row is None or row.state not in {PresenceState.WRAP_UP, PresenceState.ON_CALL}:
        return None
    if row.call_id is not None and call_id is not None and row.call_id != call_id:
        return None
    return _write(row.member_id, user_id, row.name, _Change(state=PresenceState.AVAILABLE))


def extend_wrap_up(actor: Actor) -> Agent:
    """Give the actor one more minute to write the call up. Raises UserError outside wrap-up."""
    row = _row(actor.user_id, lock=True)
    if row is None or row.state != PresenceState.WRAP_UP:
        raise UserError(_("Aucun après-appel en cours."))
    now = clock.now()
    row.until = max(row.until or now, now) + timedelta(seconds=EXTENSION_SECONDS)
    row.seen_at = now
    db.session.flush()
    return _seen(row)


def touch(user_ids: Iterable[int]) -> None:
    """Note that these agents' screens are there. One statement, for machinery."""
    numbers = list(user_ids)
    if numbers:
        db.session.execute(
            update(AgentPresence)
            .where(AgentPresence.user_id.in_(numbers))
            .values(seen_at=clock.now())
            .execution_options(synchronize_session=False)
        )


def home_of(user_id: int) -> int | None:
    """Return the wall that an agent's account lives behind, if the scope shows it."""
    return db.session.scalar(select(User.member_id).where(User.id == user_id))


def find_agent(text: str) -> User | None:
    """Return the platform account that an exchange names: by e-mail, its first part, or extension.

    The scope must show the platform's wall. ``None`` when nobody, or more than one, fits.
    """
    word = text.strip().lower()
    if not word:
        return None
    found = db.session.scalars(
        select(User)
        .where(
            User.active,
            User.role.in_([role for role in PLATFORM_ROLES if role is not Role.ADMINISTRATOR]),
            (User.email == word)
            | User.email.startswith(word + "@", autoescape=True)
            | (User.phone == text.strip()),
        )
        .limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What becomes of a presence; ``seen`` says that the agent's screen is there."""

    state: PresenceState
    reason: BreakReason = BreakReason.NONE
    until: datetime | None = None
    call_id: int | None = None
    call_member_id: int | None = None
    by: str = ""
    seen: bool = False


def _write(home_id: int, user_id: int, name: str, change: _Change) -> Agent:
    now = clock.now()
    values = {
        "name": name,
        "state": change.state,
        "reason": change.reason,
        "since": now,
        "until": change.until,
        "call_id": change.call_id,
        "call_member_id": change.call_member_id,
        "changed_by_label": change.by,
    }
    if change.seen:
        values["seen_at"] = now
    row = insert(AgentPresence).values(
        member_id=home_id, user_id=user_id, **({"seen_at": now} | values)
    )
    written = db.session.scalars(
        row.on_conflict_do_update(
            index_elements=[AgentPresence.member_id, AgentPresence.user_id], set_=values
        ).returning(AgentPresence),
        execution_options={"populate_existing": True},
    ).one()
    return _seen(written)


def _row(user_id: int, *, lock: bool = False) -> AgentPresence | None:
    return db.session.scalar(_LOCKED if lock else _OF_USER, {"user_id": user_id})


_OF_USER: Final = select(AgentPresence).where(AgentPresence.user_id == bindparam("user_id"))
_LOCKED: Final = _OF_USER.with_for_update().execution_options(populate_existing=True)


def _seen(row: AgentPresence) -> Agent:
    now: Standing = standing(
        PresenceState(row.state), row.since, row.until, row.seen_at, clock.now()
    )
    return Agent(row.user_id, row.name, now.state, row.reason, now.since, now.until, row.call_id)
