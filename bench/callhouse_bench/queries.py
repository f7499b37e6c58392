"""Questions asked of every engine in turn, over the same calls; and whether the answers are the same."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from .billing import Export
from .dataset import Shape
from .engine import Engine
from .measure import Row, median, percentile
from .peers import ClickHouse, DuckDb, DuckDbParquet, export_calls
from .program import Client, Program
from .questions import CALLHOUSE, Context, Question, instant, questions

RUNS = 20
# Where callhouse is alone, a question that takes long is asked less often: until it has taken so many seconds, but
# so many times at least.
LONG_ENOUGH = 10.0
FEWEST_RUNS = 3


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


def draw_context(shape: Shape, engine: Engine) -> Context:
    """The account with most calls, and an id and a number from its middle. Costs the same at any size, nearly."""
    first = date.fromisoformat(shape.start[:10])
    context = Context("", first, shape.days, 0, "", number="", prefix="", last_page=100)

    def begun(days: int) -> str:
        edges = [instant(day, CALLHOUSE) for day in (context.middle, context.middle + timedelta(days=days))]
        return f"direction = 'inbound' AND started_at >= {edges[0]} AND started_at < {edges[1]}"

    account = engine.ask(f"SELECT account, count(*) FROM calls WHERE {begun(1)} GROUP BY account ORDER BY count(*) DESC, account LIMIT 1")[0][0]
    of_account = f"account = '{account}'"
    callid, call_id = engine.ask(
        f"SELECT callid, call_id FROM calls WHERE {of_account} AND {begun(1)} AND from_number IS NOT NULL ORDER BY started_at, callid LIMIT 1"
    )[0]
    # Of those who called in one week: all numbers of a large set would not fit the memory of a question.
    number = engine.ask(
        f"SELECT from_number, count(*) FROM calls WHERE {of_account} AND direction = 'inbound' AND from_number IN "
        f"(SELECT from_number FROM calls WHERE {of_account} AND {begun(7)}) "
        "GROUP BY 1 HAVING count(*) BETWEEN 5 AND 50 ORDER BY count(*) DESC, 1 LIMIT 1"
    )[0][0]
    found = engine.ask(f"SELECT count(*) FROM calls WHERE {of_account} AND {begun(30)}")[0][0]
    return replace(
        context, account=account, callid=callid, call_id=call_id, number=number, prefix=number[:9],
        last_page=max(2, min(100, found // 100)),
    )


def measure(program: Program, folder: Path, shape: Shape) -> list[Row]:
    """Loads the peers from the settled calls of a data folder and asks everybody everything."""
    folder.mkdir(parents=True, exist_ok=True)
    peers = load_peers(program, folder)
    settled = program.tables()["calls"]
    calls = settled["rows"]
    rows = [Row("settled call", "bytes", settled["bytes"] / calls, {peer.name: peer.bytes() / calls for peer in peers})]
    rows += ask_everything(program, folder, shape, peers)
    for peer in peers:
        peer.close()
    return rows


def ask_everything(program: Program, folder: Path, shape: Shape, peers: list) -> list[Row]:
    """All questions to all. Without peers callhouse may fail to answer, which is said; with them that ends the run."""
    rows = []
    engine = Engine(program, None)
    context = draw_context(shape, engine)
    key = program.key_of(context.account)
    with program.serve() as server:
        client = Client(server, key)
        engines = {False: Engine(program, context.account), True: engine}
        for question in questions(context):
            try:
                rows += ask_all(question, engines[question.all_accounts], peers, client)
            except Exception as failed:
                if peers:
                    raise
                print(f"{question.name}: no value: {failed}", file=sys.stderr)
                engines[question.all_accounts].close()
                engines[question.all_accounts] = Engine(program, None if question.all_accounts else context.account)
                client = Client(server, key)
        peak = max(engine.peak_bytes() for engine in engines.values())
        rows.append(Row("questions, peak memory of a session", "MB", peak / 1e6))
        rows.append(Row("questions, peak memory of serve", "MB", server.peak_bytes() / 1e6))
        for engine in engines.values():
            engine.close()
    for name, account in {"billing export, 1 account": context.account, "billing export, all accounts": None}.items():
        export = Export(f"{name}, 1 month", context, account, program, peers, folder)
        try:
            rows += in_turn(export.name, export.askers, peers, lambda _: export.compare())
            rows.append(Row(f"{export.name}, peak memory", "MB", export.engine.peak_bytes() / 1e6))
        except Exception as failed:
            if peers:
                raise
            print(f"{export.name}: no value: {failed}", file=sys.stderr)
        finally:
            export.close()
    return rows


def load_peers(program: Program, folder: Path) -> list:
    parquet = folder / "calls.parquet"
    export_calls(program.data, parquet)
    peers = [DuckDb(folder), DuckDbParquet(folder), ClickHouse(folder)]
    for peer in peers:
        started = time.monotonic()
        peer.load_calls(parquet)
        print(f"{peer.name}: loaded in {time.monotonic() - started:.0f} s", file=sys.stderr)
    parquet.unlink()
    return peers


def ask_all(question: Question, engine: Engine, peers: list, client: Client) -> list[Row]:
    """Asks all in turn, again and again; compares the answers of the first round."""
    askers = {"callhouse": lambda: engine.ask(question.statement[CALLHOUSE])}
    for peer in peers:
        askers[peer.name] = lambda peer=peer: peer.ask(question.statement[peer.dialect])
    if question.method:
        askers["API"] = lambda: client.ask(*question.method)
    return in_turn(question.name, askers, peers, lambda answers: compare(question, answers))


def in_turn(name: str, askers: dict[str, Callable], peers: list, check: Callable[[dict], None]) -> list[Row]:
    """The first time of each, which is then checked, and what all took in `RUNS` rounds, or fewer without peers."""
    answers, first = {}, {}
    for who, ask in askers.items():
        started = time.perf_counter()
        answers[who] = ask()
        first[who] = time.perf_counter() - started
    check(answers)
    times = {who: [] for who in askers}
    begun = time.perf_counter()
    for round_ in range(RUNS):
        if not peers and round_ >= FEWEST_RUNS and time.perf_counter() - begun > LONG_ENOUGH:
            break
        for who, ask in askers.items():
            started = time.perf_counter()
            ask()
            times[who].append(time.perf_counter() - started)
    rows = []
    for what, value in (("", median), (", p99", lambda seconds: percentile(sorted(seconds), 99))):
        peers_took = {peer.name: value(times[peer.name]) * 1e3 for peer in peers}
        rows.append(Row(f"{name}{what}", "ms", value(times["callhouse"]) * 1e3, peers_took))
        if "API" in times:
            rows.append(Row(f"{name}, API{what}", "ms", value(times["API"]) * 1e3, peers_took))
    rows.append(Row(f"{name}, first", "ms", first["callhouse"] * 1e3, {peer.name: first[peer.name] * 1e3 for peer in peers}))
    print(f"{name}: " + ", ".join(f"{who} {median(taken) * 1e3:.1f} ms" for who, taken in times.items()), file=sys.stderr)
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
