//! From one event to the partial record it states.

use crate::event::Event;
use crate::phone::PhoneBook;
use crate::record::CallRecord;

/// The partial record one event states; `None` for events that are not about calls.
#[must_use]
pub fn fold(event: &Event, phones: &mut PhoneBook) -> Option<CallRecord> {
    let _ = (event, phones);
    None
}
