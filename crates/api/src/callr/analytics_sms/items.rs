//! What the histories share: `[from, to, …, options]` and a named query with a row for every item.

use arrow::array::RecordBatch;
use callhouse_query::{Granularity, Param, Params as QueryParams, Scope};
use chrono_tz::Tz;

use super::figures::Figures;
use crate::callr::analytics::granularity;
use crate::callr::analytics::range::Range;
use crate::callr::error::Error;
use crate::callr::fields::Fields;
use crate::callr::format::datetime;
use crate::callr::method::Context;
use crate::callr::params::{Object, Params, Properties};
use crate::callr::whose::Whose;

/// Which items of whose messages.
pub(super) struct Question {
    range: Range,
    granularity: Granularity,
    zone: Tz,
    whose: Whose,
}

impl Question {
    /// Reads the options, which are the last parameter.
    pub(super) fn take(range: Range, mut params: Params) -> Result<Self, Error> {
        let mut options = Properties::new("options", params.optional::<Object>("options")?);
        let (granularity, zone) = granularity::take(&mut options, range)?;
        let whose = Whose::take(&mut options)?;
        options.finish()?;
        params.finish()?;
        Ok(Self { range, granularity, zone, whose })
    }

    /// The rows of a named query that takes a range, a bucket and a zone.
    pub(super) async fn ask(self, context: &Context, query: &'static str) -> Result<Vec<RecordBatch>, Error> {
        let scope: Scope = self.whose.scope(context).await?;
        let bound = QueryParams::from([
            ("from".to_owned(), Param::from(self.range.from)),
            ("to".to_owned(), Param::from(self.range.to)),
            ("bucket".to_owned(), Param::from(self.granularity.name())),
            ("time_zone".to_owned(), Param::from(self.zone.name())),
        ]);
        Ok(context.engine().named(&scope, query, &bound).await?)
    }
}

/// The items of a batch, in order.
pub(super) fn items(fields: &Fields<'_>) -> Result<Vec<Figures>, Error> {
    let dates = fields.instant("local_at")?;
    let items = Figures::of(fields)?.into_iter().enumerate();
    Ok(items.map(|(row, figures)| figures.at(dates.get(row).map(datetime))).collect())
}

/// The items of a batch with what a text column says of each.
pub(super) fn items_by(fields: &Fields<'_>, column: &str) -> Result<Vec<(String, Figures)>, Error> {
    let by = fields.text(column)?;
    let items = items(fields)?.into_iter().enumerate();
    Ok(items.filter_map(|(row, item)| Some((by.get(row)?.to_owned(), item))).collect())
}
