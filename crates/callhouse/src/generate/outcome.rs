//! How dialling ends: the shares of telecom practice, with cause, SIP status and CALLR's word for each.

/// One way a call attempt ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) answered: bool,
    /// Whether the called party's phone rang.
    pub(super) rang: bool,
    /// ITU-T Q.850.
    pub(super) release_cause: u8,
    pub(super) sip_status: u16,
    pub(super) dial_status: &'static str,
    pub(super) release_reason: &'static str,
}

const fn outcome(
    rang: bool,
    release_cause: u8,
    sip_status: u16,
    dial_status: &'static str,
    release_reason: &'static str,
) -> Outcome {
    Outcome { answered: sip_status == 200, rang, release_cause, sip_status, dial_status, release_reason }
}

/// Answered, as every trunk's own share of calls ends.
pub(super) const ANSWERED: Outcome = outcome(true, 16, 200, "ANSWER", "Normal call clearing");

/// The rest, in their shares per thousand of all attempts.
pub(super) const UNANSWERED: &[(u32, Outcome)] = &[
    (160, outcome(true, 19, 480, "NOANSWER", "No answer from user")),
    (90, outcome(true, 16, 487, "CANCEL", "Cancelled by the caller")),
    (80, outcome(false, 17, 486, "BUSY", "User busy")),
    (40, outcome(true, 21, 603, "BUSY", "Call rejected")),
    (30, outcome(false, 1, 404, "CHANUNAVAIL", "Unallocated number")),
    (10, outcome(false, 28, 484, "CHANUNAVAIL", "Invalid number format")),
    (14, outcome(false, 34, 503, "CONGESTION", "No circuit available")),
    (13, outcome(false, 41, 500, "CONGESTION", "Temporary failure")),
    (13, outcome(false, 42, 503, "CONGESTION", "Switching equipment congestion")),
    (20, outcome(false, 31, 480, "CHANUNAVAIL", "Normal, unspecified")),
    (4, outcome(false, 38, 502, "CONGESTION", "Network out of order")),
    (3, outcome(false, 20, 480, "CHANUNAVAIL", "Subscriber absent")),
    (3, outcome(false, 102, 504, "NOANSWER", "Recovery on timer expiry")),
];
