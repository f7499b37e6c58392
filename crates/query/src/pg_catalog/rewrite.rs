//! Statements as PostgreSQL's clients write them, made into statements DataFusion plans.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement as Parsed;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, GroupByExpr, Ident, Join, JoinOperator, ObjectName, ObjectNamePart, Query, Select,
    SelectItem, SetExpr, TableFactor, Value, VisitMut, VisitorMut,
};

use super::SCHEMA;
use super::relations::Relation;

/// Rewrites in place what only PostgreSQL has.
pub(crate) fn rewrite(statement: &mut Parsed) {
    match statement {
        Parsed::Statement(statement) => drop(statement.visit(&mut Rewrite)),
        Parsed::Explain(explain) => rewrite(&mut explain.statement),
        _ => {}
    }
}

struct Rewrite;

impl VisitorMut for Rewrite {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let SetExpr::Select(select) = query.body.as_mut()
            && finds_nothing(select)
        {
            // It may sort by what is not shown.
            query.order_by = None;
        }
        tell_apart(&mut query.body);
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
        if let [ObjectNamePart::Identifier(name)] = relation.0.as_slice()
            && Relation::exists(&name.value.to_ascii_lowercase())
        {
            let qualified = [Ident::new(SCHEMA), Ident::new(name.value.to_ascii_lowercase())];
            *relation = ObjectName::from(qualified.to_vec());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: Some(_), .. } = factor {
            without_schema(name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some(simpler) = simpler(expr) {
            *expr = simpler;
        }
        ControlFlow::Continue(())
    }
}

/// Makes a select over a relation that is always empty one without rows that is easy to plan: psql asks of policies,
/// publications and the like with all PostgreSQL has.
fn finds_nothing(select: &mut Select) -> bool {
    let inner = |join: &&Join| matches!(&join.join_operator, JoinOperator::Join(_) | JoinOperator::Inner(_));
    let read = select.from.iter().flat_map(|from| {
        std::iter::once(&from.relation).chain(from.joins.iter().filter(inner).map(|join| &join.relation))
    });
    let empty = |factor: &TableFactor| match factor {
        TableFactor::Table { name, args: None, .. } => name
            .0
            .last()
            .and_then(ObjectNamePart::as_ident)
            .is_some_and(|last| Relation::is_empty(&last.value)),
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
        let expr = Expr::Cast {
            kind: CastKind::DoubleColon,
            expr: Box::new(null()),
            data_type: DataType::Text,
            array: false,
            format: None,
        };
        items.push(SelectItem::ExprWithAlias { expr, alias });
    }
    select.projection = items;
    select.from.clear();
    select.sort_by.clear();
    select.distinct = None;
    select.selection = Some(Expr::Value(Value::Boolean(false).into()));
    true
}

/// PostgreSQL lets two columns of an answer have one name, DataFusion does not: the second `x` becomes `x_2`.
fn tell_apart(body: &mut SetExpr) {
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

fn null() -> Expr {
    Expr::Value(Value::Null.into())
}

/// What stands for an expression, if anything else must.
fn simpler(expr: &mut Expr) -> Option<Expr> {
    match expr {
        Expr::Function(function) => {
            without_schema(&mut function.name);
            // ARRAY(SELECT …), which clients ask of options and rights; there are none.
            let name = function.name.to_string();
            let selects = matches!(function.args, FunctionArguments::Subquery(_));
            (selects && name.eq_ignore_ascii_case("array")).then(null)
        }
        Expr::Collate { expr, .. } => Some((**expr).clone()),
        Expr::BinaryOp { op, .. } => {
            if let BinaryOperator::PGCustomBinaryOperator(parts) = op
                && let Some(plain) = parts.last().and_then(|name| operator(name))
            {
                *op = plain;
            }
            None
        }
        Expr::Cast { expr, data_type, kind, .. } => cast(expr, data_type, kind),
        Expr::InSubquery { expr, subquery, negated } if subquery.to_string().contains("search_path") => {
            // Grafana takes the search path apart to see which names need no schema.
            let list =
                ["public", SCHEMA].map(|name| Expr::Value(Value::SingleQuotedString(name.to_owned()).into()));
            Some(Expr::InList { expr: expr.clone(), list: list.to_vec(), negated: *negated })
        }
        Expr::Subquery(query) => one_value(query),
        Expr::Exists { subquery, negated } => {
            let nothing = relations(subquery).iter().any(|name| Relation::is_empty(name));
            nothing.then(|| Expr::Value(Value::Boolean(*negated).into()))
        }
        _ => None,
    }
}

/// `pg_catalog.f` is `f`.
fn without_schema(name: &mut ObjectName) {
    if let [ObjectNamePart::Identifier(schema), _] = name.0.as_slice()
        && schema.value.eq_ignore_ascii_case(SCHEMA)
    {
        name.0.remove(0);
    }
}

fn operator(name: &str) -> Option<BinaryOperator> {
    Some(match name {
        "~" => BinaryOperator::PGRegexMatch,
        "~*" => BinaryOperator::PGRegexIMatch,
        "!~" => BinaryOperator::PGRegexNotMatch,
        "!~*" => BinaryOperator::PGRegexNotIMatch,
        "~~" => BinaryOperator::PGLikeMatch,
        "!~~" => BinaryOperator::PGNotLikeMatch,
        "=" => BinaryOperator::Eq,
        "<>" => BinaryOperator::NotEq,
        "<" => BinaryOperator::Lt,
        ">" => BinaryOperator::Gt,
        "<=" => BinaryOperator::LtEq,
        ">=" => BinaryOperator::GtEq,
        "+" => BinaryOperator::Plus,
        "-" => BinaryOperator::Minus,
        "*" => BinaryOperator::Multiply,
        "/" => BinaryOperator::Divide,
        "||" => BinaryOperator::StringConcat,
        _ => return None,
    })
}

/// A cast to a type DataFusion has not.
fn cast(inner: &mut Expr, data_type: &mut DataType, kind: &CastKind) -> Option<Expr> {
    if let Some(word) = type_word(data_type)
        && word == "text"
        && let Expr::Cast { expr: innermost, data_type: of, .. } = inner
    {
        match type_word(of).as_deref() {
            Some("regclass") => return Some(call("callhouse_regclass_name", (**innermost).clone())),
            Some("regtype") => {
                return Some(call("format_type", call("callhouse_regtype", (**innermost).clone())));
            }
            _ => {}
        }
    }
    let word = type_word(data_type)?;
    match word.as_str() {
        "regclass" => Some(call("callhouse_regclass", inner.clone())),
        "regtype" => Some(call("callhouse_regtype", inner.clone())),
        "oid" | "regproc" | "regprocedure" | "regnamespace" | "regrole" | "xid" | "cid" => {
            *data_type = DataType::Integer(None);
            None
        }
        "text" | "name" | "char" | "json" | "jsonb" | "bpchar" | "cstring" | "inet" | "unknown" => {
            *data_type = DataType::Text;
            None
        }
        "int2" => plain(inner, kind, DataType::SmallInt(None)),
        "int4" => plain(inner, kind, DataType::Integer(None)),
        "int8" => plain(inner, kind, DataType::BigInt(None)),
        "bool" => plain(inner, kind, DataType::Boolean),
        "float8" => plain(inner, kind, DataType::DoublePrecision),
        _ => None,
    }
}

fn plain(inner: &Expr, kind: &CastKind, data_type: DataType) -> Option<Expr> {
    let (expr, kind) = (Box::new(inner.clone()), kind.clone());
    Some(Expr::Cast { kind, expr, data_type, array: false, format: None })
}

/// The name of a type that sqlparser has no variant for, or has and DataFusion does not plan.
fn type_word(data_type: &DataType) -> Option<String> {
    match data_type {
        DataType::Custom(name, _) => {
            let last = name.0.last().and_then(ObjectNamePart::as_ident)?;
            let quoted_char = last.quote_style.is_some() && last.value == "char";
            Some(if quoted_char { "char".to_owned() } else { last.value.to_ascii_lowercase() })
        }
        DataType::Regclass => Some("regclass".to_owned()),
        DataType::JSON | DataType::JSONB => Some("json".to_owned()),
        DataType::Text => Some("text".to_owned()),
        _ => None,
    }
}

fn call(name: &str, argument: Expr) -> Expr {
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))],
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// The catalog relations a simple query reads; empty when it reads anything else.
fn relations(query: &Query) -> Vec<String> {
    let SetExpr::Select(select) = query.body.as_ref() else { return Vec::new() };
    let mut names = Vec::new();
    for from in &select.from {
        // Of outer joins the inner side may be missing without the row being so.
        for factor in std::iter::once(&from.relation) {
            let TableFactor::Table { name, args: None, .. } = factor else { return Vec::new() };
            let last =
                name.0.last().and_then(ObjectNamePart::as_ident).map(|ident| ident.value.to_lowercase());
            match last {
                Some(last) if Relation::exists(&last) => names.push(last),
                _ => return Vec::new(),
            }
        }
    }
    names
}

/// A scalar subquery over the catalog: NULL when there is nothing to find, else of at most one row, which DataFusion
/// wants said by an aggregate.
fn one_value(query: &mut Query) -> Option<Expr> {
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
    if read.iter().any(|name| Relation::is_empty(name)) {
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
