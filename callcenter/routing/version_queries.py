"""Scoped reads of the draft and the versions of a member's rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.routing.models import RoutingRule, RoutingVersion
from callcenter.routing.rule_changes import RuleChange, changes_between, digest_of
from callcenter.routing.rule_rows import snapshot_of
from callcenter.ui.pagination import Page, Window, page_of

# As many as a list to choose from can hold.
_NUMBERS = 100


@dataclass(frozen=True, slots=True)
class Draft:
    """A member's rules as edited, beside those in force."""

    rules: list[dict[str, Any]]
    in_force: RoutingVersion | None
    changes: list[RuleChange]

    @property
    def digest(self) -> str:
        """The mark of what a person saw before publishing it."""
        return digest_of(self.rules)


def get_draft(member_id: int, rows: Iterable[RoutingRule] | None = None) -> Draft:
    """Return the member's draft and how it differs from the rules in force.

    Two statements; one when the member's rules are given as ``rows``.
    """
    if rows is None:
        rows = db.session.scalars(select(RoutingRule).where(RoutingRule.member_id == member_id))
    rules = [snapshot_of(row) for row in rows if row.active]
    rules.sort(key=lambda rule: rule["id"])
    latest = find_in_force(member_id)
    return Draft(rules, latest, changes_between(latest.rules if latest else (), rules))


def find_in_force(member_id: int) -> RoutingVersion | None:
    """Return the member's rules in force; None for a member without any."""
    return db.session.scalar(
        select(RoutingVersion)
        .where(RoutingVersion.member_id == member_id)
        .order_by(RoutingVersion.number.desc())
        .limit(1)
    )


def get_version(version_id: int) -> RoutingVersion:
    """Return a version within the actor's wall; NotFound for any other."""
    version = db.session.scalar(select(RoutingVersion).where(RoutingVersion.id == version_id))
    if version is None:
        raise NotFound
    return version


def find_version(member_id: int, number: int) -> RoutingVersion | None:
    """Return a member's version by its number."""
    return db.session.scalar(
        select(RoutingVersion).where(
            RoutingVersion.member_id == member_id, RoutingVersion.number == number
        )
    )


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version as the list shows it, without its rules."""

    id: int
    number: int
    note: str
    restored_from: int | None
    published_at: datetime
    published_by_label: str
    rules: int


def list_versions(member_id: int, window: Window) -> Page[VersionLine]:
    """Return a page of a member's versions, the newest first, with how many rules each has."""
    columns = (
        RoutingVersion.id,
        RoutingVersion.number,
        RoutingVersion.note,
        RoutingVersion.restored_from,
        RoutingVersion.published_at,
        RoutingVersion.published_by_label,
        func.jsonb_array_length(RoutingVersion.rules),
    )
    query = select(*columns).where(RoutingVersion.member_id == member_id)
    number = window.key[0] if window.key else None
    if isinstance(number, int):
        query = query.where(
            RoutingVersion.number > number if window.backwards else RoutingVersion.number < number
        )
    order = RoutingVersion.number if window.backwards else RoutingVersion.number.desc()
    rows = [
        VersionLine(*row) for row in db.session.execute(query.order_by(order).limit(window.limit))
    ]
    return page_of(rows, window, lambda line: (line.number,))


def list_version_numbers(member_id: int) -> list[int]:
    """Return the numbers of a member's last versions, the newest first."""
    return list(
        db.session.scalars(
            select(RoutingVersion.number)
            .where(RoutingVersion.member_id == member_id)
            .order_by(RoutingVersion.number.desc())
            .limit(_NUMBERS)
        )
    )
