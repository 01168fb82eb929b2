"""The months of a year as bars: what arrived, and what did not. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from callcenter.messaging.ledger_year import MonthLine

HEIGHT: Final = 100
WIDTH: Final = 40  # of one month, with its gap


@dataclass(frozen=True, slots=True)
class MonthBar:
    """One month: where it stands, and how high each part of what the provider took is."""

    x: int
    delivered: int
    failed: int
    other: int
    line: MonthLine


def bars_of(lines: Sequence[MonthLine]) -> list[MonthBar]:
    """Return a bar for each month, the highest as high as the drawing."""
    most = max((one.figures.charged for one in lines if one.figures), default=0)
    bars = []
    for place, line in enumerate(lines):
        delivered = failed = other = 0
        if line.figures and most:
            sums = line.figures
            delivered = _height(sums.delivered, most)
            other = _height(sums.on_its_way, most)
            failed = _height(sums.charged - sums.delivered - sums.on_its_way, most)
        bars.append(MonthBar(place * WIDTH, delivered, failed, other, line))
    return bars


def _height(part: int, most: int) -> int:
    # What there is of something is seen, however little.
    return max(round(HEIGHT * part / most), 1) if part else 0
