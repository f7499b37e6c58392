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
    for binary in (False, True):
        with connection.cursor("parameters", binary=binary) as cursor:
            cursor.itersize = 100
            cursor.execute("SELECT value, value * 0.5, now() FROM generate_series(1, 1000) WHERE value > %s", (400,))
            rows = cursor.fetchall()
            assert len(rows) == 600 and rows[0][:2] == (401, decimal.Decimal("200.5")), rows[0]
            assert rows[0][2] >= NOW, rows[0]
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


def copies(connection: psycopg.Connection) -> None:
    """COPY … TO STDOUT, whole and row by row, and what it is not."""
    cursor = connection.cursor()
    with cursor.copy("COPY (SELECT value, NULL AS nothing, 'a\tb' AS text FROM generate_series(1, 3)) TO STDOUT") as copy:
        assert b"".join(copy) == b"1\t\\N\ta\\tb\n2\t\\N\ta\\tb\n3\t\\N\ta\\tb\n"
    with cursor.copy("COPY (SELECT value, value * 0.5 AS half FROM generate_series(1, 20000)) TO STDOUT (FORMAT binary)") as copy:
        copy.set_types(["int8", "numeric"])
        assert sum(row[0] for row in copy.rows() if row) == 200_010_000
    with cursor.copy("COPY calls (call_id, debit) TO STDOUT WITH CSV HEADER") as copy:
        assert b"".join(copy) == b"call_id,debit\n"
    with cursor.copy("COPY (SELECT value FROM generate_series(1, 9) WHERE value > %s) TO STDOUT", (7,)) as copy:
        assert [row[0] for row in copy.rows()] == ["8", "9"]
    connection.commit()
    for refused, why in {
        "COPY calls FROM STDIN": psycopg.errors.ReadOnlySqlTransaction,
        "COPY calls TO '/tmp/x'": psycopg.errors.InsufficientPrivilege,
        "COPY (SELECT nothing FROM calls) TO STDOUT": psycopg.errors.UndefinedColumn,
        "COPY (DELETE FROM calls) TO STDOUT": psycopg.errors.ReadOnlySqlTransaction,
    }.items():
        try:
            with cursor.copy(refused) as copy:
                list(copy)
            raise AssertionError(f"{refused} was answered")
        except why:
            connection.rollback()


def reflection() -> None:
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://acme:{KEY}@127.0.0.1:{PORT}/callhouse")
    inspector = sqlalchemy.inspect(engine)
    tables = {"calls", "call_events", "rejections", "sms", "sms_events", "webhook_deliveries"}
    assert inspector.get_schema_names() == ["information_schema", "public"], inspector.get_schema_names()
    assert set(inspector.get_table_names()) >= tables
    assert set(inspector.get_table_names(schema="public")) >= tables
    assert inspector.get_view_names() == [] and inspector.get_materialized_view_names() == []
    assert inspector.get_temp_table_names() == [] and inspector.get_sequence_names() == []
    assert inspector.has_table("calls") and not inspector.has_table("nothing") and inspector.has_schema("public")
    assert inspector.default_schema_name == "public"
    assert inspector.get_table_comment("calls")["text"].startswith("What is known of a call")
    columns = {column["name"]: column for column in inspector.get_columns("calls")}
    assert (columns["debit"]["type"].precision, columns["debit"]["type"].scale) == (18, 6), columns["debit"]
    assert columns["started_at"]["type"].timezone and not columns["account"]["nullable"]
    assert columns["debit"]["comment"].startswith("What the account is charged"), columns["debit"]
    for schema in (None, "public"):
        assert inspector.get_pk_constraint("calls", schema)["constrained_columns"] == []
        assert inspector.get_foreign_keys("calls", schema) == []
        assert inspector.get_indexes("calls", schema) == []
        assert inspector.get_unique_constraints("calls", schema) == []
        assert inspector.get_check_constraints("calls", schema) == []
        assert inspector.get_enums(schema) == [] and inspector.dialect.name == "postgresql"
    metadata = sqlalchemy.MetaData()
    metadata.reflect(engine)
    assert set(metadata.tables) >= tables
    calls = metadata.tables["calls"]
    assert isinstance(calls.c.debit.type, sqlalchemy.Numeric) and calls.comment.startswith("What is known of a call")
    with engine.connect() as connection:
        count = sqlalchemy.select(sqlalchemy.func.count()).select_from(calls).where(calls.c.debit > decimal.Decimal("1.5"))
        assert connection.execute(count).scalar() == 0
        escaped = calls.c.call_id.startswith("a_b", autoescape=True) | calls.c.from_name.icontains("50%", autoescape=True)
        assert connection.execute(sqlalchemy.select(calls.c.call_id).where(escaped)).all() == []
        like = sqlalchemy.text("SELECT 'a_b' LIKE 'a/_b' ESCAPE '/', 'axb' LIKE 'a/_b' ESCAPE '/', 'a%b' LIKE 'a!%_' ESCAPE '!'")
        assert connection.execute(like).one() == (True, False, True)


def frames() -> None:
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://acme:{KEY}@127.0.0.1:{PORT}/callhouse")
    frame = pandas.read_sql("SELECT value AS n, value * 0.5 AS half FROM generate_series(1, 100)", engine)
    assert len(frame) == 100 and frame["n"].sum() == 5_050, frame
    with engine.connect().execution_options(stream_results=True) as connection:
        parts = pandas.read_sql("SELECT value AS n FROM generate_series(1, 50000)", connection, chunksize=7_000)
        assert [len(part) for part in parts] == [7_000] * 7 + [1_000]
    empty = pandas.read_sql_table("calls", engine, columns=["call_id", "started_at", "debit"])
    assert list(empty.columns) == ["call_id", "started_at", "debit"] and empty.empty
    frame = pandas.read_sql(sqlalchemy.text("SELECT :n + 1 AS next"), engine, params={"n": 41})
    assert frame["next"].tolist() == [42], frame


with psycopg.connect(host="127.0.0.1", port=PORT, user="acme", password=KEY, dbname="callhouse") as connection:
    values(connection)
    cursors(connection)
    errors(connection)
    copies(connection)
reflection()
frames()
