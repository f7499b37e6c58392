"""How soon an acknowledged event is visible, alone and beside a stream of others."""

import json
import multiprocessing
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from .dataset import Dataset
from .intake import new_program
from .measure import Row, percentile
from .program import Client

TAKEN_IN = "callhouse_ingest_messages_total"
PROBES = 200
# A stream that came to its end would begin again with events that are known, so slow probes are fewer.
PROBES_AT_LEAST = 50
PROBES_FOR = 30
BATCHES_A_SECOND = 20
# A stream that has just begun is not yet what it will be.
RUNS_UP_FOR = 2


def visible(binary: Path, folder: Path, dataset: Dataset, rates: dict[str, int]) -> list[Row]:
    """From the acknowledgement of one event to the first search that finds it, beside streams of so many events/s."""
    rows = []
    for name, rate in rates.items():
        program = new_program(binary, folder, dataset)
        admin = program.admin_key()
        account = dataset.accounts[0]
        with program.serve() as server:
            load = None
            if rate:
                load = multiprocessing.Process(target=stream, args=(server.address, admin, dataset, rate), daemon=True)
                load.start()
                time.sleep(RUNS_UP_FOR)
            taken_in, started = server.metric(TAKEN_IN), time.monotonic()
            try:
                times = sorted(probe(Client(server, program.key_of(account)), account))
                alive = load is None or load.is_alive()
            finally:
                if load:
                    load.kill()
                    load.join()
            reached = (server.metric(TAKEN_IN) - taken_in) / (time.monotonic() - started)
        if not alive:
            raise RuntimeError(f"the stream of {rate} events/s ended before the probes")
        what = f"acknowledged to visible beside {name}"
        rows += [Row(f"{what}, p{share}", "ms", percentile(times, share) * 1e3) for share in (50, 99)]
        if rate:
            rows.append(Row(f"{what}: stream reached", "events/s", reached))
    return rows


def stream(address: str, key: str, dataset: Dataset, rate: int) -> None:
    """Posts the set at a steady rate, again from its start when it is at its end, until killed."""
    client = Client.to(address, key)
    due = time.monotonic()
    while True:
        for count, lines in dataset.batches(max(1, rate // BATCHES_A_SECOND)):
            client.post_events_patiently(lines)
            due += count / rate
            time.sleep(max(0.0, due - time.monotonic()))


def probe(client: Client, account: str):
    """Yields the seconds from acknowledgement to visibility of one call after the other."""
    started = time.monotonic()
    for number in range(PROBES):
        if number >= PROBES_AT_LEAST and time.monotonic() - started > PROBES_FOR:
            return
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
