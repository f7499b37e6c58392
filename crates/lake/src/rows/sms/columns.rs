//! The columns of `sms` and `sms_recent`, in order, each with its type and the part of a record that owns it, and the
//! groups they make up.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::SchemaRef;
use callhouse_core::record::sms::Fate;

use super::encode::derive_rows;
use crate::rows::record_schema::{Rank, record_columns};
use crate::rows::{GroupColumns, Owner, RecordSchema};

use Owner::{Derived, Greatest, Group, Identity, Least, Personal, Stamp};

// Groups by their place in GROUPS.
pub(super) const CREATION: usize = 0;
pub(super) const PARTIES: usize = 1;
pub(super) const CONTENT: usize = 2;
pub(super) const SEGMENTS: usize = 3;
pub(super) const QUEUE: usize = 4;
pub(super) const SENDING: usize = 5;
pub(super) const OUTCOME: usize = 6;
pub(super) const RATING: usize = 7;

record_columns! {
    /// A column of `sms`; the discriminant is its index.
    SmsColumn {
        Account "account" text Identity;
        SmsId "sms_id" text Identity;
        Hash "hash" text Identity;
        Source "source" text Group(PARTIES);
        FirstEventAt "first_event_at" instant Least;
        LastEventAt "last_event_at" instant Greatest;
        CreatedAt "created_at" instant Group(CREATION);
        Direction "direction" text Derived;
        FromNumber "from_number" text Personal(PARTIES);
        FromNumberRaw "from_number_raw" text Personal(PARTIES);
        FromCountry "from_country" text Group(PARTIES);
        FromNumberType "from_number_type" text Group(PARTIES);
        ToNumber "to_number" text Personal(PARTIES);
        ToNumberRaw "to_number_raw" text Personal(PARTIES);
        ToCountry "to_country" text Group(PARTIES);
        ToNumberType "to_number_type" text Group(PARTIES);
        Nature "nature" text Group(PARTIES);
        UserData "user_data" text Personal(PARTIES);
        Trunk "trunk" text Group(PARTIES);
        WebhookEndpoint "webhook_endpoint" text Group(PARTIES);
        Text "text" text Personal(CONTENT);
        MessageClass "message_class" int16 Group(CONTENT);
        ForcedEncoding "forced_encoding" text Group(CONTENT);
        Encoding "encoding" text Derived;
        Parts "parts" int32 Derived;
        QueuedAt "queued_at" instant Group(QUEUE);
        SentAt "sent_at" instant Group(SENDING);
        FinishedAt "finished_at" instant Group(OUTCOME);
        ErrorCode "error_code" text Group(OUTCOME);
        StatusError "status_error" text Group(OUTCOME);
        RatedAt "rated_at" instant Group(RATING);
        Currency "currency" text Group(RATING);
        Debit "debit" money Group(RATING);
        Credit "credit" money Group(RATING);
        BillingMode "billing_mode" text Group(RATING);
        CostLabel "cost_label" text Group(RATING);
        RedactedAt "redacted_at" instant Greatest;
        Status "status" text Derived;
        StatusAt "status_at" instant Derived;
        DeliveredAt "delivered_at" instant Derived;
        SendingMs "sending_ms" int64 Derived;
        DeliveryMs "delivery_ms" int64 Derived;
        CreationStamp "creation_stamp" int64 Stamp(CREATION);
        PartiesStamp "parties_stamp" int64 Stamp(PARTIES);
        ContentStamp "content_stamp" int64 Stamp(CONTENT);
        SegmentsStamp "segments_stamp" int64 Stamp(SEGMENTS);
        QueueStamp "queue_stamp" int64 Stamp(QUEUE);
        SendingStamp "sending_stamp" int64 Stamp(SENDING);
        OutcomeStamp "outcome_stamp" int64 Stamp(OUTCOME);
        RatingStamp "rating_stamp" int64 Stamp(RATING);
        DirectionStated "direction_stated" text Group(PARTIES);
        CountedEncoding "counted_encoding" text Group(CONTENT);
        CountedParts "counted_parts" int32 Group(CONTENT);
        StatedEncoding "stated_encoding" text Group(SEGMENTS);
        StatedParts "stated_parts" int32 Group(SEGMENTS);
        QueueStatus "queue_status" text Group(QUEUE);
        Outcome "outcome" text Group(OUTCOME);
    }
}

