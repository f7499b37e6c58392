//! Which rows of which files the lookup indexes let pass: for filters that ask by equality for what a table's index finds.
//!
//! The filters are applied to what is read all the same; an index only saves reading.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use callhouse_lake::{DataFile, Lookup, LookupSpec, Lookups};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::utils::{split_binary, split_conjunction};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

/// Most values of one condition that are looked up; a longer list is left to the scan.
const MOST_VALUES: usize = 1_000;

/// When no more rows than this are left of a file, further conditions are not worth their look-ups.
const FEW_ROWS: usize = 2_048;

/// The indexes of so many files are asked on the thread that serves others, too, if they are in memory: a few
/// microseconds each.
const NEAR_FILES: usize = 64;

/// Rows of files that may pass, by `data_file_id`; all of a file that is not in it.
pub(crate) type Candidates = HashMap<i64, Vec<Range<usize>>>;

/// What filters ask for, as far as the indexes of a table can answer: conditions to be met together, each by any of its
/// values. Those with few values come first.
pub(crate) fn conditions(spec: &LookupSpec, filters: &[Expr]) -> Vec<Vec<Lookup>> {
    let conjuncts = filters.iter().flat_map(|filter| split_conjunction(filter));
    let mut conditions: Vec<Vec<Lookup>> = conjuncts.filter_map(|filter| any_of(spec, filter)).collect();
    conditions.retain(|values| values.len() <= MOST_VALUES);
    conditions.sort_by_key(Vec::len);
    conditions
}

/// The values of which a filter needs one; `None` when something else can meet it.
fn any_of(spec: &LookupSpec, filter: &Expr) -> Option<Vec<Lookup>> {
    match filter {
        Expr::BinaryExpr(BinaryExpr { op: Operator::Or, .. }) => {
            let branches = split_binary(filter, Operator::Or).into_iter().map(|branch| any_of(spec, branch));
            Some(branches.collect::<Option<Vec<_>>>()?.concat())
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
            equal(spec, left, right).or_else(|| equal(spec, right, left))
        }
        Expr::InList(list) if !list.negated => {
            let values = list.list.iter().map(|value| equal(spec, &list.expr, value));
            Some(values.collect::<Option<Vec<_>>>()?.concat())
        }
        _ => None,
    }
}

/// The value a column is to have; none if that is null, which no row equals.
fn equal(spec: &LookupSpec, column: &Expr, value: &Expr) -> Option<Vec<Lookup>> {
    let (Expr::Column(column), Expr::Literal(value, _)) = (column, value) else { return None };
    if value.is_null() {
        return spec.finds(column.name()).then(Vec::new);
    }
    let lookup = match value {
        ScalarValue::Int64(number) => spec.number(column.name(), (*number)?),
        _ => spec.text(column.name(), value.try_as_str().flatten()?),
    };
    Some(vec![lookup?])
}

/// Looks into the indexes of `files`.
pub(crate) async fn candidates(
    lookups: &Arc<Lookups>,
    files: Vec<Arc<DataFile>>,
    conditions: Vec<Vec<Lookup>>,
) -> Result<Candidates> {
    if conditions.is_empty() || files.is_empty() {
        return Ok(Candidates::new());
    }
    let failed = |error| DataFusionError::External(Box::new(crate::error::Error::Lake(error)));
    let mut candidates = Candidates::new();
    let mut rest = Vec::new();
    for (index, file) in files.into_iter().enumerate() {
        let near = if index < NEAR_FILES {
            lookups.rows_near(&file, &conditions, FEW_ROWS).map_err(failed)?
        } else {
            None
        };
        match near {
            Some(rows) => candidates.extend(rows.map(|rows| (file.data_file_id, rows))),
            None => rest.push(file),
        }
    }
    if rest.is_empty() {
        return Ok(candidates);
    }
    let lookups = Arc::clone(lookups);
    let looking = tokio::task::spawn_blocking(move || {
        for file in rest {
            let rows = lookups.rows(&file, &conditions, FEW_ROWS)?;
            candidates.extend(rows.map(|rows| (file.data_file_id, rows)));
        }
        Ok(candidates)
    });
    let found = looking.await.map_err(|error| DataFusionError::External(Box::new(error)))?;
    found.map_err(failed)
}

