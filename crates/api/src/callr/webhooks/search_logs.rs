//! `webhooks.search_logs`: filtered, ordered pages of the log of deliveries.

use callhouse_lake::accounts::AccessScope;
use callhouse_query::SortDirection;
use serde::Serialize;

use super::log::{self, Detail, Records};
use crate::callr::error::Error;
use crate::callr::method::{Answer, Context, Method};
use crate::callr::params::{Count, Object, Params, Properties};

/// Hits of a page when nothing is said, and at most.
const DEFAULT_QUANTITY: u64 = 100;
const MAX_QUANTITY: u64 = 10_000;

pub(in crate::callr) const METHOD: Method = Method {
    name: "webhooks.search_logs",
    needs: Some(AccessScope::Read),
    run: |context, params| Box::pin(run(context, params)),
};

/// CALLR's `Search.Results`.
#[derive(Serialize)]
struct Results {
    has_more: bool,
    hits: Records,
    offset: u64,
    total: u64,
}

async fn run(context: Context, mut params: Params) -> Result<Answer, Error> {
    let filters = log::filters::read(params.optional("filters")?)?;
    let options: Option<Object> = params.optional("options")?;
    params.finish()?;
    let detail = Detail::Summary;
    let mut search = log::query(filters, SortDirection::Descending, detail.columns());
    let mut options = Properties::new("options", options);
    search.offset = options.optional::<Count>("offset")?.map_or(0, |count| count.0);
    search.quantity = options.optional::<Count>("quantity")?.map_or(DEFAULT_QUANTITY, |count| count.0);
    if search.quantity > MAX_QUANTITY {
        return Err(options.unusable("quantity", format!("a page has at most {MAX_QUANTITY} hits")));
    }
    if let Some(order) = options.optional::<String>("order")? {
        search.order = parse_order(&order).ok_or_else(|| {
            let wanted =
                "order must be a property of the log, then ASC or DESC or nothing: \"attempted_at DESC\"";
            options.unusable("order", wanted)
        })?;
    }
    options.finish()?;
    let page = context.engine().search_rows(&context.scope(), &search).await?;
    Answer::of(&Results {
        has_more: page.has_more,
        hits: Records::new(detail, &page.rows)?,
        offset: page.offset,
        total: page.total,
    })
}

/// `"property [ASC|DESC]"`, ascending when nothing is said; `None` for anything else.
fn parse_order(text: &str) -> Option<(&'static str, SortDirection)> {
    let mut words = text.split_ascii_whitespace();
    let column = match words.next()? {
        "attempted_at" => "attempted_at",
        "duration_ms" => "duration_ms",
        "endpoint" => "endpoint",
        "event_date" => "event_at",
        "event_id" => "event_id",
        "http_code" => "http_code",
        "status" => "status",
        "try" => "try_number",
        "type" => "event_type",
        _ => return None,
    };
    let direction = match words.next().map(str::to_ascii_uppercase).as_deref() {
        None | Some("ASC") => SortDirection::Ascending,
        Some("DESC") => SortDirection::Descending,
        Some(_) => return None,
    };
    words.next().is_none().then_some((column, direction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_a_property_and_a_direction() {
        assert_eq!(parse_order("try desc"), Some(("try_number", SortDirection::Descending)));
        assert_eq!(parse_order("event_date"), Some(("event_at", SortDirection::Ascending)));
        for bad in ["", "colour", "try UP", "try DESC, status", "request_body"] {
            assert_eq!(parse_order(bad), None, "{bad}");
        }
    }
}
