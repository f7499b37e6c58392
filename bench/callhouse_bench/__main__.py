"""Measures callhouse and prints a table; keeps it in bench/history/ with `--keep`."""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from . import intake, queries, report
from .dataset import Dataset, Shape
from .kafka import Broker
from .measure import Row
from .program import Program
from .settled import SettledSet

PARTS = ["file", "queries", "http", "kafka", "visible"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--program", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--calls", type=int, default=1_000_000, help="calls of the generated set [1000000]")
    parser.add_argument(
        "--query-calls", type=int, default=10_000_000,
        help="settled calls the questions are asked over; 0 asks over those taken in as events [10000000]",
    )
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; may be repeated")
    parser.add_argument("--rate", action="append", type=int, help="events/s beside which visibility is probed [0, 1000, 10000]")
    parser.add_argument("--keep", action="store_true", help="keep the result in bench/history/")
    parser.add_argument("--compare", action="store_true", help="only compare the last two kept results")
    arguments = parser.parse_args()
    if arguments.compare:
        print(report.compare())
        return
    parts = arguments.part or PARTS
    with tempfile.TemporaryDirectory(prefix="callhouse-bench-") as folder:
        rows = measure(arguments, parts, Path(folder))
    print(report.table(rows))
    if arguments.keep:
        path = report.write(rows, {"calls": arguments.calls, "query_calls": arguments.query_calls, "parts": parts})
        print(f"kept in {path}", file=sys.stderr)


def measure(arguments: argparse.Namespace, parts: list[str], folder: Path) -> list[Row]:
    binary = arguments.program
    dataset = Dataset(Program(binary, folder / "generate"), Shape(arguments.calls))
    rows: list[Row] = []

    def part(name: str, run) -> None:
        if name in parts:
            started = time.monotonic()
            measured = run()
            rows.extend(measured)
            print(report.table(measured), file=sys.stderr)
            print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)

    def file() -> list[Row]:
        loaded = intake.from_file(binary, folder / "file", dataset)
        return loaded + intake.sizes(Program(binary, folder / "file"))

    def kafka() -> list[Row]:
        with Broker() as broker:
            intake.fill_topic(Program(binary, folder / "generate"), dataset, broker, "calls")
            return intake.from_kafka(binary, folder / "kafka", dataset, broker, "calls")

    def asked() -> list[Row]:
        if arguments.query_calls == 0:
            return queries.measure(Program(binary, folder / "file"), folder / "peers", dataset.shape)
        settled = SettledSet(binary, folder / "settled", Shape(arguments.query_calls))
        print(f"generated {arguments.query_calls} settled calls in {settled.cost.seconds:.0f} s", file=sys.stderr)
        measured = queries.measure(settled.program, folder / "peers", settled.shape)
        for used in ("settled", "peers"):
            shutil.rmtree(folder / used)
        return measured

    if "queries" in parts and arguments.query_calls == 0 and "file" not in parts:
        parts = ["file", *parts]
    part("file", file)
    part("queries", asked)
    part("http", lambda: intake.over_http(binary, folder / "http", dataset))
    part("kafka", kafka)
    part("visible", lambda: intake.visible(binary, folder / "visible", dataset, arguments.rate or [0, 1_000, 10_000]))
    return rows


if __name__ == "__main__":
    main()
