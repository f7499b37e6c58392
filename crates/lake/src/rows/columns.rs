//! The columns of `calls` and `calls_recent`, in order, each with its type and the part of a record that owns it.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

/// The groups of a record (`callhouse_core::record`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum GroupName {
    Start,
    Parties,
    Ringing,
    Answer,
    End,
    Release,
    Quality,
    Rating,
}

impl GroupName {
    pub(crate) const ALL: [Self; 8] = [
        Self::Start,
        Self::Parties,
        Self::Ringing,
        Self::Answer,
        Self::End,
        Self::Release,
        Self::Quality,
        Self::Rating,
    ];

    pub(crate) const fn stamp(self) -> CallColumn {
        match self {
            Self::Start => CallColumn::StartStamp,
            Self::Parties => CallColumn::PartiesStamp,
            Self::Ringing => CallColumn::RingingStamp,
            Self::Answer => CallColumn::AnswerStamp,
            Self::End => CallColumn::EndStamp,
            Self::Release => CallColumn::ReleaseStamp,
            Self::Quality => CallColumn::QualityStamp,
            Self::Rating => CallColumn::RatingStamp,
        }
    }
}

/// The part of a record that a column comes from, hence how a join finds its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The same in all rows of a call.
    Identity,
    /// The least value of the rows.
    Least,
    /// The greatest value of the rows; null is less than any value.
    Greatest,
    /// Comes with the winner of a group.
    Group(GroupName),
    /// As `Group`, and emptied in an erased call.
    Personal(GroupName),
    /// Stated only where it is not the usual one.
    Stamp(GroupName),
    /// Computed from the joined groups.
    Derived,
}

macro_rules! call_columns {
    ($($variant:ident $name:literal $kind:ident $owner:expr;)+) => {
        /// A column of `calls`; the discriminant is its index.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum CallColumn { $($variant),+ }

        impl CallColumn {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];

            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            pub(crate) fn data_type(self) -> DataType {
                match self { $(Self::$variant => kind::$kind()),+ }
            }

            pub(crate) const fn owner(self) -> Owner {
                match self { $(Self::$variant => $owner),+ }
            }
        }
    };
}

mod kind {
    use arrow::datatypes::DataType;

    pub(super) fn text() -> DataType {
        DataType::Utf8
    }
    pub(super) fn instant() -> DataType {
        crate::rows::instant()
    }
    pub(super) fn int16() -> DataType {
        DataType::Int16
    }
    pub(super) fn int32() -> DataType {
        DataType::Int32
    }
    pub(super) fn int64() -> DataType {
        DataType::Int64
    }
    pub(super) fn score() -> DataType {
        DataType::Decimal128(5, 3)
    }
    pub(super) fn money() -> DataType {
        DataType::Decimal128(18, 6)
    }
}

use GroupName::{Answer, End, Parties, Quality, Rating, Release, Ringing, Start};
use Owner::{Derived, Greatest, Group, Identity, Least, Personal, Stamp};

call_columns! {
    Account "account" text Identity;
    CallId "call_id" text Identity;
    Callid "callid" int64 Identity;
    Source "source" text Group(Parties);
    FirstEventAt "first_event_at" instant Least;
    LastEventAt "last_event_at" instant Greatest;
    StartedAt "started_at" instant Group(Start);
    Direction "direction" text Group(Parties);
    FromNumber "from_number" text Personal(Parties);
    FromNumberRaw "from_number_raw" text Personal(Parties);
    FromCountry "from_country" text Group(Parties);
    FromNumberType "from_number_type" text Group(Parties);
    FromName "from_name" text Personal(Parties);
    FromPresentation "from_presentation" text Group(Parties);
    ToNumber "to_number" text Personal(Parties);
    ToNumberRaw "to_number_raw" text Personal(Parties);
    ToCountry "to_country" text Group(Parties);
    ToNumberType "to_number_type" text Group(Parties);
    ForwardedFrom "forwarded_from" text Personal(Parties);
    DidHash "did_hash" text Group(Parties);
    DidNumber "did_number" text Group(Parties);
    AppHash "app_hash" text Group(Parties);
    AppName "app_name" text Group(Parties);
    AppPackage "app_package" text Group(Parties);
    CustomerField "customer_field" text Personal(Parties);
    ParentCallId "parent_call_id" text Group(Parties);
    ParentCallid "parent_callid" int64 Group(Parties);
    GroupId "group_id" text Group(Parties);
    Trunk "trunk" text Group(Parties);
    SourceIp "source_ip" text Personal(Parties);
    UserAgent "user_agent" text Personal(Parties);
    RingingAt "ringing_at" instant Group(Ringing);
    AnsweredAt "answered_at" instant Group(Answer);
    AnsweredBy "answered_by" text Group(Answer);
    EndedAt "ended_at" instant Group(End);
    ReleaseCause "release_cause" int16 Group(Release);
    ReleaseSource "release_source" text Group(Release);
    SipStatus "sip_status" int16 Group(Release);
    DialStatus "dial_status" text Derived;
    ReleaseReason "release_reason" text Group(Release);
    Codec "codec" text Group(Quality);
    Mos "mos" score Group(Quality);
    JitterMs "jitter_ms" int32 Group(Quality);
    RoundTripMs "round_trip_ms" int32 Group(Quality);
    PacketsLost "packets_lost" int64 Group(Quality);
    RatedAt "rated_at" instant Group(Rating);
    Currency "currency" text Group(Rating);
    Debit "debit" money Group(Rating);
    Credit "credit" money Group(Rating);
    BilledSeconds "billed_seconds" int64 Group(Rating);
    CostLabel "cost_label" text Group(Rating);
    ErasedAt "erased_at" instant Greatest;
    Status "status" text Derived;
    DurationMs "duration_ms" int64 Derived;
    TalkMs "talk_ms" int64 Derived;
    DurationSeconds "duration_seconds" int64 Derived;
    TalkSeconds "talk_seconds" int64 Derived;
    RingingMs "ringing_ms" int64 Derived;
    PostDialDelayMs "post_dial_delay_ms" int64 Derived;
    StartStamp "start_stamp" int64 Stamp(Start);
    PartiesStamp "parties_stamp" int64 Stamp(Parties);
    RingingStamp "ringing_stamp" int64 Stamp(Ringing);
    AnswerStamp "answer_stamp" int64 Stamp(Answer);
    EndStamp "end_stamp" int64 Stamp(End);
    ReleaseStamp "release_stamp" int64 Stamp(Release);
    QualityStamp "quality_stamp" int64 Stamp(Quality);
    RatingStamp "rating_stamp" int64 Stamp(Rating);
    DialStatusStated "dial_status_stated" text Group(Release);
}

impl CallColumn {
    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    const fn nullable(self) -> bool {
        use CallColumn::{Account, CallId, Callid, FirstEventAt, LastEventAt, Status};
        !matches!(self, Account | CallId | Callid | FirstEventAt | LastEventAt | Status)
    }
}

/// The schema of both tables.
pub(super) fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let field = |column: &CallColumn| Field::new(column.name(), column.data_type(), column.nullable());
        Arc::new(Schema::new(CallColumn::ALL.iter().map(field).collect::<Vec<_>>()))
    });
    Arc::clone(&SCHEMA)
}
