"""What applying a file did, or would do."""

from dataclasses import dataclass, field

SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that could not be applied: a code of ``CAUSES`` and the value at fault."""

    line: int
    column: str
    value: str
    code: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a person must confirm before a file is applied: a code and its figures."""

    code: str
    figures: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Applied:
    """Figures by what became of the rows, a few samples of each, rows refused, doubts."""

    counts: dict[str, int] = field(default_factory=dict)
    samples: dict[str, list[str]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)

    def count(self, name: str, number: int) -> None:
        """Add to a figure; figures that stay at nought are kept too, for the summary."""
        self.counts[name] = self.counts.get(name, 0) + number

    @property
    def changes(self) -> int:
        """How many rows of any table were added, changed or closed."""
        return sum(
            self.counts.get(name, 0)
            for name in ("added", "changed", "closed", "people_added", "residences_changed")
        )
