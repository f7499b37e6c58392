"""What many live files cost: starting, and planning a question, when the catalog names so many."""

import shutil
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from .dataset import Shape
from .engine import Engine
from .measure import Row, repeated
from .program import Client
from .questions import CALLHOUSE, SUMS, instant
from .settled import SettledSet

# Real files, written and read like any other, only small.
CALLS_PER_FILE = 10
# A file takes about 25 KB with its statistics in the catalog.
BYTES_PER_FILE = 25_000
# Merging them is what compaction is for, and not what is measured.
SERVE = {"CALLHOUSE_COMPACTION_ENABLED": "false"}
MEMORY = Path("/dev/shm")


def measure(binary: Path, folder: Path, files: int) -> list[Row]:
    """Writes so many files, in memory where there is room, for nothing is measured of writing them."""
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2 * files * BYTES_PER_FILE
    with tempfile.TemporaryDirectory(prefix="callhouse-bench-", dir=MEMORY if in_memory else folder) as place:
        settled = SettledSet(binary, Path(place) / "data", Shape(files * CALLS_PER_FILE), CALLS_PER_FILE)
        live = settled.program.tables()["calls"]["files"]
        if live < files:
            raise RuntimeError(f"there are {live} live files, {files} were wanted")
        account = largest_account(settled)
        named = f"{files:,} files"
        return [Row(f"live files of {named}", "files", live), *start(settled, named, account), *plan(settled, named, account)]


def largest_account(settled: SettledSet) -> str:
    return max(settled.totals["groups"], key=lambda group: group["calls"])["account"]


def start(settled: SettledSet, named: str, account: str) -> list[Row]:
    """Of a server: until it listens, and until it has answered a first question."""
    key = settled.program.key_of(account)
    started = time.monotonic()
    with settled.program.serve(**SERVE) as server:
        listening = time.monotonic() - started
        edges = [f"{middle(settled.shape)} 00:00:00", f"{middle(settled.shape)} 23:59:59"]
        Client(server, key).ask("analytics/calls.summary", edges)
        answered = time.monotonic() - started
        peak = server.peak_bytes()
    return [
        Row(f"start with {named}, until it listens", "s", listening),
        Row(f"start with {named}, until the first summary of a day", "s", answered),
        Row(f"start with {named}, peak memory", "MB", peak / 1e6),
    ]


def plan(settled: SettledSet, named: str, account: str) -> list[Row]:
    """Of a session's questions, each asked once before: `EXPLAIN` is planning and nothing else."""
    edges = [instant(day, CALLHOUSE) for day in (middle(settled.shape), middle(settled.shape) + timedelta(days=1))]
    within = f"started_at >= {edges[0]} AND started_at < {edges[1]}"
    day = f"SELECT direction, {SUMS} FROM calls WHERE account = '{account}' AND {within} GROUP BY direction ORDER BY direction"
    drawing = Engine(settled.program, account)
    call_id = drawing.ask(f"SELECT call_id FROM calls WHERE {within} ORDER BY started_at LIMIT 1")[0][0]
    drawing.close()
    asked = {
        "EXPLAIN of a summary of a day": f"EXPLAIN {day}",
        "summary of a day": day,
        "call by foreign id": f"SELECT * FROM calls WHERE account = '{account}' AND call_id = '{call_id}'",
    }
    engine = Engine(settled.program, account)
    rows = []
    for name, statement in asked.items():
        took = repeated(lambda: engine.ask(statement))
        rows += took.rows(f"{name}, {named}")
        rows.append(Row(f"{name}, {named}, first", "ms", took.first))
    engine.close()
    return rows


def middle(shape: Shape) -> date:
    return date.fromisoformat(shape.start[:10]) + timedelta(days=shape.days // 2)
