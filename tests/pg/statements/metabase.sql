-- # time zone
-- source: metabase/metabase src/metabase/driver/postgres.clj, db-default-timezone
-- gives: 1 row
-- holds: UTC
show timezone;

-- # privileges
-- source: postgres.clj, current-user-table-privileges
-- gives: some rows: role, schema, table, update, select, insert, delete
-- holds: calls, public
with table_privileges as (
    select NULL as role, t.schemaname as schema, t.objectname as table,
        pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'update') as update,
        pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'select') as select,
        pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'insert') as insert,
        pg_catalog.has_table_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'delete') as delete
    from (
        select schemaname, tablename as objectname from pg_catalog.pg_tables
        union
        select schemaname, viewname as objectname from pg_catalog.pg_views
        union
        select schemaname, matviewname as objectname from pg_catalog.pg_matviews
    ) t
    where t.schemaname !~ '^pg_' and t.schemaname <> 'information_schema'
        and pg_catalog.has_schema_privilege(current_user, t.schemaname, 'usage')
)
select t.* from table_privileges t;

-- # tables
-- source: postgres.clj, get-tables-sql
-- takes: text public
-- gives: some rows: schema, name, type, description, estimated_row_count
-- holds: calls, TABLE, Grain
SELECT "n"."nspname" AS "schema", "c"."relname" AS "name",
    CASE "c"."relkind" WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'v' THEN 'VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
        WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE NULL END AS "type",
    "d"."description" AS "description", "stat"."n_live_tup" AS "estimated_row_count"
FROM "pg_catalog"."pg_class" AS "c"
INNER JOIN "pg_catalog"."pg_namespace" AS "n" ON "c"."relnamespace" = "n"."oid"
LEFT JOIN "pg_catalog"."pg_description" AS "d"
    ON ("c"."oid" = "d"."objoid") AND ("d"."objsubid" = 0) AND ("d"."classoid" = 'pg_class'::regclass)
LEFT JOIN "pg_stat_user_tables" AS "stat"
    ON ("n"."nspname" = "stat"."schemaname") AND ("c"."relname" = "stat"."relname")
WHERE (("c"."relnamespace" = "n"."oid") AND ("n"."nspname" !~ '^pg_') AND ("n"."nspname" <> 'information_schema')
    AND c.relkind in ('r', 'p', 'v', 'f', 'm')) AND ("n"."nspname" IN ($1))
ORDER BY "type" ASC, "schema" ASC, "name" ASC;

-- # columns
-- source: postgres.clj, describe-fields-sql
-- takes: text public, text public
-- gives: some rows: name, database-type, database-position, table-schema, table-name, pk?, field-comment
-- holds: timestamptz, numeric, int4, started_at, What the account is charged
SELECT "c"."column_name" AS "name",
    CASE WHEN "c"."udt_schema" IN ('public', 'pg_catalog') THEN FORMAT('%s', "c"."udt_name")
        ELSE FORMAT('"%s"."%s"', "c"."udt_schema", "c"."udt_name") END AS "database-type",
    "c"."ordinal_position" - 1 AS "database-position",
    "c"."table_schema" AS "table-schema", "c"."table_name" AS "table-name",
    "pk"."column_name" IS NOT NULL AS "pk?",
    COL_DESCRIPTION(CAST(CAST(FORMAT('%I.%I', CAST("c"."table_schema" AS text), CAST("c"."table_name" AS text)) AS regclass) AS oid),
        "c"."ordinal_position") AS "field-comment",
    (("column_default" IS NULL) OR (LOWER("column_default") = 'null')) AND ("is_nullable" = 'NO')
        AND NOT ((("column_default" IS NOT NULL) AND ("column_default" LIKE '%nextval(%')) OR ("is_identity" <> 'NO'))
        AS "database-required",
    (("column_default" IS NOT NULL) AND ("column_default" LIKE '%nextval(%')) OR ("is_identity" <> 'NO')
        AS "database-is-auto-increment"
