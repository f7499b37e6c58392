"""The questions: one SQL text for all engines where it can be, and the API call that answers the same."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

# Instants of a statement are written so that every engine reads them as UTC.
CALLHOUSE, DUCKDB, CLICKHOUSE = "callhouse", "duckdb", "clickhouse"


def instant(day: date, dialect: str) -> str:
    if dialect == CLICKHOUSE:
        return f"toDateTime64('{day} 00:00:00', 6, 'UTC')"
    return f"TIMESTAMP '{day} 00:00:00+00'" if dialect == CALLHOUSE else f"TIMESTAMPTZ '{day} 00:00:00+00'"


@dataclass
class Question:
    name: str
    # dialect → statement; the answers are compared.
    statement: dict[str, str]
    # JSON-RPC method and parameters, asked with the account's key.
    method: tuple[str, list] | None = None
    # Whether the statement's rows and the method's result say the same.
    agrees: Callable[[list, dict], bool] = lambda rows, result: True
    all_accounts: bool = False


SUMS = "count(*), count(answered_at), sum(talk_seconds), sum(debit)"
OF_SUMS = "sum(calls) AS calls, sum(answered_calls) AS answered, sum(talk_seconds) AS talk, sum(debit) AS debit"


@dataclass
class Context:
    """What the questions are about, drawn from the data."""

    account: str
    first: date
    days: int
    callid: int
    call_id: str
    number: str
    prefix: str
    # Of the search, at most 100: a small set has fewer.
    last_page: int

    @property
    def middle(self) -> date:
        """Where the questions about less than the whole time begin."""
        return self.first + timedelta(days=self.days // 2)


def same_starts(rows: list, result: dict) -> bool:
    """Pages of the API are ordered by start alone, so that calls of one instant may come in another order."""
    return [row[1][:19] for row in rows] == [hit["start"] for hit in result["hits"]]


def questions(context: Context) -> list[Question]:
    account = f"account = '{context.account}'"

    def first_of(days: int) -> date:
        return context.first if days >= context.days else context.middle

    def range_of(days: int) -> str:
        start = first_of(days)
        return f"'{start}T00:00:00Z', '{start + timedelta(days=days)}T00:00:00Z'"

    def sums(dimension: str, days: int) -> str:
        """callhouse's table of what is summed beforehand, which its named queries read, too."""
        return f"call_sums('{dimension}', {range_of(days)})"

    def within(days: int, dialect: str) -> str:
        start = first_of(days)
        to = start + timedelta(days=days)
        return f"started_at >= {instant(start, dialect)} AND started_at < {instant(to, dialect)}"

    def edges(days: int) -> tuple[str, str]:
        start, last = first_of(days), first_of(days) + timedelta(days=days - 1)
        return f"{start} 00:00:00", f"{last} 23:59:59"

    def each(text: str, days: int | None = None, **parts: dict[str, str]) -> dict[str, str]:
        statements = {}
        for dialect in (CALLHOUSE, DUCKDB, CLICKHOUSE):
            filled = text
            if days is not None:
                filled = filled.replace("@WITHIN", within(days, dialect))
            for name, by_dialect in parts.items():
                filled = filled.replace(f"@{name}", by_dialect[dialect])
            statements[dialect] = filled.replace("@ACCOUNT", account)
        return statements

    asked = []
    for days in (1, 30, context.days):
        statement = each(
            f"SELECT direction, {SUMS}, count(DISTINCT CASE WHEN direction = 'inbound' THEN from_number END) FROM calls "
            "WHERE @ACCOUNT AND @WITHIN AND direction IN ('inbound', 'outbound') GROUP BY direction ORDER BY direction",
            days,
        )
        statement[CALLHOUSE] = (
            "SELECT direction, calls, answered, talk, debit, CASE WHEN direction = 'inbound' THEN callers ELSE 0 END FROM ("
            f"SELECT direction, {OF_SUMS} FROM {sums('total', days)} GROUP BY direction HAVING sum(calls) > 0) CROSS JOIN "
            f"unique_callers({range_of(days)}) ORDER BY direction"
        )
        asked.append(Question(
            f"summary, {days} days", statement, ("analytics/calls.summary", [*edges(days)]),
            lambda rows, result: (rows[0][1], rows[0][5], rows[1][1])
            == (result["IN"]["count"], result["IN"]["unique_callers"], result["OUT"]["count"]),
        ))
    cut = {
        "hour": {CALLHOUSE: "date_trunc('hour', started_at)", DUCKDB: "date_trunc('hour', started_at)", CLICKHOUSE: "toStartOfHour(started_at)"},
        "day": {CALLHOUSE: "date_trunc('day', started_at)", DUCKDB: "date_trunc('day', started_at)", CLICKHOUSE: "toStartOfDay(started_at)"},
        "month": {CALLHOUSE: "date_trunc('month', started_at)", DUCKDB: "date_trunc('month', started_at)", CLICKHOUSE: "toStartOfMonth(started_at)"},
    }
    for bucket, days in (("hour", 3), ("day", 90), ("month", context.days)):
        statement = each(
            f"SELECT max(calls), sum(calls), sum(answered), sum(talk), sum(debit) FROM (SELECT direction, @CUT AS bucket, "
            "count(*) AS calls, count(answered_at) AS answered, sum(talk_seconds) AS talk, sum(debit) AS debit "
            "FROM calls WHERE @ACCOUNT AND @WITHIN GROUP BY 1, 2) AS buckets",
            days, CUT=cut[bucket],
        )
        statement[CALLHOUSE] = (
            "SELECT max(calls), sum(calls), sum(answered), sum(talk), sum(debit) FROM ("
            f"SELECT direction, date_trunc('{bucket}', at) AS bucket, {OF_SUMS} FROM {sums('total', days)} GROUP BY 1, 2)"
        )
        asked.append(Question(
            f"history by {bucket}, {days} days", statement, ("analytics/calls.history", [*edges(days)]),
            lambda rows, result: rows[0][0] == max(item["count"] for side in result.values() for item in side),
        ))
    tops = [
        ("DIDs", "did", "did_hash", "inbound", "analytics/calls.inbound_did", []),
        ("callers' countries", "from_country", "from_country", "inbound", "analytics/calls.cli_countries", []),
        ("countries called", "to_country", "to_country", "outbound", "analytics/calls.outbound_countries", []),
        ("destinations", "destination", "cost_label", "outbound", "analytics/calls.outbound_destinations", []),
        ("apps", "app", "app_hash", "inbound", "analytics/calls.top_apps", ["IN"]),
    ]
    for name, dimension, column, direction, method, before in tops:
        statement = each(
            f"SELECT {column}, {SUMS} FROM calls WHERE @ACCOUNT AND @WITHIN AND direction = '{direction}' "
            f"AND {column} IS NOT NULL GROUP BY {column} ORDER BY count(*) DESC, {column} LIMIT 10",
            90,
        )
        statement[CALLHOUSE] = (
            f"SELECT {column}, {OF_SUMS} FROM {sums(dimension, 90)} WHERE direction = '{direction}' AND {column} IS NOT NULL "
            f"GROUP BY {column} HAVING sum(calls) > 0 ORDER BY calls DESC, {column} LIMIT 10"
        )
        asked.append(Question(
            f"top {name}, 90 days", statement, (method, [*before, "COUNT", *edges(90), 10]),
            lambda rows, result: [row[1] for row in rows] == [row["count"] for row in result],
        ))
    page = "callid, started_at, from_number, to_number, talk_seconds, debit, status, release_cause"
    filters = {"type": "IN", "from": edges(30)[0], "to": edges(30)[1]}
    for number in (1, context.last_page):
        offset = (number - 1) * 100
        statement = each(
            f"SELECT {page} FROM calls WHERE @ACCOUNT AND @WITHIN AND direction = 'inbound' "
            f"ORDER BY started_at DESC, callid DESC LIMIT 100 OFFSET {offset}",
            30,
        )
        asked.append(Question(f"search, page {number}", statement, ("cdr.search", [filters, {"offset": offset}]), same_starts))
    statement = each("SELECT count(*) FROM calls WHERE @ACCOUNT AND @WITHIN AND direction = 'inbound' AND release_cause = 17", 30)
    asked.append(Question(
        "search, total", statement, ("cdr.search", [filters | {"hangupcause": 17}, {"quantity": 0}]),
        lambda rows, result: rows[0][0] == result["total"],
    ))
    of_year = {"type": "IN"}
    statement = each(f"SELECT {page} FROM calls WHERE @ACCOUNT AND callid = {context.callid}")
    asked.append(Question("call by id", statement, ("cdr.search", [of_year | {"callid": context.callid}, None]), same_starts))
    statement = each(f"SELECT {page} FROM calls WHERE @ACCOUNT AND call_id = '{context.call_id}'")
    asked.append(Question("call by foreign id", statement, ("cdr.search", [of_year | {"hash": context.call_id}, None]), same_starts))
    statement = each(f"SELECT {page} FROM calls WHERE @ACCOUNT AND from_number = '{context.number}' AND direction = 'inbound' ORDER BY started_at DESC, callid DESC LIMIT 100")
    asked.append(Question("calls by number", statement, ("cdr.search", [of_year | {"cli_number": context.number}, None]), same_starts))
    statement = each(f"SELECT {page} FROM calls WHERE @ACCOUNT AND from_number LIKE '{context.prefix}%' AND direction = 'inbound' ORDER BY started_at DESC, callid DESC LIMIT 100")
    asked.append(Question("calls by number's prefix", statement, ("cdr.search", [of_year | {"cli_number": context.prefix + "*"}, None]), same_starts))
    statement = each(f"SELECT account, direction, {SUMS} FROM calls GROUP BY account, direction ORDER BY account, direction")
    asked.append(Question("all accounts, grouped", statement, all_accounts=True))
    statement = each("SELECT count(DISTINCT from_number) FROM calls")
    asked.append(Question("distinct callers over all", statement, all_accounts=True))
    statement = each("SELECT release_cause, count(*) FROM calls GROUP BY release_cause ORDER BY release_cause")
    asked.append(Question("release causes over all", statement, all_accounts=True))
    return asked
