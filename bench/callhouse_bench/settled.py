"""A set written straight into settled files, for sizes that would take too long to come to by events."""

import json
import shutil
from pathlib import Path

from .dataset import Shape
from .program import Cost, Program


class SettledSet:
    """A data folder with such a set, no events behind it, and its control totals."""

    def __init__(self, binary: Path, folder: Path, shape: Shape, calls_per_file: int | None = None):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.shape = shape
        self.program = Program(binary, folder)
        totals = folder / "totals.json"
        small_files = ["--calls-per-file", str(calls_per_file)] if calls_per_file else []
        self.cost: Cost = self.program.timed("generate", "--settled", *shape.options(), *small_files, "--totals", str(totals))
        self.totals = json.loads(totals.read_text())
