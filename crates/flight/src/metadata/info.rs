//! What the server is and can, as drivers ask for it ("Arrow Flight SQL", SqlInfo). JDBC's driver wants a value for
//! nearly every name, so all it knows are here.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::SqlInfoDataBuilder;
use arrow_flight::sql::{
    CommandGetSqlInfo, SqlInfo, SqlNullOrdering, SqlOuterJoinsSupportLevel, SqlSupportedCaseSensitivity,
    SqlSupportedGroupBy, SqlSupportedResultSetConcurrency, SqlSupportedResultSetType, SqlSupportedSubqueries,
    SqlSupportedTransaction, SqlSupportedUnions, SqlTransactionIsolationLevel, SupportedSqlGrammar,
};

use crate::statement::Statements;

const TRUE: &[SqlInfo] = &[
    SqlInfo::FlightSqlServerReadOnly,
    SqlInfo::FlightSqlServerSql,
    SqlInfo::FlightSqlServerCancel,
    SqlInfo::SqlAllTablesAreSelectable,
    SqlInfo::SqlSupportsColumnAliasing,
    SqlInfo::SqlNullPlusNullIsNull,
    SqlInfo::SqlSupportsTableCorrelationNames,
    SqlInfo::SqlSupportsExpressionsInOrderBy,
    SqlInfo::SqlSupportsOrderByUnrelated,
    SqlInfo::SqlSupportsNonNullableColumns,
    SqlInfo::SqlCatalogAtStart,
    SqlInfo::SqlCorrelatedSubqueriesSupported,
];

const FALSE: &[SqlInfo] = &[
    SqlInfo::FlightSqlServerSubstrait,
    SqlInfo::FlightSqlServerBulkIngestion,
    SqlInfo::FlightSqlServerIngestTransactionsSupported,
    SqlInfo::SqlDdlCatalog,
    SqlInfo::SqlDdlSchema,
    SqlInfo::SqlDdlTable,
    SqlInfo::SqlSupportsDifferentTableCorrelationNames,
    SqlInfo::SqlSupportsLikeEscapeClause,
    SqlInfo::SqlSupportsIntegrityEnhancementFacility,
    SqlInfo::SqlSelectForUpdateSupported,
    SqlInfo::SqlStoredProceduresSupported,
    SqlInfo::SqlTransactionsSupported,
    SqlInfo::SqlDataDefinitionCausesTransactionCommit,
    SqlInfo::SqlDataDefinitionsInTransactionsIgnored,
    SqlInfo::SqlBatchUpdatesSupported,
    SqlInfo::SqlSavepointsSupported,
    SqlInfo::SqlNamedParametersSupported,
    SqlInfo::SqlLocatorsUpdateCopy,
    SqlInfo::SqlStoredFunctionsUsingCallSyntaxSupported,
];

/// Lengths and numbers that nothing limits, or not so that it could be told; 0 says that.
const UNLIMITED: &[SqlInfo] = &[
    SqlInfo::SqlMaxBinaryLiteralLength,
    SqlInfo::SqlMaxCharLiteralLength,
    SqlInfo::SqlMaxColumnNameLength,
    SqlInfo::SqlMaxColumnsInGroupBy,
    SqlInfo::SqlMaxColumnsInIndex,
    SqlInfo::SqlMaxColumnsInOrderBy,
    SqlInfo::SqlMaxColumnsInSelect,
    SqlInfo::SqlMaxColumnsInTable,
    SqlInfo::SqlMaxConnections,
    SqlInfo::SqlMaxCursorNameLength,
    SqlInfo::SqlMaxIndexLength,
    SqlInfo::SqlDbSchemaNameLength,
    SqlInfo::SqlMaxProcedureNameLength,
    SqlInfo::SqlMaxCatalogNameLength,
    SqlInfo::SqlMaxRowSize,
    SqlInfo::SqlMaxStatementLength,
    SqlInfo::SqlMaxStatements,
    SqlInfo::SqlMaxTableNameLength,
    SqlInfo::SqlMaxTablesInSelect,
    SqlInfo::SqlMaxUsernameLength,
];

