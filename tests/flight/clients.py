"""Asks a callhouse through Arrow Flight SQL. Arguments: part, host:port, name, key and calls of two accounts, and the
program and data folder of the server."""

import datetime
import decimal
import pathlib
import subprocess
import sys
import threading
import time
import warnings

import adbc_driver_flightsql
import adbc_driver_manager
import pyarrow
from adbc_driver_flightsql import DatabaseOptions, dbapi
from pyarrow import flight

PART, ADDRESS = sys.argv[1:3]
URI = f"grpc://{ADDRESS}"
(MINE, KEY, CALLS), (OTHER, OTHER_KEY, OTHER_CALLS) = sys.argv[3:6], sys.argv[6:9]
PROGRAM, DATA = sys.argv[9:11]
CERTIFICATE = pathlib.Path(__file__).parent.parent / "fixtures/tls/certificate.pem"
ENDLESS = "SELECT sum(value % 7) FROM generate_series(1, 1000000000000)"
PATIENCE_SECONDS = 120


def connect(name=MINE, key=KEY, **options):
    return dbapi.connect(URI, db_kwargs={"username": name, "password": key, **options}, autocommit=True)


def refused(kind, *texts, of):
    """What `of` raises: of this kind, with these texts."""
    try:
        of()
    except kind as error:
        for text in texts:
            assert text in str(error), f"{text!r} is not in {error}"
        return
    raise AssertionError(f"nothing was raised; {texts} was expected")


