"""Verbs on versions of a member's rules: publish the draft, go back, drop the draft.

Rules are edited as a draft (``RoutingRule`` rows) and decide nothing until they are published:
a version is written once, dated and signed, and the newest one is in force.
"""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.editing import note as write_note
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.routing.models import RoutingRule, RoutingVersion
from callcenter.routing.rule_changes import RuleChange, changes_between
from callcenter.routing.rule_rows import KEPT
from callcenter.routing.rule_services import check_whole_set, lock_rules
from callcenter.routing.version_queries import find_in_force, get_draft


def publish_first(member_id: int) -> RoutingVersion:
    """Put a new member's rules in force."""
    return _write(member_id, get_draft(member_id).rules, note="", actor=None)


def publish(member_id: int, *, seen: str, note: str, actor: Actor) -> RoutingVersion:
    """Put the draft in force. ``seen`` is the mark of the draft that the person read.

    Raises UserError for a draft that changed meanwhile, that changes nothing, that leaves some
    call without a destination, or that holds a tie.
    """
    lock_rules(member_id)
    draft = get_draft(member_id)
    if draft.digest != seen:
        raise UserError(
            _(
                "Le brouillon a changé pendant que vous le lisiez : voici ce qu'il contient "
                "maintenant. Relisez-le, puis publiez."
            )
        )
    if not draft.changes:
        raise UserError(_("Ce brouillon est ce qui est en vigueur : il n'y a rien à publier."))
    check_whole_set(member_id)
    return _write(member_id, draft.rules, note=note, actor=actor, changes=draft.changes)


def drop_draft(member_id: int, *, actor: Actor) -> None:
    """Make the draft what is in force again."""
    lock_rules(member_id)
    latest = find_in_force(member_id)
    if latest is None:
        raise NotFound
    _put_in_draft(latest, actor)
    write_note(latest, actor, "routing_version.abandoned", "routing_version")


def go_back(version: RoutingVersion, *, at_once: bool, actor: Actor) -> RoutingVersion | None:
    """Make an older version the draft; ``at_once`` puts it in force too, as a new version.

    Returns the new version, if any. Raises UserError for a version that is in force already.
    """
    lock_rules(version.member_id)
    latest = find_in_force(version.member_id)
    if at_once and latest is not None and not changes_between(latest.rules, version.rules):
        raise UserError(_("Ces règles sont celles qui sont en vigueur."))
    _put_in_draft(version, actor)
    write_note(version, actor, "routing_version.taken_up", "routing_version")
    if not at_once:
        return None
    check_whole_set(version.member_id)
    draft = get_draft(version.member_id)
    return _write(
        version.member_id,
        draft.rules,
        note="",
        actor=actor,
        changes=draft.changes,
        restored_from=version.number,
    )


def _put_in_draft(version: RoutingVersion, actor: Actor) -> None:
    """Give the draft's rows the version's values; rules that it hasn't are put out of service."""
    kept = {rule["id"]: rule for rule in version.rules}
    rows = db.session.scalars(
        select(RoutingRule)
        .where(RoutingRule.member_id == version.member_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for row in rows:
        wanted: dict[str, Any] = {"active": row.id in kept}
        wanted |= {name: kept[row.id][name] for name in KEPT} if row.id in kept else {}
        changed = [name for name, value in wanted.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, wanted[name])
        if changed:
            row.version += 1
            row.updated_at, row.updated_by = clock.now(), actor.name
    db.session.flush()


def _write(
    member_id: int,
    rules: list[dict[str, Any]],
    *,
    note: str,
    actor: Actor | None,
    changes: Sequence[RuleChange] = (),
    restored_from: int | None = None,
) -> RoutingVersion:
    last = db.session.scalar(
        select(func.max(RoutingVersion.number)).where(RoutingVersion.member_id == member_id)
    )
    version = RoutingVersion(
        member_id=member_id,
        number=(last or 0) + 1,
        rules=rules,
        note=note,
        restored_from=restored_from,
        published_at=clock.now(),
        published_by_id=actor.user_id if actor else None,
        published_by_label=actor.name if actor else "",
    )
    db.session.add(version)
    db.session.flush()
    if actor is not None:
        told = {"number": [last, version.number], "rules_changed": [None, len(changes)]}
        write_note(version, actor, "routing_version.published", "routing_version", told)
    return version
