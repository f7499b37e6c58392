"""The peers: DuckDB and ClickHouse in this process, each loaded the way its own documentation advises."""

import shutil
import time
from importlib.util import find_spec
from pathlib import Path

import chdb.session
import duckdb

from .clickhouse_events import EVENTS, SETTINGS
from .questions import CLICKHOUSE, DUCKDB

EVENT_COLUMNS = {
    "specversion": "VARCHAR",
    "id": "VARCHAR",
    "source": "VARCHAR",
    "type": "VARCHAR",
    "subject": "VARCHAR",
    "time": "TIMESTAMPTZ",
    "account": "VARCHAR",
    "data": "JSON",
}

DUCKDB_MEMORY = "6GB"

# Few different values each: ClickHouse keeps them as numbers of a dictionary.
FEW_VALUES = [
    "account", "source", "direction", "from_country", "from_number_type", "from_presentation", "to_country",
    "to_number_type", "did_hash", "did_number", "app_hash", "app_name", "app_package", "trunk", "user_agent",
    "answered_by", "release_source", "dial_status", "release_reason", "codec", "currency", "cost_label", "status",
]
# Columns of `calls` that are for joining late rows, which no peer does.
OF_THE_JOIN = [
    "start_stamp", "parties_stamp", "ringing_stamp", "answer_stamp", "end_stamp", "release_stamp",
    "quality_stamp", "rating_stamp", "dial_status_stated",
]


def duckdb_with_ducklake() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    for package in ("duckdb_extension_ducklake", "duckdb_extension_sqlite_scanner"):
        folder = Path(find_spec(package).submodule_search_locations[0])
        connection.execute(f"LOAD '{next(folder.rglob('*.duckdb_extension'))}'")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def export_calls(data: Path, to: Path) -> None:
    """The settled calls of a data folder as one Parquet file, unsorted: what every peer loads."""
    connection = duckdb_with_ducklake()
    connection.execute(f"ATTACH 'ducklake:sqlite:{data / 'catalog.db'}' AS lake (READ_ONLY)")
    without = ", ".join(OF_THE_JOIN)
    connection.execute(f"COPY (SELECT * EXCLUDE ({without}) FROM lake.calls) TO '{to}' (FORMAT parquet, COMPRESSION zstd)")
    connection.close()


def bounded(connection: duckdb.DuckDBPyConnection, folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection that sorts beyond its memory on disk and leaves room for the others of a run."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET memory_limit = '{DUCKDB_MEMORY}'")
    connection.execute(f"SET temp_directory = '{folder / 'duckdb-spill'}'")
    return connection


class DuckDb:
    """DuckDB over its own storage, sorted by account and start."""

    name = "DuckDB"
    dialect = DUCKDB

    def __init__(self, folder: Path):
        self.path = folder / "duckdb.db"
        self.connection = bounded(duckdb.connect(str(self.path)), folder)

    def load_calls(self, parquet: Path) -> None:
        self.connection.execute(
            f"CREATE TABLE calls AS SELECT * FROM read_parquet('{parquet}') ORDER BY account, started_at, callid"
        )
        self.connection.execute("CHECKPOINT")

    def ask(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()

    def export(self, sql: str, to: Path) -> None:
        self.connection.execute(f"COPY ({sql}) TO '{to}' (FORMAT csv, HEADER)")

    def bytes(self) -> int:
        return self.path.stat().st_size

    def close(self) -> None:
        self.connection.close()

    @staticmethod
    def load_events(events: Path, to: Path) -> float:
        """Seconds from the JSON lines to Parquet sorted as call_events is, by DuckDB's own reader and writer."""
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in EVENT_COLUMNS.items())
        connection = bounded(duckdb.connect(), to.parent)
        started = time.monotonic()
        connection.execute(f"""
            COPY (
                SELECT * FROM read_json('{events}', format = 'newline_delimited',
                                        columns = {{{columns}}})
                ORDER BY account, subject, time
            ) TO '{to}' (FORMAT parquet, COMPRESSION zstd)""")
        seconds = time.monotonic() - started
        connection.close()
        return seconds


