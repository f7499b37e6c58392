"""Asks DuckDB what callhouse's key figures are, in formulations of its own, and compares.

    named_queries.py CALLHOUSE DATA_FOLDER

The data folder must have been settled whole, so that DuckDB sees every call in the table `calls`; text messages are made
here, taken in and settled. Ranges and zones are chosen so that the clock changes within them: New York and Paris in spring,
Lord Howe Island, by half an hour, in autumn.
"""

import csv
import io
import subprocess
import sys
from datetime import datetime
from decimal import Decimal

from ducklake import connect
from named_queries_cuts import FROM, PERCENT, TO, ZONES, bucket, buckets
from named_queries_sms import sms_cases, take_in

GROUPS = {
    "app": "app_hash",
    "did": "did_number",
    "direction": "direction",
    "from_country": "from_country",
    "to_country": "to_country",
    "destination": "cost_label",
    "trunk": "trunk",
    "source": "source",
    None: "NULL",
}
# What a call must be to count in the numerator and in the denominator.
RATIOS = {
    "asr": (
        "answered_at IS NOT NULL",
        "CASE WHEN answered_at IS NOT NULL THEN true WHEN ended_at IS NULL THEN false"
        " WHEN ringing_at IS NOT NULL THEN true WHEN release_cause >= 32 AND release_cause <= 47 THEN false"
        " WHEN dial_status = 'NODIAL' THEN false ELSE true END",
    ),
    "abr": ("answered_at IS NOT NULL", "NOT (answered_at IS NULL AND ended_at IS NULL)"),
    "ner": (
        "answered_at IS NOT NULL OR (ended_at IS NOT NULL AND list_contains([17, 18, 19, 21], release_cause))",
        None,
    ),
    "short_calls": ("answered_at IS NOT NULL AND epoch_ms(ended_at) - epoch_ms(answered_at) <= 6000",
                    "answered_at IS NOT NULL AND ended_at IS NOT NULL"),
    "ser": ("sip_status = 200", "sip_status // 100 IN (2, 4, 5, 6)"),
    "seer": (
        "sip_status IN (200, 480, 486, 600, 603)",
        "sip_status // 100 IN (2, 4, 5, 6) AND sip_status <> 401 AND sip_status <> 402 AND sip_status <> 407",
    ),
}
RATIOS["ner"] = (RATIOS["ner"][0], RATIOS["asr"][1])


class House:
    def __init__(self, program: str, data: str):
        self.command = [program, "--data", data, "query", "--format", "csv"]

    def ask(self, name: str, params: dict) -> list[tuple]:
        arguments = [f"--param={key}={value}" for key, value in params.items() if value is not None]
        answer = subprocess.run([*self.command, *arguments, name], capture_output=True, text=True)
        if answer.returncode != 0:
            raise SystemExit(f"{name} {params}: {answer.stderr}")
        return [tuple(map(known, row)) for row in list(csv.reader(io.StringIO(answer.stdout)))[1:]]


def known(text: str):
    """A cell as what it is, so that 1.50 is 1.5 and an instant is one in any zone."""
    if text == "":
        return None
    if text.startswith("+") and text[1:].isdigit():
        return text
    try:
        return Decimal(text)
    except ArithmeticError:
        pass
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return text


def rows(connection, sql: str) -> list[tuple]:
    answer = connection.execute(sql).fetchall()
    # A quotient is the float nearest to its decimal; the shortest text that means the float is the decimal again.
    return [tuple(Decimal(str(cell)) if isinstance(cell, (int, float)) else cell for cell in row) for row in answer]


def in_range(direction: str | None = None) -> str:
    only = f" AND direction = '{direction}'" if direction else ""
    return f"started_at BETWEEN '{FROM}' AND TIMESTAMPTZ '{TO}' - INTERVAL 1 MICROSECOND{only}"


def ratio(name, group, unit, zone, direction):
    numerator, denominator = RATIOS[name]
    return f"""
        SELECT g, b, n, d, {PERCENT.format(n="n", d="d")}, c - d FROM (
            SELECT {GROUPS[group]} AS g, {bucket(unit, zone)} AS b, count(*) AS c,
                count(CASE WHEN {numerator} THEN 1 END) AS n, count(CASE WHEN {denominator} THEN 1 END) AS d
            FROM calls WHERE {in_range(direction)} GROUP BY ALL)
        ORDER BY g NULLS LAST, b"""


