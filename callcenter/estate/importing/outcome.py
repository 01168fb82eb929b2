"""What one transformation gives back: a value, what it repaired, what it could not take."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from callcenter.estate.importing.messages import advice_text, cause_text, repair_text


class Repair(NamedTuple):
    """Something that was surely repairable, and said: ``9000 -> 09000``."""

    code: str
    before: str
    after: str

    @property
    def text(self) -> str:
        """The repair in words."""
        return f"{repair_text(self.code)} : {self.before} -> {self.after}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be taken. Never a guess: the value is dropped or the row refused."""

    code: str
    value: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def cause(self) -> str:
        """Why, in words."""
        return cause_text(self.code, self.params)

    @property
    def advice(self) -> str:
        """What to do about it, in words."""
        return advice_text(self.code)


class Outcome(NamedTuple):
    """The result of a transformation. A ``dict`` value fills several fields at once."""

    value: Any = None
    repairs: tuple[Repair, ...] = ()
    problems: tuple[Problem, ...] = ()


NOTHING = Outcome()

# Problems that are told while the value is kept: the others drop it.
KEPT = frozenset({"lost_letter", "name_not_split", "shared_lease"})


def refuse(code: str, value: str, **params: Any) -> Outcome:
    """Return the outcome of a value that can't be taken."""
    return Outcome(None, (), (Problem(code, value, params),))
