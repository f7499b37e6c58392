//! The log of deliveries: attempts as the API shows them, and how they are looked for.

pub(super) mod filters;
mod record;

use callhouse_query::{Params, SortDirection, WebhookLogSearch};

pub(super) use record::{Detail, Records};

/// A search of the log that has no page yet, by when attempts were made.
pub(super) fn query(
    params: Params,
    direction: SortDirection,
    columns: &'static [&'static str],
) -> WebhookLogSearch {
    WebhookLogSearch { params, order: ("attempted_at", direction), offset: 0, quantity: 0, columns }
}
