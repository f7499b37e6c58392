"""psql at a terminal: `\\watch`, Ctrl-C, its lists. Arguments: port, key of `acme`."""

import sys

from terminal import CTRL_C, Terminal

PORT, KEY = sys.argv[1:3]
PROMPT = "callhouse=> "
ENDLESS = "SELECT count(*) FROM generate_series(1, 1000000000) a CROSS JOIN generate_series(1, 1000000000) b;\r"


def said(line: str) -> str:
    terminal.send(line + "\r")
    return terminal.until(PROMPT).split("\n", 1)[1].replace("\r", "")


terminal = Terminal(
    ["psql", "-X", f"host=127.0.0.1 port={PORT} user=acme dbname=callhouse"], columns=200, PGPASSWORD=KEY
)
terminal.until(PROMPT)

faults = []
for command, wanted in {
    "\\conninfo": 'connected to database "callhouse" as user "acme"',
    "\\d": "call_events",
    "\\dt": "rejections",
    "\\dt+": "What is known of a call",
    "\\d calls": "started_at",
    "\\d+ calls": "What the account is charged",
    "\\dn": "public",
    "\\dn+": "public",
    "\\du": "callhouse",
    "\\l": "UTF8",
    "\\l+": "UTF8",
    "\\df": "(0 rows)",
    "\\dv": "Did not find any relations.",
    "\\di": "Did not find any relations.",
    "\\ds": "Did not find any relations.",
    "\\dm": "Did not find any relations.",
    "\\dT": "(0 rows)",
    "\\dx": "(0 rows)",
    "\\dp": "calls",
    "\\ddp": "(0 rows)",
    "\\db": "pg_default",
    "\\dp calls": "calls",
    "\\dC": "(0 rows)",
    "\\do": "(0 rows)",
    "\\dRp": "(0 rows)",
    "\\dy": "(0 rows)",
    "\\des": "(0 rows)",
    "\\dO": "(0 rows)",
    "\\dD": "(0 rows)",
    "\\dL": "(0 rows)",
    "\\drds": "Did not find any settings.",
    "\\dA": "heap",
    "\\dP": "(0 rows)",
    "\\encoding": "UTF8",
    "\\dconfig search_path": "search_path",
    "\\d nothing": 'Did not find any relation named "nothing".',
    "\\timing": "Timing is on.",
    "SELECT 1 AS one;": "Time:",
    "SELECT account, started_at FROM calls \\gdesc": "timestamp with time zone",
    "\\x": "Expanded display is on.",
    "SELECT 7 AS seven;": "-[ RECORD 1 ]",
}.items():
    answer = said(command)
    if wanted not in answer or "ERROR" in answer:
        faults.append(f"{command}: {answer}")
assert not faults, "\n".join(faults)

# Tab completion asks the catalog.
terminal.send("SELECT * FROM rejec\t")
terminal.until("rejections")
terminal.send(CTRL_C)
terminal.until(PROMPT)

# The same statement again and again, until Ctrl-C.
terminal.send("SELECT 'again' || 'andagain' AS x \\watch 0.1\r")
for _ in range(3):
    terminal.until("againandagain")
terminal.until(PROMPT, again=CTRL_C)

terminal.send(ENDLESS)
terminal.until("canceling statement due to user request", again=CTRL_C)
terminal.until(PROMPT)
# The connection is the same and whole.
terminal.send("\r")
terminal.send("SELECT 'after' || 'wards' AS x;\r")
terminal.until("afterwards")
terminal.send("\\q\r")
assert terminal.ends() == 0
