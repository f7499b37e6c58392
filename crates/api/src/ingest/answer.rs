//! What a producer is told about each of its events.

use callhouse_core::Rejection;
use serde::Serialize;

/// Rejections listed in one answer; the others are counted. All of them are in the `rejections` table.
pub(crate) const MAX_LISTED: usize = 1_000;

/// The body of 202 and 422.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Answer {
    /// Events now durable in the log that will be stored.
    pub(crate) accepted: usize,
    /// Elements now durable in the log that will be stored as rejections.
    pub(crate) rejected_count: usize,
    /// The first [`MAX_LISTED`] of them.
    pub(crate) rejected: Vec<Rejected>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Rejected {
    /// Which element of the request, from 0.
    index: usize,
    reason: &'static str,
    detail: String,
}

impl Answer {
    pub(crate) fn add(&mut self, index: usize, rejection: Option<Rejection>) {
        let Some(Rejection { reason, detail }) = rejection else {
            self.accepted += 1;
            return;
        };
        self.rejected_count += 1;
        if self.rejected.len() < MAX_LISTED {
            self.rejected.push(Rejected { index, reason: reason.as_str(), detail });
        }
    }
}

#[cfg(test)]
mod tests {
    use callhouse_core::RejectionReason;

    use super::*;

    #[test]
    fn an_answer_stays_bounded_and_counts_all() {
        let mut answer = Answer::default();
        for index in 0..MAX_LISTED + 5 {
            answer.add(index, Some(Rejection::new(RejectionReason::Malformed, "x")));
        }
        assert_eq!((answer.rejected.len(), answer.rejected_count), (MAX_LISTED, MAX_LISTED + 5));
    }
}
