//! Selects: columns that need names of their own, and what is asked of relations that are empty or of one row.

use std::collections::HashMap;

use datafusion::sql::sqlparser::ast::{
    ArrayElemTypeDef, CastKind, DataType, Expr, GroupByExpr, Ident, Join, JoinOperator, Query, Select,
    SelectItem, SetExpr, TableFactor, Value,
};

use super::{call, null};
use crate::pg_catalog::relations::Relation;

/// Makes a select over a relation that is always empty one without rows that is easy to plan: psql asks of policies,
/// publications and the like with all PostgreSQL has.
pub(super) fn finds_nothing(select: &mut Select) -> bool {
    let inner = |join: &&Join| matches!(&join.join_operator, JoinOperator::Join(_) | JoinOperator::Inner(_));
    let read = select.from.iter().flat_map(|from| {
        std::iter::once(&from.relation).chain(from.joins.iter().filter(inner).map(|join| &join.relation))
    });
    let empty = |factor: &TableFactor| match factor {
        TableFactor::Table { name, args: None, .. } => Relation::named(name).is_some_and(Relation::is_empty),
        _ => false,
    };
    let read: Vec<&TableFactor> = read.collect();
    let simple = matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
    if !simple || !read.into_iter().any(empty) {
        return false;
    }
    let mut items = Vec::new();
    for item in &select.projection {
        let (expr, alias) = match item {
            SelectItem::UnnamedExpr(expr) => {
                let name = match expr {
                    Expr::CompoundIdentifier(parts) => parts.last().map(|last| last.value.clone()),
                    Expr::Identifier(name) => Some(name.value.clone()),
                    other => Some(other.to_string().chars().take(63).collect()),
                };
                (expr, Ident::with_quote('"', name.unwrap_or_default()))
            }
            SelectItem::ExprWithAlias { expr, alias } => (expr, alias.clone()),
            _ => return false,
        };
        if is_aggregate(expr) {
            return false;
        }
        items.push(SelectItem::ExprWithAlias { expr: nothing_like(expr), alias });
    }
    select.projection = items;
    select.from.clear();
    select.sort_by.clear();
    select.distinct = None;
    select.selection = Some(Expr::Value(Value::Boolean(false).into()));
    true
}

/// PostgreSQL lets two columns of an answer have one name, DataFusion does not: the second `x` becomes `x_2`.
pub(super) fn tell_apart(body: &mut SetExpr) {
    let select = match body {
        SetExpr::Select(select) => select,
        SetExpr::SetOperation { left, right, .. } => {
            for side in [&mut *left, &mut *right] {
                if let SetExpr::Select(select) = side.as_mut() {
                    finds_nothing(select);
                }
            }
            tell_apart(left);
            return tell_apart(right);
        }
        _ => return,
    };
    // `t.x, t.*` and `x, *` have `x` twice, too.
    let mut wildcards = Vec::new();
    for item in &select.projection {
        match item {
            SelectItem::Wildcard(_) => wildcards.push(None),
            SelectItem::QualifiedWildcard(kind, _) => {
                wildcards.push(Some(kind.to_string().replace(".*", "")))
            }
            _ => {}
        }
    }
    let mut seen: HashMap<String, usize> = HashMap::new();
    for item in &mut select.projection {
        let (name, of_wildcard) = match item {
            SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => {
                let Some((last, qualifier)) = parts.split_last() else { continue };
                let qualifier = qualifier.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
                let whole = format!("{qualifier}.{last}");
                let covers = |wildcard: &Option<String>| wildcard.as_ref().is_none_or(|of| *of == qualifier);
                let covered = wildcards.iter().any(covers);
                *seen.entry(whole.clone()).or_default() += 1;
                if covered || seen.get(&whole).is_some_and(|times| *times > 1) {
                    (last.value.clone(), covered)
                } else {
                    continue;
                }
            }
            SelectItem::UnnamedExpr(expr) => {
                let covered = matches!(expr, Expr::Identifier(_)) && wildcards.contains(&None);
                (expr.to_string().trim_matches('"').to_owned(), covered)
            }
            SelectItem::ExprWithAlias { alias, .. } => (alias.value.clone(), false),
            _ => continue,
        };
        let times = seen.entry(name.clone()).or_default();
        *times += 1;
        if *times == 1 && of_wildcard {
            *times += 1;
        }
        if *times > 1 {
            let alias = Ident::with_quote('"', format!("{name}_{times}"));
            let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else {
                continue;
            };
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
        }
    }
}

/// The catalog relations a simple query reads; empty when it reads anything else.
pub(super) fn relations(query: &Query) -> Vec<&'static Relation> {
    let SetExpr::Select(select) = query.body.as_ref() else { return Vec::new() };
    // Of outer joins the inner side may be missing without the row being so.
    let read = select.from.iter().map(|from| match &from.relation {
        TableFactor::Table { name, args: None, .. } => Relation::named(name),
        _ => None,
    });
    read.collect::<Option<_>>().unwrap_or_default()
}

/// A scalar subquery over the catalog: NULL when there is nothing to find, else of at most one row, which DataFusion
/// wants said by an aggregate.
pub(super) fn one_value(query: &mut Query) -> Option<Expr> {
    let read = relations(query);
    if read.is_empty() {
        return None;
    }
    let SetExpr::Select(select) = query.body.as_mut() else { return None };
    let [item] = select.projection.as_mut_slice() else { return None };
    let (SelectItem::UnnamedExpr(value) | SelectItem::ExprWithAlias { expr: value, .. }) = item else {
        return None;
    };
    if is_aggregate(value) {
        return None;
    }
    if read.into_iter().any(Relation::is_empty) {
        return Some(null());
    }
    if matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty())
        && query.limit_clause.is_none()
    {
        *value = call("max", value.clone());
        query.order_by = None;
    }
    None
}

fn is_aggregate(expr: &Expr) -> bool {
    const AGGREGATES: &[&str] = &["count", "max", "min", "sum", "avg", "array_agg", "string_agg", "bool_or"];
    match expr {
        Expr::Function(function) => {
            let name = function.name.to_string().to_lowercase();
            AGGREGATES.contains(&name.trim_start_matches("pg_catalog."))
        }
        Expr::Cast { expr, .. } | Expr::Nested(expr) => is_aggregate(expr),
        _ => false,
    }
}

/// NULL of the type a column of a relation has; of anything else of no type, so that it takes that of the other half
/// of a union.
fn nothing_like(expr: &Expr) -> Expr {
    let column = match expr {
        Expr::CompoundIdentifier(parts) => parts.last().map(|last| last.value.as_str()),
        Expr::Identifier(name) => Some(name.value.as_str()),
        _ => None,
    };
    let Some(found) = column.and_then(Relation::type_of) else { return null() };
    let data_type = spelled(&found);
    Expr::Cast { kind: CastKind::DoubleColon, expr: Box::new(null()), data_type, array: false, format: None }
}

/// How SQL says the type of a column of a relation.
fn spelled(data_type: &arrow::datatypes::DataType) -> DataType {
    match data_type {
        arrow::datatypes::DataType::Boolean => DataType::Boolean,
        arrow::datatypes::DataType::Int16 => DataType::SmallInt(None),
        arrow::datatypes::DataType::Int32 => DataType::Integer(None),
        arrow::datatypes::DataType::Int64 => DataType::BigInt(None),
        arrow::datatypes::DataType::List(element) => {
            let element = Box::new(spelled(element.data_type()));
            DataType::Array(ArrayElemTypeDef::SquareBracket(element, None))
        }
        _ => DataType::Text,
    }
}
