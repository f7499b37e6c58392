"""callhouse's engine without the door: `callhouse sql` reading statements."""

import contextlib
import fcntl
import json
import os
import subprocess
from pathlib import Path

from .program import Program, peak_bytes

PIPE_BYTES = 1 << 20
# Answers in CSV have no end of their own, so each is followed by this one.
END = "end-of-answer"
END_STATEMENT = f"SELECT '{END}' AS answer;\n"
END_TEXT = f"answer\n{END}\n".encode()


class Stopped(RuntimeError):
    """`callhouse sql` ended, as it does at a statement it cannot answer."""


class Engine:
    """One session over one account or all, answering in JSON."""

    name = "callhouse"

    def __init__(self, program: Program, account: str | None, form: str = "json"):
        scope = ["--account", account] if account else []
        self.process = subprocess.Popen(
            program.command("sql", "--format", form, *scope),
            env=program.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, sql: str) -> list[tuple]:
        self.send(sql.replace("\n", " ") + ";\n")
        line = self.process.stdout.readline()
        if not line:
            raise Stopped(f"callhouse sql ended at {sql}")
        return [tuple(row.values()) for row in json.loads(line)]

    def send(self, statements: str) -> None:
        self.process.stdin.write(statements.encode())
        self.process.stdin.flush()

    def peak_bytes(self) -> int:
        return peak_bytes(self.process.pid)

    def close(self) -> None:
        # One that has ended takes no statements any more, also not those still to be written.
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


class CsvEngine(Engine):
    """The same, writing its answers to files as CSV."""

    def __init__(self, program: Program, account: str | None):
        super().__init__(program, account, "csv")
        self.pipe = self.process.stdout.fileno()
        fcntl.fcntl(self.pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def export(self, sql: str, to: Path) -> None:
        self.send(sql.replace("\n", " ") + ";\n" + END_STATEMENT)
        with to.open("wb") as file:
            tail = b""
            while not tail.endswith(END_TEXT):
                piece = os.read(self.pipe, PIPE_BYTES)
                if not piece:
                    raise Stopped(f"callhouse sql ended at {sql}")
                file.write(piece)
                tail = (tail + piece)[-len(END_TEXT) :]
            file.truncate(file.tell() - len(END_TEXT))
