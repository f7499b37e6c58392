//! `callhouse query`: a question of `queries/` to the lake.

use std::fmt::Write as _;

use anyhow::Context;
use callhouse_query::{Error, NamedQuery, Parameter, named_queries, named_query};
use clap::Args;

use super::answer::{Format, print};
use super::sql::open;
use crate::config::DataFlags;
use crate::output;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Answers as this account would see it; without it, over all accounts
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Format::Table)]
    format: Format,
    /// A parameter of the query; may be given several times
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE", value_parser = assignment)]
    params: Vec<(String, String)>,
    /// Shows what the query asks, takes and gives, and its SQL, instead of running it
    #[arg(long, requires = "name")]
    describe: bool,
    /// The query; without it, all of them are listed
    name: Option<String>,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a parameter is written NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(crate) async fn run(arguments: Arguments, data: &DataFlags) -> anyhow::Result<()> {
    let Some(name) = &arguments.name else {
        return Ok(output::line(listed().trim_end())?);
    };
    let query = named_query(name).context("`callhouse query` lists them")?;
    if arguments.describe {
        return Ok(output::line(described(query)?.trim_end())?);
    }
    let given = arguments.params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let params = query.params(given).map_err(|error| helpful(error, query))?;
    let session = open(data, arguments.account.as_deref()).await?;
    let answer = session.engine.ask(&session.scope, query.name, &params).await;
    let (schema, batches) = answer.map_err(|error| helpful(error, query))?;
    print(arguments.format, &schema, batches).await
}

/// Says of a wrong parameter where the right ones are to be seen.
fn helpful(error: Error, query: &NamedQuery) -> anyhow::Error {
    match error {
        Error::Parameter { .. } => {
            anyhow::anyhow!("{error}\n`callhouse query {} --describe` shows its parameters", query.name)
        }
        error => error.into(),
    }
}

fn listed() -> String {
    let width = named_queries().map(|query| query.name.len()).max().unwrap_or_default();
    named_queries().map(|query| format!("{:width$}  {}\n", query.name, query.header.question)).collect()
}

fn described(query: &NamedQuery) -> Result<String, std::fmt::Error> {
    let header = &query.header;
    let mut text = format!("{}\n", header.question);
    if !header.explanation.is_empty() {
        writeln!(text, "\n{}", header.explanation)?;
    }
    writeln!(text, "\nParameters")?;
    for parameter in &header.parameters {
        writeln!(text, "  {}  {}: {}", parameter.name, stated(parameter), parameter.meaning)?;
    }
    writeln!(text, "\nOne row: {}\n\nColumns", header.grain)?;
    for column in &header.columns {
        writeln!(text, "  {}  {}: {}", column.name, column.kind, column.meaning)?;
    }
    let body = query.sql.lines().skip_while(|line| line.starts_with("--")).collect::<Vec<_>>().join("\n");
    writeln!(text, "\n{body}")?;
    Ok(text)
}

/// Type, choices, and whether the parameter may be left out.
fn stated(parameter: &Parameter) -> String {
    let mut text = parameter.kind.name().to_owned();
    if !parameter.choices.is_empty() {
        text = parameter.choices.join("|");
    }
    if parameter.optional {
        text.push_str(", may be left out");
    }
    if let Some(default) = parameter.default {
        text.push_str(", else ");
        text.push_str(default);
    }
    text
}
