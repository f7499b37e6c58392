"""The parts of a run, in their order, and what one leaves for another."""

import shutil
import sys
import time
from functools import cached_property
from pathlib import Path

from . import compaction, doors, exports, intake, many_files, queries, report, sms, webhook_log
from .dataset import Dataset, Shape
from .kafka import Broker
from .measure import Row
from .program import Program
from .settled import SettledSet
from .visible import visible

PARTS = ["file", "compaction", "queries", "exports", "doors", "http", "kafka", "visible", "files", "sms", "log"]
#: What a run measures that names no part. The others compare callhouse with itself, and are asked for by name.
USUAL = [part for part in PARTS if part not in ("exports", "doors", "sms", "log")]
#: The parts that ask over one settled set and leave it as it was.
OVER_SETTLED = ["queries", "exports", "doors"]
HALF = "half the maximum"


class Parts:
    def __init__(self, binary: Path, folder: Path, calls: int, query_calls: int, files: int, rates: list[int] | None):
        self.binary = binary
        self.folder = folder
        self.calls = calls
        self.query_calls = query_calls
        self.files_wanted = files
        self.rates = rates
        # From HTTP to durable records, in events/s, once it is known.
        self.maximum: float | None = None

    @cached_property
    def dataset(self) -> Dataset:
        return Dataset(Program(self.binary, self.folder / "generate"), Shape(self.calls))

    def measure(self, names: list[str]) -> list[Row]:
        if "queries" in names and self.query_calls == 0 and "file" not in names:
            names = ["file", *names]
        rows: list[Row] = []
        names = [part for part in PARTS if part in names]
        for name in names:
            started = time.monotonic()
            measured = getattr(self, name)()
            rows += measured
            print(report.table(measured), file=sys.stderr)
            print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
            self.tidy(names[names.index(name) + 1 :])
        return rows

    def tidy(self, to_come: list[str]) -> None:
        """Removes what parts have left, for disks are small, but for what is read again."""
        kept = set()
        if any(name in OVER_SETTLED for name in to_come):
            kept.add("settled")
            if self.query_calls == 0 and "queries" in to_come:
                kept.add("file")
        for left in self.folder.iterdir():
            if left.is_dir() and left.name not in kept:
                shutil.rmtree(left)

    @cached_property
    def settled(self) -> SettledSet:
        return SettledSet(self.binary, self.folder / "settled", Shape(self.query_calls or self.calls))

    def file(self) -> list[Row]:
        loaded = intake.from_file(self.binary, self.folder / "file", self.dataset)
        return loaded + compaction.sizes(Program(self.binary, self.folder / "file"))

    def compaction(self) -> list[Row]:
        return compaction.measure(self.binary, self.folder / "compaction", self.dataset)

    def queries(self) -> list[Row]:
        peers = self.folder / "peers"
        if self.query_calls == 0:
            return queries.measure(Program(self.binary, self.folder / "file"), peers, self.dataset.shape)
        per_call = self.settled.cost.cpu_seconds / self.query_calls * 1e6
        asked = queries.measure(self.settled.program, peers, self.settled.shape)
        return [Row("making settled calls, CPU", "µs/call", per_call), *asked]

    def exports(self) -> list[Row]:
        return exports.measure(self.settled)

    def doors(self) -> list[Row]:
        return doors.measure(self.settled)

    def http(self) -> list[Row]:
        rows = intake.over_http(self.binary, self.folder / "http", self.dataset)
        self.maximum = next(row.value for row in rows if row.what == intake.TO_DURABLE)
        return rows

    def kafka(self) -> list[Row]:
        with Broker() as broker:
            intake.fill_topic(Program(self.binary, self.folder / "generate"), self.dataset, broker, "calls")
            return intake.from_kafka(self.binary, self.folder / "kafka", self.dataset, broker, "calls")

    def visible(self) -> list[Row]:
        rates = {f"{rate:,} events/s": rate for rate in self.rates or [0, 1_000, 10_000]}
        if not self.rates:
            if self.maximum is None:
                self.maximum = intake.maximum_rate(self.binary, self.folder / "probe", self.dataset)
            rates[HALF] = int(self.maximum / 2)
        return visible(self.binary, self.folder / "visible", self.dataset, rates)

    def files(self) -> list[Row]:
        self.folder.joinpath("files").mkdir()
        return many_files.measure(self.binary, self.folder / "files", self.files_wanted)

    def sms(self) -> list[Row]:
        return sms.measure(self.binary, self.folder / "sms", self.calls)

    def log(self) -> list[Row]:
        return webhook_log.measure(Program(self.binary, self.folder / "log"), self.query_calls or self.calls)
