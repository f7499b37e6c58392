"""How every cost grows with the calls there are: measured at some sizes, fitted, and carried on to larger ones."""

import math
import shutil
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from . import chart, queries, report
from .dataset import Shape
from .many_files import largest_account
from .measure import Row
from .program import Client
from .settled import SettledSet

SIZES = [1_000_000, 10_000_000, 100_000_000]
# Beyond, only callhouse is measured: loading a peer would take longer than everything else.
PEERS_UP_TO = 10_000_000
MODEL_FOR = [1_000_000_000, 10_000_000_000]
CHART = Path(__file__).parents[2] / "docs" / "growth.svg"
# What is measured of a question besides its median, and is left out here.
ASIDE = (", p99", ", first")


@dataclass
class Cost:
    """One cost by engine and calls."""

    what: str
    unit: str
    values: dict[str, dict[int, float]] = field(default_factory=dict)
    # Of callhouse: cost ~ calls ^ exponent, over all sizes and between the two largest.
    exponent: float | None = None
    last_exponent: float | None = None
    # What the last exponent says of larger sizes, at least that they cost as much.
    model: dict[int, float] = field(default_factory=dict)

    def fit(self) -> None:
        points = sorted(self.values.get("callhouse", {}).items())
        if len(points) < 2 or any(value <= 0 for _, value in points):
            return
        self.exponent = slope(points)
        self.last_exponent = slope(points[-2:])
        calls, value = points[-1]
        # What has become cheaper a call because more of it was done at once is not taken to do so for ever.
        exponent = max(0.0, self.last_exponent)
        self.model = {size: value * (size / calls) ** exponent for size in MODEL_FOR if size > calls}


def slope(points: list[tuple[int, float]]) -> float:
    """Of the line through the points in log-log, by least squares."""
    xs = [math.log(calls) for calls, _ in points]
    ys = [math.log(value) for _, value in points]
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys)) / sum((x - x_mean) ** 2 for x in xs)


def measure(binary: Path, folder: Path, sizes: list[int], peers_up_to: int) -> list[Cost]:
    costs: dict[str, Cost] = {}
    # The largest first: whether it fits the disk and the evening is known soonest.
    for calls in sorted(sizes, reverse=True):
        started = time.monotonic()
        for row in at_size_if_it_can(binary, folder, calls, calls <= peers_up_to):
            cost = costs.setdefault(row.what, Cost(row.what, row.unit))
            for engine, value in {"callhouse": row.value, **row.peers}.items():
                cost.values.setdefault(engine, {})[calls] = value
        print(f"{calls:,} calls: {time.monotonic() - started:.0f} s", file=sys.stderr)
    for cost in costs.values():
        cost.fit()
    return list(costs.values())


def at_size_if_it_can(binary: Path, folder: Path, calls: int, with_peers: bool) -> list[Row]:
    """What can be measured at one size: a larger size that fails does not cost the smaller ones their values."""
    try:
        return at_size(binary, folder, calls, with_peers)
    except Exception as failed:
        print(f"{calls:,} calls: no values: {failed}", file=sys.stderr)
        return []
    finally:
        for used in folder.iterdir():
            shutil.rmtree(used, ignore_errors=True)


def at_size(binary: Path, folder: Path, calls: int, with_peers: bool) -> list[Row]:
    """Everything at one size."""
    settled = SettledSet(binary, folder / "settled", Shape(calls))
    table = settled.program.tables()["calls"]
    rows = [
        Row("making settled calls", "µs/call", settled.cost.seconds / calls * 1e6),
        Row("making settled calls, CPU", "µs/call", settled.cost.cpu_seconds / calls * 1e6),
        Row("making settled calls, peak memory", "MB", settled.cost.peak_bytes / 1e6),
        Row("live files of calls", "files", table["files"]),
        *start(settled),
    ]
    peers_folder = folder / "peers"
    if with_peers:
        asked = queries.measure(settled.program, peers_folder, settled.shape)
    else:
        peers_folder.mkdir()
        asked = [Row("settled call", "bytes", table["bytes"] / table["rows"])]
        asked += queries.ask_everything(settled.program, peers_folder, settled.shape, [])
    return rows + [row for row in asked if not row.what.endswith(ASIDE)]


def start(settled: SettledSet) -> list[Row]:
    key = settled.program.key_of(largest_account(settled))
    started = time.monotonic()
    with settled.program.serve() as server:
        day = settled.shape.start[:10]
        Client(server, key).ask("analytics/calls.summary", [f"{day} 00:00:00", f"{day} 23:59:59"])
        return [Row("start of serve, until the first summary", "ms", (time.monotonic() - started) * 1e3)]


def table(costs: list[Cost]) -> str:
    """Markdown: callhouse at every size, the exponents, and what they say of larger ones."""
    sizes = sorted({calls for cost in costs for calls in cost.values.get("callhouse", {})})
    header = ["what", "unit", *map(shown, sizes), "exponent", "of the last step", *(f"{shown(size)}, modelled" for size in MODEL_FOR)]
    lines = [header, ["---"] * len(header)]
    for cost in costs:
        measured = cost.values.get("callhouse", {})
        cells = [report.number(measured[size]) if size in measured else "" for size in sizes]
        exponents = ["" if value is None else f"{value:.2f}" for value in (cost.exponent, cost.last_exponent)]
        model = [report.number(cost.model[size]) if size in cost.model else "" for size in MODEL_FOR]
        lines.append([cost.what, cost.unit, *cells, *exponents, *model])
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def shown(calls: int) -> str:
    for size, unit in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if calls >= size:
            return f"{calls / size:g} {unit}"
    return str(calls)


def draw(costs: list[Cost], path: Path = CHART) -> None:
    panels = [
        chart.Panel(cost.what, cost.unit, cost.values, None if cost.exponent is None else f"grows as n^{cost.exponent:.2f}")
        for cost in costs
        if not cost.what.endswith(", API")
    ]
    path.write_text(chart.grid(panels, shown))


def as_rows(costs: list[Cost]) -> list[dict]:
    return [asdict(cost) for cost in costs]