def acd(group, unit, zone):
    return f"""
        SELECT g, b, CAST(ms AS DECIMAL(18, 3)) / 1000, d,
            CASE WHEN d > 0 THEN CAST(floor((CAST(ms AS HUGEINT) * 2 + 10 * d) / (20 * d)) AS DECIMAL(18, 2)) / 100 END, c - d
        FROM (SELECT {GROUPS[group]} AS g, {bucket(unit, zone)} AS b, count(*) AS c,
                coalesce(sum(epoch_ms(ended_at) - epoch_ms(answered_at)), 0) AS ms,
                count(CASE WHEN answered_at IS NOT NULL AND ended_at IS NOT NULL THEN 1 END) AS d
            FROM calls WHERE {in_range()} GROUP BY ALL)
        ORDER BY g NULLS LAST, b"""


def pdd(group, unit, zone):
    delay = "(epoch_ms(coalesce(ringing_at, answered_at)) - epoch_ms(started_at))"
    quantiles = ", ".join(
        f"CAST(quantile_disc(ms, {q}) FILTER (ms IS NOT NULL) AS DECIMAL(18, 3)) / 1000" for q in (0.5, 0.95, 0.99))
    return f"""
        SELECT g, b, CAST(coalesce(sum(ms), 0) AS DECIMAL(18, 3)) / 1000, count(ms),
            CASE WHEN count(ms) > 0 THEN
                CAST(floor((CAST(sum(ms) AS HUGEINT) * 2 + count(ms)) / (2 * count(ms))) AS DECIMAL(18, 3)) / 1000 END,
            {quantiles}, count(*) - count(ms)
        FROM (SELECT {GROUPS[group]} AS g, {bucket(unit, zone)} AS b, {delay} AS ms FROM calls WHERE {in_range()})
        GROUP BY g, b ORDER BY g NULLS LAST, b"""


def per_second(group, unit, zone):
    return f"""
        WITH full_seconds AS (
            SELECT {GROUPS[group]} AS g, {bucket(unit, zone)} AS b, floor(epoch_us(started_at) / 1000000) AS s, count(*) AS n
            FROM calls WHERE {in_range()} GROUP BY ALL),
        lengths AS (SELECT b, CAST(epoch(e) - epoch(s) AS BIGINT) AS seconds FROM ({buckets(unit, zone)}))
        SELECT g, full_seconds.b, sum(n), max(seconds),
            CAST(floor((CAST(sum(n) AS HUGEINT) * 20000 + max(seconds)) / (2 * max(seconds))) AS DECIMAL(18, 4)) / 10000,
            -- One more second may be above the value for each hundred there are.
            coalesce(list_reverse_sort(list(n))[CAST(floor(max(seconds) / 100) AS BIGINT) + 1], 0),
            max(n), make_timestamptz(CAST(min(CASE WHEN n = top THEN s END) * 1000000 AS BIGINT))
        FROM (SELECT *, max(n) OVER (PARTITION BY g, b) AS top FROM full_seconds) AS full_seconds
        JOIN lengths ON full_seconds.b IS NOT DISTINCT FROM lengths.b
        GROUP BY g, full_seconds.b ORDER BY g NULLS LAST, full_seconds.b"""


def busy_hour(group, unit, zone):
    return f"""
        WITH attempts AS (
            SELECT {GROUPS[group]} AS g, started_at AS i, {bucket(unit, zone)} AS b,
                make_timestamptz(CAST(epoch_us(started_at) // 900000000 * 900000000 AS BIGINT)) AS q
            FROM calls WHERE {in_range()}),
        hours AS (
            SELECT starts.g, starts.b, starts.q, count(*) AS n
            FROM (SELECT DISTINCT g, b, q FROM attempts) AS starts
            JOIN attempts ON attempts.g IS NOT DISTINCT FROM starts.g
                AND attempts.i >= starts.q AND attempts.i < starts.q + INTERVAL 1 HOUR
            GROUP BY ALL),
        totals AS (SELECT g, b, count(*) AS n FROM attempts GROUP BY ALL)
        SELECT hours.g, hours.b, min(q), max(hours.n), max(totals.n), {PERCENT.format(n="max(hours.n)", d="max(totals.n)")}
        FROM hours JOIN totals ON hours.g IS NOT DISTINCT FROM totals.g AND hours.b IS NOT DISTINCT FROM totals.b
        WHERE hours.n = (SELECT max(n) FROM hours AS other
            WHERE other.g IS NOT DISTINCT FROM hours.g AND other.b IS NOT DISTINCT FROM hours.b)
        GROUP BY hours.g, hours.b ORDER BY hours.g NULLS LAST, hours.b"""


