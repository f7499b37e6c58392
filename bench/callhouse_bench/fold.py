"""DuckDB doing both halves of what ingest does: the events kept, and folded into one row a call.

It does less of the second half than callhouse: phone numbers are not looked up, the word of an event type weighs no
more than another's (but for corrections), and what comes late would need all of it again.
"""

import time
from pathlib import Path

import duckdb

from .peers import EVENT_COLUMNS, bounded

TEXTS = [
    "direction", "from", "to", "from_presentation", "did_hash", "did_number", "app_hash", "app_name", "app_package",
    "customer_field", "parent_call_id", "group_id", "trunk", "source_ip", "answered_by", "release_source",
    "dial_status", "release_reason", "codec", "currency", "cost_label",
]
NUMBERS = ["release_cause", "sip_status", "mos_milli", "jitter_ms", "round_trip_ms", "packets_lost", "billed_seconds"]
AMOUNTS = ["debit", "credit"]
# A correction beats whatever else was said, however late.
WORTH = "CASE type WHEN 'call.corrected' THEN time + INTERVAL 100 YEAR ELSE time END"


def load_and_fold(events: Path, folder: Path, calls: int) -> float:
    """Seconds from the JSON lines to two sorted Parquet files: the events, and one row for each of so many calls."""
    kinds = {name: "VARCHAR" for name in TEXTS} | {name: "BIGINT" for name in NUMBERS} | {name: "DECIMAL(18,6)" for name in AMOUNTS}
    shape = "{" + ", ".join(f'"{name}": "{kind}"' for name, kind in kinds.items()) + "}"
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in EVENT_COLUMNS.items())
    last_words = ", ".join(f'max_by(said."{name}", {WORTH}) AS "{name}"' for name in kinds)
    archive, folded = folder / "archive.parquet", folder / "folded.parquet"
    connection = bounded(duckdb.connect(str(folder / "fold.db")), folder)
    started = time.monotonic()
    connection.execute(f"CREATE TABLE events AS SELECT * FROM read_json('{events}', format = 'newline_delimited', columns = {{{columns}}})")
    connection.execute(f"COPY (SELECT * FROM events ORDER BY account, subject, time) TO '{archive}' (FORMAT parquet, COMPRESSION zstd)")
    connection.execute(f"""
        COPY (
            SELECT *, coalesce(epoch_ms(ended_at - answered_at), 0) AS talk_ms, epoch_ms(ended_at - started_at) AS duration_ms
            FROM (
                SELECT account, subject AS call_id, max_by(source, time) AS source,
                    min(time) AS first_event_at, max(time) AS last_event_at,
                    max(time) FILTER (type = 'call.started') AS started_at,
                    max(time) FILTER (type = 'call.ringing') AS ringing_at,
                    max(time) FILTER (type = 'call.answered') AS answered_at,
                    max(time) FILTER (type = 'call.ended') AS ended_at,
                    max({WORTH}) FILTER (said.debit IS NOT NULL) AS rated_at, {last_words}
                FROM (SELECT account, subject, source, type, time, from_json(data, '{shape}') AS said FROM events)
                GROUP BY account, subject
            )
            ORDER BY account, started_at, call_id
        ) TO '{folded}' (FORMAT parquet, COMPRESSION zstd)""")
    seconds = time.monotonic() - started
    found = connection.execute(f"SELECT count(*) FROM '{folded}'").fetchone()[0]
    connection.close()
    for path in (archive, folded, folder / "fold.db"):
        path.unlink()
    # Lines of accounts nobody created, which callhouse rejects, are events to DuckDB.
    if not calls <= found <= calls * 1.001 + 100:
        raise RuntimeError(f"DuckDB folded the events into {found} calls of {calls}")
    return seconds
