"""Text messages: how fast their events are taken in, alone and beside calls, and what analytics over them take."""

from pathlib import Path

from .dataset import Shape
from .measure import Row, repeated
from .program import Client, Program


def measure(binary: Path, folder: Path, messages: int) -> list[Row]:
    rows = taken_in(Program(binary, folder / "beside"), messages // 3, messages // 3)
    program = Program(binary, folder / "alone")
    return rows + taken_in(program, 0, messages) + asked(program)


def taken_in(program: Program, calls: int, messages: int) -> list[Row]:
    """A file with the events of so many calls and messages to durable records."""
    events = program.data / "events.jsonl"
    program.data.mkdir(parents=True)
    program.run("generate", *Shape(calls).options(), "--sms", str(messages), "--to", str(events))
    with events.open("rb") as file:
        lines = sum(1 for _ in file)
    cost = program.timed("import", "--format", "cloudevents", "--create-accounts", str(events))
    events.unlink()
    named = f"{messages:,} messages" + (f" and {calls:,} calls" if calls else "")
    rows = [
        Row(f"import of {named}", "events/s", lines / cost.seconds),
        Row(f"import of {named}, CPU", "µs/event", cost.cpu_seconds / lines * 1e6),
        Row(f"import of {named}, peak memory", "MB", cost.peak_bytes / 1e6),
    ]
    if not calls:
        program.run("compact")
        kept = program.tables()["sms"]
        rows.append(Row("a message in sms", "bytes", kept["bytes"] / kept["rows"]))
    return rows


def asked(program: Program) -> list[Row]:
    account = program.run("sql", "--format", "csv", "SELECT account FROM sms GROUP BY account ORDER BY count(*) DESC LIMIT 1").splitlines()[1]
    year, month = ["2025-01-01 00:00:00", "2025-12-31 23:59:59"], ["2025-06-01 00:00:00", "2025-06-30 23:59:59"]
    with program.serve(CALLHOUSE_COMPACTION_ENABLED="false") as server:
        client = Client(server, program.key_of(account))
        one = client.ask("sms.search", [{"type": "OUT"}, {"quantity": 1}])["hits"][0]
        questions = {
            "sms.get": ("sms.get", [one["hash"]]),
            "sms.search, newest page of a month": (
                "sms.search", [{"type": "OUT", "created_at_from": month[0], "created_at_to": month[1]}, {"quantity": 50}],
            ),
            "sms.search, to a number": ("sms.search", [{"to": one["to"]}, {"quantity": 50}]),
            "sms.search, newest page of a year": (
                "sms.search", [{"type": "OUT", "created_at_from": year[0], "created_at_to": year[1]}, {"quantity": 50}],
            ),
            "sms.search, text contains": ("sms.search", [{"text": "code"}, {"quantity": 50}]),
            "analytics/sms.summary of a month": ("analytics/sms.summary", month),
            "analytics/sms.summary of a year": ("analytics/sms.summary", year),
            "analytics/sms.history of a year": ("analytics/sms.history", year),
            "analytics/sms.history_out_by_status of a year": ("analytics/sms.history_out_by_status", year),
        }
        rows = []
        for name, (method, params) in questions.items():
            rows += repeated(lambda: client.ask(method, params)).rows(name)
        return rows
