"""What a measurement is, and the arithmetic of many."""

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
