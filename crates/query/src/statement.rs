//! What a caller may ask: one statement that reads. Everything not named here is refused.

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::config::Dialect;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{DataFrame, SessionContext};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use crate::error::Error;
use crate::pg_catalog;
use crate::scope::Scope;

/// Longest statement read, in bytes. The time to plan grows with it.
const MAX_STATEMENT_BYTES: usize = 1 << 20;

/// Most operators of a statement. Each can make its expression one deeper, and DataFusion walks expressions by
/// recursion that it guards almost, but not quite, everywhere: a chain of a few thousand ends the process.
const MAX_OPERATORS: usize = 500;

fn check_size(sql: &str) -> Result<(), Error> {
    if sql.len() > MAX_STATEMENT_BYTES {
        return Err(Error::statement(format!("longer than {MAX_STATEMENT_BYTES} bytes")));
    }
    if operators(sql) > MAX_OPERATORS {
        let reason = format!("more than {MAX_OPERATORS} operators; a long list is written x IN (1, 2, …)");
        return Err(Error::statement(reason));
    }
    Ok(())
}

/// Plans a caller's statement; nothing of it is run here.
pub(crate) async fn plan(session: &SessionContext, scope: &Scope, sql: &str) -> Result<DataFrame, Error> {
    check_size(sql)?;
    let state = session.state();
    let plan = state.create_logical_plan(sql).await.map_err(Error::of_statement)?;
    check(&plan, scope)?;
    Ok(DataFrame::new(state, plan))
}

/// Plans a statement as PostgreSQL's clients write them, `pg_catalog` included.
pub(crate) async fn plan_rewritten(
    session: &SessionContext,
    scope: &Scope,
    sql: &str,
) -> Result<LogicalPlan, Error> {
    check_size(sql)?;
    let state = session.state();
    let mut statement = state.sql_to_statement(sql, &Dialect::PostgreSQL).map_err(Error::of_statement)?;
    pg_catalog::rewrite(&mut statement);
    let plan = state.statement_to_plan(statement).await.map_err(Error::of_statement)?;
    check(&plan, scope)?;
    Ok(plan)
}

/// Bytes of the longest text of a statement, for which every row of a batch may have to make room.
pub(crate) fn longest_literal(sql: &str) -> usize {
    // Short statements have no long literals, and are most.
    const WORTH_A_LOOK_BYTES: usize = 1_024;
    if sql.len() < WORTH_A_LOOK_BYTES || sql.len() > MAX_STATEMENT_BYTES {
        return sql.len().min(WORTH_A_LOOK_BYTES);
    }
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize().unwrap_or_default();
    let lengths = tokens.iter().map(|token| match token {
        Token::SingleQuotedString(text)
        | Token::NationalStringLiteral(text)
        | Token::EscapedStringLiteral(text)
        | Token::UnicodeStringLiteral(text)
        | Token::HexStringLiteral(text) => text.len(),
        Token::DollarQuotedString(text) => text.value.len(),
        _ => 0,
    });
    lengths.max().unwrap_or_default()
}

/// Counts what can make an expression or a plan deeper without parentheses, whose nesting the parser bounds itself.
fn operators(sql: &str) -> usize {
    // What cannot be cut into tokens is for the parser to complain of.
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize().unwrap_or_default();
    tokens.iter().filter(|token| deepens(token)).count()
}

fn deepens(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AND
                | Keyword::OR
                | Keyword::XOR
                | Keyword::NOT
                | Keyword::IS
                | Keyword::NOTNULL
                | Keyword::IN
                | Keyword::BETWEEN
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::RLIKE
                | Keyword::REGEXP
                | Keyword::SIMILAR
                | Keyword::AT
                | Keyword::COLLATE
                | Keyword::OVERLAPS
                | Keyword::OPERATOR
                | Keyword::DIV
                | Keyword::JOIN
                | Keyword::UNION
                | Keyword::EXCEPT
                | Keyword::INTERSECT
        ),
        Token::EOF
        | Token::Whitespace(_)
        | Token::Number(..)
        | Token::Char(_)
        | Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::DollarQuotedString(_)
        | Token::NationalStringLiteral(_)
        | Token::EscapedStringLiteral(_)
        | Token::UnicodeStringLiteral(_)
        | Token::HexStringLiteral(_)
        | Token::Placeholder(_)
        | Token::Comma
        | Token::Period
        | Token::LParen
        | Token::RParen
        | Token::SemiColon => false,
        _ => true,
    }
}

/// Refuses plans that do more than read, wherever in the plan or in a subquery of it.
fn check(plan: &LogicalPlan, scope: &Scope) -> Result<(), Error> {
    let mut refused = None;
    let walk = plan.apply_with_subqueries(|node| {
        refused = refusal(node, scope);
        Ok::<_, DataFusionError>(if refused.is_some() {
            TreeNodeRecursion::Stop
        } else {
            TreeNodeRecursion::Continue
        })
    });
    walk.map_err(Error::of_statement)?;
    match refused {
        Some(reason) => Err(Error::statement(reason)),
        None => Ok(()),
    }
}

fn refusal(node: &LogicalPlan, scope: &Scope) -> Option<&'static str> {
    match node {
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Window(_)
        | LogicalPlan::Aggregate(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Join(_)
        | LogicalPlan::Repartition(_)
        | LogicalPlan::Union(_)
        | LogicalPlan::TableScan(_)
        | LogicalPlan::EmptyRelation(_)
        | LogicalPlan::Subquery(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Values(_)
        | LogicalPlan::Distinct(_)
        | LogicalPlan::DescribeTable(_)
        | LogicalPlan::Unnest(_)
        | LogicalPlan::RecursiveQuery(_) => None,
        // The counters of a run and the statistics of files cover rows of every account (TEN-1).
        LogicalPlan::Explain(explain) if explain.verbose && *scope != Scope::All => {
            Some("EXPLAIN VERBOSE is for administrators")
        }
        LogicalPlan::Analyze(_) if *scope != Scope::All => Some("EXPLAIN ANALYZE is for administrators"),
        LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) => None,
        LogicalPlan::Dml(_) => Some("callhouse is read only: no INSERT, UPDATE or DELETE"),
        LogicalPlan::Ddl(_) => Some("callhouse is read only: no CREATE or DROP"),
        LogicalPlan::Copy(_) => Some("callhouse is read only: no COPY"),
        LogicalPlan::Statement(_) => Some("only queries are answered: no SET, PREPARE or transactions"),
        LogicalPlan::Extension(_) => Some("only queries are answered"),
    }
}
