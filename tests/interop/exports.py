"""Adds up an exported file with DuckDB.

    exports.py FILE

Prints the control totals of the file as JSON, in the form that an export's result has them: `rows`, sums, amounts as
decimal texts, the first and last start in UTC, and rows by direction. The order of rows and the difference between
null and empty text are checked on the way.
"""

import json
import sys

import duckdb

SUMS = ["duration_seconds", "talk_seconds", "billed_seconds"]
AMOUNTS = ["debit", "credit"]
TYPES = {name: "BIGINT" for name in SUMS} | {name: "DECIMAL(18, 6)" for name in AMOUNTS} | {"started_at": "TIMESTAMPTZ"}


def reader(path: str) -> str:
    if ".csv" in path:
        # Only an empty field without quotes is a null.
        return f"read_csv('{path}', header = true, types = {TYPES}, allow_quoted_nulls = false, strict_mode = true)"
    if ".ndjson" in path:
        return f"read_json('{path}', format = 'newline_delimited', sample_size = -1)"
    return f"read_parquet('{path}')"


def main() -> None:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE TABLE file AS SELECT * FROM {reader(sys.argv[1])}")

    def sums(condition: str) -> dict:
        wanted = ["count(*) AS rows"]
        wanted += [f"coalesce(sum({name}), 0)::BIGINT AS {name}" for name in SUMS]
        wanted += [f"coalesce(sum({name}::DECIMAL(18, 6)), 0)::DECIMAL(18, 6)::VARCHAR AS {name}" for name in AMOUNTS]
        for name, function in [("first_started_at", "min"), ("last_started_at", "max")]:
            wanted.append(f"strftime({function}(started_at::TIMESTAMPTZ), '%Y-%m-%dT%H:%M:%S.%fZ') AS {name}")
        result = connection.execute(f"SELECT {', '.join(wanted)} FROM file WHERE {condition}")
        names = [column[0] for column in result.description]
        return dict(zip(names, result.fetchone(), strict=True))

    totals = sums("true")
    directions = connection.execute("SELECT DISTINCT direction FROM file WHERE direction IS NOT NULL").fetchall()
    totals["by_direction"] = {name: sums(f"direction = '{name}'") for (name,) in directions}
    unknown = sums("direction IS NULL")
    if unknown["rows"]:
        totals["by_direction"]["none"] = unknown
    unsorted = connection.execute(
        "SELECT count(*) FROM (SELECT rowid, row_number() OVER (ORDER BY account, started_at::TIMESTAMPTZ NULLS LAST, "
        "call_id) - 1 AS place FROM file) WHERE rowid <> place"
    ).fetchone()[0]
    if unsorted:
        sys.exit(f"{unsorted} rows are not in order")
    json.dump(totals, sys.stdout)


main()
