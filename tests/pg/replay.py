"""Replays over the wire what tools ask of a catalog (`statements/`). Arguments: port, key of `acme`.

Parameters go in the extended protocol, as the tools' drivers send them; what each answer must hold stands above its
statement (`statements/README.md`)."""

import pathlib
import sys

import psycopg
from psycopg.types.numeric import Int8

PORT, KEY = sys.argv[1:3]
FOLDER = pathlib.Path(__file__).parent / "statements"


def asked(text: str):
    for part in text.split("-- # ")[1:]:
        title, *lines = part.splitlines()
        said = {}
        for line in lines:
            for name in ("source", "takes", "gives", "holds"):
                if line.startswith(f"-- {name}: "):
                    said[name] = line.split(": ", 1)[1]
        sql = "\n".join(line for line in lines if not any(line.startswith(f"-- {name}: ") for name in said))
        yield title, said, sql.strip().rstrip(";")


def values(takes: str) -> list:
    pairs = [one.split(" ", 1) for one in takes.split(", ")] if takes else []
    return [Int8(value) if kind == "int8" else value for kind, value in pairs]


def fault(cursor, said: dict) -> str | None:
    rows_wanted, _, columns = said["gives"].partition(": ")
    if rows_wanted == "nothing":
        return None
    rows = cursor.fetchall()
    count = rows_wanted.split()[0]
    if not (count == "any" or (count == "some" and rows) or count == str(len(rows))):
        return f"{len(rows)} rows and not {rows_wanted}"
    names = [column.name for column in cursor.description]
    for column in filter(None, columns.split(", ")):
        if column not in names:
            return f"no column {column} in {names}"
    shown = str(rows)
    for text in filter(None, said.get("holds", "").split(", ")):
        if text not in shown:
            return f"no {text} in {shown[:2_000]}"
    return None


faults, statements = [], 0
with psycopg.connect(
    host="127.0.0.1", port=PORT, user="acme", password=KEY, dbname="callhouse", autocommit=True
) as connection:
    for file in sorted(FOLDER.glob("*.sql")):
        for title, said, sql in asked(file.read_text()):
            for binary in (False, True):
                statements += 1
                try:
                    cursor = psycopg.RawCursor(connection)
                    cursor.execute(sql, values(said.get("takes", "")), binary=binary)
                    problem = fault(cursor, said)
                except psycopg.Error as error:
                    problem = str(error)
                if problem:
                    faults.append(f"{file.stem}, {title}, {'binary' if binary else 'text'}: {problem}")
assert statements > 160, f"only {statements} statements were read"
assert not faults, "\n".join(faults)
