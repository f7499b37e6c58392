//! `calls_by(what)`: the table `calls` with one column more, `group_value`, by which a question groups.
//!
//! | what | `group_value` |
//! |---|---|
//! | `account` | `account` |
//! | `app` | `app_hash` |
//! | `did` | `did_number` |
//! | `direction` | `direction` |
//! | `from_country`, `to_country` | that column |
//! | `destination` | `cost_label` |
//! | `trunk`, `source` | that column |
//! | `NULL` | `NULL`: all calls are one group |

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, ident, lit};

use super::Arguments;
use crate::tables;

pub(super) const NAME: &str = "calls_by";

const GROUP_VALUE: &str = "group_value";

/// What calls are grouped by, and the column that says it.
const GROUPS: [(&str, &str); 9] = [
    ("account", "account"),
    ("app", "app_hash"),
    ("did", "did_number"),
    ("direction", "direction"),
    ("from_country", "from_country"),
    ("to_country", "to_country"),
    ("destination", "cost_label"),
    ("trunk", "trunk"),
    ("source", "source"),
];

#[derive(Debug)]
pub(super) struct CallsBy {
    calls: tables::Provider,
}

impl CallsBy {
    pub(super) const fn new(calls: tables::Provider) -> Self {
        Self { calls }
    }

    /// The expression of `group_value`.
    fn group(arguments: &Arguments<'_>) -> Result<Expr> {
        if arguments.count() == 1 && arguments.is_null(0) {
            return Ok(lit(ScalarValue::Utf8(None)));
        }
        let name = arguments.text(0).filter(|_| arguments.count() == 1);
        match GROUPS.iter().find(|(known, _)| Some(*known) == name) {
            Some((_, column)) => Ok(ident(*column)),
            None => {
                let known: Vec<&str> = GROUPS.iter().map(|(known, _)| *known).collect();
                plan_err!("{NAME} takes what to group calls by: NULL or one of {}", known.join(", "))
            }
        }
    }
}

impl TableFunctionImpl for CallsBy {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let group = Self::group(&Arguments::of(&args))?;
        let schema = self.calls.schema();
        let mut columns: Vec<Expr> = schema.fields().iter().map(|field| ident(field.name())).collect();
        columns.push(datafusion::logical_expr::cast(group, DataType::Utf8).alias(GROUP_VALUE));
        let source = provider_as_source(Arc::new(self.calls.clone()));
        let plan = LogicalPlanBuilder::scan("calls", source, None)?.project(columns)?.build()?;
        Ok(Arc::new(ViewTable::new(plan, None)))
    }
}