const TEXTS: &[(SqlInfo, &str)] = &[
    (SqlInfo::FlightSqlServerName, "callhouse"),
    (SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION")),
    (SqlInfo::FlightSqlServerArrowVersion, arrow::ARROW_VERSION),
    (SqlInfo::SqlIdentifierQuoteChar, "\""),
    (SqlInfo::SqlSearchStringEscape, "\\"),
    (SqlInfo::SqlExtraNameCharacters, ""),
    (SqlInfo::SqlSchemaTerm, "schema"),
    (SqlInfo::SqlProcedureTerm, "procedure"),
    (SqlInfo::SqlCatalogTerm, "database"),
];

/// The ODBC functions of each kind, as far as the engine has them under these names.
const LISTS: &[(SqlInfo, &[&str])] = &[
    (SqlInfo::SqlKeywords, &["ILIKE", "LIMIT", "OFFSET", "QUALIFY", "RETURNING"]),
    (
        SqlInfo::SqlNumericFunctions,
        &[
            "ABS", "ACOS", "ASIN", "ATAN", "ATAN2", "CEIL", "COS", "COT", "DEGREES", "EXP", "FLOOR", "LN",
            "LOG", "LOG10", "PI", "POWER", "RADIANS", "RANDOM", "ROUND", "SIGN", "SIN", "SQRT", "TAN",
            "TRUNC",
        ],
    ),
    (
        SqlInfo::SqlStringFunctions,
        &[
            "ASCII",
            "BIT_LENGTH",
            "BTRIM",
            "CHARACTER_LENGTH",
            "CHR",
            "CONCAT",
            "CONCAT_WS",
            "LEFT",
            "LENGTH",
            "LOWER",
            "LPAD",
            "LTRIM",
            "OCTET_LENGTH",
            "POSITION",
            "REPEAT",
            "REPLACE",
            "REVERSE",
            "RIGHT",
            "RPAD",
            "RTRIM",
            "SPLIT_PART",
            "STRPOS",
            "SUBSTRING",
            "TRANSLATE",
            "TRIM",
            "UPPER",
        ],
    ),
    (SqlInfo::SqlSystemFunctions, &["COALESCE", "CURRENT_USER", "NULLIF", "VERSION"]),
    (
        SqlInfo::SqlDatetimeFunctions,
        &["CURRENT_DATE", "CURRENT_TIME", "DATE_BIN", "DATE_PART", "DATE_TRUNC", "NOW", "TO_TIMESTAMP"],
    ),
];

pub(super) fn answer(wanted: CommandGetSqlInfo) -> Result<RecordBatch, FlightError> {
    // The batch is filtered once for each name, of which a client might send millions.
    const MAX_NAMES: usize = 1_000;
    let mut names = wanted.info;
    names.sort_unstable();
    names.dedup();
    names.truncate(MAX_NAMES);
    values().build()?.record_batch(names)
}

fn values() -> SqlInfoDataBuilder {
    let mut values = SqlInfoDataBuilder::new();
    for (names, value) in [(TRUE, true), (FALSE, false)] {
        for name in names {
            values.append(*name, value);
        }
    }
    for name in UNLIMITED {
        values.append(*name, 0_i64);
    }
    values.append(SqlInfo::SqlMaxRowSizeIncludesBlobs, false);
    for (name, text) in TEXTS {
        values.append(*name, *text);
    }
    for (name, list) in LISTS {
        values.append(*name, *list);
    }
    for (name, number) in numbers() {
        values.append(name, number);
    }
    values.append(SqlInfo::SqlSupportsConvert, HashMap::<i32, Vec<i32>>::new());
    values
}

/// Values of enumerations, and sets of them as bits.
fn numbers() -> Vec<(SqlInfo, i32)> {
    let set = |values: &[i32]| values.iter().fold(0, |bits, value| bits | (1 << value));
    let forward = set(&[SqlSupportedResultSetType::SqlResultSetTypeForwardOnly as i32]);
    let read_only = set(&[SqlSupportedResultSetConcurrency::SqlResultSetConcurrencyReadOnly as i32]);
    let subqueries = set(&[
        SqlSupportedSubqueries::SqlSubqueriesInComparisons as i32,
        SqlSupportedSubqueries::SqlSubqueriesInExists as i32,
        SqlSupportedSubqueries::SqlSubqueriesInIns as i32,
    ]);
    let grammar =
        set(&[SupportedSqlGrammar::SqlMinimumGrammar as i32, SupportedSqlGrammar::SqlCoreGrammar as i32]);
    let group_by = set(&[
        SqlSupportedGroupBy::SqlGroupByUnrelated as i32,
        SqlSupportedGroupBy::SqlGroupByBeyondSelect as i32,
    ]);
    let unions = set(&[SqlSupportedUnions::SqlUnion as i32, SqlSupportedUnions::SqlUnionAll as i32]);
    let no_transaction = SqlTransactionIsolationLevel::SqlTransactionNone as i32;
    let prepared_ms = i32::try_from(Statements::prepared_life().as_millis()).unwrap_or(0);
    vec![
        (SqlInfo::FlightSqlServerTransaction, SqlSupportedTransaction::None as i32),
        (SqlInfo::FlightSqlServerStatementTimeout, prepared_ms),
        (SqlInfo::FlightSqlServerTransactionTimeout, 0),
        (SqlInfo::SqlIdentifierCase, SqlSupportedCaseSensitivity::SqlCaseSensitivityLowercase as i32),
        (SqlInfo::SqlQuotedIdentifierCase, SqlSupportedCaseSensitivity::SqlCaseSensitivityUnknown as i32),
        (SqlInfo::SqlNullOrdering, SqlNullOrdering::SqlNullsSortedHigh as i32),
        (SqlInfo::SqlSupportedGroupBy, group_by),
        (SqlInfo::SqlSupportedGrammar, grammar),
        // Entry level.
        (SqlInfo::SqlAnsi92SupportedLevel, 1),
        (SqlInfo::SqlOuterJoinsSupportLevel, SqlOuterJoinsSupportLevel::SqlFullOuterJoins as i32),
        (SqlInfo::SqlSchemasSupportedActions, 0),
        (SqlInfo::SqlCatalogsSupportedActions, 0),
        (SqlInfo::SqlSupportedPositionedCommands, 0),
        (SqlInfo::SqlSupportedSubqueries, subqueries),
        (SqlInfo::SqlSupportedUnions, unions),
        (SqlInfo::SqlDefaultTransactionIsolation, no_transaction),
        (SqlInfo::SqlSupportedTransactionsIsolationLevels, set(&[no_transaction])),
        (SqlInfo::SqlSupportedResultSetTypes, forward),
        (SqlInfo::SqlSupportedConcurrenciesForResultSetUnspecified, 0),
        (SqlInfo::SqlSupportedConcurrenciesForResultSetForwardOnly, read_only),
        (SqlInfo::SqlSupportedConcurrenciesForResultSetScrollSensitive, 0),
        (SqlInfo::SqlSupportedConcurrenciesForResultSetScrollInsensitive, 0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of names, as the specification has them: 0 to 11, 100, 101, 500 to 576.
    #[test]
    fn every_name_a_driver_can_ask_for_has_a_value() {
        let all = answer(CommandGetSqlInfo { info: Vec::new() }).unwrap();
        // Those of Substrait's versions are null where there is none.
        let expected = 12 - 2 + 2 + 77;
        assert_eq!(all.num_rows(), expected);
        let one = answer(CommandGetSqlInfo { info: vec![SqlInfo::SqlDdlTable as u32, 9_999, 502] }).unwrap();
        assert_eq!(one.num_rows(), 1);
    }
}
