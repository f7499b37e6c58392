import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** The Flight SQL JDBC driver against callhouse. Arguments: host:port, account, key, calls of the account. */
public final class Flight {
    private static String url;

    public static void main(String[] arguments) throws Exception {
        url = "jdbc:arrow-flight-sql://" + arguments[0] + "/?useEncryption=false";
        long calls = Long.parseLong(arguments[3]);
        try (Connection connection = connect(arguments[1], arguments[2])) {
            statements(connection, calls);
            prepared(connection, calls);
            metadata(connection.getMetaData());
            errors(connection);
        }
        try (Connection connection = DriverManager.getConnection(url + "&token=" + arguments[2]);
                Statement statement = connection.createStatement()) {
            check(number(statement, "SELECT count(*) FROM calls") == calls, "a key as a token");
        }
        // What tools set when one chooses the catalog. The driver (18.3) ends its session after its own channel when it closes.
        Connection chosen = DriverManager.getConnection(url + "&catalog=callhouse&token=" + arguments[2]);
        try (Statement statement = chosen.createStatement()) {
            check(number(statement, "SELECT count(*) FROM calls") == calls, "a catalog");
        }
        fails("Channel shutdown invoked", chosen::close);
        fails("must be one of its API keys", () -> connect(arguments[1], "wrong").close());
        System.out.println("done");
    }

    private static Connection connect(String user, String password) throws SQLException {
        Properties properties = new Properties();
        properties.put("user", user);
        properties.put("password", password);
        return DriverManager.getConnection(url, properties);
    }

    private static void statements(Connection connection, long calls) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            check(number(statement, "SELECT count(*) FROM calls") == calls, "count");
            check(number(statement, "SELECT sum(value) FROM generate_series(1, 100000)") == 5_000_050_000L, "sum");
            ResultSet rows = statement.executeQuery(
                    "SELECT 1::int AS i, 'é' AS t, 1.5::decimal(10,3) AS d, true AS y, NULL AS n,"
                            + " DATE '2026-01-02' AS day, TIMESTAMPTZ '2026-01-02T03:04:05.6Z' AS at");
            ResultSetMetaData columns = rows.getMetaData();
            check(columns.getColumnCount() == 7 && columns.getColumnName(3).equals("d"), "columns");
            check(columns.getPrecision(3) == 10 && columns.getScale(3) == 3, "precision and scale");
            check(rows.next() && rows.getInt("i") == 1 && rows.getString("t").equals("é"), "int and text");
            check(rows.getBigDecimal("d").equals(new BigDecimal("1.500")), "decimal");
            check(rows.getBoolean("y") && rows.getObject("n") == null, "truth and null");
            check(rows.getDate("day").toString().equals("2026-01-02"), "date");
            check(rows.getTimestamp("at").getTime() == 1_767_323_045_600L, "instant " + rows.getTimestamp("at"));
            check(!rows.next(), "one row");
            long seen = 0;
            rows = statement.executeQuery("SELECT * FROM generate_series(1, 100000)");
            while (rows.next()) {
                seen++;
            }
            check(seen == 100_000, "rows " + seen);
        }
    }

    private static void prepared(Connection connection, long calls) throws SQLException {
        String sql = "SELECT count(*) FROM calls WHERE started_at < ? AND account <> ? AND coalesce(debit, 0) >= ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            check(statement.getParameterMetaData().getParameterCount() == 3, "parameters");
            for (int round = 0; round < 2; round++) {
                statement.setTimestamp(1, new java.sql.Timestamp(2_000_000_000_000L));
                statement.setString(2, "x' OR true --");
                statement.setBigDecimal(3, new BigDecimal("0.000000"));
                check(number(statement.executeQuery()) == calls, "a prepared count");
            }
        }
        try (PreparedStatement statement = connection.prepareStatement("SELECT ?::bigint + 1, ?::text, ?::date")) {
            statement.setLong(1, 41);
            statement.setString(2, null);
            statement.setDate(3, Date.valueOf("2026-01-02"));
            ResultSet rows = statement.executeQuery();
            check(rows.next() && rows.getLong(1) == 42 && rows.getString(2) == null, "values");
            check(rows.getString(3).startsWith("2026-01-02"), "a date " + rows.getString(3));
        }
    }

    private static void metadata(DatabaseMetaData metadata) throws SQLException {
        check(metadata.getDatabaseProductName().equals("callhouse") && metadata.isReadOnly(), "product");
        check(!metadata.supportsTransactions() && metadata.getIdentifierQuoteString().equals("\""), "abilities");
        check(texts(metadata.getCatalogs(), "TABLE_CAT").equals(List.of("callhouse")), "catalogs");
        check(texts(metadata.getSchemas(), "TABLE_SCHEM").equals(List.of("public")), "schemas");
        check(texts(metadata.getTableTypes(), "TABLE_TYPE").equals(List.of("TABLE")), "table types");
        List<String> tables = texts(metadata.getTables(null, null, "call%", null), "TABLE_NAME");
        check(tables.contains("calls") && tables.contains("call_events") && !tables.contains("rejections"), "tables " + tables);
        try (ResultSet columns = metadata.getColumns("callhouse", "public", "calls", "debit")) {
            check(columns.next() && columns.getString("TYPE_NAME").equals("numeric(18,6)"), "a column " + columns.getString("TYPE_NAME"));
            check(columns.getInt("DATA_TYPE") == java.sql.Types.DECIMAL && columns.getInt("COLUMN_SIZE") == 18, "its type");
            check(columns.getInt("DECIMAL_DIGITS") == 6 && !columns.next(), "its scale");
        }
        check(isEmpty(metadata.getPrimaryKeys("callhouse", "public", "calls")), "primary keys");
        check(isEmpty(metadata.getImportedKeys("callhouse", "public", "calls")), "imported keys");
        check(isEmpty(metadata.getExportedKeys("callhouse", "public", "calls")), "exported keys");
        check(metadata.getNumericFunctions().contains("ROUND") && metadata.getSQLKeywords() != null, "functions");
    }

    private static void errors(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement()) {
            fails("did you mean \"started_at\"?", () -> statement.executeQuery("SELECT start_at FROM calls"));
            fails("read only", () -> statement.executeUpdate("DELETE FROM calls"));
            check(number(statement, "SELECT 1") == 1, "after errors");
        }
    }

    private static List<String> texts(ResultSet rows, String column) throws SQLException {
        List<String> found = new ArrayList<>();
        try (rows) {
            while (rows.next()) {
                found.add(rows.getString(column));
            }
        }
        return found;
    }

    private static boolean isEmpty(ResultSet rows) throws SQLException {
        try (rows) {
            return !rows.next();
        }
    }

    private static long number(Statement statement, String sql) throws SQLException {
        return number(statement.executeQuery(sql));
    }

    private static long number(ResultSet rows) throws SQLException {
        check(rows.next(), "a row");
        return rows.getLong(1);
    }

    private interface Attempt {
        void run() throws Exception;
    }

    private static void fails(String text, Attempt attempt) throws Exception {
        try {
            attempt.run();
        } catch (SQLException failure) {
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                if (String.valueOf(cause.getMessage()).contains(text)) {
                    return;
                }
            }
            throw new AssertionError("not told " + text, failure);
        }
        throw new AssertionError("it was answered: " + text);
    }

    private static void check(boolean good, String what) {
        if (!good) {
            throw new AssertionError(what);
        }
    }
}
