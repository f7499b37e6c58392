"""Running callhouse: its commands, its server, and what they cost."""

import http.client
import json
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# A load of any size ends or fails in this many seconds.
DEADLINE = 3600


@dataclass
class Cost:
    """What a process took, from its start to its end."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


class Program:
    """The callhouse binary on one data folder."""

    def __init__(self, binary: Path, data: Path):
        self.binary = binary
        self.data = data
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("CALLHOUSE_")
        }
        self.environment["CALLHOUSE_LOG_FILTER"] = "warn"

    def command(self, *arguments: str) -> list[str]:
        return [str(self.binary), "--data", str(self.data), *arguments]

    def run(self, *arguments: str, **settings: str) -> str:
        """Runs a command to its end and returns what it printed."""
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment | settings,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        return done.stdout

    def timed(self, *arguments: str, **settings: str) -> Cost:
        """Runs a command to its end and returns what it took."""
        started = time.monotonic()
        process = subprocess.Popen(
            self.command(*arguments), env=self.environment | settings, stdout=subprocess.DEVNULL
        )
        # What the system says of a child that has ended includes the memory of this process when it forked.
        peak = 0
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            peak = max(peak, peak_bytes(process.pid))
            time.sleep(0.02)
        seconds = time.monotonic() - started
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        if status != 0:
            raise RuntimeError(f"callhouse {' '.join(arguments)} ended with {status}")
        return Cost(seconds, usage.ru_utime + usage.ru_stime, peak)

    @cache
    def admin_key(self) -> str:
        """A key that may do everything; the same each time."""
        self.run("account", "create", "bench-operator")
        return self.run("api-key", "create", "--account", "bench-operator", "--name", "bench", "--admin").strip()

    def create_accounts(self, names: list[str]) -> None:
        self.run("account", "create", *names)

    def key_of(self, account: str) -> str:
        return self.run("api-key", "create", "--account", account, "--name", "bench").strip()

    def tables(self) -> dict[str, dict[str, int]]:
        """Files, rows and bytes by table, from `callhouse status`."""
        tables = {}
        for line in self.run("status").splitlines():
            match = re.match(r"^([a-z_]+)\s+(\d+)\s+(\d+)\s+(\d+)\s*$", line)
            if match:
                files, rows, size = (int(number) for number in match.groups()[1:])
                tables[match[1]] = {"files": files, "rows": rows, "bytes": size}
        return tables

    def serve(self, *arguments: str, **settings: str) -> "Server":
        return Server(self, ["serve", "--listen", "127.0.0.1:0", *arguments], settings)


class Server:
    """A running `callhouse serve`; ends with its `with` block."""

    def __init__(self, program: Program, arguments: list[str], settings: dict[str, str]):
        self.process = subprocess.Popen(
            program.command(*arguments),
            env=program.environment | settings,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError(f"callhouse did not start: {line!r}")
        self.url = line.removeprefix("listening on ").strip()
        self.address = self.url.removeprefix("http://")

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()

    def peak_bytes(self) -> int:
        """The most memory the process has had resident so far."""
        return peak_bytes(self.process.pid)

    def metrics(self) -> str:
        return Client(self, None).get("/metrics").decode()

    def metric(self, name: str, label: str = "") -> float:
        """The sum of a metric over all its label sets that contain `label`, such as `table="calls"`."""
        pattern = re.compile(rf"^{re.escape(name)}(\{{[^}}]*\}})? (\S+)$", re.MULTILINE)
        return sum(float(value) for labels, value in pattern.findall(self.metrics()) if label in labels)


class Client:
    """One kept-alive HTTP connection to a server."""

    def __init__(self, server: Server, key: str | None):
        self.open(server.address, key)

    @classmethod
    def to(cls, address: str, key: str) -> "Client":
        """A client of a server that another process runs."""
        client = cls.__new__(cls)
        client.open(address, key)
        return client

    def open(self, address: str, key: str | None) -> None:
        self.connection = http.client.HTTPConnection(address, timeout=DEADLINE)
        self.headers = {"Authorization": f"Api-Key {key}"} if key else {}

    def get(self, path: str) -> bytes:
        self.connection.request("GET", path, headers=self.headers)
        return self.answer(path)

    def post_events(self, body: bytes, content_type: str) -> bytes:
        self.connection.request(
            "POST", "/v1/events", body=body, headers=self.headers | {"Content-Type": content_type}
        )
        return self.answer("/v1/events")

    def post_events_patiently(self, lines: bytes) -> None:
        """Posts lines of events; while the server says that it is too busy, waits as long as it asks for."""
        headers = self.headers | {"Content-Type": "application/x-ndjson"}
        while True:
            self.connection.request("POST", "/v1/events", body=lines, headers=headers)
            answer = self.connection.getresponse()
            body = answer.read()
            # 422 when all lines are malformed, which a generated set has some of.
            if answer.status in (202, 422):
                return
            if answer.status not in (429, 503):
                raise RuntimeError(f"/v1/events: HTTP {answer.status}: {body[:500]!r}")
            time.sleep(float(answer.headers.get("Retry-After", "1")))

    def ask(self, method: str, params: list) -> object:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        headers = self.headers | {"Content-Type": "application/json-rpc; charset=utf-8"}
        self.connection.request("POST", "/json-rpc/v1.1/", body=body, headers=headers)
        answer = json.loads(self.answer(method))
        if "error" in answer:
            raise RuntimeError(f"{method} {params}: {answer['error']}")
        return answer["result"]

    def answer(self, what: str) -> bytes:
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{what}: HTTP {answer.status}: {body[:500]!r}")
        return body


def peak_bytes(process_id: int) -> int:
    """The most memory a process has had resident so far; 0 when it has ended."""
    status = Path(f"/proc/{process_id}/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(peak[1]) * 1024 if peak else 0