FROM "information_schema"."columns" AS "c"
LEFT JOIN (
    SELECT "tc"."table_schema", "tc"."table_name", "kc"."column_name"
    FROM "information_schema"."table_constraints" AS "tc"
    INNER JOIN "information_schema"."key_column_usage" AS "kc"
        ON ("tc"."constraint_name" = "kc"."constraint_name") AND ("tc"."table_schema" = "kc"."table_schema")
            AND ("tc"."table_name" = "kc"."table_name")
    WHERE "tc"."constraint_type" = 'PRIMARY KEY'
) AS "pk" ON ("c"."table_schema" = "pk"."table_schema") AND ("c"."table_name" = "pk"."table_name")
    AND ("c"."column_name" = "pk"."column_name")
WHERE c.table_schema !~ '^information_schema|catalog_history|pg_' AND ("c"."table_schema" IN ($1))
UNION ALL
SELECT "pa"."attname" AS "name",
    CASE WHEN "ptn"."nspname" IN ('public', 'pg_catalog') THEN FORMAT('%s', "pt"."typname")
        ELSE FORMAT('"%s"."%s"', "ptn"."nspname", "pt"."typname") END AS "database-type",
    "pa"."attnum" - 1 AS "database-position", "pn"."nspname" AS "table-schema", "pc"."relname" AS "table-name",
    FALSE AS "pk?", NULL AS "field-comment", FALSE AS "database-required", FALSE AS "database-is-auto-increment"
FROM "pg_catalog"."pg_class" AS "pc"
INNER JOIN "pg_catalog"."pg_namespace" AS "pn" ON "pn"."oid" = "pc"."relnamespace"
INNER JOIN "pg_catalog"."pg_attribute" AS "pa" ON "pa"."attrelid" = "pc"."oid"
INNER JOIN "pg_catalog"."pg_type" AS "pt" ON "pt"."oid" = "pa"."atttypid"
INNER JOIN "pg_catalog"."pg_namespace" AS "ptn" ON "ptn"."oid" = "pt"."typnamespace"
WHERE ("pc"."relkind" = 'm') AND ("pa"."attnum" >= 1) AND ("pn"."nspname" IN ($2))
ORDER BY "table-schema" ASC, "table-name" ASC, "database-position" ASC;

-- # enumerations
-- source: postgres.clj, enum-types
-- gives: 0 rows: nspname, typname
SELECT nspname, typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.oid IN (SELECT DISTINCT enumtypid FROM pg_enum e);

-- # foreign keys
-- source: postgres.clj, describe-fks-sql
-- takes: text public
-- gives: 0 rows: fk-table-schema, pk-column-name
SELECT "fk_ns"."nspname" AS "fk-table-schema", "fk_table"."relname" AS "fk-table-name", "fk_column"."attname" AS "fk-column-name",
    "pk_ns"."nspname" AS "pk-table-schema", "pk_table"."relname" AS "pk-table-name", "pk_column"."attname" AS "pk-column-name"
FROM "pg_constraint" AS "c"
INNER JOIN "pg_class" AS "fk_table" ON "c"."conrelid" = "fk_table"."oid"
INNER JOIN "pg_namespace" AS "fk_ns" ON "c"."connamespace" = "fk_ns"."oid"
INNER JOIN "pg_attribute" AS "fk_column" ON "c"."conrelid" = "fk_column"."attrelid"
INNER JOIN "pg_class" AS "pk_table" ON "c"."confrelid" = "pk_table"."oid"
INNER JOIN "pg_namespace" AS "pk_ns" ON "pk_table"."relnamespace" = "pk_ns"."oid"
INNER JOIN "pg_attribute" AS "pk_column" ON "c"."confrelid" = "pk_column"."attrelid"
WHERE fk_ns.nspname !~ '^information_schema|catalog_history|pg_' AND ("c"."contype" = 'f'::char)
    AND ("fk_column"."attnum" = ANY(c.conkey)) AND ("pk_column"."attnum" = ANY(c.confkey)) AND ("fk_ns"."nspname" IN ($1))
