import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

/** The PostgreSQL JDBC driver against callhouse. Arguments: host:port, account, key, calls of the account. */
public final class Postgres {
    private static final String ENDLESS =
            "SELECT count(*) FROM generate_series(1, 1000000000) a CROSS JOIN generate_series(1, 1000000000) b";

    public static void main(String[] arguments) throws Exception {
        String url = "jdbc:postgresql://" + arguments[0] + "/callhouse";
        long calls = Long.parseLong(arguments[3]);
        try (Connection connection = DriverManager.getConnection(url, arguments[1], arguments[2])) {
            statements(connection, calls);
            prepared(connection, calls);
            metadata(connection.getMetaData());
            cursor(connection);
            errors(connection);
            cancel(connection);
        }
        fails("28P01", () -> DriverManager.getConnection(url, arguments[1], "wrong").close());
        System.out.println("done");
    }

    private static void statements(Connection connection, long calls) throws SQLException {
        check(connection.isValid(10) && connection.getCatalog().equals("callhouse"), "valid");
        check(connection.getSchema().equals("public"), "schema " + connection.getSchema());
        try (Statement statement = connection.createStatement()) {
            check(number(statement.executeQuery("SELECT count(*) FROM calls")) == calls, "count");
            ResultSet rows = statement.executeQuery(
                    "SELECT 1::int AS i, 'é' AS t, 1.5::decimal(10,3) AS d, true AS y, NULL AS n,"
                            + " DATE '2026-01-02' AS day, TIMESTAMPTZ '2026-01-02T03:04:05.6Z' AS at");
            ResultSetMetaData columns = rows.getMetaData();
            check(columns.getColumnCount() == 7 && columns.getColumnName(3).equals("d"), "columns");
            check(columns.getPrecision(3) == 10 && columns.getScale(3) == 3, "precision and scale");
            check(columns.getColumnTypeName(7).equals("timestamptz"), "a type's name " + columns.getColumnTypeName(7));
            check(rows.next() && rows.getInt("i") == 1 && rows.getString("t").equals("é"), "int and text");
            check(rows.getBigDecimal("d").equals(new BigDecimal("1.500")), "decimal");
            check(rows.getBoolean("y") && rows.getObject("n") == null, "truth and null");
            check(rows.getDate("day").toString().equals("2026-01-02"), "date");
            check(rows.getTimestamp("at").getTime() == 1_767_323_045_600L, "instant");
            check(rows.getObject("at", OffsetDateTime.class).toInstant().toEpochMilli() == 1_767_323_045_600L, "offset");
        }
    }

