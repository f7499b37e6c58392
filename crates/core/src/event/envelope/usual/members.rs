//! Members of an event's data in their usual form, for the families' own lists of them.

use super::cursor::Cursor;
use crate::money::Money;
use crate::time::Timestamp;

/// Reads one member of an object: a line of number, name, field and reader for each there is. Others are passed over.
macro_rules! members {
    ($data:ident, $seen:ident, $cursor:ident, $name:ident; $($number:literal $text:literal $field:ident $read:expr;)+) => {
        match $name.as_bytes() {
            $($text => {
                $seen.first($number)?;
                $data.$field = $crate::event::envelope::usual::members::nullable($cursor, $read)?;
            })+
            _ => return $cursor.pass_over($crate::event::envelope::usual::DEEPEST),
        }
    };
}

pub(in crate::event) use members;

/// The members met so far, a bit each, by their number in [`members`].
#[derive(Debug, Default)]
pub(in crate::event) struct Seen(u64);

impl Seen {
    /// `None` when the member was there before.
    pub(in crate::event) fn first(&mut self, number: u32) -> Option<()> {
        let bit = 1 << number;
        let is_first = self.0 & bit == 0;
        self.0 |= bit;
        is_first.then_some(())
    }
}

/// A value or `null`, which states nothing.
pub(in crate::event) fn nullable<'a, T>(
    cursor: &mut Cursor<'a>,
    read: impl FnOnce(&mut Cursor<'a>) -> Option<T>,
) -> Option<Option<T>> {
    if cursor.peek()? == b'n' {
        return cursor.word("null").map(|()| None);
    }
    read(cursor).map(Some)
}

pub(in crate::event) fn text(cursor: &mut Cursor<'_>) -> Option<Box<str>> {
    cursor.string().map(Into::into)
}

pub(in crate::event) fn instant(cursor: &mut Cursor<'_>) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(cursor.string()?)
}

pub(in crate::event) fn money(cursor: &mut Cursor<'_>) -> Option<Money> {
    cursor.string()?.parse().ok()
}

/// A whole number that the field can hold.
pub(in crate::event) fn number<T: TryFrom<i64>>(cursor: &mut Cursor<'_>) -> Option<T> {
    cursor.whole_number()?.try_into().ok()
}
