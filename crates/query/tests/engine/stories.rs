//! A few calls and a few text messages of two accounts, told by their events.

use callhouse_core::event::Event;
use callhouse_core::event::call::Direction;
use callhouse_core::{CallRecord, SmsRecord, Timestamp};
use callhouse_lake::{Family, StoredRecord};
use callhouse_testkit::events::{CallStory, SmsStory};

use crate::lake::at;

/// How many there are of each family.
pub(crate) const RECORDS: usize = 8;
/// Each has at least so many events.
pub(crate) const EVENTS: usize = 4;

/// The stories of one family.
pub(crate) trait Stories {
    type Record: StoredRecord;

    /// The events of a record.
    fn events(index: usize) -> Vec<Event>;

    fn family() -> Family {
        Self::Record::FAMILY
    }
}

/// When a record begins: some at the same hour of several days, some in another month and within an hour.
pub(crate) fn began_at(index: usize) -> Timestamp {
    let hours = i64::try_from(index).expect("small") * 7 * 3_600_000_000;
    let first = if index < 5 { "2026-03-01T00:00:00Z" } else { "2026-04-03T00:20:00Z" };
    at(first).plus_micros(hours)
}

fn account(index: usize) -> &'static str {
    ["acme", "beta"][index % 2]
}

pub(crate) struct Calls;

impl Stories for Calls {
    type Record = CallRecord;

    fn events(index: usize) -> Vec<Event> {
        let mut story = CallStory::new(account(index), &format!("c{index}"), began_at(index));
        story.talk_seconds = 10 + i64::try_from(index).expect("small");
        if !index.is_multiple_of(3) {
            story.direction = Direction::Inbound;
            story.from = ["+33611111111", "anonymous", "1001", "+33611111111"][index % 4].into();
        }
        story.all()
    }
}

pub(crate) struct Messages;

impl Stories for Messages {
    type Record = SmsRecord;

    /// Some come in; of the others a rating, a failure before the delivery and a redaction may be known alone.
    fn events(index: usize) -> Vec<Event> {
        let mut story = SmsStory::new(account(index), &format!("s{index}"), began_at(index));
        story.text = "long ".repeat(1 + 30 * index).into();
        match index % 3 {
            0 => vec![story.created(), story.sent(), story.failed(), story.delivered()],
            1 => vec![story.created(), story.rated(), story.failed(), story.redacted()],
            _ => vec![story.received(), story.rated(), story.redacted(), story.received()],
        }
    }
}
