"""How DuckDB cuts the range of `named_queries.py` into the buckets of a zone."""

FROM, TO = "2025-03-08T05:30:00Z", "2025-04-07T11:10:00Z"
ZONES = ["America/New_York", "Europe/Paris", "Australia/Lord_Howe"]
PERCENT = "CASE WHEN {d} > 0 THEN CAST(floor((CAST({n} AS HUGEINT) * 20000 + {d}) / (2 * {d})) AS DECIMAL(18, 2)) / 100 END"



def bucket(unit: str | None, zone: str, at: str = "started_at") -> str:
    if unit is None:
        return "CAST(NULL AS TIMESTAMPTZ)"
    local = f"({at} AT TIME ZONE '{zone}')"
    if unit in ("minute", "hour"):
        # Local time cannot tell the two hours of a clock put back from each other; its distance from UTC can.
        offset = f"({local} - ({at} AT TIME ZONE 'UTC'))"
        return f"((date_trunc('{unit}', {local}) - {offset}) AT TIME ZONE 'UTC')"
    return f"(date_trunc('{unit}', {local}) AT TIME ZONE '{zone}')"


def buckets(unit, zone):
    """Starts of the buckets with the part of each that lies in the range, by asking every five minutes of it."""
    return f"""
        SELECT {bucket(unit, zone, "i")} AS b, min(i) AS s, min(i) + INTERVAL 5 MINUTE * count(*) AS e
        FROM (SELECT unnest(generate_series(
            TIMESTAMPTZ '{FROM}', TIMESTAMPTZ '{TO}' - INTERVAL 1 MICROSECOND, INTERVAL 5 MINUTE)) AS i)
        GROUP BY 1"""
