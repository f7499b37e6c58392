"""A month's billing export: every column billing needs of every call, in order, as CSV in a file."""

from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import duckdb

from .engine import CsvEngine
from .program import Program
from .questions import CALLHOUSE, CLICKHOUSE, DUCKDB, Context, instant

COLUMNS = [
    "account", "callid", "call_id", "direction", "status", "started_at", "answered_at", "ended_at", "from_number",
    "from_country", "to_number", "to_country", "did_number", "trunk", "customer_field", "duration_seconds",
    "talk_seconds", "billed_seconds", "currency", "debit", "credit", "cost_label", "rated_at",
]
# What two exports that are the same have the same: the last one depends on the order of the rows.
CONTROL = """
    count(*), sum(billed_seconds), sum(debit), sum(credit), sum(talk_seconds), count(rated_at), bit_xor(callid),
    sum(epoch_us(started_at)), count(DISTINCT account), sum((callid % 1000003) * row)"""


def statements(context: Context, account: str | None) -> dict[str, str]:
    """The export of the month in the middle of the set, by dialect."""
    first = context.middle.replace(day=1)
    to = (first + timedelta(days=31)).replace(day=1)

    def of(dialect: str) -> str:
        edges = [instant(day, dialect) for day in (first, to)]
        walled = f"account = '{account}' AND " if account else ""
        return (
            f"SELECT {', '.join(COLUMNS)} FROM calls WHERE {walled}started_at >= {edges[0]} AND started_at < {edges[1]} "
            "ORDER BY account, started_at, callid"
        )

    return {dialect: of(dialect) for dialect in (CALLHOUSE, DUCKDB, CLICKHOUSE)}


class Export:
    """The same export by all engines, each to a file of its own."""

    def __init__(self, name: str, context: Context, account: str | None, program: Program, peers: list, folder: Path):
        self.name = name
        self.engine = CsvEngine(program, account)
        self.files = {"callhouse": folder / "callhouse.csv"}
        by_dialect = statements(context, account)
        self.askers = {"callhouse": lambda: self.engine.export(by_dialect[CALLHOUSE], self.files["callhouse"])}
        for peer in peers:
            path = folder / f"{peer.name.replace(', ', '-')}.csv"
            self.files[peer.name] = path
            self.askers[peer.name] = lambda peer=peer, path=path: peer.export(by_dialect[peer.dialect], path)

    def compare(self) -> None:
        """Fails unless all wrote the same rows in the same order, and some."""
        if len(self.files) == 1:
            # Nobody to compare with, and a large export takes long to read.
            with self.files["callhouse"].open("rb") as file:
                if sum(1 for _ in islice(file, 2)) < 2:
                    raise RuntimeError(f"{self.name}: nobody would notice an empty export")
            return
        controls = {name: control(path) for name, path in self.files.items()}
        expected = controls["callhouse"]
        if expected[0] == 0:
            raise RuntimeError(f"{self.name}: nobody would notice an empty export")
        for name, found in controls.items():
            if found != expected:
                raise RuntimeError(f"{self.name}: callhouse exports {expected}, {name} {found}")

    def close(self) -> None:
        self.engine.close()
        for path in self.files.values():
            path.unlink(missing_ok=True)


def control(path: Path) -> tuple:
    kinds = {
        "callid": "BIGINT", "started_at": "TIMESTAMPTZ", "billed_seconds": "BIGINT", "talk_seconds": "BIGINT",
        "debit": "DECIMAL(18,6)", "credit": "DECIMAL(18,6)",
    }
    columns = ", ".join(f"'{name}': '{kinds.get(name, 'VARCHAR')}'" for name in COLUMNS)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    found = connection.execute(
        f"SELECT {CONTROL} FROM (SELECT *, row_number() OVER () AS row FROM read_csv('{path}', header = true, "
        f"delim = ',', quote = '\"', escape = '\"', nullstr = ['', '\\N'], columns = {{{columns}}}))"
    ).fetchone()
    connection.close()
    return found
