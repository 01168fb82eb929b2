"""Verbs on a member's promises: the table of every priority, and what one category has apart."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.core.db import db
from callcenter.core.editing import StaleError, note, plain
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.members.clock_rules import Target, TargetUnit
from callcenter.members.models import Calendar
from callcenter.routing.models import Category, ServiceTarget
from callcenter.routing.promises import DEFAULT_TARGETS, OwnTarget
from callcenter.routing.rule_services import lock_rules
from callcenter.routing.states import Priority, Stage

# Always promised: a request without a due date is one that nobody waits for.
REQUIRED = frozenset({Stage.RESOLUTION, Stage.ANSWER})
# The main promise is counted where decisions count it, on the member's main calendar.
WITH_CALENDAR = (Stage.ACCEPTANCE, Stage.NEWS, Stage.FIRST_VISIT)
_FIELDS = ("stage", "priority", "amount", "unit", "calendar_id")

Place = tuple[Stage, Priority]


@dataclass(frozen=True, slots=True)
class TargetTable:
    """A member's promises at every priority, as the page shows them; ``version`` of the whole."""

    targets: Mapping[Place, Target | None]
    calendars: Mapping[Stage, int | None]
    own: frozenset[Place]
    version: int


def get_table(member_id: int) -> TargetTable:
    """Return a member's table: its own targets where it has some, else the defaults."""
    return _table(_general_rows(member_id))


def save_table(
    member_id: int,
    targets: Mapping[Place, Target | None],
    calendars: Mapping[Stage, int | None],
    *,
    seen_version: int,
    actor: Actor,
) -> None:
    """Make the table the member's; what equals the default is kept nowhere.

    Open requests keep what was promised to them. Raises StaleError when somebody else has
    changed it since, UserError for a main promise left out or a calendar that is not theirs.
    """
    lock_rules(member_id)
    rows = {(Stage(row.stage), Priority(row.priority)): row for row in _general_rows(member_id)}
    version = _version(list(rows.values()))
    if version != seen_version:
        raise StaleError(
            _(
                "Les délais ont été modifiés pendant que vous écriviez. Votre saisie est gardée : "
                "comparez, puis enregistrez à nouveau."
            ),
            version,
        )
    _check_calendars(member_id, calendars)
    for stage, by_priority in DEFAULT_TARGETS.items():
        calendar_id = calendars.get(stage) if stage in WITH_CALENDAR else None
        for priority in Priority:
            wanted = OwnTarget(targets.get((stage, priority)), calendar_id)
            if wanted.target is None and stage in REQUIRED:
                raise UserError(_("Un délai de résolution et de réponse est toujours promis."))
            usual = OwnTarget(by_priority.get(priority))
            row = rows.get((stage, priority))
            _put(member_id, (stage, priority), row, wanted, usual, actor)
    db.session.flush()


def add_exception(
    member_id: int, category_id: int, place: Place, target: Target | None, *, actor: Actor
) -> ServiceTarget:
    """Promise something else for one category; a former exception at that place is replaced."""
    stage, priority = place
    if target is None and stage in REQUIRED:
        raise UserError(_("Indiquez un délai."), field="target")
    category = db.session.scalar(
        select(Category).where(Category.member_id == member_id, Category.id == category_id)
    )
    if category is None:
        raise UserError(_("Choisissez un motif de ce membre."), field="category_id")
    lock_rules(member_id)
    row = db.session.scalar(
        select(ServiceTarget).where(
            ServiceTarget.member_id == member_id,
            ServiceTarget.category_id == category_id,
            ServiceTarget.stage == stage,
            ServiceTarget.priority == priority,
        )
    )
    general = get_table(member_id).calendars.get(stage)
    if row is None:
        row = ServiceTarget(
            member_id=member_id, category_id=category_id, stage=stage, priority=priority
        )
        db.session.add(row)
    _fill(row, OwnTarget(target, general), actor, f"{category.code} {category.label}")
    return row


