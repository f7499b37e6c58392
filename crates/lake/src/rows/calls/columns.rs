//! The columns of `calls` and `calls_recent`, in order, each with its type and the part of a record that owns it, and the
//! groups they make up.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::SchemaRef;
use callhouse_core::event::call::{DialStatus, ReleaseSource};

use super::encode::derive_rows;
use crate::rows::record_schema::{Rank, record_columns};
use crate::rows::{GroupColumns, Owner, RecordSchema};

use Owner::{Derived, Greatest, Group, Identity, Least, Personal, Stamp};

// Groups by their place in GROUPS.
pub(super) const START: usize = 0;
pub(crate) const PARTIES: usize = 1;
pub(super) const RINGING: usize = 2;
pub(super) const ANSWER: usize = 3;
pub(super) const END: usize = 4;
pub(crate) const RELEASE: usize = 5;
pub(super) const QUALITY: usize = 6;
pub(super) const RATING: usize = 7;

record_columns! {
    /// A column of `calls`; the discriminant is its index.
    CallColumn {
        Account "account" text Identity;
        CallId "call_id" text Identity;
        Callid "callid" int64 Identity;
        Source "source" text Group(PARTIES);
        FirstEventAt "first_event_at" instant Least;
        LastEventAt "last_event_at" instant Greatest;
        StartedAt "started_at" instant Group(START);
        Direction "direction" text Group(PARTIES);
        FromNumber "from_number" text Personal(PARTIES);
        FromNumberRaw "from_number_raw" text Personal(PARTIES);
        FromCountry "from_country" text Group(PARTIES);
        FromNumberType "from_number_type" text Group(PARTIES);
        FromName "from_name" text Personal(PARTIES);
        FromPresentation "from_presentation" text Group(PARTIES);
        ToNumber "to_number" text Personal(PARTIES);
        ToNumberRaw "to_number_raw" text Personal(PARTIES);
        ToCountry "to_country" text Group(PARTIES);
        ToNumberType "to_number_type" text Group(PARTIES);
        ForwardedFrom "forwarded_from" text Personal(PARTIES);
        DidHash "did_hash" text Group(PARTIES);
        DidNumber "did_number" text Group(PARTIES);
        AppHash "app_hash" text Group(PARTIES);
        AppName "app_name" text Group(PARTIES);
        AppPackage "app_package" text Group(PARTIES);
        CustomerField "customer_field" text Personal(PARTIES);
        ParentCallId "parent_call_id" text Group(PARTIES);
        ParentCallid "parent_callid" int64 Group(PARTIES);
        GroupId "group_id" text Group(PARTIES);
        Trunk "trunk" text Group(PARTIES);
        SourceIp "source_ip" text Personal(PARTIES);
        UserAgent "user_agent" text Personal(PARTIES);
        RingingAt "ringing_at" instant Group(RINGING);
        AnsweredAt "answered_at" instant Group(ANSWER);
        AnsweredBy "answered_by" text Group(ANSWER);
        EndedAt "ended_at" instant Group(END);
        ReleaseCause "release_cause" int16 Group(RELEASE);
        ReleaseSource "release_source" text Group(RELEASE);
        SipStatus "sip_status" int16 Group(RELEASE);
        DialStatus "dial_status" text Derived;
        ReleaseReason "release_reason" text Group(RELEASE);
        Codec "codec" text Group(QUALITY);
        Mos "mos" score Group(QUALITY);
        JitterMs "jitter_ms" int32 Group(QUALITY);
        RoundTripMs "round_trip_ms" int32 Group(QUALITY);
        PacketsLost "packets_lost" int64 Group(QUALITY);
        RatedAt "rated_at" instant Group(RATING);
        Currency "currency" text Group(RATING);
        Debit "debit" money Group(RATING);
        Credit "credit" money Group(RATING);
        BilledSeconds "billed_seconds" int64 Group(RATING);
        CostLabel "cost_label" text Group(RATING);
        ErasedAt "erased_at" instant Greatest;
        Status "status" text Derived;
        DurationMs "duration_ms" int64 Derived;
        TalkMs "talk_ms" int64 Derived;
        DurationSeconds "duration_seconds" int64 Derived;
        TalkSeconds "talk_seconds" int64 Derived;
        RingingMs "ringing_ms" int64 Derived;
        PostDialDelayMs "post_dial_delay_ms" int64 Derived;
        StartStamp "start_stamp" int64 Stamp(START);
        PartiesStamp "parties_stamp" int64 Stamp(PARTIES);
        RingingStamp "ringing_stamp" int64 Stamp(RINGING);
        AnswerStamp "answer_stamp" int64 Stamp(ANSWER);
        EndStamp "end_stamp" int64 Stamp(END);
        ReleaseStamp "release_stamp" int64 Stamp(RELEASE);
        QualityStamp "quality_stamp" int64 Stamp(QUALITY);
        RatingStamp "rating_stamp" int64 Stamp(RATING);
        DialStatusStated "dial_status_stated" text Group(RELEASE);
    }
}