def until(good):
    """Waits for a state."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not good():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def one(cursor, sql, parameters=None):
    cursor.execute(sql, parameters)
    return cursor.fetchone()[0]


# --- raw messages, for what no client sends ---


def field(number, value):
    """One field of a protobuf message, of bytes, a text or a whole number."""
    if isinstance(value, int):
        return bytes([number << 3]) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return bytes([number << 3 | 2]) + varint(len(value)) + value


def varint(number):
    coded = b""
    while number > 0x7F:
        coded += bytes([number & 0x7F | 0x80])
        number >>= 7
    return coded + bytes([number])


def command(name, *fields):
    body = b"".join(field(number, value) for number, value in fields)
    return field(1, f"type.googleapis.com/arrow.flight.protocol.sql.{name}") + field(2, body)


def asking(name, *fields):
    return flight.FlightDescriptor.for_command(command(name, *fields))


def bearer(token):
    return flight.FlightCallOptions(headers=[(b"authorization", f"Bearer {token}".encode())], timeout=PATIENCE_SECONDS)


# --- parts ---


def values(cursor):
    cursor.execute(
        "SELECT 1::int AS i, 2::bigint AS b, 'é' AS t, 1.5::decimal(10,3) AS d, true AS y, "
        "TIMESTAMPTZ '2026-01-02T03:04:05.6Z' AS at, DATE '2026-01-02' AS day, ['a','b c'] AS l, NULL AS n, 0.1::double AS f"
    )
    table = cursor.fetch_arrow_table()
    row = table.to_pylist()[0]
    utc = datetime.timezone.utc
    assert row["at"] == datetime.datetime(2026, 1, 2, 3, 4, 5, 600_000, utc), row
    assert (row["i"], row["b"], row["t"], row["y"], row["f"]) == (1, 2, "é", True, 0.1), row
    assert (row["d"], row["day"], row["l"], row["n"]) == (decimal.Decimal("1.500"), datetime.date(2026, 1, 2), ["a", "b c"], None), row
    assert table.schema.field("d").type == pyarrow.decimal128(10, 3), table.schema
    assert table.schema.field("t").type == pyarrow.string(), table.schema
    assert table.schema.field("d").metadata[b"ARROW:FLIGHT:SQL:PRECISION"] == b"10", table.schema
    # Every column there is.
    cursor.execute("SELECT * FROM calls ORDER BY started_at")
    calls = cursor.fetch_arrow_table()
    assert calls.num_rows == int(CALLS) and set(calls["account"].to_pylist()) == {MINE}, calls.schema
    assert calls.schema.field("debit").type == pyarrow.decimal128(18, 6), calls.schema
    cursor.execute("SELECT * FROM calls WHERE false")
    nothing = cursor.fetch_arrow_table()
    assert nothing.num_rows == 0 and nothing.schema == calls.schema, nothing.schema
    # More than a message, and than a batch.
    cursor.execute("SELECT value, repeat('x', 1000) AS text FROM generate_series(1, 20000)")
    many = cursor.fetch_arrow_table()
    assert many.num_rows == 20_000 and sum(many["value"].to_pylist()) == 200_010_000


def parameters(cursor):
    now = datetime.datetime(2040, 1, 1, tzinfo=datetime.timezone.utc)
    sql = "SELECT count(*) FROM calls WHERE started_at < {} AND coalesce(debit, 0) >= {} AND account = {}"
    for marks in (("?", "?", "?"), ("$1", "$2", "$3")):
        assert one(cursor, sql.format(*marks), (now, decimal.Decimal("0.000000"), MINE)) == int(CALLS)
    paris = datetime.timezone(datetime.timedelta(hours=2))
    at = datetime.datetime(2026, 6, 1, 12, 0, 0, 123_456, paris)
    assert one(cursor, "SELECT ?::timestamptz", (at,)) == at
    assert one(cursor, "SELECT '?' || ? -- ?", ("x",)) == "?x"
    assert one(cursor, "SELECT ?::bigint + 1", (41,)) == 42
    assert one(cursor, "SELECT ?::text IS NULL", (None,)) is True
    assert one(cursor, "SELECT value FROM generate_series(1, 9) LIMIT ?", (1,)) == 1
    # What an injection would be is a text.
    assert one(cursor, "SELECT count(*) FROM calls WHERE account = ?", (f"x' OR account = '{OTHER}",)) == 0
    # A statement runs once for each row of values.
    cursor.execute("SELECT ?::bigint * 2 AS twice", pyarrow.record_batch({"0": [1, 2, 3]}))
    assert cursor.fetch_arrow_table()["twice"].to_pylist() == [2, 4, 6]
    refused(dbapi.ProgrammingError, "1 parameters and 2 values", of=lambda: cursor.execute("SELECT ?::int", (1, 2)))
    refused(dbapi.ProgrammingError, "does not fit", of=lambda: one(cursor, "SELECT count(*) FROM calls WHERE started_at < ?", ("soon",)))


def prepared(connection):
    with connection.cursor() as cursor:
        sql = "SELECT count(*) FROM calls WHERE started_at < ? AND account <> ? AND coalesce(debit, 0) >= ?"
        types = [pyarrow.timestamp("ms", "UTC"), pyarrow.string()]
        assert cursor.adbc_prepare(sql).types[:2] == types, cursor.adbc_prepare(sql)
        assert cursor.adbc_prepare("SELECT ?::bigint + 1").types == [pyarrow.int64()]
        for number in range(5):
            assert one(cursor, "SELECT ?::bigint + 1 AS n", (number,)) == number + 1
    statement = adbc_driver_manager.AdbcStatement(connection.adbc_connection)
    statement.set_sql_query("SELECT count(*) AS calls FROM calls")
    schema = pyarrow.schema(pyarrow.Schema._import_from_c_capsule(statement.execute_schema().__arrow_c_schema__()))
    assert schema.names == ["calls"], schema
    statement.close()


def metadata(connection):
    assert connection.adbc_get_table_types() == ["TABLE"]
    info = connection.adbc_get_info()
    assert info["vendor_name"] == "callhouse" and info["driver_name"].startswith("ADBC Flight SQL"), info
    schema = connection.adbc_get_table_schema("calls", catalog_filter="callhouse", db_schema_filter="public")
    assert schema.field("started_at").type.tz and schema.field("debit").type == pyarrow.decimal128(18, 6), schema
    assert b"charged" in schema.field("debit").metadata[b"ARROW:FLIGHT:SQL:REMARKS"]
    objects = connection.adbc_get_objects(depth="all").read_all().to_pylist()
    assert [catalog["catalog_name"] for catalog in objects] == ["callhouse"], objects
    (public,) = objects[0]["catalog_db_schemas"]
    tables = {table["table_name"]: table for table in public["db_schema_tables"]}
    assert public["db_schema_name"] == "public" and {"calls", "call_events", "rejections"} <= set(tables), public
    columns = {column["column_name"]: column for column in tables["calls"]["table_columns"]}
    assert columns["debit"]["xdbc_type_name"] == "numeric(18,6)", columns["debit"]
    some = connection.adbc_get_objects(depth="tables", table_name_filter="call\\_%", db_schema_filter="pub%").read_all().to_pylist()
    (public,) = some[0]["catalog_db_schemas"]
    assert [table["table_name"] for table in public["db_schema_tables"]] == ["call_events"], public
    nothing = connection.adbc_get_objects(depth="tables", table_name_filter="nothing").read_all().to_pylist()
    assert nothing[0]["catalog_db_schemas"][0]["db_schema_tables"] == [], nothing


def errors(cursor):
    refused(dbapi.ProgrammingError, 'did you mean "started_at"?', "line 1, column 8", of=lambda: cursor.execute("SELECT start_at FROM calls"))
    refused(dbapi.ProgrammingError, "read only", of=lambda: cursor.execute("DELETE FROM calls"))
    refused(dbapi.ProgrammingError, of=lambda: cursor.execute("SELECT * FROM '/etc/passwd'"))
    refused(dbapi.ProgrammingError, of=lambda: cursor.execute("SELECT 1; SELECT 2"))
    refused(dbapi.Error, "ivide by zero", of=lambda: one(cursor, "SELECT 1 / (value - 1) FROM generate_series(1, 2)"))
    refused(dbapi.NotSupportedError, "read only", of=lambda: cursor.adbc_ingest("calls", pyarrow.table({"x": [1]}), mode="append"))
    refused(dbapi.NotSupportedError, "read only", of=lambda: cursor.executemany("SELECT ?::int", [(1,), (2,)]))
    assert one(cursor, "SELECT 1") == 1


def adbc():
    with connect() as connection:
        with connection.cursor() as cursor:
            values(cursor)
            parameters(cursor)
            errors(cursor)
        prepared(connection)
        metadata(connection)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # As most people write it: transactions are asked for, and there are none.
        with dbapi.connect(URI, db_kwargs={"username": MINE, "password": KEY}) as connection, connection.cursor() as cursor:
            assert one(cursor, "SELECT current_user") == MINE
    assert any("autocommit" in str(warning.message) for warning in caught), caught


def frames():
    import duckdb
    import polars

    with connect() as connection:
        frame = polars.read_database("SELECT direction, count(*) AS calls FROM calls GROUP BY 1", connection)
        assert frame["calls"].sum() == int(CALLS), frame
        with connection.cursor() as cursor:
            cursor.execute("SELECT started_at, debit FROM calls")
            assert len(cursor.fetch_df()) == int(CALLS)
            cursor.execute("SELECT * FROM calls")
            reader = cursor.fetch_record_batch()
            assert duckdb.sql("SELECT count(*) FROM reader").fetchone() == (int(CALLS),)


def credentials():
    unauthenticated = (adbc_driver_manager.Error,)
    for name, key in ((MINE, "x"), (MINE, "0" * 100), (MINE, OTHER_KEY), (OTHER, KEY), ("nobody", KEY)):
        refused(unauthenticated, "must be one of its API keys", of=lambda: connect(name, key).cursor().execute("SELECT 1"))
    header = DatabaseOptions.AUTHORIZATION_HEADER.value
    for value, told in ((f"Bearer {'0' * 100}", "API key is not good"), ("Bearer x", "is read as"), (f"Bearer {'0' * 64}", "shake hands again")):
        wrong = dbapi.connect(URI, db_kwargs={header: value}, autocommit=True)
        refused(unauthenticated, told, of=lambda: wrong.cursor().execute("SELECT 1"))
    with dbapi.connect(URI, db_kwargs={header: f"Bearer {KEY}"}, autocommit=True) as connection, connection.cursor() as cursor:
        assert one(cursor, "SELECT count(*) FROM calls") == int(CALLS)
    client = flight.connect(URI)
    nobody = flight.FlightCallOptions(timeout=PATIENCE_SECONDS)
    calls = (
        lambda: client.get_flight_info(asking("CommandGetTables"), nobody),
        lambda: client.get_schema(asking("CommandStatementQuery", (1, "SELECT 1")), nobody),
        lambda: client.do_get(flight.Ticket(command("CommandGetCatalogs")), nobody).read_all(),
        lambda: list(client.do_action(flight.Action("CloseSession", b""), nobody)),
        lambda: client.list_actions(nobody),
        lambda: list(client.list_flights(options=nobody)),
        lambda: client.do_put(asking("CommandStatementUpdate", (1, "SELECT 1")), pyarrow.schema([]), nobody)[0].close(),
    )
    for call in calls:
        # pyarrow has no kind of its own for what GetSchema is refused.
        refused((flight.FlightUnauthenticatedError, OSError), "send authorization", of=call)
    (name, value) = client.authenticate_basic_token(MINE, KEY, nobody)
    token = value.decode().removeprefix("Bearer ")
    assert name == b"authorization" and len(token) == 64 and token not in KEY
    assert client.get_flight_info(asking("CommandGetTables"), bearer(token)).schema.names[0] == "catalog_name"
    # A session that is closed is over.
    (closed,) = client.do_action(flight.Action("CloseSession", b""), bearer(token))
    assert closed.body.to_pybytes() == field(1, 1)
    refused(flight.FlightUnauthenticatedError, "shake hands again", of=lambda: client.get_flight_info(asking("CommandGetTables"), bearer(token)))
    # Nor are tokens better than the key they were given for.
    (_, value) = client.authenticate_basic_token(MINE, KEY, nobody)
    token = value.decode().removeprefix("Bearer ")
    client.get_flight_info(asking("CommandGetTables"), bearer(token))
    run = lambda *arguments: subprocess.run([PROGRAM, "--data", DATA, "api-key", *arguments], check=True, capture_output=True, text=True).stdout
    (row,) = [line for line in run("list").splitlines() if MINE in line]
    run("delete", row.split()[0])
    refused(flight.FlightUnauthenticatedError, "shake hands again", of=lambda: client.get_flight_info(asking("CommandGetTables"), bearer(token)))


def tenancy():
    with connect() as connection, connection.cursor() as cursor:
        for sql in (
            "SELECT count(*) FROM calls",
            f"SELECT count(*) FROM calls WHERE account = '{MINE}' OR account = '{OTHER}' OR true",
            "WITH x AS (SELECT * FROM calls) SELECT count(*) FROM (SELECT * FROM x UNION ALL SELECT * FROM x WHERE false)",
        ):
            assert one(cursor, sql) == int(CALLS), sql
        assert one(cursor, "SELECT count(*) FROM calls WHERE account = ?", (OTHER,)) == 0
        assert one(cursor, "SELECT count(DISTINCT account) FROM calls") == 1
    client, mine, other = flight.connect(URI), bearer(KEY), bearer(OTHER_KEY)
    info = client.get_flight_info(asking("CommandStatementQuery", (1, "SELECT account FROM calls")), mine)
    ticket = info.endpoints[0].ticket
    assert info.endpoints[0].expiration_time is not None
    # A ticket says nothing of its statement.
    assert b"SELECT" not in ticket.ticket and MINE.encode() not in ticket.ticket
    unknown = "is not known"
    refused(pyarrow.ArrowKeyError, unknown, of=lambda: client.do_get(ticket, other).read_all())
    guessed = flight.Ticket(command("TicketStatementQuery", (1, bytes(16))))
    refused(pyarrow.ArrowKeyError, unknown, of=lambda: client.do_get(guessed, mine).read_all())
    # Nor can others end it.
    cancel = flight.Action("CancelFlightInfo", field(1, info.serialize()))
    (told,) = client.do_action(cancel, other)
    assert told.body.to_pybytes() == field(1, 3), told
    for _ in range(2):
        assert set(client.do_get(ticket, mine).read_all()["account"].to_pylist()) == {MINE}
    (told,) = client.do_action(cancel, mine)
    assert told.body.to_pybytes() == field(1, 1), told
    refused(pyarrow.ArrowKeyError, unknown, of=lambda: client.do_get(ticket, mine).read_all())
    # Prepared statements, their values and their tickets.
    prepare = flight.Action("CreatePreparedStatement", command("ActionCreatePreparedStatementRequest", (1, "SELECT ?::text AS secret")))
    (told,) = client.do_action(prepare, mine)
    body = told.body.to_pybytes()
    start = body.index(b"\x0a\x10") + 2
    handle = body[start : start + 16]
    described = asking("CommandPreparedStatementQuery", (1, handle))

    def bind(value, options):
        table = pyarrow.table({"1": [value]})
        writer, _ = client.do_put(described, table.schema, options)
        with writer:
            writer.write_table(table)

    bind("mine", mine)
    refused(pyarrow.ArrowKeyError, unknown, of=lambda: bind("theirs", other))
    refused(pyarrow.ArrowKeyError, unknown, of=lambda: client.get_flight_info(described, other))
    refused(pyarrow.ArrowKeyError, unknown, of=lambda: client.do_get(flight.Ticket(described.command), other).read_all())
    close = flight.Action("ClosePreparedStatement", command("ActionClosePreparedStatementRequest", (1, handle)))
    assert list(client.do_action(close, other)) == []
    info = client.get_flight_info(described, mine)
    assert client.do_get(info.endpoints[0].ticket, mine).read_all()["secret"].to_pylist() == ["mine"]
    assert list(client.do_action(close, mine)) == []
    refused(pyarrow.ArrowKeyError, unknown, of=lambda: client.get_flight_info(described, mine))


def refusals():
    client, mine = flight.connect(URI), bearer(KEY)
    unimplemented, invalid = NotImplementedError, (pyarrow.ArrowInvalid,)
    put = lambda descriptor: client.do_put(descriptor, pyarrow.schema([]), mine)[0].close()
    act = lambda name, *fields: list(client.do_action(flight.Action(name, command(f"Action{name}Request", *fields)), mine))
    refused(unimplemented, "read only", of=lambda: put(asking("CommandStatementUpdate", (1, "DELETE FROM calls"))))
    refused(unimplemented, "read only", "POST /v1/events", of=lambda: put(asking("CommandStatementIngest", (2, "calls"))))
    refused(unimplemented, "no transactions", of=lambda: act("BeginTransaction"))
    refused(unimplemented, "no transactions", of=lambda: act("EndTransaction"))
    refused(unimplemented, "Substrait", of=lambda: act("CreatePreparedSubstraitPlan"))
    refused(unimplemented, "Substrait", of=lambda: client.get_flight_info(asking("CommandStatementSubstraitPlan"), mine))
    refused(unimplemented, 'no action "Shutdown"', of=lambda: act("Shutdown"))
    refused(unimplemented, "CommandGetTables", of=lambda: list(client.list_flights(options=mine)))
    refused(unimplemented, "exchanged", of=lambda: client.do_exchange(asking("CommandGetTables"), mine)[1].read_all())
    refused(invalid, "no command of Flight SQL", of=lambda: client.get_flight_info(flight.FlightDescriptor.for_command(b"SELECT 1"), mine))
    refused(invalid, "not a path", of=lambda: client.get_flight_info(flight.FlightDescriptor.for_path("calls"), mine))
    refused(invalid, "no transaction", of=lambda: client.get_flight_info(asking("CommandStatementQuery", (1, "SELECT 1"), (2, b"x")), mine))
    refused(invalid, "no command", of=lambda: client.do_get(flight.Ticket(b"\xff\xff"), mine).read_all())
    refused(invalid, "the body", of=lambda: list(client.do_action(flight.Action("CancelFlightInfo", b"\xff"), mine)))
    names = {action.type for action in client.list_actions(mine)}
    assert {"CreatePreparedStatement", "CancelFlightInfo", "CloseSession"} <= names and "BeginTransaction" not in names
    # Metadata that is empty has its columns.
    for name, columns, rows in (
        ("CommandGetPrimaryKeys", 6, 0),
        ("CommandGetExportedKeys", 13, 0),
        ("CommandGetImportedKeys", 13, 0),
        ("CommandGetCrossReference", 13, 0),
        ("CommandGetTableTypes", 1, 1),
        ("CommandGetDbSchemas", 2, 1),
        ("CommandGetXdbcTypeInfo", 19, 13),
        ("CommandGetSqlInfo", 2, 89),
    ):
        info = client.get_flight_info(asking(name), mine)
        table = client.do_get(info.endpoints[0].ticket, mine).read_all()
        assert (table.num_columns, table.num_rows) == (columns, rows), (name, table.schema, table.num_rows)
        assert table.schema == info.schema == client.get_schema(asking(name), mine).schema, name
    schema = client.get_schema(asking("CommandStatementQuery", (1, "SELECT 1 AS one")), mine).schema
    assert schema.names == ["one"], schema
    options = lambda name, value: field(1, field(1, name) + field(2, field(1, value)))
    (told,) = client.do_action(flight.Action("SetSessionOptions", options("catalog", "callhouse")), mine)
    assert told.body.to_pybytes() == b"", told
    (told,) = client.do_action(flight.Action("SetSessionOptions", options("catalog", "other")), mine)
    assert b"catalog" in told.body.to_pybytes(), told


def cancel():
    """The account has one turn: what is not given back is missed."""
    with connect() as connection, connect() as beside, connection.cursor() as cursor, beside.cursor() as another:
        errors_seen = []

        def endless():
            try:
                one(cursor, ENDLESS)
            except dbapi.Error as error:
                errors_seen.append(error)

        running = threading.Thread(target=endless)
        running.start()
        # Until it has begun a cancel is of no use, so it is asked again.
        until(lambda: (cursor.adbc_cancel(), running.join(0.2), not running.is_alive())[-1])
        assert errors_seen, "it was answered"
        assert one(another, "SELECT 1") == 1
    client, mine = flight.connect(URI), bearer(KEY)
    for how in ("CancelFlightInfo", "CancelQuery", "gone"):
        info = client.get_flight_info(asking("CommandStatementQuery", (1, ENDLESS)), mine)
        reader = client.do_get(info.endpoints[0].ticket, mine)
        if how == "gone":
            reader.cancel()
        else:
            body = field(1, info.serialize())
            body = body if how == "CancelFlightInfo" else command("ActionCancelQueryRequest", (1, info.serialize()))
            assert list(client.do_action(flight.Action(how, body), mine))
            # By chunks: read_all takes what was cancelled for an interrupt of its own process.
            refused(flight.FlightCancelledError, "cancelled", of=lambda: list(reader))
        with connect() as beside, beside.cursor() as another:
            assert one(another, "SELECT 1") == 1


def limits():
    client, mine = flight.connect(URI), bearer(KEY)
    ask = lambda sql: client.get_flight_info(asking("CommandStatementQuery", (1, sql)), mine).endpoints[0].ticket
    # The account has one turn. A reader that stalls keeps it until the idle limit, and not longer.
    stalled = client.do_get(ask("SELECT value, repeat('x', 500) AS text FROM generate_series(1, 900000)"), mine)
    assert stalled.read_chunk().data.num_rows > 0
    with connect() as beside, beside.cursor() as another:
        assert one(another, "SELECT 1") == 1
    refused(flight.FlightTimedOutError, "nobody read on", of=stalled.read_all)
    exhausted = (pyarrow.ArrowException,)
    refused(exhausted, "more than 1000000 rows", of=lambda: [None for _ in client.do_get(ask("SELECT * FROM generate_series(1, 2000000)"), mine)])
    refused(flight.FlightTimedOutError, "longer than 10 s", of=lambda: client.do_get(ask(ENDLESS), mine).read_all())
    refused(exhausted, "memory", of=lambda: client.do_get(ask("SELECT array_agg(repeat('x', 1000) || value) FROM generate_series(1, 10000000)"), mine).read_all())
    # One connection too many is told so, and those that stay go on.
    many = [flight.connect(f"{URI}", generic_options=[("grpc.use_local_subchannel_pool", 1)]) for _ in range(8)]
    told = []
    for another in many:
        try:
            another.get_flight_info(asking("CommandGetCatalogs"), mine)
        except pyarrow.ArrowException as error:
            told.append(str(error))
    assert told and all("too many connections" in text for text in told), told
    client.get_flight_info(asking("CommandGetCatalogs"), mine)


def tls():
    global URI
    plain = flight.connect(URI)
    refused(pyarrow.ArrowException, of=lambda: plain.get_flight_info(asking("CommandGetCatalogs"), flight.FlightCallOptions(timeout=3)))
    URI = f"grpc+tls://localhost:{ADDRESS.rsplit(':', 1)[1]}"
    certificate = CERTIFICATE.read_text()
    with connect(**{DatabaseOptions.TLS_ROOT_CERTS.value: certificate}) as connection, connection.cursor() as cursor:
        assert one(cursor, "SELECT count(*) FROM calls") == int(CALLS)
    client = flight.connect(URI, tls_root_certs=certificate)
    assert client.authenticate_basic_token(MINE, KEY)


globals()[PART]()
print("done")
