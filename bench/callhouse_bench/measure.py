"""What a measurement is, and the arithmetic of many."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Row:
    """One line of the report. `peers` holds what others took for the same, in the same unit."""

    what: str
    unit: str
    value: float
    peers: dict[str, float] = field(default_factory=dict)


def percentile(ordered: list[float], share: float) -> float:
    """The value that `share` per cent of `ordered`, ascending, do not exceed."""
    if not ordered:
        raise ValueError("nothing was measured")
    rank = -(-len(ordered) * share // 100)
    return ordered[max(0, int(rank) - 1)]


def median(values: list[float]) -> float:
    return percentile(sorted(values), 50)


@dataclass
class Repeated:
    """How long the same took, one time after another, in milliseconds."""

    times: list[float]

    @property
    def first(self) -> float:
        return self.times[0]

    def rows(self, what: str) -> list[Row]:
        """Median and 99th percentile of all but the first time."""
        warm = sorted(self.times[1:])
        return [Row(what, "ms", median(warm)), Row(f"{what}, p99", "ms", percentile(warm, 99))]


def repeated(run: Callable[[], object], times: int = 20) -> Repeated:
    """Runs it once, and then so many times."""
    took = []
    for _ in range(times + 1):
        started = time.perf_counter()
        run()
        took.append((time.perf_counter() - started) * 1e3)
    return Repeated(took)