/// Columns that no row leaves null.
const REQUIRED: &[CallColumn] = &[
    CallColumn::Account,
    CallColumn::CallId,
    CallColumn::Callid,
    CallColumn::FirstEventAt,
    CallColumn::LastEventAt,
    CallColumn::Status,
];

macro_rules! indexes {
    ($($column:ident),+ $(,)?) => { &[$(CallColumn::$column.index()),+] };
}

/// `parent_callid` is in no content: it follows from `parent_call_id`. Parties always have a source.
const GROUPS: &[GroupColumns] = &[
    GroupColumns {
        name: "start",
        stamp: CallColumn::StartStamp.index(),
        authority: 0,
        reference: CallColumn::StartedAt.index(),
        content: indexes![StartedAt],
        shown_by: indexes![StartedAt],
    },
    GroupColumns {
        name: "parties",
        stamp: CallColumn::PartiesStamp.index(),
        authority: 1,
        reference: CallColumn::StartedAt.index(),
        content: indexes![
            Source,
            Direction,
            FromCountry,
            FromNumberType,
            FromPresentation,
            ToCountry,
            ToNumberType,
            DidHash,
            DidNumber,
            AppHash,
            AppName,
            AppPackage,
            ParentCallId,
            GroupId,
            Trunk,
            FromNumber,
            FromNumberRaw,
            FromName,
            ToNumber,
            ToNumberRaw,
            ForwardedFrom,
            CustomerField,
            SourceIp,
            UserAgent,
        ],
        shown_by: indexes![Source],
    },
    GroupColumns {
        name: "ringing",
        stamp: CallColumn::RingingStamp.index(),
        authority: 0,
        reference: CallColumn::RingingAt.index(),
        content: indexes![RingingAt],
        shown_by: indexes![RingingAt],
    },
    GroupColumns {
        name: "answer",
        stamp: CallColumn::AnswerStamp.index(),
        authority: 0,
        reference: CallColumn::AnsweredAt.index(),
        content: indexes![AnsweredAt, AnsweredBy],
        shown_by: indexes![AnsweredAt, AnsweredBy],
    },
    GroupColumns {
        name: "end",
        stamp: CallColumn::EndStamp.index(),
        authority: 0,
        reference: CallColumn::EndedAt.index(),
        content: indexes![EndedAt],
        shown_by: indexes![EndedAt],
    },
    GroupColumns {
        name: "release",
        stamp: CallColumn::ReleaseStamp.index(),
        authority: 1,
        reference: CallColumn::EndedAt.index(),
        content: indexes![ReleaseCause, ReleaseSource, SipStatus, DialStatusStated, ReleaseReason,],
        shown_by: indexes![ReleaseCause, ReleaseSource, SipStatus, DialStatusStated, ReleaseReason,],
    },
    GroupColumns {
        name: "quality",
        stamp: CallColumn::QualityStamp.index(),
        authority: 1,
        reference: CallColumn::EndedAt.index(),
        content: indexes![Codec, Mos, JitterMs, RoundTripMs, PacketsLost],
        shown_by: indexes![Codec, Mos, JitterMs, RoundTripMs, PacketsLost],
    },
    GroupColumns {
        name: "rating",
        stamp: CallColumn::RatingStamp.index(),
        authority: 0,
        reference: CallColumn::RatedAt.index(),
        content: indexes![RatedAt, Currency, Debit, Credit, BilledSeconds, CostLabel],
        shown_by: indexes![RatedAt, Currency, Debit, Credit, BilledSeconds, CostLabel],
    },
];

/// The two enums whose variants are not declared in the order of their words.
const RANKS: &[(usize, Rank)] = &[
    (CallColumn::ReleaseSource.index(), |word| ReleaseSource::parse(word).map(|known| known as usize)),
    (CallColumn::DialStatusStated.index(), |word| DialStatus::parse(word).map(|known| known as usize)),
];

/// The records of calls.
pub(crate) static ROWS: LazyLock<RecordSchema> = LazyLock::new(|| RecordSchema {
    schema: CallColumn::schema(REQUIRED),
    owners: CallColumn::ALL.iter().map(|column| column.owner()).collect(),
    groups: GROUPS,
    ranks: RANKS,
    erased_at: CallColumn::ErasedAt.index(),
    closed_at: CallColumn::EndedAt.index(),
    last_event_at: CallColumn::LastEventAt.index(),
    derive: derive_rows,
});

/// The schema of both tables.
pub(crate) fn schema() -> SchemaRef {
    Arc::clone(&ROWS.schema)
}
