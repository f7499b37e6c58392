//! `information_schema`: what the SQL standard has tools ask, and PostgreSQL answers. Our tables only: what is in the
//! catalogs is not listed.

use super::{OWNER, Relation, Row, int, relation, text};
use crate::documents;
use crate::pg_catalog::types::ColumnType;

const DATABASE: &str = "callhouse";
const PUBLIC: &str = "public";

pub(super) const RELATIONS: &[Relation] = &[
    relation("information_schema_catalog_name", "catalog_name:t", catalog_name),
    relation(
        "schemata",
        "catalog_name:t schema_name:t schema_owner:t default_character_set_catalog:t default_character_set_schema:t default_character_set_name:t sql_path:t",
        schemata,
    ),
    relation(
        "tables",
        "table_catalog:t table_schema:t table_name:t table_type:t self_referencing_column_name:t reference_generation:t user_defined_type_catalog:t user_defined_type_schema:t user_defined_type_name:t is_insertable_into:t is_typed:t commit_action:t",
        tables,
    ),
    relation(
        "columns",
        "table_catalog:t table_schema:t table_name:t column_name:t ordinal_position:i column_default:t is_nullable:t data_type:t character_maximum_length:i character_octet_length:i numeric_precision:i numeric_precision_radix:i numeric_scale:i datetime_precision:i interval_type:t interval_precision:i character_set_catalog:t character_set_schema:t character_set_name:t collation_catalog:t collation_schema:t collation_name:t domain_catalog:t domain_schema:t domain_name:t udt_catalog:t udt_schema:t udt_name:t scope_catalog:t scope_schema:t scope_name:t maximum_cardinality:i dtd_identifier:t is_self_referencing:t is_identity:t identity_generation:t identity_start:t identity_increment:t identity_maximum:t identity_minimum:t identity_cycle:t is_generated:t generation_expression:t is_updatable:t",
        columns,
    ),
    relation(
        "table_privileges",
        "grantor:t grantee:t table_catalog:t table_schema:t table_name:t privilege_type:t is_grantable:t with_hierarchy:t",
        privileges,
    ),
    relation(
        "role_table_grants",
        "grantor:t grantee:t table_catalog:t table_schema:t table_name:t privilege_type:t is_grantable:t with_hierarchy:t",
        privileges,
    ),
    relation(
        "column_privileges",
        "grantor:t grantee:t table_catalog:t table_schema:t table_name:t column_name:t privilege_type:t is_grantable:t",
        none,
    ),
    relation(
        "routine_privileges",
        "grantor:t grantee:t specific_catalog:t specific_schema:t specific_name:t routine_catalog:t routine_schema:t routine_name:t privilege_type:t is_grantable:t",
        none,
    ),
    relation(
        "usage_privileges",
        "grantor:t grantee:t object_catalog:t object_schema:t object_name:t object_type:t privilege_type:t is_grantable:t",
        none,
    ),
    relation(
        "views",
        "table_catalog:t table_schema:t table_name:t view_definition:t check_option:t is_updatable:t is_insertable_into:t",
        none,
    ),
    relation(
        "table_constraints",
        "constraint_catalog:t constraint_schema:t constraint_name:t table_catalog:t table_schema:t table_name:t constraint_type:t is_deferrable:t initially_deferred:t enforced:t nulls_distinct:t",
        none,
    ),
    relation(
        "key_column_usage",
        "constraint_catalog:t constraint_schema:t constraint_name:t table_catalog:t table_schema:t table_name:t column_name:t ordinal_position:i position_in_unique_constraint:i",
        none,
    ),
    relation(
        "constraint_column_usage",
        "table_catalog:t table_schema:t table_name:t column_name:t constraint_catalog:t constraint_schema:t constraint_name:t",
        none,
    ),
    relation(
        "constraint_table_usage",
        "table_catalog:t table_schema:t table_name:t constraint_catalog:t constraint_schema:t constraint_name:t",
        none,
    ),
    relation(
        "referential_constraints",
        "constraint_catalog:t constraint_schema:t constraint_name:t unique_constraint_catalog:t unique_constraint_schema:t unique_constraint_name:t match_option:t update_rule:t delete_rule:t",
        none,
    ),
    relation(
        "check_constraints",
        "constraint_catalog:t constraint_schema:t constraint_name:t check_clause:t",
        none,
    ),
    relation(
        "routines",
        "specific_catalog:t specific_schema:t specific_name:t routine_catalog:t routine_schema:t routine_name:t routine_type:t data_type:t routine_body:t routine_definition:t external_language:t",
        none,
    ),
    relation(
        "parameters",
        "specific_catalog:t specific_schema:t specific_name:t ordinal_position:i parameter_mode:t parameter_name:t data_type:t udt_name:t",
        none,
    ),
    relation(
        "sequences",
        "sequence_catalog:t sequence_schema:t sequence_name:t data_type:t start_value:t minimum_value:t maximum_value:t increment:t cycle_option:t",
        none,
    ),
    relation(
        "triggers",
        "trigger_catalog:t trigger_schema:t trigger_name:t event_manipulation:t event_object_schema:t event_object_table:t action_statement:t action_timing:t",
        none,
    ),
    relation("domains", "domain_catalog:t domain_schema:t domain_name:t data_type:t udt_name:t", none),
    relation("foreign_tables", "foreign_table_catalog:t foreign_table_schema:t foreign_table_name:t", none),
    relation("enabled_roles", "role_name:t", none),
    relation("applicable_roles", "grantee:t role_name:t is_grantable:t", none),
    relation(
        "character_sets",
        "character_set_catalog:t character_set_schema:t character_set_name:t character_repertoire:t form_of_use:t default_collate_catalog:t default_collate_schema:t default_collate_name:t",
        none,
    ),
];

