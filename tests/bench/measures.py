"""Timing, and one line of JSON per operation."""

import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.bench.goals import GOALS

WARM_UP = 8


@dataclass
class Results:
    """The lines printed so far, for one base; ``p95`` by operation for the ratio."""

    base: str
    p95: dict[str, float] = field(default_factory=dict)

    def tell(self, op: str, **values: Any) -> None:
        """Print one line, with its goal where there is one."""
        values |= {"goal": GOALS[op]} if op in GOALS else {}
        line = json.dumps({"op": op, "base": self.base, **values}, ensure_ascii=False)
        print(line, flush=True)  # noqa: T201 - this is what the program is for

    def times(
        self, op: str, seconds: Sequence[float], sql: int | None = None, **values: Any
    ) -> None:
        """Print the line of an operation from what its repetitions took."""
        p95 = quantile(seconds, 0.95) * 1000
        self.p95[op] = p95
        self.tell(
            op,
            p50_ms=round(quantile(seconds, 0.5) * 1000, 2),
            p95_ms=round(p95, 2),
            sql=sql,
            n=len(seconds),
            **values,
        )


def quantile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def timed(acts: Iterable[Callable[[], object]], warm_up: int = WARM_UP) -> list[float]:
    """What each act took, one after the other; the first ``warm_up`` are not counted."""
    seconds = []
    for number, act in enumerate(acts):
        start = time.perf_counter()
        act()
        if number >= warm_up:
            seconds.append(time.perf_counter() - start)
    return seconds


def rate(makers: Sequence[Callable[[], Callable[[], object]]], each: int) -> tuple[float, int]:
    """Acts a second of as many clients at once as there are ``makers``, and how many were done.

    Each maker gives a client's next act; signing in and warming up is done before the clock starts.
    """

    def work(maker: Callable[[], Callable[[], object]]) -> None:
        for _ in range(each):
            maker()()

    with ThreadPoolExecutor(len(makers)) as pool:
        list(pool.map(lambda maker: maker()(), makers))  # warm
        start = time.perf_counter()
        list(pool.map(work, makers))
        took = time.perf_counter() - start
    return len(makers) * each / took, len(makers) * each
