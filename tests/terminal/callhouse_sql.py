"""`callhouse sql` as a person at a terminal uses it. Arguments: folder for history, then the command that starts it."""

import os
import stat
import sys

from terminal import CTRL_C, CTRL_D, UP, Terminal

STATE, COMMAND = sys.argv[1], sys.argv[2:]
PROMPT, GOES_ON = "callhouse> ", "..> "
ENDLESS = "SELECT count(*) FROM generate_series(1, 1000000000) a CROSS JOIN generate_series(1, 1000000000) b;\r"


def started(columns: int = 80) -> Terminal:
    terminal = Terminal(COMMAND, columns, XDG_STATE_HOME=STATE)
    terminal.until(PROMPT)
    return terminal


def said(terminal: Terminal, line: str) -> str:
    """What is printed after a line, up to the next prompt; the echo of the line is left out."""
    terminal.send(line + "\r")
    return terminal.until(PROMPT).split("\n", 1)[1].replace("\r", "")


def statements(terminal: Terminal) -> None:
    terminal.send("SELECT 1 AS one, ';' AS semicolon,\r")
    terminal.until(GOES_ON)
    answer = said(terminal, "2 AS two;")
    assert " one | semicolon | two\n-----+-----------+-----\n   1 | ;         |   2\n1 row\n" in answer, answer
    both = said(terminal, "SELECT 3 AS three; SELECT 4 AS four;")
    assert "three" in both and "four" in both, both
    wrong = said(terminal, "SELECT start_at FROM calls;")
    assert "line 1, column 8" in wrong and 'did you mean "started_at"?' in wrong, wrong
    refused = said(terminal, "DROP TABLE calls;")
    assert "read only" in refused, refused


def commands(terminal: Terminal) -> None:
    assert "calls\n" in said(terminal, "\\d")
    assert "What is known of a call" in said(terminal, "\\d+")
    columns = said(terminal, "\\d calls")
    assert "started_at" in columns and "timestamptz" in columns and "charged" not in columns, columns
    assert "What the account is charged" in said(terminal, "\\d+ calls")
    assert "there are calls" in said(terminal, "\\d nothing")
    assert "Timing is on." in said(terminal, "\\timing")
    assert "Time: " in said(terminal, "SELECT 1;")
    assert "Timing is off." in said(terminal, "\\timing off")
    said(terminal, "\\format csv")
    assert said(terminal, "SELECT 5 AS five, NULL AS n;") == "five,n\n5,\n"
    assert "table, csv, json or ndjson" in said(terminal, "\\format xml")
    said(terminal, "\\format table")
    assert "ends the program" in said(terminal, "\\?")
    assert "there is no command" in said(terminal, "\\nothing")


def width(terminal: Terminal) -> None:
    """No line is longer than the terminal, whatever is shown."""
    for statement in (
        "SELECT * FROM calls LIMIT 2;",
        "SELECT repeat('long ', 50) AS a, repeat('x', 100) AS b, 7 AS c;",
    ):
        answer = said(terminal, statement)
        assert all(len(line) <= 80 or " | " in line for line in answer.split("\n")), answer
    assert "-[ record 1 ]-" in said(terminal, "SELECT * FROM calls LIMIT 1;")
    broken = said(terminal, "SELECT repeat('x', 300) AS a, 7 AS c;")
    assert max(map(len, broken.split("\n"))) <= 80 and broken.count("x") == 300, broken
    said(terminal, "\\x on")
    assert "-[ record 1 ]-\nn | 1\n" in said(terminal, "SELECT 1 AS n;")
    said(terminal, "\\x auto")
    many = said(terminal, "SELECT value FROM generate_series(1, 20000);")
    assert "the first 10000 rows" in many, many[-200:]


def interruption(terminal: Terminal) -> None:
    """Ctrl-C clears what is typed, ends what runs, and not the program."""
    terminal.send("SELECT 'half")
    terminal.send(CTRL_C)
    terminal.until(PROMPT)
    assert "whole" in said(terminal, "SELECT 'whole' AS x;")
    terminal.send(ENDLESS)
    terminal.until("cancelled", again=CTRL_C)
    # Those that came too late clear lines; the next statement is answered.
    terminal.until(PROMPT)
    terminal.until("afterwards", again="SELECT 'after' || 'wards' AS x;\r")


def history() -> None:
    terminal = started()
    terminal.send("SELECT 6 * 7 AS answer;\r")
    terminal.until("42")
    terminal.until(PROMPT)
    terminal.send(CTRL_D)
    assert terminal.ends() == 0
    file = os.path.join(STATE, "callhouse", "sql_history")
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600, oct(os.stat(file).st_mode)
    terminal = started()
    terminal.send(UP + "\r")
    terminal.until("42")
    terminal.until(PROMPT)
    # Tab completes a column.
    terminal.send("SELECT max(started\t) FROM calls;\r")
    terminal.until("max(calls.started_at)")
    terminal.until("1 row")
    terminal.until(PROMPT)
    terminal.send("\\q\r")
    assert terminal.ends() == 0


session = started()
statements(session)
commands(session)
width(session)
interruption(session)
# What was typed ahead of a prompt is not heard, so it is said until it is.
assert session.ends(again=CTRL_D) == 0
history()