def concurrent(group, unit, zone):
    """For each instant at which a call or a bucket begins, the calls there are."""
    return f"""
        WITH spans AS (
            SELECT {GROUPS[group]} AS g, greatest(started_at, TIMESTAMPTZ '{FROM}') AS s, ended_at AS e FROM calls
            WHERE started_at < '{TO}' AND ended_at > '{FROM}' AND ended_at > started_at),
        instants AS (
            SELECT g, s AS i FROM spans
            UNION SELECT g, b.s FROM (SELECT DISTINCT g FROM spans), ({buckets(unit, zone)}) AS b),
        levels AS (
            SELECT instants.g, i, count(spans.s) AS n FROM instants
            LEFT JOIN spans ON spans.g IS NOT DISTINCT FROM instants.g AND spans.s <= i AND i < spans.e
            GROUP BY ALL),
        placed AS (SELECT g, {bucket(unit, zone, "i")} AS b, i, n FROM levels)
        SELECT g, b, max(n), min(i) FILTER (n = top),
            (SELECT count(*) FROM calls WHERE ended_at IS NULL AND {in_range()}
                AND {GROUPS[group]} IS NOT DISTINCT FROM g AND {bucket(unit, zone)} IS NOT DISTINCT FROM b)
        FROM (SELECT *, max(n) OVER (PARTITION BY g, b) AS top FROM placed)
        GROUP BY g, b ORDER BY g NULLS LAST, b"""


def erlangs(group, unit, zone):
    """The part of every call that lies in a bucket, bucket by bucket."""
    return f"""
        WITH spans AS (
            SELECT {GROUPS[group]} AS g, started_at AS s, ended_at AS e FROM calls
            WHERE started_at < '{TO}' AND ended_at > '{FROM}' AND ended_at > started_at),
        slots AS (SELECT g, b, slot.s, slot.e FROM (SELECT DISTINCT g FROM spans), ({buckets(unit, zone)}) AS slot),
        sums AS (
            SELECT slots.g, b, epoch_us(slots.e) - epoch_us(slots.s) AS length,
                coalesce(sum(epoch_us(least(spans.e, slots.e)) - epoch_us(greatest(spans.s, slots.s)))
                    FILTER (spans.s IS NOT NULL), 0) AS micros
            FROM slots LEFT JOIN spans
                ON spans.g IS NOT DISTINCT FROM slots.g AND spans.s < slots.e AND spans.e > slots.s
            GROUP BY ALL)
        SELECT g, b, CAST(micros AS DECIMAL(24, 6)) / 1000000, CAST(length AS DECIMAL(24, 6)) / 1000000,
            CAST(floor((CAST(micros AS HUGEINT) * 20000 + length) / (2 * length)) AS DECIMAL(18, 4)) / 10000,
            (SELECT count(*) FROM calls WHERE ended_at IS NULL AND {in_range()}
                AND {GROUPS[group]} IS NOT DISTINCT FROM g AND {bucket(unit, zone)} IS NOT DISTINCT FROM b)
        FROM sums ORDER BY g NULLS LAST, b"""


def release_causes(group, unit, zone):
    names = ["normal", "normal", "resource unavailable", "service not available", "service not implemented",
             "invalid message", "protocol error", "interworking"]
    return f"""
        WITH mine AS (SELECT {GROUPS[group]} AS g, {bucket(unit, zone)} AS b, ended_at, release_cause AS k
            FROM calls WHERE {in_range()})
        SELECT g, b, k, {names}[k // 16 + 1], n, d, {PERCENT.format(n="n", d="d")}, x FROM (
            SELECT g, b, k, count(*) AS n,
                (SELECT count(*) FROM mine AS o WHERE o.g IS NOT DISTINCT FROM mine.g AND o.b IS NOT DISTINCT FROM mine.b
                    AND o.ended_at IS NOT NULL) AS d,
                (SELECT count(*) FROM mine AS o WHERE o.g IS NOT DISTINCT FROM mine.g AND o.b IS NOT DISTINCT FROM mine.b
                    AND o.ended_at IS NULL) AS x
            FROM mine WHERE ended_at IS NOT NULL GROUP BY g, b, k)
        ORDER BY g NULLS LAST, b, n DESC, k NULLS LAST"""


