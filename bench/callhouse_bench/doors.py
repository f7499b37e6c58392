"""What each door of SQL adds to the engine: a large result until its first row and its last, and connections that idle.

A door is a function from a `House` to the seconds until the first bytes of rows, the seconds in all, and the bytes;
adding one is a function and its line in `DOORS`. Every client reads and throws away, as fast as it can; what a client
itself takes is part of what is measured, which is why those of C are used where there are any."""

import http.client
import json
import os
import resource
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg

from . import doors_flight
from .measure import Row
from .program import DEADLINE, Program, Server
from .settled import SettledSet

COLUMNS = "call_id, account, started_at, direction, from_number, to_number, talk_seconds, debit"
STATEMENT = f"SELECT {COLUMNS} FROM calls"
READ_BYTES = 1 << 20
CONNECTIONS = 2_000
SETTINGS = {
    "CALLHOUSE_SQL_TIME_LIMIT_MS": str(DEADLINE * 1_000),
    "CALLHOUSE_SQL_MAX_ROWS": "1000000000",
    "CALLHOUSE_SQL_MAX_BYTES": str(1 << 40),
    "CALLHOUSE_SQL_PG_CONNECTIONS": str(2 * CONNECTIONS),
    "CALLHOUSE_COMPACTION_ENABLED": "false",
}


@dataclass
class House:
    """A running server, and how to get in."""

    program: Program
    server: Server
    port: int
    key: str
    flight: str

    @property
    def pg(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=bench-operator dbname=callhouse password={self.key}"


Taken = tuple[float, float, int]


def read_all(read: Callable[[], bytes], started: float) -> Taken:
    first, size = 0.0, 0
    while part := read():
        first = first or time.perf_counter() - started
        size += len(part)
    return first, time.perf_counter() - started, size


def over_http(form: str, **headers: str) -> Callable[[House], Taken]:
    def door(house: House) -> Taken:
        connection = http.client.HTTPConnection(house.server.address, timeout=DEADLINE)
        body = json.dumps({"sql": STATEMENT, "format": form})
        headers_sent = {"Authorization": f"Api-Key {house.key}", "Content-Type": "application/json"} | headers
        started = time.perf_counter()
        connection.request("POST", "/v1/sql", body=body, headers=headers_sent)
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"/v1/sql as {form}: HTTP {answer.status}: {answer.read()[:500]!r}")
        return read_all(lambda: answer.read1(READ_BYTES), started)

    return door


def printed(command: list[str], environment: dict[str, str]) -> Taken:
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    taken = read_all(lambda: os.read(process.stdout.fileno(), READ_BYTES), started)
    if process.wait() != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return taken


def local(form: str) -> Callable[[House], Taken]:
    return lambda house: printed(
        house.program.command("sql", "--format", form, STATEMENT), house.program.environment
    )


def copied(options: str) -> Callable[[House], Taken]:
    command = f"COPY ({STATEMENT}) TO STDOUT {options}"
    return lambda house: printed(["psql", "-X", "-q", house.pg, "-c", command], dict(os.environ))


def over_flight(house: House) -> Taken:
    return doors_flight.taken(house.flight, house.key, STATEMENT, DEADLINE)


def rows_of_psycopg(binary: bool) -> Callable[[House], Taken]:
    def door(house: House) -> Taken:
        with psycopg.connect(house.pg, autocommit=True) as connection:
            started, first, rows = time.perf_counter(), 0.0, 0
            connection.pgconn.send_query_params(STATEMENT.encode(), [], result_format=int(binary))
            connection.pgconn.set_single_row_mode()
            while result := connection.pgconn.get_result():
                if result.status == psycopg.pq.ExecStatus.FATAL_ERROR:
                    raise RuntimeError(result.error_message.decode())
                first = first or time.perf_counter() - started
                rows += result.ntuples
            return first, time.perf_counter() - started, 0

    return door


#: The first is what the others are compared with: rows as the engine makes them, in the same process.
ALONE = "engine alone (callhouse sql, Arrow)"
DOORS: dict[str, Callable[[House], Taken]] = {
    ALONE: local("arrow"),
    "callhouse sql, CSV": local("csv"),
    "callhouse sql, NDJSON": local("ndjson"),
    "HTTP, Arrow": over_http("arrow"),
    "HTTP, CSV": over_http("csv"),
    "HTTP, NDJSON": over_http("ndjson"),
    "HTTP, JSON": over_http("json"),
    "HTTP, Parquet": over_http("parquet"),
    "HTTP, CSV, gzip": over_http("csv", **{"Accept-Encoding": "gzip"}),
    "Arrow Flight SQL (pyarrow)": over_flight,
    "PostgreSQL, COPY text (psql)": copied(""),
    "PostgreSQL, COPY CSV (psql)": copied("(FORMAT csv)"),
    "PostgreSQL, COPY binary (psql)": copied("(FORMAT binary)"),
    "PostgreSQL, rows as text (psycopg)": rows_of_psycopg(binary=False),
    "PostgreSQL, rows in binary (psycopg)": rows_of_psycopg(binary=True),
}


def measure(settled: SettledSet) -> list[Row]:
    program = settled.program
    key = program.admin_key()
    doors = ["--pg-listen", "127.0.0.1:0", "--flight-listen", "127.0.0.1:0"]
    with program.serve(*doors, **SETTINGS) as server:
        pg, flight = (server.process.stdout.readline().strip().rsplit("/", 1)[1] for _ in range(2))
        house = House(program, server, int(pg.rsplit(":", 1)[1]), key, flight)
        return through(house, settled.shape.calls) + held(house)


def through(house: House, calls: int) -> list[Row]:
    rows, alone = [], 0.0
    # Once before, so that files are in memory for all of them.
    DOORS[ALONE](house)
    for name, door in DOORS.items():
        first, total, size = door(house)
        alone = alone or total
        rows += [
            Row(f"{calls:,} rows, {name}: first row", "ms", first * 1e3),
            Row(f"{calls:,} rows, {name}: all", "s", total),
            Row(f"{calls:,} rows, {name}: all, beside the engine alone", "x", total / alone),
        ]
        if size:
            rows.append(Row(f"{calls:,} rows, {name}: bytes a row", "bytes", size / calls))
    rows.append(Row("peak memory of the server meanwhile", "MB", house.server.peak_bytes() / 1e6))
    return rows


def held(house: House) -> list[Row]:
    """Connections that have proved who they are and wait."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 3 * CONNECTIONS), hard))
    host, port = house.server.address.rsplit(":", 1)

    def over_pg(_: int) -> psycopg.Connection:
        return psycopg.connect(house.pg, autocommit=True)

    def over_http_kept(_: int) -> socket.socket:
        kept = socket.create_connection((host, int(port)))
        kept.sendall(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        kept.recv(65_536)
        return kept

    rows = []
    for name, door in {"PostgreSQL": over_pg, "HTTP": over_http_kept}.items():
        before = resident_bytes(house.server.process.pid)
        started = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            open_ones = list(pool.map(door, range(CONNECTIONS)))
        seconds = time.monotonic() - started
        grown = resident_bytes(house.server.process.pid) - before
        rows += [
            Row(f"{CONNECTIONS:,} idle connections, {name}: memory of each", "KB", grown / CONNECTIONS / 1e3),
            Row(f"{CONNECTIONS:,} idle connections, {name}: opened", "1/s", CONNECTIONS / seconds),
        ]
        for one in open_ones:
            one.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return rows


def resident_bytes(process_id: int) -> int:
    pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    return pages * resource.getpagesize()
