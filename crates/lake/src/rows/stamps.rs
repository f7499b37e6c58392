//! Stored stamps. The stamp of a group is mostly the authority of the event type that usually states it with an
//! instant the row shows anyway; then the stamp column is null. In a column of nulls, eight stamps cost nothing.
//!
//! | group | usual stamp | present without a stamp when |
//! |---|---|---|
//! | start, ringing, answer, end, rating | 0, its own instant | its instant is there |
//! | parties | 1, `started_at` | `source` is there |
//! | release, quality | 1, `ended_at` | any of its columns is there |
//!
//! Whatever is not recoverable that way (a correction, a group without content, a reference instant that is not
//! in the row) is stored. A row is therefore read alone: stored stamps are resolved before rows are joined, and
//! the joined row's stamps are stored anew against its own instants.

use callhouse_core::Timestamp;
use callhouse_core::record::Stamp;

use super::{CallColumn, GroupName};

/// The usual authority of a group and the column whose instant it is stamped with.
pub(crate) const fn usual(group: GroupName) -> (u8, CallColumn) {
    match group {
        GroupName::Start => (0, CallColumn::StartedAt),
        GroupName::Parties => (1, CallColumn::StartedAt),
        GroupName::Ringing => (0, CallColumn::RingingAt),
        GroupName::Answer => (0, CallColumn::AnsweredAt),
        GroupName::End => (0, CallColumn::EndedAt),
        GroupName::Release | GroupName::Quality => (1, CallColumn::EndedAt),
        GroupName::Rating => (0, CallColumn::RatedAt),
    }
}

/// The value of the stamp column: `None` when `stamp` follows from the row. `reference` is the instant in the
/// row's column of [`usual`], `shown` whether any column of the group is not null.
pub(crate) fn stored(
    group: GroupName,
    stamp: Stamp,
    reference: Option<Timestamp>,
    shown: bool,
) -> Option<i64> {
    let (authority, _) = usual(group);
    let follows = shown && reference.is_some_and(|at| Stamp::new(authority, at) == stamp);
    if follows { None } else { Some(stamp.packed()) }
}

/// The stamp of a group in a row; `None` when the row does not know the group. The inverse of [`stored`].
pub(crate) fn effective(
    group: GroupName,
    stored: Option<i64>,
    reference: Option<Timestamp>,
    shown: bool,
) -> Option<Stamp> {
    if let Some(packed) = stored {
        return Some(Stamp::from_packed(packed));
    }
    let (authority, _) = usual(group);
    reference.filter(|_| shown).map(|at| Stamp::new(authority, at))
}
