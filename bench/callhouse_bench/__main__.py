"""Measures callhouse and prints a table; keeps it in bench/history/ with `--keep`."""

import argparse
import sys
import tempfile
from pathlib import Path

from . import growth, report
from .parts import PARTS, USUAL, Parts


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--program", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--calls", type=int, default=1_000_000, help="calls of the set that is taken in as events [1000000]")
    parser.add_argument(
        "--query-calls", type=int, default=10_000_000,
        help="settled calls the questions are asked over; 0 asks over those taken in as events [10000000]",
    )
    parser.add_argument("--files", type=int, default=100_000, help="live files of the part `files` [100000]")
    parser.add_argument("--part", action="append", choices=PARTS, help=f"only this part; may be repeated [{', '.join(USUAL)}]")
    parser.add_argument(
        "--rate", action="append", type=int,
        help="events/s beside which visibility is probed [0, 1000, 10000 and half the maximum]",
    )
    parser.add_argument("--growth", action="store_true", help="instead, how costs grow with the calls; draws docs/growth.svg with `--keep`")
    parser.add_argument("--size", action="append", type=int, help="calls that `--growth` measures at [1, 10 and 100 million]")
    parser.add_argument("--peers-up-to", type=int, default=growth.PEERS_UP_TO, help="largest size at which peers are measured, too [10000000]")
    parser.add_argument("--work", type=Path, help="where data folders are made meanwhile [the system's temporary folder]")
    parser.add_argument("--keep", action="store_true", help="keep the result in bench/history/")
    parser.add_argument("--compare", action="store_true", help="only compare the last result kept with the one before it of the same sizes")
    arguments = parser.parse_args()
    if arguments.compare:
        print(report.compare())
        return
    with tempfile.TemporaryDirectory(prefix="callhouse-bench-", dir=arguments.work) as folder:
        kept = grow(arguments, Path(folder)) if arguments.growth else measure(arguments, Path(folder))
    if kept:
        print(f"kept in {kept}", file=sys.stderr)


def measure(arguments: argparse.Namespace, folder: Path) -> Path | None:
    names = arguments.part or USUAL
    parts = Parts(arguments.program, folder, arguments.calls, arguments.query_calls, arguments.files, arguments.rate)
    rows = parts.measure(names)
    print(report.table(rows))
    sizes = {"calls": arguments.calls, "query_calls": arguments.query_calls, "files": arguments.files}
    return report.write([vars(row) for row in rows], {**sizes, "parts": names}) if arguments.keep else None


def grow(arguments: argparse.Namespace, folder: Path) -> Path | None:
    sizes = arguments.size or growth.SIZES
    costs = growth.measure(arguments.program, folder, sizes, arguments.peers_up_to)
    print(growth.table(costs))
    if not arguments.keep:
        return None
    growth.draw(costs)
    return report.write(growth.as_rows(costs), {"sizes": sizes, "peers_up_to": arguments.peers_up_to}, report.HISTORY / "growth")


if __name__ == "__main__":
    main()
