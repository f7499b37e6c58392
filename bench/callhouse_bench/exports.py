"""Exports: every call of a settled set as a file of each form, and what that takes from the server that makes it. The file
of CSV is read again by DuckDB, whose sums must be the totals; one export is made by a server that is killed in the middle."""

import json
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

import duckdb

from .measure import Row, percentile
from .program import Client, Server
from .settled import SettledSet

FORMS = {
    "CSV": {"format": "csv"},
    "CSV, gzip": {"format": "csv", "gzip": True},
    "NDJSON": {"format": "ndjson"},
    "Parquet": {"format": "parquet"},
}
# Nothing else is to use the machine.
SERVE = {"CALLHOUSE_COMPACTION_ENABLED": "false"}


def measure(settled: SettledSet) -> list[Row]:
    """Each form on a server of its own, whose memory is that of one export and of nothing before it."""
    rows = []
    calls = sum(group["calls"] for group in settled.totals["groups"])
    key = settled.program.admin_key()
    for name, form in FORMS.items():
        with settled.program.serve(**SERVE) as server:
            rows += one(server, key, name, form, calls)
    rows += killed(settled, key, calls)
    with settled.program.serve(**SERVE) as server:
        rows += beside(server, key)
    return rows


def one(server: Server, key: str, name: str, form: dict, calls: int) -> list[Row]:
    client = Client(server, key)
    before = resident_bytes(server)
    export = finished(client, begin(client, {"source": "calls", **form}))
    seconds = took(export)
    result = export["result"]
    if result["rows"] != calls:
        raise RuntimeError(f"{name}: {result['rows']} rows were exported of {calls}")
    peak_bytes = server.peak_bytes()
    if form == {"format": "csv"}:
        check(client, export)
    forget(client, export["id"])
    return [
        Row(f"export of {calls:,} calls, {name}", "rows/s", calls / seconds),
        Row(f"export of {calls:,} calls, {name}: size", "bytes/row", result["bytes"] / calls),
        Row(f"export of {calls:,} calls, {name}: memory the server grew by", "MB", (peak_bytes - before) / 1e6),
    ]


def check(client: Client, export: dict) -> None:
    """Fetches the file and sums it up by other means."""
    totals = export["result"]["totals"]
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        client.connection.request("GET", f"/v1/exports/{export['id']}/file", headers=client.headers)
        answer = client.connection.getresponse()
        while part := answer.read(1 << 20):
            file.write(part)
        file.flush()
        summed = duckdb.sql(
            "SELECT count(*) AS rows, sum(duration_seconds), sum(talk_seconds), sum(billed_seconds), sum(debit), sum(credit) "
            f"FROM read_csv('{file.name}', header = true, all_varchar = false, types = {TYPES})"
        ).fetchone()
    told = [totals[name] for name in ("rows", "duration_seconds", "talk_seconds", "billed_seconds", "debit", "credit")]
    if [str(value) for value in summed] != [str(value) for value in told]:
        raise RuntimeError(f"DuckDB sums the file up to {summed}, the totals are {told}")


# Whole numbers stay whole, and amounts exact.
TYPES = "{'duration_seconds': 'BIGINT', 'talk_seconds': 'BIGINT', 'billed_seconds': 'BIGINT', 'debit': 'DECIMAL(18, 6)', 'credit': 'DECIMAL(18, 6)'}"


def killed(settled: SettledSet, key: str, calls: int) -> list[Row]:
    """An export whose server dies in the middle: the next one makes it from its beginning, when the lease has run out."""
    with settled.program.serve(**SERVE, CALLHOUSE_EXPORTS_LEASE_MS="5000") as server:
        client = Client(server, key)
        export = begin(client, {"source": "calls", "format": "csv"})
        while float(json.loads(client.get(f"/v1/exports/{export}"))["percent"]) < 30:
            time.sleep(0.05)
        server.process.kill()
        server.process.wait()
    started = time.monotonic()
    with settled.program.serve(**SERVE, CALLHOUSE_EXPORTS_LEASE_MS="5000") as server:
        client = Client(server, key)
        made = finished(client, export)
        seconds = time.monotonic() - started
        if made["result"]["rows"] != calls:
            raise RuntimeError(f"{made['result']['rows']} rows were exported after a kill, of {calls}")
        check(client, made)
        forget(client, export)
    return [Row(f"export of {calls:,} calls, CSV, server killed at 30 %: from the new start to the file", "s", seconds)]


def beside(server: Server, key: str) -> list[Row]:
    """How long a dashboard's question takes alone, and beside an export."""
    client = Client(server, key)
    edges = ["2025-03-01 00:00:00", "2025-03-31 23:59:59"]

    def ask_for(seconds: float | None, until: threading.Event | None) -> list[float]:
        times, started = [], time.monotonic()
        while (seconds and time.monotonic() - started < seconds) or (until and not until.is_set()):
            begun = time.perf_counter()
            client.ask("cdr.search", [{"type": "OUT", "from": edges[0], "to": edges[1]}, {"quantity": 50}])
            times.append((time.perf_counter() - begun) * 1e3)
            time.sleep(0.05)
        return sorted(times)

    alone = ask_for(5, None)
    ended = threading.Event()
    other = Client(server, key)
    export = begin(other, {"source": "calls", "format": "csv", "gzip": True})

    def wait() -> None:
        forget(other, finished(other, export)["id"])
        ended.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    times = ask_for(None, ended)
    waiting.join()
    return [
        Row("page of cdr.search alone, p50", "ms", percentile(alone, 50)),
        Row("page of cdr.search beside an export, p50", "ms", percentile(times, 50)),
        Row("page of cdr.search beside an export, p99", "ms", percentile(times, 99)),
    ]


def begin(client: Client, request: dict) -> str:
    client.connection.request(
        "POST", "/v1/exports", body=json.dumps(request), headers=client.headers | {"Content-Type": "application/json"}
    )
    return json.loads(client.answer("/v1/exports"))["id"]


def finished(client: Client, export_id: str) -> dict:
    while True:
        export = json.loads(client.get(f"/v1/exports/{export_id}"))
        if export["status"] == "done":
            return export
        if export["status"] not in ("pending", "running"):
            raise RuntimeError(f"an export ended so: {export}")
        time.sleep(0.1)


def forget(client: Client, export_id: str) -> None:
    client.connection.request("DELETE", f"/v1/exports/{export_id}", headers=client.headers)
    client.answer("/v1/exports")


def took(export: dict) -> float:
    return (datetime.fromisoformat(export["done_at"]) - datetime.fromisoformat(export["started_at"])).total_seconds()


def resident_bytes(server: Server) -> int:
    for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0
