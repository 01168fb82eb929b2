"""Counting what a draft would have changed: which tickets, how, and from where to where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from callcenter.routing.rule_types import Decision
from callcenter.routing.states import DestinationKind

# Told one by one; all are counted.
MOST_LISTED: Final = 1000
_MOST_WAYS: Final = 50

_NAMELESS: Final = frozenset(
    {DestinationKind.TRIAGE, DestinationKind.CALL_AGENT, DestinationKind.SIGNPOST}
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision comes to: who gets the ticket, at which priority.

    ``kind`` is kept where the destination is no organisation of the member's (the triage).
    """

    organisation_id: int
    organisation: str
    team_id: int | None
    team: str
    kind: str
    priority: str

    @classmethod
    def of(cls, decision: Decision) -> Outcome:
        """What this decision comes to."""
        kind = decision.destination_kind
        return cls(
            organisation_id=decision.organisation_id,
            organisation=decision.organisation_name,
            team_id=decision.team_id,
            team=decision.team_name,
            kind=str(kind) if kind in _NAMELESS else "",
            priority=str(decision.priority),
        )

    @property
    def place(self) -> tuple[str, str, str]:
        """Where it goes, in the words that are kept: kind, organisation, team."""
        return (self.kind, self.organisation, self.team)


@dataclass(slots=True)
class Tally:
    """The count, made ticket by ticket."""

    examined: int = 0
    moved: int = 0
    organisation: int = 0
    team: int = 0
    priority: int = 0
    ways: Counter[tuple[tuple[str, str, str], tuple[str, str, str]]] = field(
        default_factory=Counter
    )
    categories: Counter[str] = field(default_factory=Counter)
    listed: list[list[Any]] = field(default_factory=list)

    def add(
        self, ticket_id: int, code: str, opened_at: datetime, before: Decision, after: Decision
    ) -> None:
        """Count one ticket: what the rules in force say of it, and what the draft says."""
        self.examined += 1
        old, new = Outcome.of(before), Outcome.of(after)
        if old == new:
            return
        self.moved += 1
        self.categories[code] += 1
        if (old.organisation_id, old.kind) != (new.organisation_id, new.kind):
            self.organisation += 1
        elif old.team_id != new.team_id:
            self.team += 1
        if old.priority != new.priority:
            self.priority += 1
        if old.place != new.place:
            self.ways[old.place, new.place] += 1
        if len(self.listed) < MOST_LISTED:
            self.listed.append(
                [
                    ticket_id, code, opened_at.isoformat(timespec="minutes"),
                    list(old.place), list(new.place), old.priority, new.priority,
                ]
            )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """What is kept of the count."""
        return {
            "examined": self.examined,
            "moved": self.moved,
            "organisation": self.organisation,
            "team": self.team,
            "priority": self.priority,
            "ways": [
                [list(old), list(new), count]
                for (old, new), count in self.ways.most_common(_MOST_WAYS)
            ],
            "categories": self.categories.most_common(),
            "tickets": self.listed,
        }


@dataclass(frozen=True, slots=True)
class MovedTicket:
    """One ticket that would have gone elsewhere, as the count kept it."""

    id: int
    code: str
    opened_at: datetime
    before: tuple[str, str, str]
    after: tuple[str, str, str]
    priority_before: str
    priority_after: str

    @classmethod
    def read(cls, kept: list[Any]) -> MovedTicket:
        """Read what ``Tally`` kept."""
        return cls(
            kept[0], kept[1], datetime.fromisoformat(kept[2]),
            tuple(kept[3]), tuple(kept[4]), kept[5], kept[6],
        )  # fmt: skip


def moved_tickets(result: Mapping[str, Any], start: int, length: int) -> list[MovedTicket]:
    """Return some of the tickets of a result, from a place on."""
    kept = result.get("tickets", [])
    return [MovedTicket.read(one) for one in kept[start : start + length]]