const fn none() -> Vec<Row> {
    Vec::new()
}

fn catalog_name() -> Vec<Row> {
    vec![Row::from([("catalog_name", text(DATABASE))])]
}

fn schemata() -> Vec<Row> {
    let row = |name: &str| {
        Row::from([
            ("catalog_name", text(DATABASE)),
            ("schema_name", text(name)),
            ("schema_owner", text(OWNER)),
        ])
    };
    ["information_schema", "pg_catalog", PUBLIC].map(row).to_vec()
}

fn tables() -> Vec<Row> {
    let rows = documents::tables().iter().map(|table| {
        Row::from([
            ("table_catalog", text(DATABASE)),
            ("table_schema", text(PUBLIC)),
            ("table_name", text(&table.name)),
            ("table_type", text("BASE TABLE")),
            ("is_insertable_into", text("NO")),
            ("is_typed", text("NO")),
        ])
    });
    rows.collect()
}

fn columns() -> Vec<Row> {
    let mut rows = Vec::new();
    for table in documents::tables() {
        for (column, number) in table.shown().zip(1_i64..) {
            let of = ColumnType::of(column);
            let (short_name, sql_name) = of.names();
            let mut row = Row::from([
                ("table_catalog", text(DATABASE)),
                ("table_schema", text(PUBLIC)),
                ("table_name", text(&table.name)),
                ("column_name", text(&column.name)),
                ("ordinal_position", int(number)),
                ("is_nullable", text(if column.nullable { "YES" } else { "NO" })),
                ("data_type", text(sql_name)),
                ("udt_catalog", text(DATABASE)),
                ("udt_schema", text("pg_catalog")),
                ("udt_name", text(short_name)),
                ("dtd_identifier", text(&number.to_string())),
                ("is_self_referencing", text("NO")),
                ("is_identity", text("NO")),
                ("identity_cycle", text("NO")),
                ("is_generated", text("NEVER")),
                ("is_updatable", text("NO")),
            ]);
            if let Some((precision, scale)) = of.numeric {
                row.insert("numeric_precision", int(precision));
                row.insert("numeric_scale", int(scale));
                // Whole numbers are counted in bits.
                row.insert("numeric_precision_radix", int(if short_name == "numeric" { 10 } else { 2 }));
            }
            if short_name == "timestamptz" {
                row.insert("datetime_precision", int(6));
            }
            rows.push(row);
        }
    }
    rows
}

/// Everybody may read every table; whose rows they are is not said here.
fn privileges() -> Vec<Row> {
    let rows = documents::tables().iter().map(|table| {
        Row::from([
            ("grantor", text(OWNER)),
            ("grantee", text("PUBLIC")),
            ("table_catalog", text(DATABASE)),
            ("table_schema", text(PUBLIC)),
            ("table_name", text(&table.name)),
            ("privilege_type", text("SELECT")),
            ("is_grantable", text("NO")),
            ("with_hierarchy", text("YES")),
        ])
    });
    rows.collect()
}
