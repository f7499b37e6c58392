"""Asks a callhouse over the PostgreSQL wire with psycopg 3, SQLAlchemy and pandas. Arguments: port, key of `acme`."""

import datetime
import decimal
import sys

import pandas
import psycopg
import sqlalchemy

PORT, KEY = sys.argv[1:3]
NOW = datetime.datetime.now(datetime.timezone.utc)


def values(connection: psycopg.Connection) -> None:
    """Every type in both forms, and parameters in both."""
    sql = (
        "SELECT 1::int, 2::bigint, 'é', 1.5::decimal(10,3), true, TIMESTAMP '2026-01-02T03:04:05.6Z', DATE '2026-01-02',"
        " ['a','b c'], INTERVAL '1 day', NULL, -0.000001::decimal(18,6), 0.1::double, 12345678.9::decimal(18,1)"
    )
    rows = [connection.cursor(binary=binary).execute(sql).fetchone() for binary in (False, True)]
    assert rows[0] == rows[1], rows
    row = rows[0]
    assert row[:4] == (1, 2, "é", decimal.Decimal("1.500")), row
    assert row[6] == datetime.date(2026, 1, 2) and row[8] == datetime.timedelta(days=1), row
    assert row[10] == decimal.Decimal("-0.000001") and row[12] == decimal.Decimal("12345678.9"), row
    for form in ("%s", "%b", "%t"):
        sql = f"SELECT count(*) FROM calls WHERE started_at < {form} AND debit > {form} AND callid = {form}"
        assert connection.execute(sql, (NOW, decimal.Decimal("1.5"), 7)).fetchall() == [(0,)]
    # Prepared on the server after five times.
    for number in range(8):
        answer = connection.execute("SELECT value FROM generate_series(1, 9) WHERE value = %s", (number + 1,)).fetchall()
        assert answer == [(number + 1,)], answer


def cursors(connection: psycopg.Connection) -> None:
    with connection.cursor("mine") as cursor:
        cursor.itersize = 1_000
        cursor.execute("SELECT * FROM generate_series(1, 20000)")
        assert sum(row[0] for row in cursor) == 200_010_000
    connection.commit()


def errors(connection: psycopg.Connection) -> None:
    try:
        connection.execute("SELECT start_at FROM calls")
        raise AssertionError("it was answered")
    except psycopg.errors.UndefinedColumn as error:
        assert error.diag.message_hint == 'did you mean "started_at"?', error.diag.message_hint
    try:
        connection.execute("SELECT 1")
        raise AssertionError("a failed transaction goes on")
    except psycopg.errors.InFailedSqlTransaction:
        connection.rollback()
    try:
        connection.execute("INSERT INTO calls SELECT * FROM calls")
        raise AssertionError("it was written")
    except psycopg.errors.ReadOnlySqlTransaction:
        connection.rollback()


def reflection() -> None:
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://acme:{KEY}@127.0.0.1:{PORT}/callhouse")
    inspector = sqlalchemy.inspect(engine)
    assert set(inspector.get_table_names()) == {"calls", "call_events", "rejections", "webhook_deliveries"}
    assert inspector.get_view_names() == []
    assert inspector.get_table_comment("calls")["text"].startswith("What is known of a call")
    columns = {column["name"]: column for column in inspector.get_columns("calls")}
    assert (columns["debit"]["type"].precision, columns["debit"]["type"].scale) == (18, 6), columns["debit"]
    assert columns["started_at"]["type"].timezone and not columns["account"]["nullable"]
    calls = sqlalchemy.table("calls", sqlalchemy.column("debit"))
    count = sqlalchemy.select(sqlalchemy.func.count()).select_from(calls).where(calls.c.debit > 1)
    with engine.connect() as connection:
        assert connection.execute(count).scalar() == 0
    frame = pandas.read_sql("SELECT value AS n, value * 0.5 AS half FROM generate_series(1, 100)", engine)
    assert len(frame) == 100 and frame["n"].sum() == 5_050, frame


with psycopg.connect(host="127.0.0.1", port=PORT, user="acme", password=KEY, dbname="callhouse") as connection:
    values(connection)
    cursors(connection)
    errors(connection)
reflection()