    private static void prepared(Connection connection, long calls) throws SQLException {
        String sql = "SELECT count(*) FROM calls WHERE started_at < ? AND account <> ? AND coalesce(debit, 0) >= ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            check(statement.getParameterMetaData().getParameterCount() == 3, "parameters");
            check(statement.getMetaData().getColumnCount() == 1, "columns of a prepared statement");
            // From the fifth time on the driver keeps it on the server and takes binary values.
            for (int round = 0; round < 8; round++) {
                statement.setTimestamp(1, new Timestamp(2_000_000_000_000L));
                statement.setString(2, "x' OR true --");
                statement.setBigDecimal(3, new BigDecimal("0.000000"));
                check(number(statement.executeQuery()) == calls, "a prepared count");
            }
        }
        sql = "SELECT started_at, debit, account FROM calls WHERE account = ? ORDER BY started_at LIMIT 3";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            String first = null;
            for (int round = 0; round < 8; round++) {
                statement.setString(1, connection.getMetaData().getUserName());
                ResultSet rows = statement.executeQuery();
                check(rows.next(), "a call");
                String row = rows.getTimestamp(1).getTime() + " " + rows.getBigDecimal(2) + " " + rows.getString(3);
                check(first == null || first.equals(row), "text and binary say the same: " + first + " / " + row);
                first = row;
            }
        }
        try (PreparedStatement statement = connection.prepareStatement("SELECT ?::bigint + 1, ?::text, ?::date, ?")) {
            statement.setLong(1, 41);
            statement.setString(2, null);
            statement.setObject(3, java.time.LocalDate.of(2026, 1, 2));
            statement.setInt(4, 7);
            ResultSet rows = statement.executeQuery();
            check(rows.next() && rows.getLong(1) == 42 && rows.getString(2) == null && rows.getInt(4) == 7, "values");
            check(rows.getDate(3).toString().equals("2026-01-02"), "a date " + rows.getString(3));
        }
    }

    private static void metadata(DatabaseMetaData metadata) throws SQLException {
        check(metadata.getDatabaseProductName().equals("PostgreSQL"), "product");
        check(texts(metadata.getCatalogs(), "TABLE_CAT").contains("callhouse"), "catalogs");
        check(texts(metadata.getSchemas(), "TABLE_SCHEM").contains("public"), "schemas");
        check(texts(metadata.getTableTypes(), "TABLE_TYPE").contains("TABLE"), "table types");
        List<String> tables = texts(metadata.getTables(null, "public", "call%", new String[] {"TABLE"}), "TABLE_NAME");
        check(tables.contains("calls") && tables.contains("call_events") && !tables.contains("rejections"), "tables " + tables);
        tables = texts(metadata.getTables("callhouse", null, "call\\_%", null), "TABLE_NAME");
        check(tables.contains("call_events") && !tables.contains("calls"), "an escaped pattern " + tables);
        ResultSet remarks = metadata.getTables(null, "public", "calls", null);
        check(remarks.next() && remarks.getString("REMARKS").contains("Grain"), "remarks");
        ResultSet columns = metadata.getColumns(null, "public", "calls", "debit");
        check(columns.next() && columns.getString("TYPE_NAME").equals("numeric"), "a column");
        check(columns.getInt("COLUMN_SIZE") == 18 && columns.getInt("DECIMAL_DIGITS") == 6, "its size");
        check(columns.getString("REMARKS").contains("charged") && !columns.next(), "its remarks");
        List<String> names = texts(metadata.getColumns(null, null, "calls", "%"), "COLUMN_NAME");
        check(names.contains("started_at") && names.contains("account"), "columns " + names);
        check(!metadata.getPrimaryKeys(null, "public", "calls").next(), "primary keys");
        check(!metadata.getImportedKeys(null, "public", "calls").next(), "imported keys");
        check(!metadata.getExportedKeys(null, "public", "calls").next(), "exported keys");
        check(!metadata.getIndexInfo(null, "public", "calls", false, true).next(), "indexes");
        check(texts(metadata.getTypeInfo(), "TYPE_NAME").contains("numeric"), "types");
        check(!metadata.getProcedures(null, "public", "%").next(), "procedures");
        check(metadata.getFunctions(null, "public", "%") != null, "functions");
    }

    /** Rows come in portions, so that a large answer takes little memory. */
    private static void cursor(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(1_000);
            ResultSet rows = statement.executeQuery("SELECT value, repeat('x', 500) FROM generate_series(1, 200000)");
            long sum = 0;
            while (rows.next()) {
                sum += rows.getLong(1);
            }
            check(sum == 20_000_100_000L, "a cursor's sum " + sum);
            // One that is not read to its end.
            ResultSet some = statement.executeQuery("SELECT * FROM generate_series(1, 100000000)");
            check(some.next(), "a first row");
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    private static void errors(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement()) {
            fails("42703", () -> statement.executeQuery("SELECT start_at FROM calls"));
            fails("25006", () -> statement.executeUpdate("DELETE FROM calls"));
            fails("42P01", () -> statement.executeQuery("SELECT * FROM callz"));
            check(number(statement.executeQuery("SELECT 1")) == 1, "after errors");
        }
    }

    private static void cancel(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            fails("57014", () -> statement.executeQuery(ENDLESS));
        }
        try (Statement statement = connection.createStatement()) {
            check(number(statement.executeQuery("SELECT 1")) == 1, "after a cancel");
        }
    }

    private static List<String> texts(ResultSet rows, String column) throws SQLException {
        List<String> found = new ArrayList<>();
        while (rows.next()) {
            found.add(rows.getString(column));
        }
        return found;
    }

    private static long number(ResultSet rows) throws SQLException {
        check(rows.next(), "a row");
        return rows.getLong(1);
    }

    private interface Attempt {
        void run() throws Exception;
    }

    /** It fails with this SQLSTATE. */
    private static void fails(String state, Attempt attempt) throws Exception {
        try {
            attempt.run();
        } catch (SQLException failure) {
            if (state.equals(failure.getSQLState())) {
                return;
            }
            throw new AssertionError(state + " was expected, not " + failure.getSQLState(), failure);
        }
        throw new AssertionError("it was answered: " + state);
    }

    private static void check(boolean good, String what) {
        if (!good) {
            throw new AssertionError(what);
        }
    }
}
