//! Random records of text messages.

use callhouse_core::event::call::Direction;
use callhouse_core::event::sms::{BillingMode, Nature};
use callhouse_core::gsm::Encoding;
use callhouse_core::record::sms::{
    Content, Creation, Fate, Outcome, Parties, Queue, QueueStatus, Rating, Segments, Sending,
};
use callhouse_core::{AccountId, SmsRecord};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::{any_of, group, instant, money, text};

fn parties() -> impl Strategy<Value = Parties> {
    let enums = (any_of(Direction::ALL), any_of(Nature::ALL));
    let texts = proptest::collection::vec(text(), 11);
    (enums, texts, select(vec!["", "smsc", "callr"])).prop_map(|((direction, nature), texts, source)| {
        let mut texts = texts.into_iter();
        let mut next = || texts.next().flatten();
        Parties {
            source: source.into(),
            direction,
            from_country: next(),
            from_number_type: next(),
            to_country: next(),
            to_number_type: next(),
            nature,
            trunk: next(),
            webhook_endpoint: next(),
            from_number: next(),
            from_number_raw: next(),
            to_number: next(),
            to_number_raw: next(),
            user_data: next(),
        }
    })
}

fn content() -> impl Strategy<Value = Content> {
    let encodings = (any_of(Encoding::ALL), any_of(Encoding::ALL));
    let full = (of(0..4_u8), encodings, of(1..3_i32), text()).prop_map(
        |(message_class, (forced_encoding, counted_encoding), counted_parts, text)| Content {
            message_class,
            forced_encoding,
            counted_encoding,
            counted_parts,
            text,
        },
    );
    prop_oneof![1 => Just(Content::default()), 4 => full]
}

fn segments() -> impl Strategy<Value = Segments> {
    (any_of(Encoding::ALL), of(1..3_i32)).prop_map(|(encoding, parts)| Segments { encoding, parts })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    (instant(), select(Fate::ALL), text(), text()).prop_map(
        |(finished_at, fate, error_code, status_error)| Outcome {
            finished_at,
            fate,
            error_code,
            status_error,
        },
    )
}

fn rating() -> impl Strategy<Value = Rating> {
    (instant(), text(), money(), money(), any_of(BillingMode::ALL), text()).prop_map(
        |(rated_at, currency, debit, credit, billing_mode, cost_label)| Rating {
            rated_at,
            currency,
            debit,
            credit,
            billing_mode,
            cost_label,
        },
    )
}

/// Records of a handful of messages of three accounts, redacted ones among them.
pub(crate) fn sms_record() -> impl Strategy<Value = SmsRecord> {
    let identity = (
        select(vec!["acme", "b2", "zeta"]),
        select(vec!["1", "8242D945", "x@host", "ünï"]),
        instant(),
        0..3_i64,
    );
    let message = (
        group(instant().prop_map(|created_at| Creation { created_at })),
        group(parties()),
        group(content()),
        group(segments()),
    );
    let queue = (instant(), select(QueueStatus::ALL));
    let steps = (
        group(queue.prop_map(|(queued_at, status)| Queue { queued_at, status })),
        group(instant().prop_map(|sent_at| Sending { sent_at })),
        group(outcome()),
        group(rating()),
        prop::option::weighted(0.1, instant()),
    );
    (identity, message, steps).prop_map(|(identity, message, steps)| {
        let (account, sms_id, first_event_at, later) = identity;
        let account = AccountId::new(account).expect("valid");
        let mut record = SmsRecord::empty(account, sms_id.into(), first_event_at);
        record.last_event_at = first_event_at.plus_micros(later * 1_000_000);
        (record.creation, record.parties, record.content, record.segments) = message;
        (record.queue, record.sending, record.outcome, record.rating, record.redacted_at) = steps;
        // Joining with itself is how a record with a redaction gets the form in which records are stored.
        record.join(record.clone());
        record
    })
}