#[cfg(test)]
mod tests {
    use callhouse_lake::Table;
    use datafusion::logical_expr::{cast, col, lit};

    use super::*;

    fn spec(table: Table) -> &'static LookupSpec {
        table.lookup().expect("its files have an index")
    }

    fn text(column: &str, text: &str) -> Lookup {
        spec(Table::Calls).text(column, text).expect("texts of the column are found")
    }

    fn from(number: &str) -> Lookup {
        text("from_number", number)
    }

    fn to(number: &str) -> Lookup {
        text("to_number", number)
    }

    #[test]
    fn equalities_lists_and_alternatives_of_indexed_columns_are_looked_up() {
        let null = || lit(ScalarValue::Utf8(None));
        let seven = spec(Table::Calls).number("callid", 7).expect("numbers of the column are found");
        for (filter, wanted) in [
            (col("callid").eq(lit(7_i64)), vec![vec![seven]]),
            (lit("x").eq(col("call_id")), vec![vec![text("call_id", "x")]]),
            (
                col("from_number").in_list(vec![lit("1"), null(), lit("2")], false),
                vec![vec![from("1"), from("2")]],
            ),
            (col("from_number").eq(null()), vec![vec![]]),
            (
                col("from_number")
                    .eq(lit("1"))
                    .or(col("to_number").eq(lit("1")))
                    .or(col("to_number").eq(lit("2"))),
                vec![vec![from("1"), to("1"), to("2")]],
            ),
            (
                col("from_number")
                    .in_list(vec![lit("1"), lit("2")], false)
                    .and(col("to_number").eq(lit("3"))),
                vec![vec![to("3")], vec![from("1"), from("2")]],
            ),
            (col("status").eq(lit("x")).and(col("to_number").eq(lit("3"))), vec![vec![to("3")]]),
        ] {
            assert_eq!(conditions(spec(Table::Calls), std::slice::from_ref(&filter)), wanted, "{filter}");
        }
    }

    #[test]
    fn what_else_may_let_a_row_pass_is_not_looked_up() {
        use arrow::datatypes::DataType;
        for filter in [
            col("from_number").eq(lit("1")).or(col("from_number_raw").eq(lit("1"))),
            col("from_number").not_eq(lit("1")),
            col("from_number").in_list(vec![lit("1")], true),
            col("from_number").in_list(vec![lit("1"), col("to_number")], false),
            cast(col("callid"), DataType::Utf8).eq(lit("1")),
            col("callid").eq(lit(1_i32)),
            col("from_number").eq(lit("1")).is_not_true(),
            col("from_number").eq(col("to_number")),
            col("callid").eq(lit("1")),
            col("call_id").eq(lit(1_i64)),
            col("hash").eq(lit("1")),
        ] {
            let conditions = conditions(spec(Table::Calls), std::slice::from_ref(&filter));
            assert!(conditions.is_empty(), "{filter}");
        }
    }
    /// What one table's index finds, another's need not.
    #[test]
    fn each_table_is_asked_by_its_own_columns() {
        let asked = [col("hash"), col("sms_id"), col("to_number"), col("call_id"), col("sms_id_of")];
        let filters = asked.map(|column| column.eq(lit("x")));
        let of = |table, column| vec![spec(table).text(column, "x").expect("found")];
        let sms = ["hash", "sms_id", "to_number"].map(|column| of(Table::Sms, column));
        assert_eq!(conditions(spec(Table::Sms), &filters), sms);
        let calls = ["to_number", "call_id"].map(|column| of(Table::Calls, column));
        assert_eq!(conditions(spec(Table::Calls), &filters), calls);
    }
}
