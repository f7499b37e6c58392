"""The log of webhook deliveries: taking it in, and searching it, as `webhooks.search_logs` is asked over HTTP."""

from datetime import date, timedelta
from pathlib import Path

from .dataset import Shape
from .measure import Row, repeated
from .program import Client, Program

# Attempts of the generator's deliveries, about: one in ten is tried again.
ATTEMPTS_OF_A_DELIVERY = 1.17


def measure(program: Program, attempts: int) -> list[Row]:
    """A log of about so many attempts, settled, and the questions people ask of it."""
    shape = Shape(0)
    events, totals = program.data / "attempts.jsonl", program.data / "totals.json"
    deliveries = str(int(attempts / ATTEMPTS_OF_A_DELIVERY))
    program.data.mkdir(parents=True)
    program.run("generate", *shape.options(), "--deliveries", deliveries, "--to", str(events), "--totals", str(totals))
    lines = sum(chunk.count(b"\n") for chunk in chunks(events))
    cost = program.timed("import", "--format", "cloudevents", "--create-accounts", str(events))
    events.unlink()
    kept = program.tables()["webhook_deliveries"]
    named = f"{kept['rows']:,} attempts"
    rows = [
        Row("import of a webhook log", "events/s", lines / cost.seconds),
        Row("import of a webhook log, peak memory", "MB", cost.peak_bytes / 1e6),
        Row("an attempt in the log", "bytes", kept["bytes"] / kept["rows"]),
    ]
    account = program.run("sql", "--format", "csv", LARGEST).splitlines()[1]
    with program.serve(CALLHOUSE_COMPACTION_ENABLED="false") as server:
        client = Client(server, program.key_of(account))
        some = client.ask("webhooks.search_logs", [{"status": "SUCCESS"}, {"quantity": 1, "order": "attempted_at"}])["hits"][0]
        day = date.fromisoformat(shape.start[:10]) + timedelta(days=shape.days // 2)
        within = {"from": f"{day} 00:00:00", "to": f"{day} 23:59:59"}
        asked = {
            "by event id": {"event_id": some["event_id"]},
            "by call": {"about": some["about"]},
            "a day": within,
            "a day's failures": within | {"status": "TIMEOUT"},
            "all of a webhook, newest page": {"hook_hash": some["hook_hash"]},
            "all failures, newest page": {"status": "HTTP_ERROR"},
        }
        for name, filters in asked.items():
            rows += one(client, f"webhook log of {named}, {name}", filters)
        rows.append(Row("peak memory of the server meanwhile", "MB", server.peak_bytes() / 1e6))
    return rows


LARGEST = "SELECT account FROM webhook_deliveries GROUP BY account ORDER BY count(*) DESC LIMIT 1"


def one(client: Client, name: str, filters: dict) -> list[Row]:
    asked = [filters, {"quantity": 50, "order": "attempted_at DESC"}]
    total = client.ask("webhooks.search_logs", asked)["total"]
    if total == 0:
        raise RuntimeError(f"{name}: nothing was found by {filters}")
    return repeated(lambda: client.ask("webhooks.search_logs", asked)).rows(f"{name}, of {total:,}")


def chunks(path: Path):
    with path.open("rb") as file:
        while chunk := file.read(1 << 22):
            yield chunk
