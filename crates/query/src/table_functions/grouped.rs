//! Tables with one column more, `group_value`, by which a question groups: what `calls_by` and `sms_by` are.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{ScalarValue, plan_err};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, ident, lit};

use super::Arguments;
use crate::tables;

const GROUP_VALUE: &str = "group_value";

/// A function of this kind.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) name: &'static str,
    pub(super) table: &'static str,
    /// What rows are grouped by, and the column that says it.
    pub(super) groups: &'static [(&'static str, &'static str)],
}

/// A function with the rows it reads.
#[derive(Debug)]
pub(super) struct Grouped {
    spec: &'static Spec,
    rows: tables::Provider,
}

impl Grouped {
    pub(super) const fn new(spec: &'static Spec, rows: tables::Provider) -> Self {
        Self { spec, rows }
    }

    /// The expression of `group_value`.
    fn group(&self, arguments: &Arguments<'_>) -> Result<Expr> {
        let Spec { name, table, groups } = self.spec;
        if arguments.count() == 1 && arguments.is_null(0) {
            return Ok(lit(ScalarValue::Utf8(None)));
        }
        let asked = arguments.text(0).filter(|_| arguments.count() == 1);
        match groups.iter().find(|(known, _)| Some(*known) == asked) {
            Some((_, column)) => Ok(ident(*column)),
            None => {
                let known: Vec<&str> = groups.iter().map(|(known, _)| *known).collect();
                plan_err!("{name} takes what to group {table} by: NULL or one of {}", known.join(", "))
            }
        }
    }
}

impl TableFunctionImpl for Grouped {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let group = self.group(&Arguments::of(&args))?;
        let schema = self.rows.schema();
        let mut columns: Vec<Expr> = schema.fields().iter().map(|field| ident(field.name())).collect();
        columns.push(datafusion::logical_expr::cast(group, DataType::Utf8).alias(GROUP_VALUE));
        let source = provider_as_source(Arc::new(self.rows.clone()));
        let plan = LogicalPlanBuilder::scan(self.spec.table, source, None)?.project(columns)?.build()?;
        Ok(Arc::new(ViewTable::new(plan, None)))
    }
}