ORDER BY "fk-table-schema" ASC, "fk-table-name" ASC;

-- # indexes
-- source: postgres.clj, describe-indexes-sql
-- takes: text public
-- gives: 0 rows: table-schema, table-name, field-name
SELECT "tmp"."table-schema", "tmp"."table-name",
    TRIM(BOTH '"' FROM "pg_catalog"."pg_get_indexdef"("tmp"."ci_oid", "tmp"."pos", FALSE)) AS "field-name"
FROM (
    SELECT "n"."nspname" AS "table-schema", "ct"."relname" AS "table-name", "ci"."oid" AS "ci_oid",
        ("information_schema"."_pg_expandarray"("i"."indkey")).n AS "pos"
    FROM "pg_catalog"."pg_class" AS "ct"
    INNER JOIN "pg_catalog"."pg_namespace" AS "n" ON "ct"."relnamespace" = "n"."oid"
    INNER JOIN "pg_catalog"."pg_index" AS "i" ON "ct"."oid" = "i"."indrelid"
    INNER JOIN "pg_catalog"."pg_class" AS "ci" ON "ci"."oid" = "i"."indexrelid"
    WHERE ("pg_catalog"."pg_get_expr"("i"."indpred", "i"."indrelid") IS NULL)
        AND n.nspname !~ '^information_schema|catalog_history|pg_' AND ("n"."nspname" IN ($1))
) AS "tmp"
WHERE "tmp"."pos" = 1;

-- # a look whether a table may be read
-- source: metabase/metabase src/metabase/driver/sql_jdbc/sync/describe_database.clj, simple-select-probe-query
-- gives: 0 rows: _
SELECT TRUE AS "_" FROM "public"."calls" WHERE 1 <> 1 LIMIT 0;

-- # the zone of a session
-- source: postgres.clj, set-timezone-sql
-- gives: nothing
SET SESSION TIMEZONE TO 'UTC';

-- # calls by month
-- source: postgres.clj, sql.qp/date :month, with Metabase's quoting
-- gives: any rows: started_at, count
SELECT DATE_TRUNC('month', "public"."calls"."started_at") AS "started_at", COUNT(*) AS "count" FROM "public"."calls"
GROUP BY DATE_TRUNC('month', "public"."calls"."started_at") ORDER BY DATE_TRUNC('month', "public"."calls"."started_at") ASC;

-- # calls by weekday
-- source: postgres.clj, sql.qp/date :day-of-week
-- gives: any rows: started_at, count
SELECT MOD((CAST(extract(dow from "public"."calls"."started_at") AS integer) + 1) + 5, 7) AS "started_at", COUNT(*) AS "count"
FROM "public"."calls" GROUP BY MOD((CAST(extract(dow from "public"."calls"."started_at") AS integer) + 1) + 5, 7)
ORDER BY 1 ASC;

-- # calls of the last days
-- source: postgres.clj, add-interval-honeysql-form, sql.qp/date :day
-- gives: 1 row: count
SELECT COUNT(*) AS "count" FROM "public"."calls"
WHERE "public"."calls"."started_at" >= CAST((NOW() + INTERVAL '-30 day') AS date)
    AND "public"."calls"."started_at" < CAST(NOW() AS date);

-- # a sample for fingerprints
-- source: metabase/metabase src/metabase/driver/common/table_rows_sample.clj
-- gives: any rows: call_id, from_name
SELECT "public"."calls"."call_id" AS "call_id", SUBSTRING("public"."calls"."from_name", 1, 1234) AS "from_name",
    "public"."calls"."debit" AS "debit"
FROM "public"."calls" LIMIT 10000;
