//! Statements as PostgreSQL's clients write them, made into statements DataFusion plans.

mod select;

use std::ops::ControlFlow;

use datafusion::sql::parser::Statement as Parsed;
use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, Ident, ObjectName, ObjectNamePart, Query, SetExpr, TableFactor,
    Value, ValueWithSpan, VisitMut, VisitorMut,
};

use super::relations::Relation;
use super::{INFORMATION_SCHEMA, SCHEMA};
use select::{finds_nothing, one_value, relations, tell_apart};

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

/// How many schemas `current_schemas` names.
const SEARCHED_SCHEMAS: usize = 2;

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
            if selects && name.eq_ignore_ascii_case("array") {
                return Some(call_with("callhouse_no_texts", Vec::new()));
            }
            // `information_schema._pg_expandarray`, which JDBC asks of keys and indexes; there are none of these either.
            if name.eq_ignore_ascii_case("_pg_expandarray") {
                return Some(null());
            }
            remainder(function).or_else(|| upper_bound(function))
        }
        Expr::Collate { expr, .. } => Some((**expr).clone()),
        Expr::CompoundFieldAccess { root, access_chain } => expanded(root, access_chain),
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
        Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. } => {
            escape_by_backslash(pattern, escape_char);
            None
        }
        Expr::Subquery(query) => one_value(query),
        Expr::Exists { subquery, negated } => {
            let nothing = relations(subquery).into_iter().any(Relation::is_empty);
            nothing.then(|| Expr::Value(Value::Boolean(*negated).into()))
        }
        _ => None,
    }
}

/// `(keys).n`: a part of what [`simpler`] made NULL of.
fn expanded(root: &Expr, access: &[AccessExpr]) -> Option<Expr> {
    let [AccessExpr::Dot(Expr::Identifier(part))] = access else { return None };
    let of_key = matches!(part.value.as_str(), "n" | "x");
    let number = || Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(null()),
        data_type: DataType::BigInt(None),
        array: false,
        format: None,
    };
    (of_key && matches!(root, Expr::Nested(_))).then(number)
}

/// `LIKE … ESCAPE 'x'`: DataFusion has the backslash only, so the pattern is written with it.
fn escape_by_backslash(pattern: &mut Expr, escape_char: &mut Option<ValueWithSpan>) {
    let Some(Value::SingleQuotedString(escape)) = escape_char.as_ref().map(|escape| &escape.value) else {
        return;
    };
    if escape == "\\" {
        return;
    }
    let escape = Expr::Value(Value::SingleQuotedString(escape.clone()).into());
    *pattern = call_with("callhouse_like_pattern", vec![pattern.clone(), escape]);
    *escape_char = None;
}

/// `array_upper(a, d)`: our arrays begin at 1. Of the search path it is a number, as the bound of `generate_series` has to be.
fn upper_bound(function: &Function) -> Option<Expr> {
    if !function.name.to_string().eq_ignore_ascii_case("array_upper") {
        return None;
    }
    let FunctionArguments::List(FunctionArgumentList { args, .. }) = &function.args else { return None };
    let arguments: Vec<Expr> = args.iter().filter_map(unnamed).collect();
    let of_path = arguments.first().is_some_and(|array| array.to_string().contains("current_schemas("));
    if of_path {
        return Some(Expr::Value(Value::Number(SEARCHED_SCHEMAS.to_string(), false).into()));
    }
    Some(call_with("array_length", arguments))
}

fn unnamed(argument: &FunctionArg) -> Option<Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    }
}

/// `mod(a, b)` is `a % b`.
fn remainder(function: &Function) -> Option<Expr> {
    if !function.name.to_string().eq_ignore_ascii_case("mod") {
        return None;
    }
    let FunctionArguments::List(FunctionArgumentList { args, .. }) = &function.args else { return None };
    let [
        FunctionArg::Unnamed(FunctionArgExpr::Expr(left)),
        FunctionArg::Unnamed(FunctionArgExpr::Expr(right)),
    ] = args.as_slice()
    else {
        return None;
    };
    let side = |expr: &Expr| Box::new(Expr::Nested(Box::new(expr.clone())));
    let (left, right) = (side(left), side(right));
    Some(Expr::Nested(Box::new(Expr::BinaryOp { left, op: BinaryOperator::Modulo, right })))
}

/// `pg_catalog.f` is `f`, and so is `information_schema.f`.
fn without_schema(name: &mut ObjectName) {
    if let [ObjectNamePart::Identifier(schema), _] = name.0.as_slice()
        && [SCHEMA, INFORMATION_SCHEMA].iter().any(|known| schema.value.eq_ignore_ascii_case(known))
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
    if word == "regproc"
        && let Expr::Value(value) = &*inner
        && let Value::SingleQuotedString(name) = &value.value
    {
        // Columns that hold functions hold their names, without the schema.
        let last = name.rsplit('.').next().unwrap_or_default().to_owned();
        return Some(Expr::Value(Value::SingleQuotedString(last).into()));
    }
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
    call_with(name, vec![argument])
}

fn call_with(name: &str, arguments: Vec<Expr>) -> Expr {
    let arguments =
        arguments.into_iter().map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)));
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: arguments.collect(),
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}
