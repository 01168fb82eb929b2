"""What differs between two sets of rules: a draft and the rules in force, or two versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from callcenter.routing.rule_rows import KEPT

Snapshot = Mapping[str, Any]


class ChangeKind(StrEnum):
    """What became of one rule."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule that differs; ``fields`` are the names of what changed in it."""

    kind: ChangeKind
    before: Snapshot | None
    after: Snapshot | None
    fields: tuple[str, ...] = ()


def changes_between(before: Iterable[Snapshot], after: Iterable[Snapshot]) -> list[RuleChange]:
    """Return the rules that differ, by their number: changed, then added, then removed."""
    old = {rule["id"]: rule for rule in before}
    new = {rule["id"]: rule for rule in after}
    changed = [
        RuleChange(ChangeKind.CHANGED, old[number], rule, fields)
        for number, rule in new.items()
        if number in old
        and (fields := tuple(name for name in KEPT if old[number].get(name) != rule.get(name)))
    ]
    added = [
        RuleChange(ChangeKind.ADDED, None, rule)
        for number, rule in new.items()
        if number not in old
    ]
    removed = [
        RuleChange(ChangeKind.REMOVED, rule, None)
        for number, rule in old.items()
        if number not in new
    ]
    return [*changed, *added, *removed]


def digest_of(rules: Sequence[Snapshot]) -> str:
    """Return a short mark of a set of rules: two sets that read the same have the same."""
    ordered = sorted(rules, key=lambda rule: rule["id"])
    text = json.dumps(ordered, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
