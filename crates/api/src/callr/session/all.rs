//! `session.all`: the sessions of the account that work or can be refreshed. Tokens are not kept, so none is shown.

use callhouse_lake::accounts::Session;
use serde::Serialize;

use crate::callr::error::Error;
use crate::callr::format::datetime;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method =
    Method { name: "session.all", needs: None, run: |context, params| Box::pin(run(context, params)) };

#[derive(Serialize)]
struct Listed {
    created_at: String,
    id: i64,
    refreshable_until: String,
    valid_until: String,
}

impl From<Session> for Listed {
    fn from(session: Session) -> Self {
        Self {
            created_at: datetime(session.created_at),
            id: session.id,
            refreshable_until: datetime(session.refreshable_until),
            valid_until: datetime(session.valid_until),
        }
    }
}

async fn run(context: Context, params: Params) -> Result<Answer, Error> {
    params.finish()?;
    let sessions = context.app.accounts.sessions(&context.principal.account).await?;
    Answer::of(&sessions.into_iter().map(Listed::from).collect::<Vec<_>>())
}
