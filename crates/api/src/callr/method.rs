//! What a method is: a name and a function from who asks and what to an answer.

use std::sync::Arc;

use arrow::array::RecordBatch;
use callhouse_lake::accounts::{AccessScope, Accounts, Principal};
use callhouse_query::{Engine, Scope};
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::app::App;
use crate::callr::error::Error;
use crate::callr::params::Params;
use crate::{access, scope};

/// A method of the API.
pub(super) struct Method {
    /// As it goes over the wire, for example `cdr.get`.
    pub(super) name: &'static str,
    /// What credentials must be good for; `None` when any will do.
    pub(super) needs: Option<AccessScope>,
    pub(super) run: fn(Context, Params) -> BoxFuture<'static, Result<Answer, Error>>,
}

/// Who asks, and what there is to ask.
pub(super) struct Context {
    pub(super) app: Arc<App>,
    pub(super) principal: Principal,
}

impl Context {
    pub(super) fn engine(&self) -> &Engine {
        &self.app.engine
    }

    /// The accounts as the caller changes them: the audit log names the caller.
    pub(super) fn accounts(&self) -> Accounts {
        access::accounts(&self.app, &self.principal)
    }

    /// Whose rows the caller may see (TEN-1).
    pub(super) fn scope(&self) -> Scope {
        scope::of(&self.principal)
    }
}

/// The `result` member as JSON.
pub(super) enum Answer {
    Whole(Box<RawValue>),
    /// Pieces that make one JSON value when put together, made while the answer is being sent, so that a long list
    /// is never whole in memory. A piece that fails cuts the connection: the client must not take half for all.
    Pieces(Pieces),
}

pub(super) type Pieces = Box<dyn Iterator<Item = Result<Vec<u8>, Error>> + Send>;

/// The pieces of an array of rows: its opening, one piece per batch, its end. `read` gives the number of rows of a batch
/// and what writes one of them as JSON.
pub(super) fn array<W>(
    batches: Vec<RecordBatch>,
    read: impl Fn(&RecordBatch) -> Result<(usize, W), Error> + Send + 'static,
) -> Pieces
where
    W: Fn(usize, &mut Vec<u8>) -> Result<(), Error>,
{
    let mut first = true;
    let rows = batches.into_iter().map(move |batch| {
        let (rows, write) = read(&batch)?;
        let mut piece = Vec::new();
        for row in 0..rows {
            if !std::mem::take(&mut first) {
                piece.push(b',');
            }
            write(row, &mut piece)?;
        }
        Ok(piece)
    });
    let one = |bracket: &[u8]| std::iter::once(Ok(bracket.to_vec()));
    Box::new(one(b"[").chain(rows).chain(one(b"]")))
}

impl Answer {
    pub(super) fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, Error> {
        to_raw_value(value).map(Self::Whole).map_err(Error::Encode)
    }
}
