"""Text messages for `named_queries.py`: some are made, taken in and settled, and asked about in formulations of DuckDB."""

import json
import random
import subprocess
import tempfile
from datetime import datetime, timedelta

from named_queries_cuts import FROM, PERCENT, TO, ZONES, bucket, buckets

SMS_GROUPS = {
    "account": "account",
    "sender": "from_number_raw",
    "to_country": "to_country",
    "destination": "cost_label",
    "nature": "nature",
    "encoding": "encoding",
    "trunk": "trunk",
    "source": "source",
    None: "NULL",
}
SENT = f"created_at BETWEEN '{FROM}' AND TIMESTAMPTZ '{TO}' - INTERVAL 1 MICROSECOND AND direction = 'outbound'"


def sms_events(messages: int, seed: int):
    """Messages over the range and a day around it: under way, delivered fast and late, failed, expired, received, priced or not."""
    draw = random.Random(seed)
    start, span = datetime.fromisoformat(FROM) - timedelta(days=1), timedelta(days=32)
    for number in range(messages):
        account = draw.choice(["sms-a", "sms-b"])
        at = start + draw.random() * span
        later = lambda most: at + timedelta(milliseconds=draw.choice([0, 1000, draw.randrange(most)]))
        event = lambda kind, time, data: {
            "specversion": "1.0", "id": f"{number}-{kind}", "source": draw.choice(["smsc-1", "smsc-2"]), "type": f"sms.{kind}",
            "account": account, "subject": f"m{number}", "time": time.isoformat(timespec="milliseconds"), "data": data}
        text = draw.choice(["hello", "\u20ac" * 90, "caf\u00ea", "x" * 400])
        parties = {"from": draw.choice(["ACME", "+33612345678"]), "to": draw.choice(["+33698765432", "+442071838750", "1234"]), "text": text}
        if draw.random() < 0.1:
            yield event("received", at, parties)
            continue
        made = parties | draw.choice([{}, {"nature": "ALERTING"}, {"trunk": "T1"}, {"nature": "MARKETING", "trunk": "T2"}])
        yield event("created", at, made)
        if draw.random() < 0.8:
            sent_at = later(5_000)
            yield event("sent", sent_at, {})
        kind = draw.choice(["delivered"] * 6 + ["failed", "failed", "expired", None])
        if kind:
            yield event(kind, later(600_000), draw.choice([{}, {"status": "ERROR"}]) if kind == "failed" else {})
        if draw.random() < 0.7:
            price = {"currency": "EUR", "debit": f"0.0{draw.randrange(10_000):05}", "cost_label": draw.choice(["FR", "GB"])}
            yield event("rated", later(60_000), price)


def take_in(program: str, data: str) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.writelines(json.dumps(event) + "\n" for event in sms_events(3000, 5))
        file.flush()
        command = [program, "--data", data]
        subprocess.run([*command, "import", "--format", "cloudevents", "--create-accounts", file.name], check=True, capture_output=True)
    subprocess.run([*command, "compact"], check=True, capture_output=True)


def sms_rate(group, unit, zone):
    """By the instants: only what was settled has an end, and only what was delivered a delivery."""
    return f"""
        SELECT g, b, n, d, {PERCENT.format(n="n", d="d")}, c - d FROM (
            SELECT {SMS_GROUPS[group]} AS g, {bucket(unit, zone, "created_at")} AS b, count(*) AS c, count(delivered_at) AS n,
                count(finished_at) AS d
            FROM sms WHERE {SENT} GROUP BY ALL)
        ORDER BY g NULLS LAST, b"""


def sms_latency(group, unit, zone):
    latency = "greatest(epoch_ms(delivered_at) - epoch_ms(sent_at), 0)"
    quantiles = ", ".join(
        f"CAST(quantile_disc(ms, {q}) FILTER (ms IS NOT NULL) AS DECIMAL(18, 3)) / 1000" for q in (0.5, 0.95, 0.99))
    known = "CASE WHEN delivered_at IS NOT NULL AND sent_at IS NOT NULL THEN"
    return f"""
        SELECT g, b, CAST(coalesce(sum(ms), 0) AS DECIMAL(18, 3)) / 1000, count(ms),
            CASE WHEN count(ms) > 0 THEN
                CAST(floor((CAST(sum(ms) AS HUGEINT) * 2 + count(ms)) / (2 * count(ms))) AS DECIMAL(18, 3)) / 1000 END,
            {quantiles}, count(*) - count(ms)
        FROM (SELECT {SMS_GROUPS[group]} AS g, {bucket(unit, zone, "created_at")} AS b, {known} {latency} END AS ms
            FROM sms WHERE {SENT})
        GROUP BY g, b ORDER BY g NULLS LAST, b"""


def sms_history(by, values, unit, zone):
    """Every bucket with what lies in it, for each value of a column."""
    only = "" if by == "direction" else f" AND {SENT}"
    first = "v, " if by else ""
    return f"""
        SELECT {first}slot.b, slot.b AT TIME ZONE '{zone}', count(sms_id), coalesce(sum(parts), 0),
            coalesce(sum(debit), 0), coalesce(sum(credit), 0)
        FROM ({buckets(unit, zone)}) AS slot CROSS JOIN ({values}) AS kind (v)
        LEFT JOIN sms ON created_at >= slot.s AND created_at < slot.e AND {by or "1"} = v{only}
        GROUP BY v, slot.b ORDER BY v, slot.b"""


def sms_summary(by):
    only = SENT if by != "direction" else SENT.replace("direction = 'outbound'", "direction IS NOT NULL")
    first = f"{by}, " if by else ""
    return f"""
        SELECT {first}count(*), coalesce(sum(parts), 0), coalesce(sum(debit), 0), coalesce(sum(credit), 0)
        FROM sms WHERE {only} {f"GROUP BY {by} ORDER BY {by}" if by else ""}"""


def sms_cases():
    cuts = [(None, None, "UTC"), ("sender", "day", ZONES[0]), ("trunk", "week", ZONES[1]), ("encoding", "month", ZONES[2]),
            ("to_country", "day", ZONES[2]), (None, "hour", ZONES[0])]
    for group, unit, zone in cuts:
        params = {"group_by": group, "bucket": unit, "time_zone": zone}
        yield "sms_delivery_rate", params, sms_rate(group, unit, zone)
        yield "sms_delivery_latency", params, sms_latency(group, unit, zone)
    for group in ("account", "destination", "nature", "source"):
        yield "sms_delivery_rate", {"group_by": group}, sms_rate(group, None, "UTC")
    ways, statuses = "VALUES ('inbound'), ('outbound')", f"SELECT DISTINCT status FROM sms WHERE {SENT}"
    for unit, zone in (("day", ZONES[0]), ("hour", ZONES[1]), ("month", ZONES[2]), ("week", ZONES[2])):
        params = {"bucket": unit, "time_zone": zone}
        yield "sms_history", params, sms_history("direction", ways, unit, zone)
        yield "sms_history_out", params, sms_history("", "VALUES (1)", unit, zone)
        yield "sms_history_out_by_status", params, sms_history("status", statuses, unit, zone)
    yield "sms_summary", {}, sms_summary("direction")
    yield "sms_summary_out", {}, sms_summary("")
    yield "sms_summary_out_by_status", {}, sms_summary("status")
