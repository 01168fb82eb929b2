"""What a category is made of: its handler, target, safety script and triage questions.

Frozen data without any decision; a member's own categories are these with fields replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from callcenter.members.clock_rules import Target, TargetUnit
from callcenter.routing.states import (
    CategoryLocation,
    DestinationKind,
    Equipment,
    Family,
    Location,
    Payer,
    Priority,
    Service,
    TeamKind,
)

# Mission, "Categories": P0 now, P1 4 h, both 24/7; P2 24 h; P3 5 and P4 10 working days. "Now" is
# kept as one hour on the ticket's clock, the delay the two dated P0 of the table give.
PRIORITY_TARGETS: Final[Mapping[Priority, Target]] = {
    Priority.P0: Target(1, TargetUnit.HOURS),
    Priority.P1: Target(4, TargetUnit.HOURS),
    Priority.P2: Target(24, TargetUnit.OPEN_DAY_HOURS),
    Priority.P3: Target(5, TargetUnit.WORKING_DAYS),
    Priority.P4: Target(10, TargetUnit.WORKING_DAYS),
}


@dataclass(frozen=True, slots=True)
class Handler:
    """Who handles a category by default; a team kind says which team of the member."""

    kind: DestinationKind
    team_kind: TeamKind | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a triage question and what it changes.

    ``priority`` raises or lowers the ticket's; ``switch_to`` is the category that fits better;
    ``advice`` is what the agent says; ``no_ticket`` means the call normally ends without one;
    ``payer`` says who pays in that case, with its source.
    """

    value: str
    label: str
    priority: Priority | None = None
    switch_to: str | None = None
    advice: str = ""
    no_ticket: bool = False
    payer: Payer | None = None
    payer_source: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """Who pays by default, by which text, and what to know (see ``payment_rules``)."""

    payer: Payer
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A closed question that agents ask; the answers are facts that rules read."""

    key: str
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Safety:
    """What comes before anything else for a P0: the number to call and the words to read."""

    number: str
    script: str


@dataclass(frozen=True, slots=True)
class Category:
    """What a call may be about. ``target`` is set only where it differs from the priority's.

    ``script`` is what this member's agents check and say; ``payment`` None: nothing to pay.
    ``targets`` is the main promise at each priority as the member made it (``promises``).
    """

    code: str
    label: str
    location: CategoryLocation
    priority: Priority
    handler: Handler
    services: frozenset[Service]
    target: Target | None = None
    equipment: Equipment | None = None
    short: str = ""
    restricted: bool = False
    opens_ticket: bool = True
    safety: Safety | None = None
    synonyms: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    payment: Payment | None = None
    script: str = ""
    targets: Mapping[Priority, Target] = field(default_factory=dict, hash=False)

    @property
    def family(self) -> Family:
        """The letter of the code, as a word."""
        return Family(self.code[0])

    @property
    def short_label(self) -> str:
        """The name used in explanations: the equipment's when there is one."""
        return self.short or self.label

    @property
    def locations(self) -> tuple[Location, ...]:
        """The places the agent may choose from; empty when the category has none."""
        if self.location is CategoryLocation.NONE:
            return ()
        if self.location is CategoryLocation.BOTH:
            return (Location.PRIVATE, Location.COMMON)
        return (Location(self.location),)


def lineage(code: str) -> tuple[str, ...]:
    """A category's code, then those above it: ``T-PLB-WC`` is one of ``T-PLB``."""
    parts = code.split("-")
    return tuple("-".join(parts[:length]) for length in range(len(parts), 1, -1)) or (code,)


@dataclass(frozen=True, slots=True)
class AnswerOutcome:
    """What the answers to a category's questions change.

    ``urgent_advice`` is what is said before anything else: an answer made it a P0.
    """

    priority: Priority
    switch_to: str | None = None
    advice: tuple[str, ...] = ()
    no_ticket: bool = False
    urgent_advice: tuple[str, ...] = ()
    changed_by: tuple[tuple[str, str], ...] = field(default=())


def target_for(category: Category, priority: Priority) -> Target:
    """The promise for this category at this priority.

    The category's own target holds at its own priority; a ticket raised or lowered from it gets
    the target of its new priority. What the member promises itself (``targets``) comes first.
    """
    if priority in category.targets:
        return category.targets[priority]
    if category.target is not None and priority == category.priority:
        return category.target
    return PRIORITY_TARGETS[priority]


def apply_answers(category: Category, answers: Mapping[str, str]) -> AnswerOutcome:
    """Read the answers: the most urgent priority they give, and what the agent should know.

    Answers to questions the category doesn't ask, and unknown values, change nothing.
    """
    chosen = [
        (question, choice)
        for question in category.questions
        for choice in question.choices
        if answers.get(question.key) == choice.value
    ]
    given = [choice.priority for _, choice in chosen if choice.priority is not None]
    return AnswerOutcome(
        priority=min(given, default=category.priority),
        switch_to=next((choice.switch_to for _, choice in chosen if choice.switch_to), None),
        advice=tuple(
            choice.advice
            for _, choice in chosen
            if choice.advice and choice.priority is not Priority.P0
        ),
        no_ticket=any(choice.no_ticket for _, choice in chosen),
        urgent_advice=tuple(
            choice.advice
            for _, choice in chosen
            if choice.advice and choice.priority is Priority.P0
        ),
        changed_by=tuple(
            (question.label, choice.label)
            for question, choice in chosen
            if choice.priority is not None
        ),
    )
