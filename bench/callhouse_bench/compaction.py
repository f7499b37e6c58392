"""What compaction takes, and what ingest and compaction write for what remains."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from .dataset import Dataset
from .intake import KEEP_HISTORY, check_all_taken_in, new_program
from .measure import Row
from .program import Program


@dataclass
class Written:
    """Rows and bytes of all files a data folder ever named, those that have been replaced included."""

    rows: int
    bytes: int


def written(program: Program, by: str) -> Written:
    """What commits of ingest (`ingest`) or compaction (`compact`) added, as long as nothing was collected."""
    catalog = sqlite3.connect(f"file:{program.data / 'catalog.db'}?mode=ro", uri=True)
    rows, size = catalog.execute(
        "SELECT coalesce(sum(record_count), 0), coalesce(sum(file_size_bytes), 0) FROM ducklake_data_file "
        "JOIN ducklake_snapshot_changes ON snapshot_id = begin_snapshot WHERE commit_message = ?",
        [by],
    ).fetchone()
    catalog.close()
    return Written(rows, size)


def sizes(program: Program) -> list[Row]:
    """Compacts a loaded data folder and measures what a call takes, and what was written for it."""
    before = program.tables()
    cost = program.timed("compact", **KEEP_HISTORY)
    tables = program.tables()
    calls = tables["calls"]["rows"]
    per_call = {name: tables[name]["bytes"] / calls for name in ("calls", "call_events")}
    settled_now = calls - before["calls"]["rows"]
    return [
        Row("a call in calls", "bytes", per_call["calls"]),
        Row("a call's events in call_events", "bytes", per_call["call_events"]),
        Row(f"compact ({settled_now} calls still to settle)", "s", cost.seconds),
        *amplification(program, "compaction beside ingest"),
    ]


def amplification(program: Program, when: str) -> list[Row]:
    """Bytes written to files for every byte that is live."""
    live = sum(table["bytes"] for table in program.tables().values())
    by_ingest, by_compaction = written(program, "ingest"), written(program, "compact")
    return [
        Row(f"write amplification, {when}", "bytes written/live", (by_ingest.bytes + by_compaction.bytes) / live),
        Row(f"write amplification, {when}: by ingest", "bytes written/live", by_ingest.bytes / live),
        Row(f"write amplification, {when}: by compaction", "bytes written/live", by_compaction.bytes / live),
    ]


def measure(binary: Path, folder: Path, dataset: Dataset) -> list[Row]:
    """All of compaction at once: a set is taken in without any, then settled and merged."""
    events, lines = dataset.well_formed()
    program = new_program(binary, folder, dataset)
    program.run("import", "--format", "cloudevents", str(events), CALLHOUSE_COMPACTION_ENABLED="false")
    check_all_taken_in(program, lines)
    recent = program.tables()["calls_recent"]["rows"]
    cost = program.timed("compact", **KEEP_HISTORY)
    tables = program.tables()
    rows = written(program, "compact").rows
    return [
        Row("compact all: calls settled", "calls/s", tables["calls"]["rows"] / cost.seconds),
        Row("compact all: recent rows joined", "rows/s", recent / cost.seconds),
        Row("compact all: rows written, of all tables", "rows/s", rows / cost.seconds),
        Row("compact all: CPU", "µs/row written", cost.cpu_seconds / rows * 1e6),
        Row("compact all: peak memory", "MB", cost.peak_bytes / 1e6),
        *amplification(program, "compaction afterwards"),
    ]