def remove_exception(target_id: int, *, actor: Actor) -> ServiceTarget:
    """Promise for a category what is promised for all; NotFound for anything else."""
    row = db.session.scalar(
        select(ServiceTarget).where(
            ServiceTarget.id == target_id, ServiceTarget.category_id.is_not(None)
        )
    )
    if row is None:
        raise NotFound
    lock_rules(row.member_id)
    _remove(row, actor)
    return row


def list_exceptions(member_id: int) -> Sequence[tuple[ServiceTarget, Category]]:
    """Return what categories have apart, in the catalogue's order."""
    rows = db.session.execute(
        select(ServiceTarget, Category)
        .join(
            Category,
            (Category.member_id == ServiceTarget.member_id)
            & (Category.id == ServiceTarget.category_id),
        )
        .where(ServiceTarget.member_id == member_id)
        .order_by(Category.position, ServiceTarget.stage, ServiceTarget.priority)
    )
    return [(row[0], row[1]) for row in rows]


def _general_rows(member_id: int) -> Sequence[ServiceTarget]:
    return db.session.scalars(
        select(ServiceTarget)
        .where(ServiceTarget.member_id == member_id, ServiceTarget.category_id.is_(None))
        .order_by(ServiceTarget.id)
    ).all()


def _table(rows: Sequence[ServiceTarget]) -> TargetTable:
    targets: dict[Place, Target | None] = {
        (stage, priority): by_priority.get(priority)
        for stage, by_priority in DEFAULT_TARGETS.items()
        for priority in Priority
    }
    calendars: dict[Stage, int | None] = {}
    for row in rows:
        stage = Stage(row.stage)
        targets[stage, Priority(row.priority)] = target_of_row(row)
        calendars[stage] = row.calendar_id or calendars.get(stage)
    own = frozenset((Stage(row.stage), Priority(row.priority)) for row in rows)
    return TargetTable(targets, calendars, own, _version(rows))


def target_of_row(row: ServiceTarget) -> Target | None:
    """Return what a row promises."""
    return Target(row.amount, TargetUnit(row.unit)) if row.amount is not None else None


def _version(rows: Sequence[ServiceTarget]) -> int:
    """A number that changes with any row of the table: the table has no row of its own."""
    text = repr(
        sorted((row.stage, row.priority, row.amount, row.unit, row.calendar_id) for row in rows)
    )
    return zlib.crc32(text.encode())


def _check_calendars(member_id: int, calendars: Mapping[Stage, int | None]) -> None:
    wanted = {number for number in calendars.values() if number is not None}
    known = set(
        db.session.scalars(
            select(Calendar.id).where(Calendar.member_id == member_id, Calendar.id.in_(wanted))
        )
    )
    if wanted - known:
        raise UserError(_("Choisissez un calendrier de ce membre."))


def _put(
    member_id: int,
    place: Place,
    row: ServiceTarget | None,
    wanted: OwnTarget,
    usual: OwnTarget,
    actor: Actor,
) -> None:
    if wanted == usual or (wanted.target is None and usual.target is None):
        if row is not None:
            _remove(row, actor)
        return
    if row is None:
        row = ServiceTarget(member_id=member_id, stage=place[0], priority=place[1])
        db.session.add(row)
    _fill(row, wanted, actor)


def _fill(row: ServiceTarget, wanted: OwnTarget, actor: Actor, label: str = "") -> None:
    values = {
        "amount": wanted.target.amount if wanted.target else None,
        "unit": str(wanted.target.unit) if wanted.target else "",
        "calendar_id": wanted.calendar_id,
    }
    changes = {
        name: [plain(getattr(row, name)), plain(value)]
        for name, value in values.items()
        if getattr(row, name) != value
    }
    if not changes and row not in db.session.new:
        return
    for name, value in values.items():
        setattr(row, name, value)
    row.version = (row.version or 0) + 1
    db.session.flush()
    where = {"stage": [None, str(row.stage)], "priority": [None, str(row.priority)]}
    if label:
        where["category"] = [None, label]
    note(row, actor, "service_target.changed", "service_target", where | changes)


def _remove(row: ServiceTarget, actor: Actor) -> None:
    changes = {name: [plain(getattr(row, name)), None] for name in _FIELDS}
    note(row, actor, "service_target.reset", "service_target", changes)
    db.session.delete(row)
    db.session.flush()
