"""Events taken in: from files, over HTTP, from Kafka."""

import contextlib
import shutil
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

from . import fold
from .dataset import Dataset, cache_folder
from .kafka import Broker
from .measure import Row
from .peers import ClickHouse, DuckDb
from .program import DEADLINE, Client, Program, Server

# So that the catalog still knows of every file that was ever written.
KEEP_HISTORY = {"CALLHOUSE_COMPACTION_GRACE_MS": str(24 * 3_600_000)}
TO_DURABLE = "HTTP and embedded log to durable records"
HTTP_BATCH = 1_000
HTTP_CONNECTIONS = 2
# Enough to see a rate by.
PROBE_LINES = 400_000


def new_program(binary: Path, folder: Path, dataset: Dataset | None = None) -> Program:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    program = Program(binary, folder)
    if dataset:
        program.create_accounts(dataset.accounts)
    return program


def from_file(binary: Path, folder: Path, dataset: Dataset) -> list[Row]:
    """A file to durable records, by `callhouse import`, which leaves them in `folder`."""
    events, lines = dataset.well_formed()
    program = new_program(binary, folder, dataset)
    cost = program.timed("import", "--format", "cloudevents", str(events), **KEEP_HISTORY)
    check_all_taken_in(program, lines)
    clickhouse = ClickHouse(folder)
    events_only = {
        "DuckDB": lines / DuckDb.load_events(events, folder / "events.parquet"),
        "ClickHouse": lines / clickhouse.load_events(events),
    }
    clickhouse.close()
    folded = {"DuckDB": lines / fold.load_and_fold(events, folder, dataset.totals["calls"])}
    return [
        Row("import a file (peers: events only)", "events/s", lines / cost.seconds, events_only),
        Row("import a file (peers: events, and folded into calls)", "events/s", lines / cost.seconds, folded),
        Row("import a file, CPU", "µs/event", cost.cpu_seconds / lines * 1e6),
        Row("import a file, peak memory", "MB", cost.peak_bytes / 1e6),
    ]


def check_all_taken_in(program: Program, messages: int) -> None:
    tables = program.tables()
    kept = tables["call_events"]["rows"] + tables["rejections"]["rows"]
    if kept != messages:
        raise RuntimeError(f"{messages} messages went in, {kept} are kept")


def committed(server: Server) -> float:
    tables = ("call_events", "rejections")
    return sum(server.metric("callhouse_ingest_rows_total", f'table="{table}"') for table in tables)


def wait_for(condition, what: str) -> None:
    ends_at = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > ends_at:
            raise RuntimeError(f"{what} did not happen within {DEADLINE} s")
        time.sleep(0.05)


def over_http(binary: Path, folder: Path, dataset: Dataset) -> list[Row]:
    """Batches of lines posted to `callhouse serve` on the embedded log, until all are in the lake."""
    program = new_program(binary, folder, dataset)
    key = program.admin_key()
    with program.serve() as server:
        started = time.monotonic()
        send(server, key, dataset)
        acknowledged = time.monotonic() - started
        wait_for(lambda: committed(server) >= dataset.messages, "the last commit")
        seconds = time.monotonic() - started
        peak = server.peak_bytes()
    check_all_taken_in(program, dataset.messages)
    return [
        Row("HTTP and embedded log, acknowledged", "events/s", dataset.messages / acknowledged),
        Row(TO_DURABLE, "events/s", dataset.messages / seconds),
        Row("serve while it takes in, peak memory", "MB", peak / 1e6),
    ]


def maximum_rate(binary: Path, folder: Path, dataset: Dataset) -> float:
    """Events/s from HTTP to durable records, by a part of the set."""
    program = new_program(binary, folder, dataset)
    key = program.admin_key()
    lines = min(PROBE_LINES, dataset.messages)
    with program.serve() as server:
        started = time.monotonic()
        send(server, key, dataset, lines)
        wait_for(lambda: committed(server) >= lines, "the last commit")
        return lines / (time.monotonic() - started)


def send(server: Server, key: str, dataset: Dataset, lines: int | None = None) -> None:
    """Posts a set, or its first lines, over a few connections; a full log is waited for as its answer says."""
    batches = dataset.batches(HTTP_BATCH, lines)
    lock = threading.Lock()
    failures: list[Exception] = []

    def work() -> None:
        try:
            client = Client(server, key)
            while True:
                with lock:
                    batch = next(batches, None)
                if batch is None:
                    return
                client.post_events_patiently(batch[1])
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(HTTP_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def from_kafka(binary: Path, folder: Path, dataset: Dataset, broker: Broker, topic: str) -> list[Row]:
    """A full topic to durable records, by `callhouse ingest` from its start to its last commit."""
    program = new_program(binary, folder, dataset)
    started = time.monotonic()
    process = subprocess.Popen(
        program.command("ingest", "--kafka", broker.address, "--topic", topic), env=program.environment
    )
    try:

        def all_in() -> bool:
            if process.poll() is not None:
                raise RuntimeError(f"callhouse ingest ended with {process.returncode}")
            return taken_in(folder) >= dataset.messages

        wait_for(all_in, "the last commit")
        seconds = time.monotonic() - started
    finally:
        process.terminate()
        process.wait()
    check_all_taken_in(program, dataset.messages)
    rows = [Row("Kafka to durable records", "events/s", dataset.messages / seconds)]
    peer_seconds, peer_rows = clickhouse_from_kafka(folder, broker, topic, dataset)
    if peer_rows:
        rows[0].peers["ClickHouse"] = peer_rows / peer_seconds
    if left := dataset.messages - peer_rows:
        rows.append(Row("Kafka, messages not taken in when no more came", "messages", 0, {"ClickHouse": left}))
    return rows


def taken_in(folder: Path) -> int:
    """Messages below the positions of a data folder, from its catalog: a command would take a core from what is measured."""
    catalog = folder / "catalog.db"
    if not catalog.exists():
        return 0
    with contextlib.closing(sqlite3.connect(f"file:{catalog}?mode=ro", uri=True, timeout=5)) as connection:
        try:
            return connection.execute("SELECT coalesce(sum(next_offset), 0) FROM callhouse_positions").fetchone()[0]
        except sqlite3.OperationalError:
            # The tables are not there yet.
            return 0


def clickhouse_from_kafka(folder: Path, broker: Broker, topic: str, dataset: Dataset) -> tuple[float, int]:
    """Seconds of ClickHouse's Kafka engine for the same topic, and the messages it took in until none came any more."""
    python = cache_folder().parent / "python-kafka" / "bin" / "python"
    arguments = [folder / "clickhouse", broker.address, topic, dataset.messages]
    command = [python, "-m", "callhouse_bench.kafka_peer", *map(str, arguments)]
    seconds, rows = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return float(seconds), int(rows)


def fill_topic(program: Program, dataset: Dataset, broker: Broker, topic: str) -> None:
    program.run("generate", *dataset.shape.options(), "--to", f"kafka://{broker.address}/{topic}")
