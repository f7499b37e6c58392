//! The records that subjects are about, looked up many at a time.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use callhouse_core::AccountId;
use callhouse_core::event::call::Direction;
use callhouse_query::{Engine, Scope};

use super::{WebhookData, WebhookSubject};
use crate::callr::error::Error;
use crate::callr::fields::Fields;

/// Records looked up by one question.
const RECORDS_PER_QUESTION: usize = 500;

/// Where the records of a family are, and how rows of them are read.
pub(super) struct Kind<C> {
    pub(super) table: &'static str,
    /// The column of the source's own id.
    pub(super) key: &'static str,
    /// Columns that the objects are made of.
    pub(super) columns: &'static [&'static str],
    pub(super) read: fn(&RecordBatch) -> Result<C, Error>,
}

/// Makes the data of each subject, in their order. `says` is the direction a type of webhook is about and what else is to
/// be known of it, `write` the object of a row.
pub(super) async fn data<C, S: Copy>(
    engine: &Engine,
    kind: &Kind<C>,
    subjects: &[WebhookSubject<'_>],
    says: impl Fn(&str) -> Option<(Direction, S)>,
    write: impl Fn(&C, usize, (Direction, S), &mut Vec<u8>) -> Result<(), Error>,
) -> Result<Vec<WebhookData>, Error> {
    let mut data = Vec::with_capacity(subjects.len());
    for subjects in subjects.chunks(RECORDS_PER_QUESTION) {
        let found = Found::read(engine, kind, subjects).await?;
        for subject in subjects {
            data.push(match says(subject.webhook_type) {
                Some(says) => found.data(subject, says, &write)?,
                None => WebhookData::Nothing,
            });
        }
    }
    Ok(data)
}

/// The records of some subjects.
struct Found<C> {
    batches: Vec<C>,
    /// By account and id: where the record is, and which way the thing went.
    places: HashMap<(String, String), Place>,
}

struct Place {
    batch: usize,
    row: usize,
    direction: Option<Direction>,
}

impl<C> Found<C> {
    async fn read(engine: &Engine, kind: &Kind<C>, subjects: &[WebhookSubject<'_>]) -> Result<Self, Error> {
        let mut accounts: Vec<AccountId> = subjects.iter().map(|subject| subject.account.clone()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let mut ids: Vec<&str> = subjects.iter().map(|subject| subject.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut columns = [kind.columns, &["account", kind.key, "direction"]].concat();
        columns.sort_unstable();
        columns.dedup();
        let scope = Scope::Accounts(accounts);
        let rows = engine.rows_by(&scope, kind.table, kind.key, &ids, &columns).await?;
        let mut found = Self { batches: Vec::with_capacity(rows.len()), places: HashMap::new() };
        for (batch, rows) in rows.iter().enumerate() {
            let fields = Fields::new(rows);
            let (account, id) = (fields.text("account")?, fields.text(kind.key)?);
            let direction = fields.text("direction")?;
            for row in 0..rows.num_rows() {
                let Some((account, id)) = account.get(row).zip(id.get(row)) else { continue };
                let direction = direction.get(row).and_then(Direction::parse);
                found.places.insert((account.to_owned(), id.to_owned()), Place { batch, row, direction });
            }
            found.batches.push((kind.read)(rows)?);
        }
        Ok(found)
    }

    fn data<S: Copy>(
        &self,
        subject: &WebhookSubject<'_>,
        says: (Direction, S),
        write: impl Fn(&C, usize, (Direction, S), &mut Vec<u8>) -> Result<(), Error>,
    ) -> Result<WebhookData, Error> {
        let key = (subject.account.as_str().to_owned(), subject.id.to_owned());
        let Some(place) = self.places.get(&key) else { return Ok(WebhookData::NotYet) };
        match place.direction {
            None => return Ok(WebhookData::NotYet),
            Some(direction) if direction != says.0 => return Ok(WebhookData::Nothing),
            Some(_) => {}
        }
        let Some(columns) = self.batches.get(place.batch) else { return Ok(WebhookData::NotYet) };
        let mut json = Vec::new();
        write(columns, place.row, says, &mut json)?;
        // The writer of JSON writes UTF-8.
        Ok(String::from_utf8(json).map_or(WebhookData::Nothing, WebhookData::Data))
    }
}
