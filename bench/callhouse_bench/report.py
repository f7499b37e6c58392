"""The report: a table for people, JSON for the history."""

import json
import os
import platform
import re
import subprocess
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from .measure import Row

HISTORY = Path(__file__).parents[1] / "history"


def machine() -> dict[str, object]:
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    return {
        "cpu": cpu[1] if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(int(memory[1]) / 1e6) if memory else None,
        "system": platform.platform(),
    }


def versions() -> dict[str, str]:
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=HISTORY.parent
    )
    return {
        "callhouse": commit.stdout.strip() or "unknown",
        "duckdb": version("duckdb"),
        "chdb": version("chdb"),
    }


def number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def table(rows: list[Row]) -> str:
    """Markdown; beside each peer's value the ratio callhouse / peer."""
    peers = list(dict.fromkeys(peer for row in rows for peer in row.peers))
    lines = [["what", "unit", "callhouse", *peers]]
    for row in rows:
        cells = [row.what, row.unit, number(row.value)]
        for peer in peers:
            value = row.peers.get(peer)
            cells.append("" if value is None else f"{number(value)} ({row.value / value:.2f} ×)")
        lines.append(cells)
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def write(rows: list[dict], arguments: dict[str, object], folder: Path = HISTORY) -> Path:
    """Keeps a run in bench/history/."""
    now = datetime.now(timezone.utc)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y-%m-%dT%H%M%SZ}.json"
    run = {
        "at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "machine": machine(),
        "versions": versions(),
        "arguments": arguments,
        "rows": rows,
    }
    path.write_text(json.dumps(run, indent=1) + "\n")
    return path


def compare() -> str:
    """The last run and the one before it of the same sizes side by side; what only one of them has is left out."""
    runs = [json.loads(path.read_text()) for path in sorted(HISTORY.glob("*.json"))]
    if not runs:
        raise SystemExit("bench/history/ has no run")
    after = runs.pop()
    alike = [run for run in runs if sizes(run) == sizes(after)]
    if not alike:
        raise SystemExit(f"bench/history/ has no earlier run of the sizes of {after['at']}: {sizes(after)}")
    before = alike[-1]
    earlier = {row["what"]: row for row in before["rows"]}
    lines = [f"{before['versions']['callhouse']} of {before['at']} → {after['versions']['callhouse']} of {after['at']}"]
    for row in after["rows"]:
        if old := earlier.get(row["what"]):
            drift = (row["value"] / old["value"] - 1) * 100 if old["value"] else 0.0
            lines.append(f"{drift:+8.1f} %  {number(old['value']):>10} → {number(row['value']):>10} {row['unit']}  {row['what']}")
    return "\n".join(lines)


def sizes(run: dict) -> dict[str, object]:
    return {name: value for name, value in run["arguments"].items() if name != "parts"}
