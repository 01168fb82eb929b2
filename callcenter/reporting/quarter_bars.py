"""The quarters of an hour of a day as bars, for a wall read from four metres. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callcenter.calls.figures import QUARTER, Figures
from callcenter.core import clock

HEIGHT: Final = 100
WIDTH: Final = 14  # of one quarter, with its gap


@dataclass(frozen=True, slots=True)
class Bar:
    """One quarter: where it stands, and how high its answered and unanswered calls are."""

    x: int
    answered: int
    lost: int
    hour: str
    start: datetime
    figures: Figures


@dataclass(frozen=True, slots=True)
class Chart:
    """All bars, and what the highest stands for."""

    bars: Sequence[Bar]
    most: int

    @property
    def width(self) -> int:
        """The width of the drawing."""
        return max(len(self.bars), 1) * WIDTH


def chart_of(quarters: Sequence[tuple[datetime, Figures]]) -> Chart:
    """Return the bars from the first quarter with a call to the last, the silent ones between."""
    if not quarters:
        return Chart((), 0)
    known = dict(quarters)
    most = max(one.received for one in known.values())
    bars: list[Bar] = []
    start, last = quarters[0][0], quarters[-1][0]
    while start <= last:
        figures = known.get(start, Figures())
        here = clock.in_paris(start)
        answered = round(HEIGHT * figures.answered / most) if most else 0
        received = round(HEIGHT * figures.received / most) if most else 0
        bars.append(
            Bar(
                len(bars) * WIDTH,
                answered,
                max(received - answered, 0),
                f"{here.hour} h" if here.minute == 0 else "",
                start,
                figures,
            )
        )
        start += QUARTER
    return Chart(bars, most)