/// Columns that no row leaves null.
const REQUIRED: &[SmsColumn] = &[
    SmsColumn::Account,
    SmsColumn::SmsId,
    SmsColumn::Hash,
    SmsColumn::FirstEventAt,
    SmsColumn::LastEventAt,
    SmsColumn::Status,
];

macro_rules! indexes {
    ($($column:ident),+ $(,)?) => { &[$(SmsColumn::$column.index()),+] };
}

/// Parties always have a source. Content is not shown by its text, which a redaction takes away.
const GROUPS: &[GroupColumns] = &[
    GroupColumns {
        name: "creation",
        stamp: SmsColumn::CreationStamp.index(),
        authority: 0,
        reference: SmsColumn::CreatedAt.index(),
        content: indexes![CreatedAt],
        shown_by: indexes![CreatedAt],
    },
    GroupColumns {
        name: "parties",
        stamp: SmsColumn::PartiesStamp.index(),
        authority: 1,
        reference: SmsColumn::CreatedAt.index(),
        content: indexes![
            Source,
            DirectionStated,
            FromCountry,
            FromNumberType,
            ToCountry,
            ToNumberType,
            Nature,
            Trunk,
            WebhookEndpoint,
            FromNumber,
            FromNumberRaw,
            ToNumber,
            ToNumberRaw,
            UserData,
        ],
        shown_by: indexes![Source],
    },
    GroupColumns {
        name: "content",
        stamp: SmsColumn::ContentStamp.index(),
        authority: 1,
        reference: SmsColumn::CreatedAt.index(),
        content: indexes![MessageClass, ForcedEncoding, CountedEncoding, CountedParts, Text],
        shown_by: indexes![MessageClass, ForcedEncoding, CountedEncoding, CountedParts],
    },
    GroupColumns {
        name: "segments",
        stamp: SmsColumn::SegmentsStamp.index(),
        authority: 1,
        reference: SmsColumn::RatedAt.index(),
        content: indexes![StatedEncoding, StatedParts],
        shown_by: indexes![StatedEncoding, StatedParts],
    },
    GroupColumns {
        name: "queue",
        stamp: SmsColumn::QueueStamp.index(),
        authority: 0,
        reference: SmsColumn::QueuedAt.index(),
        content: indexes![QueuedAt, QueueStatus],
        shown_by: indexes![QueuedAt],
    },
    GroupColumns {
        name: "sending",
        stamp: SmsColumn::SendingStamp.index(),
        authority: 0,
        reference: SmsColumn::SentAt.index(),
        content: indexes![SentAt],
        shown_by: indexes![SentAt],
    },
    GroupColumns {
        name: "outcome",
        stamp: SmsColumn::OutcomeStamp.index(),
        authority: 1,
        reference: SmsColumn::FinishedAt.index(),
        content: indexes![FinishedAt, Outcome, ErrorCode, StatusError],
        shown_by: indexes![FinishedAt],
    },
    GroupColumns {
        name: "rating",
        stamp: SmsColumn::RatingStamp.index(),
        authority: 0,
        reference: SmsColumn::RatedAt.index(),
        content: indexes![RatedAt, Currency, Debit, Credit, BillingMode, CostLabel],
        shown_by: indexes![RatedAt],
    },
];

/// The enum whose variants are not declared in the order of their words.
const RANKS: &[(usize, Rank)] =
    &[(SmsColumn::Outcome.index(), |word| Fate::parse(word).map(|known| known as usize))];

/// The records of text messages.
pub(crate) static ROWS: LazyLock<RecordSchema> = LazyLock::new(|| RecordSchema {
    schema: SmsColumn::schema(REQUIRED),
    owners: SmsColumn::ALL.iter().map(|column| column.owner()).collect(),
    groups: GROUPS,
    ranks: RANKS,
    erased_at: SmsColumn::RedactedAt.index(),
    closed_at: SmsColumn::FinishedAt.index(),
    last_event_at: SmsColumn::LastEventAt.index(),
    derive: derive_rows,
});

/// The schema of both tables.
pub(crate) fn schema() -> SchemaRef {
    Arc::clone(&ROWS.schema)
}
