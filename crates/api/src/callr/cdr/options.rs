//! `Search.Options` of `cdr.search`: which page, in which order.

use callhouse_core::event::call::Direction;
use callhouse_query::{CallColumn, CallSearch, Order, SortDirection};

use crate::callr::error::Error;
use crate::callr::params::{Count, Object, Properties};

/// Hits of a page when nothing is said.
const DEFAULT_QUANTITY: u64 = 100;
/// Hits of a page at most.
const MAX_QUANTITY: u64 = 10_000;

/// Reads `options` into the page and order of a search.
pub(super) fn read(
    options: Option<Object>,
    direction: Direction,
    search: &mut CallSearch,
) -> Result<(), Error> {
    let mut options = Properties::new("options", options);
    search.offset = options.optional::<Count>("offset")?.map_or(0, |count| count.0);
    search.quantity = options.optional::<Count>("quantity")?.map_or(DEFAULT_QUANTITY, |count| count.0);
    if search.quantity > MAX_QUANTITY {
        return Err(options.unusable("quantity", format!("a page has at most {MAX_QUANTITY} hits")));
    }
    search.order = match options.optional::<String>("order")? {
        None => vec![Order { column: CallColumn::StartedAt, direction: SortDirection::Descending }],
        Some(text) => vec![parse_order(direction, &text).ok_or_else(|| {
            options.unusable(
                "order",
                "order must be a CDR property, then ASC or DESC or nothing: \"start DESC\"",
            )
        })?],
    };
    options.finish()
}

/// `"field [ASC|DESC]"`, ascending when nothing is said; `None` for anything else.
fn parse_order(direction: Direction, text: &str) -> Option<Order> {
    let mut words = text.split_ascii_whitespace();
    let column = CallColumn::of_cdr_field(direction, words.next()?)?;
    let direction = match words.next().map(str::to_ascii_uppercase).as_deref() {
        None | Some("ASC") => SortDirection::Ascending,
        Some("DESC") => SortDirection::Descending,
        Some(_) => return None,
    };
    words.next().is_none().then_some(Order { column, direction })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_a_field_and_a_direction() {
        let descending = |column| Some(Order { column, direction: SortDirection::Descending });
        let ascending = |column| Some(Order { column, direction: SortDirection::Ascending });
        let cases = [
            ("start DESC", descending(CallColumn::StartedAt)),
            ("start", ascending(CallColumn::StartedAt)),
            ("  duration  asc ", ascending(CallColumn::DurationSeconds)),
            ("number DESC", descending(CallColumn::ToNumber)),
            ("did_hash", None),
            ("start UP", None),
            ("start DESC, number", None),
            ("", None),
            ("started_at; DROP TABLE calls", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_order(Direction::Outbound, text), expected, "{text}");
        }
    }

    #[test]
    fn a_search_without_options_gives_the_newest_hundred() {
        let mut search = CallSearch::default();
        read(None, Direction::Inbound, &mut search).expect("good options");
        assert_eq!((search.offset, search.quantity), (0, 100));
        assert_eq!(search.order[0].direction, SortDirection::Descending);
    }
}
