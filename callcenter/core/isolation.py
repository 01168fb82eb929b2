"""Member isolation: who acts, and whose rows a transaction may see.

The wall itself stands in the database (row-level security, see ``migrations``).
This module says, at the start of every transaction, which members the actor may
serve. Nothing said means no rows: a forgotten scope shows nothing, never too much.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, TextClause, text
from sqlalchemy.orm import Session, SessionTransaction

from callcenter.core.permissions import Permission, Role


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, frozen for the length of one request.

    ``member_ids`` are the members whose rows the person may see (mandates for a
    platform agent, the own member for staff); ``home_id`` is the wall the account
    itself lives behind; ``organisation_id`` the organisation it works for.
    """

    user_id: int
    name: str
    role: Role
    home_id: int
    organisation_id: int
    member_ids: frozenset[int]
    permissions: frozenset[Permission]
    locale: str = "fr"

    def may(self, permission: Permission) -> bool:
        """Say whether the actor's role brings this permission."""
        return permission in self.permissions

    @property
    def is_platform(self) -> bool:
        """Say whether the person works for the platform rather than for a member."""
        return self.role in {Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR}


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows a transaction may see.

    ``everything`` is for the platform's own machinery (dispatcher, sweeps, look-up of a
    private link or of a dialled number), never for a person. ``signing_in`` opens the
    accounts and their mandates alone, while nobody is known yet.
    """

    member_ids: frozenset[int] = frozenset()
    user_id: int | None = None
    everything: bool = False
    signing_in: bool = False


NOBODY = Scope()

_scope: ContextVar[Scope] = ContextVar("member_scope", default=NOBODY)
_tells_itself: ContextVar[bool] = ContextVar("statement_tells_the_scope", default=False)
_KEY = "scope"


class ScopeChangedError(RuntimeError):
    """A Session that has loaded rows under one scope was used under another.

    The identity map would hand out rows of the first scope whatever the policies say.
    """


def current_scope() -> Scope:
    """Return the scope in force here."""
    return _scope.get()


def enter_scope(scope: Scope) -> None:
    """Put a scope in force for the rest of this context (a web request)."""
    _scope.set(scope)


@contextmanager
def scoped(scope: Scope) -> Iterator[None]:
    """Put a scope in force for the length of a block.

    The caller sees to it that the block has a Session of its own: see
    :func:`callcenter.core.db.session_scope`.
    """
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


def actor_scope(actor: Actor) -> Scope:
    """Return the scope of a signed-in person: the members served and the own home."""
    return Scope(member_ids=actor.member_ids | {actor.home_id}, user_id=actor.user_id)


_SET = text(
    "SELECT set_config('app.member_ids',"
    " CASE WHEN :everything THEN array_to_string(app_every_member(), ',') ELSE :ids END, true),"
    " set_config('app.user_id', :user_id, true),"
    " set_config('app.signing_in', :signing_in, true),"
    " set_config('plan_cache_mode', :plans, true)"
)


def apply_scope(session: Session, _: SessionTransaction, connection: Connection) -> None:
    """Tell the database whose rows this transaction may see (``after_begin`` hook)."""
    if _tells_itself.get():
        return
    scope = _scope.get()
    previous = session.info.setdefault(_KEY, scope)
    if previous != scope:
        if session.identity_map:
            raise ScopeChangedError("a Session never changes its member scope")
        session.info[_KEY] = scope
    if connection.dialect.name != "postgresql":  # pragma: no cover - one dialect only
        raise RuntimeError("PostgreSQL is the only database that holds the wall")
    connection.execute(
        _SET,
        {
            "everything": scope.everything,
            "ids": ",".join(str(i) for i in sorted(scope.member_ids)),
            "user_id": "" if scope.user_id is None else str(scope.user_id),
            "signing_in": "on" if scope.signing_in else "",
            # A person's pages ask the same short statements all day: planned anew each time
            # they took longer to plan than to run. Machinery asks for great lists too.
            "plans": "auto" if scope.user_id is None else "force_generic_plan",
        },
    )


def begin_by(
    session: Session, statement: TextClause, values: Mapping[str, object]
) -> Row[Any] | None:
    """Begin a transaction by a statement that itself tells the database whose rows it may see.

    Returns its row. Until `begun_as` says that scope, nothing else is asked of the Session.
    """
    token = _tells_itself.set(True)
    try:
        return session.connection().execute(statement, values).one_or_none()
    finally:
        _tells_itself.reset(token)


def begun_as(session: Session, scope: Scope) -> None:
    """Note the scope under which `begin_by` began the Session's transaction."""
    session.info[_KEY] = scope


def see_newborn_member(session: Session, member_id: int) -> None:
    """Let the present transaction see a member that it is founding (nobody else's scope grows)."""
    session.execute(
        text(
            "SELECT set_config('app.member_ids',"
            " concat_ws(',', NULLIF(current_setting('app.member_ids', true), ''), CAST(:id AS text)), true)"
        ),
        {"id": str(member_id)},
    )
