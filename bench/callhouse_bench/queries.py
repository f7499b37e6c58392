"""Questions asked of every engine in turn, over the same calls; and whether the answers are the same."""

import subprocess
import sys
import time
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import json

from .dataset import Dataset
from .measure import Row, median, percentile
from .peers import ClickHouse, DuckDb, DuckDbParquet, export_calls
from .program import Client, Program
from .questions import CALLHOUSE, CLICKHOUSE, DUCKDB, Context, Question, questions

RUNS = 20


class Engine:
    """callhouse's engine without the door: `callhouse sql` reading statements."""

    name = "callhouse"

    def __init__(self, program: Program, account: str | None):
        scope = ["--account", account] if account else []
        self.process = subprocess.Popen(
            program.command("sql", "--format", "json", *scope),
            env=program.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, sql: str) -> list[tuple]:
        self.process.stdin.write(sql.replace("\n", " ") + ";\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"callhouse sql ended at {sql}")
        return [tuple(row.values()) for row in json.loads(line)]

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def plain(value: object) -> object:
    """A value as all engines can agree on it: numbers as decimals, instants as text to the microsecond."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    text = str(value)
    if len(text) >= 19 and text[4] == "-" and text[10] in "T ":
        whole, _, fraction = text[:26].rstrip("Z").partition(".")
        return whole.replace("T", " ") + "." + fraction.ljust(6, "0")
    # A number in E.164 is text, and equal as a number, too.
    try:
        return Decimal(text).normalize()
    except InvalidOperation:
        return text


def plain_rows(rows: list[tuple]) -> list[list]:
    return [[plain(value) for value in row] for row in rows]


def draw_context(dataset: Dataset, peer: DuckDb) -> Context:
    """The account with most calls, and ids and numbers from its middle."""
    account = peer.ask("SELECT account FROM calls GROUP BY account ORDER BY count(*) DESC, account LIMIT 1")[0][0]
    middle = peer.ask(
        f"SELECT callid, call_id FROM calls WHERE account = '{account}' AND direction = 'inbound' AND from_number IS NOT NULL "
        f"ORDER BY started_at, callid LIMIT 1 OFFSET (SELECT count(*) // 4 FROM calls WHERE account = '{account}')"
    )[0]
    number = peer.ask(
        f"SELECT from_number FROM calls WHERE account = '{account}' AND direction = 'inbound' AND from_number IS NOT NULL "
        "GROUP BY 1 HAVING count(*) BETWEEN 5 AND 50 ORDER BY count(*) DESC, 1 LIMIT 1"
    )[0][0]
    return Context(account, date.fromisoformat(dataset.shape.start[:10]), dataset.shape.days, middle[0], middle[1], number, number[:9])


def measure(program: Program, folder: Path, dataset: Dataset) -> list[Row]:
    """Loads the peers from the settled calls of a data folder and asks everybody everything."""
    folder.mkdir(parents=True, exist_ok=True)
    parquet = folder / "calls.parquet"
    export_calls(program.data, parquet)
    peers = [DuckDb(folder), DuckDbParquet(folder), ClickHouse(folder)]
    for peer in peers:
        peer.load_calls(parquet)
    parquet.unlink()
    calls = dataset.totals["calls"]
    settled = program.tables()["calls"]["bytes"]
    rows = [Row("settled call", "bytes", settled / calls, {peer.name: peer.bytes() / calls for peer in peers})]
    context = draw_context(dataset, peers[0])
    key = program.key_of(context.account)
    with program.serve() as server:
        client = Client(server, key)
        engines = {False: Engine(program, context.account), True: Engine(program, None)}
        for question in questions(context):
            rows += ask_all(question, engines[question.all_accounts], peers, client)
        for engine in engines.values():
            engine.close()
    for peer in peers:
        peer.close()
    return rows


def ask_all(question: Question, engine: Engine, peers: list, client: Client) -> list[Row]:
    """Asks all in turn, again and again; compares the answers of the first round."""
    dialects = {peer.name: CLICKHOUSE if isinstance(peer, ClickHouse) else DUCKDB for peer in peers}
    askers = {"callhouse": lambda: engine.ask(question.statement[CALLHOUSE])}
    for peer in peers:
        askers[peer.name] = lambda peer=peer: peer.ask(question.statement[dialects[peer.name]])
    if question.method:
        askers["API"] = lambda: client.ask(*question.method)
    answers, first = {}, {}
    for name, ask in askers.items():
        started = time.perf_counter()
        answers[name] = ask()
        first[name] = time.perf_counter() - started
    compare(question, answers)
    times = {name: [] for name in askers}
    for _ in range(RUNS):
        for name, ask in askers.items():
            started = time.perf_counter()
            ask()
            times[name].append(time.perf_counter() - started)
    rows = []
    for what, value in (("", median), (", p99", lambda seconds: percentile(sorted(seconds), 99))):
        peers_took = {peer.name: value(times[peer.name]) * 1e3 for peer in peers}
        rows.append(Row(f"{question.name}{what}", "ms", value(times["callhouse"]) * 1e3, peers_took))
        if "API" in times:
            rows.append(Row(f"{question.name}, API{what}", "ms", value(times["API"]) * 1e3, peers_took))
    rows.append(Row(f"{question.name}, first", "ms", first["callhouse"] * 1e3, {peer.name: first[peer.name] * 1e3 for peer in peers}))
    print(f"{question.name}: " + ", ".join(f"{name} {median(taken) * 1e3:.1f} ms" for name, taken in times.items()), file=sys.stderr)
    return rows


def compare(question: Question, answers: dict[str, object]) -> None:
    expected = plain_rows(answers["callhouse"])
    if not expected:
        raise RuntimeError(f"{question.name}: nobody would notice an empty answer")
    for name, answer in answers.items():
        if name == "API":
            if not question.agrees(plain_rows_as_text(answers["callhouse"]), answer):
                raise RuntimeError(f"{question.name}: the API says {answer}, the engine {answers['callhouse']}")
        elif plain_rows(answer) != expected:
            raise RuntimeError(f"{question.name}: callhouse says {expected[:20]}, {name} {plain_rows(answer)[:20]}")


def plain_rows_as_text(rows: list[tuple]) -> list[list]:
    """Rows with instants as the API writes them."""
    return [[value.replace("T", " ") if isinstance(value, str) else value for value in row] for row in rows]