def destination_costs(unit, zone):
    return f"""
        SELECT b, cost_label, currency, count(debit), coalesce(sum(CASE WHEN debit IS NOT NULL THEN credit END), 0),
            coalesce(sum(debit), 0) AS paid, coalesce(sum(CASE WHEN debit IS NOT NULL THEN billed_seconds END), 0) AS s,
            CASE WHEN s > 0 THEN CAST(floor((CAST(paid * 1000000 AS HUGEINT) * 120 + s) / (2 * s)) AS DECIMAL(24, 6)) / 1000000 END,
            count(*) FILTER (debit IS NULL)
        FROM (SELECT *, {bucket(unit, zone)} AS b FROM calls WHERE {in_range()})
        GROUP BY b, cost_label, currency
        ORDER BY b, paid DESC, cost_label NULLS LAST, currency NULLS LAST LIMIT 1000"""


def hour_of_week(group, zone):
    return f"""
        SELECT {GROUPS[group]} AS g, isodow(l) AS w, hour(l) AS h, count(*), count(answered_at) AS n,
            count(*) FILTER (NOT (answered_at IS NULL AND ended_at IS NULL)) AS d, {PERCENT.format(n="n", d="d")}, count(*) - d
        FROM (SELECT *, started_at AT TIME ZONE '{zone}' AS l FROM calls WHERE {in_range()})
        GROUP BY g, w, h ORDER BY g NULLS LAST, w, h"""


def fan_out():
    return f"""
        WITH mine AS (SELECT *, coalesce(from_number, from_number_raw) AS a, coalesce(to_number, to_number_raw) AS z
            FROM calls WHERE {in_range()})
        SELECT a, count(DISTINCT z) AS n, count(*) AS d, {PERCENT.format(n="n", d="d")}, count(answered_at),
            count(*) FILTER (answered_at IS NOT NULL AND epoch_ms(ended_at) - epoch_ms(answered_at) <= 6000),
            (SELECT count(*) FROM mine WHERE a IS NULL OR z IS NULL)
        FROM mine WHERE a IS NOT NULL AND z IS NOT NULL GROUP BY a HAVING count(*) >= 3
        ORDER BY n DESC, d DESC, a LIMIT 50"""


def cases():
    """Name, parameters and DuckDB's formulation of every question."""
    cuts = [(None, None, "UTC"), ("direction", "day", ZONES[0]), ("trunk", "week", ZONES[1]), ("app", "month", ZONES[2]),
            ("from_country", "day", ZONES[2]), (None, "hour", ZONES[0]), ("direction", "hour", ZONES[1])]
    for group, unit, zone in cuts:
        params = {"group_by": group, "bucket": unit, "time_zone": zone}
        for name in RATIOS:
            direction = "outbound" if group == "trunk" else None
            yield name, params | {"direction": direction}, ratio(name, group, unit, zone, direction)
        yield "acd", params, acd(group, unit, zone)
        yield "pdd", params, pdd(group, unit, zone)
        yield "release_causes", params, release_causes(group, unit, zone)
        yield "concurrent_calls", params, concurrent(group, unit, zone)
        yield "erlangs", params, erlangs(group, unit, zone)
        yield "calls_per_second", params, per_second(group, unit, zone)
        if unit != "hour":
            yield "busy_hour", params, busy_hour(group, unit, zone)
    for zone in ZONES:
        yield "hour_of_week", {"time_zone": zone, "group_by": "direction"}, hour_of_week("direction", zone)
        yield ("destination_costs", {"time_zone": zone, "bucket": "day", "limit": 1000}, destination_costs("day", zone))
    for group in ("did", "to_country", "destination", "source"):
        yield "asr", {"group_by": group}, ratio("asr", group, None, "UTC", None)
    yield "number_fan_out", {"calls_min": 3, "limit": 50}, fan_out()
    yield from sms_cases()


def main() -> None:
    program, data = sys.argv[1:]
    take_in(program, data)
    connection, house = connect(f"{data}/catalog.db"), House(program, data)
    compared = 0
    for name, params, sql in cases():
        ours = house.ask(name, {"from": FROM, "to": TO} | params)
        theirs = rows(connection, sql)
        if ours != theirs:
            odd = next((pair for pair in zip(ours, theirs) if pair[0] != pair[1]), None)
            raise SystemExit(f"{name} {params}: {len(ours)} rows, DuckDB {len(theirs)}; the first that differ: {odd}\n{sql}")
        if not ours:
            raise SystemExit(f"{name} {params}: no rows, so nothing was compared")
        compared += len(ours)
    print(f"{compared} rows agree")


if __name__ == "__main__":
    main()
