-- # version
-- source: grafana/grafana public/app/plugins/datasource/grafana-postgresql-datasource/postgresMetaQuery.ts, getVersion
-- gives: 1 row: version
-- holds: 1500
SELECT current_setting('server_version_num')::int/100 as version;

-- # TimescaleDB
-- source: postgresMetaQuery.ts, getTimescaleDBVersion
-- gives: 0 rows: extversion
SELECT extversion FROM pg_extension WHERE extname = 'timescaledb';

-- # schemas
-- source: postgresMetaQuery.ts, showSchemas
-- gives: 1 row: name
-- holds: public
SELECT schema_name AS "name" FROM information_schema.schemata
WHERE schema_name NOT IN ('information_schema', 'pg_catalog', 'pg_toast', '_timescaledb_cache', '_timescaledb_catalog',
    '_timescaledb_internal', '_timescaledb_config', 'timescaledb_information', 'timescaledb_experimental')
ORDER BY schema_name;

-- # tables
-- source: postgresMetaQuery.ts, showTables with buildSchemaConstraint
-- gives: some rows: table
-- holds: calls, call_events, rejections
SELECT CASE WHEN
    quote_ident(table_schema) IN (
        SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
        FROM generate_series(
                array_lower(string_to_array(current_setting('search_path'),','),1),
                array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
    )
    THEN quote_ident(table_name)
    ELSE quote_ident(table_schema) || '.' || quote_ident(table_name)
END AS "table"
FROM information_schema.tables
WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog', '_timescaledb_cache', '_timescaledb_catalog',
    '_timescaledb_internal', '_timescaledb_config', 'timescaledb_information', 'timescaledb_experimental')
ORDER BY CASE WHEN
    quote_ident(table_schema) IN (
        SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
        FROM generate_series(
                array_lower(string_to_array(current_setting('search_path'),','),1),
                array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
    ) THEN 0 ELSE 1 END, 1;

-- # tables of a schema
-- source: postgresMetaQuery.ts, showTables(schema)
-- gives: some rows: table
-- holds: calls
SELECT quote_ident(table_name) AS "table" FROM information_schema.tables
WHERE quote_ident(table_schema) = 'public' ORDER BY 1;

-- # columns
-- source: postgresMetaQuery.ts, getSchema
-- gives: some rows: column, type
-- holds: started_at, timestamp with time zone, numeric
SELECT quote_ident(column_name) AS "column", data_type AS "type" FROM information_schema.columns
WHERE CASE WHEN array_length(parse_ident('calls'),1) = 2
    THEN quote_ident(table_schema) = (parse_ident('calls'))[1] AND quote_ident(table_name) = (parse_ident('calls'))[2]
    ELSE quote_ident(table_name) = 'calls' AND
        quote_ident(table_schema) IN (
            SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
            FROM generate_series(
                    array_lower(string_to_array(current_setting('search_path'),','),1),
                    array_upper(string_to_array(current_setting('search_path'),','),1)
                ) as i,
                string_to_array(current_setting('search_path'),',') s
        )
    END;

-- # columns of a table with its schema
-- source: postgresMetaQuery.ts, getSchema
-- gives: some rows: column, type
-- holds: started_at
SELECT quote_ident(column_name) AS "column", data_type AS "type" FROM information_schema.columns
WHERE CASE WHEN array_length(parse_ident('public.calls'),1) = 2
    THEN quote_ident(table_schema) = (parse_ident('public.calls'))[1]
        AND quote_ident(table_name) = (parse_ident('public.calls'))[2]
    ELSE quote_ident(table_name) = 'public.calls' AND
        quote_ident(table_schema) IN (
            SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
            FROM generate_series(
                    array_lower(string_to_array(current_setting('search_path'),','),1),
                    array_upper(string_to_array(current_setting('search_path'),','),1)
                ) as i,
                string_to_array(current_setting('search_path'),',') s
        )
    END;

-- # a panel by time group
-- source: grafana/grafana pkg/tsdb/grafana-postgresql-datasource/macros.go: __timeGroupAlias, __timeFilter
-- gives: any rows: time, calls
SELECT floor(extract(epoch from started_at)/3600)*3600 AS "time", direction AS metric, count(*) AS calls
FROM calls WHERE started_at BETWEEN '2020-01-01T00:00:00Z' AND '2030-01-01T00:00:00Z' GROUP BY 1, 2 ORDER BY 1;

-- # a panel by a time group of less than a second
-- source: macros.go: __timeGroup
-- gives: any rows: time
SELECT floor(extract(epoch from started_at)/0.5)*0.5 AS "time", sum(debit) FROM calls
WHERE started_at BETWEEN '2020-01-01T00:00:00.5Z' AND '2030-01-01T00:00:00Z' GROUP BY 1 ORDER BY 1;

-- # a table of single calls
-- source: macros.go: __time, __timeFrom, __timeTo
-- gives: any rows: time, call_id
SELECT started_at AS "time", call_id FROM calls
WHERE started_at >= '2020-01-01T00:00:00Z' AND started_at < '2030-01-01T00:00:00Z' ORDER BY 1 LIMIT 50;

-- # the seconds of an instant
-- source: macros.go: __timeEpoch, __unixEpochFilter
-- gives: any rows: time
SELECT extract(epoch from started_at) as "time" FROM calls
WHERE extract(epoch from started_at) >= 1577836800 AND extract(epoch from started_at) <= 1893456000 LIMIT 10;

-- # what the query builder writes
-- source: grafana/grafana packages/grafana-sql, toRawSql of sqlUtil.ts
-- gives: any rows: direction
SELECT direction, COUNT(call_id) AS "calls" FROM calls WHERE direction = 'inbound' GROUP BY direction LIMIT 50;
