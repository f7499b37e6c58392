//! Values for `$1`, `$2`, …: they come as texts, and become what the statement compares them with.

use std::collections::HashMap;

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::prelude::SessionContext;

use crate::error::Error;
use crate::table_functions;

/// Most parameters of a statement; PostgreSQL's wire can number no more.
const MAX_PARAMETERS: usize = 65_535;

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// As PostgreSQL writes it; `None` is NULL.
    pub text: Option<String>,
    /// What the caller says it is. The statement's own idea comes first.
    pub declared: Option<DataType>,
}

impl Bound {
    fn scalar(&self, wanted: Option<&DataType>) -> Result<ScalarValue, String> {
        let types: Vec<&DataType> = wanted.into_iter().chain(self.declared.as_ref()).collect();
        let Some(text) = &self.text else {
            let data_type = types.first().copied().unwrap_or(&DataType::Utf8);
            return ScalarValue::try_from(data_type).map_err(|error| error.strip_backtrace());
        };
        let as_text = ScalarValue::Utf8(Some(text.clone()));
        let mut failure = None;
        for data_type in &types {
            match as_text.cast_to(data_type) {
                Ok(value) if !value.is_null() => return Ok(value),
                Ok(_) => failure = Some(format!("it is no {data_type}")),
                Err(error) => failure = Some(error.strip_backtrace()),
            }
        }
        failure.map_or(Ok(as_text), Err)
    }
}

/// The types of a plan's parameters by number.
pub(super) fn types(plan: &LogicalPlan) -> Result<Vec<Option<DataType>>, Error> {
    let found = plan.get_parameter_types().map_err(Error::of_statement)?;
    let counts = row_counts(plan)?;
    let casts = casts(plan)?;
    let mut types = Vec::new();
    for (name, data_type) in found {
        let data_type = data_type.or_else(|| counts.contains(&name).then_some(DataType::Int64));
        let data_type = data_type.or_else(|| casts.get(&name).cloned());
        let number = name.trim_start_matches('$').parse::<usize>().ok();
        let index = number.and_then(|number| number.checked_sub(1)).filter(|index| *index < MAX_PARAMETERS);
        let Some(index) = index else {
            return Err(Error::statement(format!("parameters are $1, $2, …; {name} is none")));
        };
        if types.len() <= index {
            types.resize(index + 1, None);
        }
        if let Some(place) = types.get_mut(index) {
            *place = data_type;
        }
    }
    Ok(types)
}

/// The parameters of LIMIT and OFFSET, whose type DataFusion does not tell.
fn row_counts(plan: &LogicalPlan) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    let walk = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::Limit(limit) = node {
            for count in [&limit.fetch, &limit.skip].into_iter().flatten() {
                count.apply(|part| {
                    if let Expr::Placeholder(placeholder) = part {
                        names.push(placeholder.id.clone());
                    }
                    Ok(TreeNodeRecursion::Continue)
                })?;
            }
        }
        Ok(TreeNodeRecursion::Continue)
    });
    walk.map_err(Error::of_statement)?;
    Ok(names)
}

/// The parameters a statement casts, `$1::bigint`, with the type it casts them to: as PostgreSQL takes them.
fn casts(plan: &LogicalPlan) -> Result<HashMap<String, DataType>, Error> {
    let mut types = HashMap::new();
    let walk = plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                if let Expr::Cast(cast) = part
                    && let Expr::Placeholder(placeholder) = cast.expr.as_ref()
                {
                    types.insert(placeholder.id.clone(), cast.field.data_type().clone());
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    walk.map_err(Error::of_statement)?;
    Ok(types)
}

/// The plan with its parameters replaced.
pub(super) fn bind(plan: LogicalPlan, values: &[Bound]) -> Result<LogicalPlan, Error> {
    let types = types(&plan)?;
    if types.len() > values.len() {
        let (wanted, given) = (types.len(), values.len());
        return Err(Error::statement(format!("the statement has {wanted} parameters and {given} values")));
    }
    if types.is_empty() {
        return Ok(plan);
    }
    let scalars = values.iter().enumerate().map(|(index, value)| {
        value
            .scalar(types.get(index).and_then(Option::as_ref))
            .map_err(|reason| Error::statement(format!("the value of ${} does not fit: {reason}", index + 1)))
    });
    let scalars = scalars.collect::<Result<Vec<_>, _>>()?;
    plan.with_param_values(scalars).map_err(Error::of_statement)
}

/// Tells functions that look at their arguments while they are planned.
pub(super) fn announce(session: &SessionContext, values: &[Bound]) {
    let named: Vec<(String, ScalarValue)> = values
        .iter()
        .enumerate()
        .map(|(index, value)| ((index + 1).to_string(), ScalarValue::Utf8(value.text.clone())))
        .collect();
    if !named.is_empty() {
        table_functions::bind(session, &named);
    }
}
