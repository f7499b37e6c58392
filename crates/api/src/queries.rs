//! `GET /v1/queries` and `GET /v1/queries/{name}`: the named queries of `queries/`, described and asked.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use callhouse_lake::accounts::AccessScope;
use callhouse_query::{NamedQuery, named_queries, named_query};
use serde::Serialize;

use crate::app::App;
use crate::status::Problem;
use crate::{access, answer};

/// The name of the parameter that says the form of the answer; no query has one of that name.
const FORMAT: &str = "format";

#[derive(Serialize)]
struct Described {
    name: &'static str,
    question: &'static str,
    explanation: &'static str,
    parameters: Vec<Parameter>,
    grain: &'static str,
    columns: Vec<Column>,
}

#[derive(Serialize)]
struct Parameter {
    name: &'static str,
    r#type: &'static str,
    required: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    choices: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'static str>,
    meaning: &'static str,
}

#[derive(Serialize)]
struct Column {
    name: &'static str,
    r#type: &'static str,
    meaning: &'static str,
}

/// What there is to ask.
pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match access::enter(&app, &headers, AccessScope::Read).await {
        Ok(_) => {
            let queries: Vec<Described> = named_queries().map(described).collect();
            Json(serde_json::json!({ "queries": queries })).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

/// The answer of one.
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    RawQuery(params): RawQuery,
    headers: HeaderMap,
) -> Response {
    match ask(&app, &name, params.as_deref().unwrap_or_default(), &headers).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn ask(app: &App, name: &str, params: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let principal = access::enter(app, headers, AccessScope::Read).await?;
    let query = named_query(name).map_err(answer::problem)?;
    let given: Vec<(String, String)> = serde_urlencoded::from_str(params).map_err(|error| {
        Problem::Parameter { detail: format!("the query string cannot be read: {error}") }
    })?;
    let format = given.iter().find(|(name, _)| name == FORMAT).map(|(_, format)| format.as_str());
    let format = answer::format(format, headers)?;
    let texts = given.iter().filter(|(name, _)| name != FORMAT);
    let params = query.params(texts.map(|(name, value)| (name.as_str(), value.as_str())));
    let params = params.map_err(answer::problem)?;
    let asked_at = app.clock.now();
    let rows = app.room.ask(&answer::caller(&principal), query.name, &params).await;
    answer::respond(app, query.name, asked_at, format, rows.map_err(answer::problem)?).await
}

fn described(query: &'static NamedQuery) -> Described {
    let header = &query.header;
    let parameters = header.parameters.iter().map(|parameter| Parameter {
        name: parameter.name,
        r#type: parameter.kind.name(),
        required: !parameter.optional && parameter.default.is_none(),
        choices: &parameter.choices,
        default: parameter.default,
        meaning: &parameter.meaning,
    });
    let columns = header.columns.iter().map(|column| Column {
        name: column.name,
        r#type: column.kind,
        meaning: &column.meaning,
    });
    Described {
        name: query.name,
        question: &header.question,
        explanation: &header.explanation,
        parameters: parameters.collect(),
        grain: &header.grain,
        columns: columns.collect(),
    }
}
