//! `Search.Options` where hits are few enough to be at hand: which page of them, in which order.

use crate::callr::error::Error;
use crate::callr::params::{Count, Object, Params, Properties};

/// Hits of a page when nothing is said.
const DEFAULT_QUANTITY: u64 = 100;
/// Hits of a page at most.
const MAX_QUANTITY: u64 = 10_000;

/// Which page, in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page<K> {
    pub(super) offset: u64,
    pub(super) quantity: u64,
    pub(super) key: K,
    pub(super) descending: bool,
}

impl<K: Copy> Page<K> {
    /// Reads the next parameter, `options`. Hits may be in order of `keys`, by their names; as `usual`, a key and whether
    /// the greatest comes first, when nothing is said.
    pub(super) fn take(params: &mut Params, usual: (K, bool), keys: &[(&str, K)]) -> Result<Self, Error> {
        let mut options = Properties::new("options", params.optional::<Object>("options")?);
        let offset = options.optional::<Count>("offset")?.map_or(0, |count| count.0);
        let quantity = options.optional::<Count>("quantity")?.map_or(DEFAULT_QUANTITY, |count| count.0);
        if quantity > MAX_QUANTITY {
            return Err(options.unusable("quantity", format!("a page has at most {MAX_QUANTITY} hits")));
        }
        let order = options.optional::<String>("order")?;
        let Some((key, descending)) = order.map_or(Some(usual), |order| order_of(&order, keys)) else {
            let names: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
            let wanted = if names.is_empty() {
                "the order is always the same here".to_owned()
            } else {
                format!("order must be {}, then ASC or DESC or nothing", names.join(" or "))
            };
            return Err(options.unusable("order", wanted));
        };
        options.finish()?;
        Ok(Self { offset, quantity, key, descending })
    }

    /// The page of hits that are in order.
    pub(super) fn of<'h, T>(&self, hits: &'h [T]) -> &'h [T] {
        let index = |count: u64| usize::try_from(count).unwrap_or(usize::MAX).min(hits.len());
        let (start, end) = (index(self.offset), index(self.offset.saturating_add(self.quantity)));
        hits.get(start..end).unwrap_or_default()
    }

    /// Whether there are hits behind the page.
    pub(super) fn has_more(&self, total: usize) -> bool {
        self.offset.saturating_add(self.quantity) < u64::try_from(total).unwrap_or(u64::MAX)
    }
}

fn order_of<K: Copy>(text: &str, keys: &[(&str, K)]) -> Option<(K, bool)> {
    let mut words = text.split_ascii_whitespace();
    let name = words.next()?;
    let (_, key) = keys.iter().find(|(known, _)| *known == name)?;
    let descending = match words.next().map(str::to_ascii_uppercase).as_deref() {
        None | Some("ASC") => false,
        Some("DESC") => true,
        Some(_) => return None,
    };
    words.next().is_none().then_some((*key, descending))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn page(options: Value) -> Result<Page<char>, String> {
        let mut params = Params::new(vec![options]);
        Page::take(&mut params, ('l', false), &[("login", 'l'), ("hash", 'h')])
            .map_err(|error| error.message())
    }

    #[test]
    fn a_page_is_read_and_cut() {
        let first = page(json!(null)).expect("a page");
        assert_eq!((first.offset, first.quantity, first.key, first.descending), (0, 100, 'l', false));
        let second = page(json!({"offset": 2, "quantity": 2, "order": "hash desc"})).expect("a page");
        assert_eq!((second.key, second.descending), ('h', true));
        assert_eq!(second.of(&[1, 2, 3]), [3]);
        assert!(!second.has_more(4) && second.has_more(5));
        assert!(second.of(&[1]).is_empty());
        for bad in [json!({"order": "colour"}), json!({"order": "hash UP"}), json!({"quantity": 10_001})] {
            assert!(page(bad.clone()).is_err(), "{bad}");
        }
        let far = page(json!({"offset": u64::MAX, "quantity": 10})).expect("a page");
        assert!(far.of(&[1, 2]).is_empty() && !far.has_more(2));
    }
}
