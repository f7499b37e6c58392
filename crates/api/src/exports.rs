//! `/v1/exports`: files of all rows of a question, for people who do not speak JSON-RPC.
//!
//! One file per endpoint. Owns how exports are asked for and fetched over HTTP; what they hold and how they are made is
//! `callhouse-exports`' work, which rows an account has `query`'s (TEN-1).

mod create;
mod delete;
mod file;
mod get;
mod list;
mod range;
mod request;
mod shown;

use axum::http::HeaderMap;
use callhouse_lake::accounts::{AccessScope, Principal};
use callhouse_lake::jobs::{Job, JobId, Viewer};

use crate::app::App;
use crate::status::{Problem, chain};
use crate::{access, scope};

pub(crate) use create::post;
pub(crate) use delete::delete;
pub(crate) use file::{file, manifest};
pub(crate) use get::get;
pub(crate) use list::list;

/// A job that somebody who proved who they are may see.
async fn find(app: &App, id: &str, headers: &HeaderMap) -> Result<(Principal, Viewer, Job), Problem> {
    let principal = access::enter(app, headers, AccessScope::Export).await?;
    let viewer = scope::viewer(&principal);
    let job = seen(app, &viewer, id).await?;
    Ok((principal, viewer, job))
}

async fn seen(app: &App, viewer: &Viewer, id: &str) -> Result<Job, Problem> {
    let unknown = || Problem::UnknownExport {
        detail: format!("there is no export {id:?}; GET /v1/exports lists them"),
    };
    let parsed = JobId::parse(id).ok_or_else(unknown)?;
    let job = app.exports.jobs().get(viewer, &parsed).await.map_err(|error| no_answer(&error))?;
    job.filter(|job| job.kind == callhouse_exports::KIND).ok_or_else(unknown)
}

fn no_answer(error: &callhouse_lake::Error) -> Problem {
    tracing::error!(error = chain(error), "a job could not be looked up");
    Problem::Unavailable { detail: "the catalog does not answer" }
}
