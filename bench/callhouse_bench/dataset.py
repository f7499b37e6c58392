"""Generated event sets, kept in the user's cache folder: making one takes about as long as loading it."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from .program import Program


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "callhouse" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True)
class Shape:
    """What a set is a function of."""

    calls: int
    seed: int = 1
    accounts: int = 20
    days: int = 365
    start: str = "2025-01-01T00:00:00Z"

    def options(self) -> list[str]:
        return [
            *("--calls", str(self.calls)),
            *("--seed", str(self.seed)),
            *("--accounts", str(self.accounts)),
            *("--days", str(self.days)),
            *("--start", self.start),
        ]


TEXT = ("specversion", "id", "source", "type", "subject", "account")


def is_event(line: bytes) -> bool:
    try:
        event = json.loads(line)
        datetime.fromisoformat(event["time"])
        return all(isinstance(event[name], str) for name in TEXT)
    except (ValueError, TypeError, KeyError):
        return False


class Dataset:
    """One set as a file of CloudEvents lines, with its control totals."""

    def __init__(self, program: Program, shape: Shape):
        self.shape = shape
        name = f"calls-{shape.calls}-{shape.seed}-{shape.accounts}-{shape.days}-{shape.start[:10]}"
        self.events = cache_folder() / f"{name}.jsonl"
        totals = cache_folder() / f"{name}.totals.json"
        self.accounts = program.run("generate", *shape.options(), "--list-accounts").split()
        if not totals.exists():
            incoming = self.events.with_suffix(".incoming")
            written = totals.with_suffix(".incoming")
            program.run("generate", *shape.options(), "--to", str(incoming), "--totals", str(written))
            incoming.rename(self.events)
            # Last, because its presence says that the set is whole.
            written.rename(totals)
        self.totals = json.loads(totals.read_text())

    @property
    def messages(self) -> int:
        return self.totals["messages"]

    def well_formed(self) -> tuple[Path, int]:
        """The lines that are events as a file, and their number: a peer gives up at others."""
        path = self.events.with_suffix(".well-formed.jsonl")
        count = path.with_suffix(".count")
        if not count.exists():
            lines = 0
            with self.events.open("rb") as all_lines, path.open("wb") as kept:
                for line in all_lines:
                    if is_event(line):
                        kept.write(line)
                        lines += 1
            count.write_text(str(lines))
        return path, int(count.read_text())

    def batches(self, size: int, lines: int | None = None):
        """Yields (number of lines, bytes of up to `size` lines), of the first `lines` of the set."""
        with self.events.open("rb") as file:
            wanted = islice(file, lines)
            while batch := list(islice(wanted, size)):
                yield len(batch), b"".join(batch)
