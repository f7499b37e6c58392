"""Events taken in: from files, over HTTP, from Kafka; and how soon they are visible."""

import json
import multiprocessing
import shutil
import subprocess
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from .dataset import Dataset, cache_folder
from .kafka import Broker
from .measure import Row, percentile
from .peers import ClickHouse, DuckDb
from .program import DEADLINE, Client, Program, Server

HTTP_BATCH = 1_000
HTTP_CONNECTIONS = 2
PROBES = 200


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
    cost = program.timed("import", "--format", "cloudevents", str(events))
    check_all_taken_in(program, lines)
    clickhouse = ClickHouse(folder)
    peers = {
        "DuckDB": lines / DuckDb.load_events(events, folder / "events.parquet"),
        "ClickHouse": lines / clickhouse.load_events(events),
    }
    clickhouse.close()
    return [
        Row("import a file", "events/s", lines / cost.seconds, peers),
        Row("import a file, CPU", "µs/event", cost.cpu_seconds / lines * 1e6),
        Row("import a file, peak memory", "MB", cost.peak_bytes / 1e6),
    ]


def check_all_taken_in(program: Program, messages: int) -> None:
    tables = program.tables()
    kept = tables["call_events"]["rows"] + tables["rejections"]["rows"]
    if kept != messages:
        raise RuntimeError(f"{messages} messages went in, {kept} are kept")


def sizes(program: Program) -> list[Row]:
    """Compacts a loaded data folder and measures what a call takes."""
    before = program.tables()
    cost = program.timed("compact")
    tables = program.tables()
    calls = tables["calls"]["rows"]
    per_call = {name: tables[name]["bytes"] / calls for name in ("calls", "call_events")}
    settled_now = calls - before["calls"]["rows"]
    return [
        Row("a call in calls", "bytes", per_call["calls"]),
        Row("a call's events in call_events", "bytes", per_call["call_events"]),
        Row(f"compact ({settled_now} calls still to settle)", "s", cost.seconds),
        Row("compact, peak memory", "MB", cost.peak_bytes / 1e6),
    ]


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
        Row("HTTP and embedded log to durable records", "events/s", dataset.messages / seconds),
        Row("serve while it takes in, peak memory", "MB", peak / 1e6),
    ]


def send(server: Server, key: str, dataset: Dataset) -> None:
    """Posts a whole set over a few connections; a full log is waited for as its answer says."""
    batches = dataset.batches(HTTP_BATCH)
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
            tables = program.tables()
            kept = tables.get("call_events", {}).get("rows", 0) + tables.get("rejections", {}).get("rows", 0)
            return kept >= dataset.messages

        wait_for(all_in, "the last commit")
        seconds = time.monotonic() - started
    finally:
        process.terminate()
        process.wait()
    check_all_taken_in(program, dataset.messages)
    taken = clickhouse_from_kafka(folder, broker, topic, dataset)
    peers = {"ClickHouse": dataset.messages / taken} if taken else {}
    return [Row("Kafka to durable records", "events/s", dataset.messages / seconds, peers)]


def clickhouse_from_kafka(folder: Path, broker: Broker, topic: str, dataset: Dataset) -> float | None:
    """Seconds of ClickHouse's Kafka engine for the same topic; `None` when it did not get through, which it says."""
    python = cache_folder().parent / "python-kafka" / "bin" / "python"
    arguments = [folder / "clickhouse", broker.address, topic, dataset.totals["events"]]
    done = subprocess.run([python, "-m", "callhouse_bench.kafka_peer", *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    return float(done.stdout) if done.returncode == 0 else None


def fill_topic(program: Program, dataset: Dataset, broker: Broker, topic: str) -> None:
    program.run("generate", *dataset.shape.options(), "--to", f"kafka://{broker.address}/{topic}")


def visible(binary: Path, folder: Path, dataset: Dataset, rates: list[int]) -> list[Row]:
    """From the acknowledgement of one event to the first search that finds it, beside a stream of others."""
    rows = []
    for rate in rates:
        program = new_program(binary, folder, dataset)
        admin = program.admin_key()
        account = dataset.accounts[0]
        with program.serve() as server:
            load = None
            if rate:
                load = multiprocessing.Process(target=stream, args=(server.address, admin, dataset, rate), daemon=True)
                load.start()
            try:
                times = sorted(probe(Client(server, program.key_of(account)), account))
                alive = load is None or load.is_alive()
            finally:
                if load:
                    load.kill()
                    load.join()
        if not alive:
            raise RuntimeError(f"the stream of {rate} events/s ended before the probes")
        name = f"acknowledged to visible beside {rate:,} events/s"
        rows += [Row(f"{name}, p{share}", "ms", percentile(times, share) * 1e3) for share in (50, 99)]
    return rows


def stream(address: str, key: str, dataset: Dataset, rate: int) -> None:
    """Posts the set at a steady rate, in batches of a twentieth of a second."""
    client = Client.to(address, key)
    lines = max(1, rate // 20)
    due = time.monotonic()
    for count, body in dataset.batches(lines):
        client.post_events_patiently(body)
        due += count / rate
        time.sleep(max(0.0, due - time.monotonic()))


def probe(client: Client, account: str):
    """Yields the seconds from acknowledgement to visibility of one call after the other."""
    for number in range(PROBES):
        now = datetime.now(timezone.utc)
        call_id = str(8_000_000_000_000 + number)
        event = {
            "specversion": "1.0",
            "id": f"probe-{number}",
            "source": "bench",
            "type": "call.started",
            "time": now.isoformat(),
            "subject": call_id,
            "account": account,
            "data": {"direction": "inbound", "from": "+33123456789", "to": "+33987654321"},
        }
        client.post_events(json.dumps(event).encode(), "application/cloudevents+json")
        acknowledged = time.monotonic()
        times = [now - timedelta(hours=1), now + timedelta(hours=1)]
        edges = [at.strftime("%Y-%m-%d %H:%M:%S") for at in times]
        filters = {"type": "IN", "from": edges[0], "to": edges[1], "callid": int(call_id)}
        while client.ask("cdr.search", [filters, {"quantity": 0}])["total"] == 0:
            pass
        yield time.monotonic() - acknowledged
