//! The groups of a call record. Field order is comparison order (REC-1), personal fields last.

use crate::event::call::{AnsweredBy, DialStatus, Direction, Presentation, ReleaseSource};
use crate::money::Money;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Start {
    pub started_at: Timestamp,
}

/// Who called whom through what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Parties {
    pub source: Box<str>,
    pub direction: Option<Direction>,
    pub from_country: Option<Box<str>>,
    pub from_number_type: Option<Box<str>>,
    pub from_presentation: Option<Presentation>,
    pub to_country: Option<Box<str>>,
    pub to_number_type: Option<Box<str>>,
    pub did_hash: Option<Box<str>>,
    pub did_number: Option<Box<str>>,
    pub app_hash: Option<Box<str>>,
    pub app_name: Option<Box<str>>,
    pub app_package: Option<Box<str>>,
    pub parent_call_id: Option<Box<str>>,
    pub group_id: Option<Box<str>>,
    pub trunk: Option<Box<str>>,
    // Personal from here on.
    pub from_number: Option<Box<str>>,
    pub from_number_raw: Option<Box<str>>,
    pub from_name: Option<Box<str>>,
    pub to_number: Option<Box<str>>,
    pub to_number_raw: Option<Box<str>>,
    pub forwarded_from: Option<Box<str>>,
    pub customer_field: Option<Box<str>>,
    pub source_ip: Option<Box<str>>,
    pub user_agent: Option<Box<str>>,
}

impl Parties {
    pub(crate) fn clear_personal(&mut self) {
        self.from_number = None;
        self.from_number_raw = None;
        self.from_name = None;
        self.to_number = None;
        self.to_number_raw = None;
        self.forwarded_from = None;
        self.customer_field = None;
        self.source_ip = None;
        self.user_agent = None;
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ringing {
    pub ringing_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answer {
    pub answered_at: Timestamp,
    pub answered_by: Option<AnsweredBy>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    pub ended_at: Timestamp,
}

/// Why the call ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Release {
    /// ITU-T Q.850; from the SIP status by RFC 3398 §8.2.6.1 when the source gives only that.
    pub release_cause: Option<u8>,
    pub release_source: Option<ReleaseSource>,
    pub sip_status: Option<u16>,
    pub dial_status: Option<DialStatus>,
    pub release_reason: Option<Box<str>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Quality {
    pub codec: Option<Box<str>>,
    pub mos_milli: Option<i32>,
    pub jitter_ms: Option<i32>,
    pub round_trip_ms: Option<i32>,
    pub packets_lost: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rating {
    pub rated_at: Timestamp,
    pub currency: Option<Box<str>>,
    pub debit: Option<Money>,
    pub credit: Option<Money>,
    pub billed_seconds: Option<i64>,
    pub cost_label: Option<Box<str>>,
}
