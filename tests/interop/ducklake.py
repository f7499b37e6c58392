"""Reads a callhouse lake with DuckDB's own DuckLake extension.

    ducklake.py CATALOG.db <queries.json

Takes a JSON list of SQL queries over the tables of the lake, which are in the default schema, and prints a
JSON list of their rows, every value as text. An error ends it with a message.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb


def extension(package: str) -> Path:
    """The extension file inside an installed wheel; loading it by path needs no network."""
    folder = Path(find_spec(package).submodule_search_locations[0])
    return next(folder.rglob("*.duckdb_extension"))


def connect(catalog: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    for package in ["duckdb_extension_ducklake", "duckdb_extension_sqlite_scanner"]:
        connection.execute(f"LOAD '{extension(package)}'")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"ATTACH 'ducklake:sqlite:{catalog}' AS lake (READ_ONLY)")
    connection.execute("USE lake")
    return connection


def main() -> None:
    connection = connect(sys.argv[1])
    answers = []
    for query in json.load(sys.stdin):
        rows = connection.execute(query).fetchall()
        answers.append([[None if value is None else str(value) for value in row] for row in rows])
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