class DuckDbParquet(DuckDb):
    """DuckDB over one sorted Parquet file."""

    name = "DuckDB, Parquet"

    def __init__(self, folder: Path):
        self.path = folder / "sorted.parquet"
        self.connection = bounded(duckdb.connect(), folder)
        self.connection.execute("SET parquet_metadata_cache = true")

    def load_calls(self, parquet: Path) -> None:
        self.connection.execute(f"""
            COPY (SELECT * FROM read_parquet('{parquet}') ORDER BY account, started_at, callid)
            TO '{self.path}' (FORMAT parquet, COMPRESSION zstd)""")
        self.connection.execute(f"CREATE VIEW calls AS SELECT * FROM read_parquet('{self.path}')")


class ClickHouse:
    """ClickHouse's MergeTree, ordered by account and start, with bloom filters on ids and numbers."""

    name = "ClickHouse"
    dialect = CLICKHOUSE

    def __init__(self, folder: Path):
        self.folder = folder / "clickhouse"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.session = chdb.session.Session(str(self.folder))
        self.run("CREATE DATABASE bench ENGINE = Atomic")
        self.run("USE bench")

    def run(self, sql: str) -> str:
        return str(self.session.query(sql, "TSVRaw"))

    def load_calls(self, parquet: Path) -> None:
        described = self.run(f"DESCRIBE file('{parquet}', Parquet)").splitlines()
        kinds = dict(line.split("\t")[:2] for line in described)
        kinds["account"] = "LowCardinality(String)"
        kinds["started_at"] = "DateTime64(6, 'UTC')"
        for name in FEW_VALUES:
            if name != "account" and name in kinds:
                kinds[name] = "LowCardinality(Nullable(String))"
        for name in ("call_id", "callid", "status", "first_event_at", "last_event_at"):
            if kinds[name].startswith("Nullable("):
                kinds[name] = kinds[name].removeprefix("Nullable(").removesuffix(")")
        columns = ", ".join(f"`{name}` {kind}" for name, kind in kinds.items())
        indexes = ", ".join(
            f"INDEX of_{name} {name} TYPE bloom_filter(0.01) GRANULARITY 1"
            for name in ("callid", "call_id", "from_number", "to_number")
        )
        self.run(f"CREATE TABLE calls ({columns}, {indexes}) ENGINE = MergeTree ORDER BY (account, started_at, callid)")
        names = ", ".join(f"`{name}`" for name in kinds)
        self.run(f"INSERT INTO calls ({names}) SELECT {names} FROM file('{parquet}', Parquet)")
        self.run("OPTIMIZE TABLE calls FINAL")

    def ask(self, sql: str) -> list[tuple]:
        text = self.run(sql)
        return [tuple(None if cell == "\\N" else cell for cell in line.split("\t")) for line in text.splitlines()]

    def export(self, sql: str, to: Path) -> None:
        self.run(f"INSERT INTO FUNCTION file('{to}', 'CSVWithNames') {sql} SETTINGS engine_file_truncate_on_insert = 1")

    def bytes(self) -> int:
        return int(self.run("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'bench' AND table = 'calls'"))

    def close(self) -> None:
        self.session.close()

    def load_events(self, events: Path) -> float:
        """Seconds from the JSON lines to a merged MergeTree table."""
        self.run("DROP TABLE IF EXISTS events SYNC")
        self.run(f"CREATE TABLE events ({EVENTS}) ENGINE = MergeTree ORDER BY (account, subject, time)")
        started = time.monotonic()
        self.run(f"""
            INSERT INTO events SELECT * FROM file('{events}', JSONEachRow, $${EVENTS}$$)
            SETTINGS {SETTINGS}""")
        return time.monotonic() - started
