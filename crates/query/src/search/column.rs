//! The columns a call search may be ordered by, and the CDR fields that name them.

use callhouse_core::event::call::Direction;

macro_rules! call_columns {
    ($($variant:ident = $column:literal),+ $(,)?) => {
        /// A column of `calls` that a search may be ordered by.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum CallColumn { $($variant),+ }

        impl CallColumn {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The column's SQL name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $column),+ }
            }
        }
    };
}

call_columns! {
    StartedAt = "started_at",
    AnsweredAt = "answered_at",
    EndedAt = "ended_at",
    Callid = "callid",
    ParentCallid = "parent_callid",
    FromNumber = "from_number",
    FromName = "from_name",
    FromCountry = "from_country",
    FromNumberType = "from_number_type",
    FromPresentation = "from_presentation",
    ToNumber = "to_number",
    ToCountry = "to_country",
    ToNumberType = "to_number_type",
    CustomerField = "customer_field",
    DidHash = "did_hash",
    DidNumber = "did_number",
    AppHash = "app_hash",
    AppName = "app_name",
    AppPackage = "app_package",
    DurationSeconds = "duration_seconds",
    TalkSeconds = "talk_seconds",
    BilledSeconds = "billed_seconds",
    ReleaseCause = "release_cause",
    ReleaseSource = "release_source",
    DialStatus = "dial_status",
    CostLabel = "cost_label",
    Debit = "debit",
    Credit = "credit",
}

impl CallColumn {
    /// The column behind a field of CALLR's `CDR.In` or `CDR.Out`; `None` when that object has no such field.
    #[must_use]
    pub fn of_cdr_field(direction: Direction, field: &str) -> Option<Self> {
        Self::of_common_field(field).or_else(|| match direction {
            Direction::Inbound => Self::of_inbound_field(field),
            Direction::Outbound => Self::of_outbound_field(field),
        })
    }

    fn of_common_field(field: &str) -> Option<Self> {
        Some(match field {
            "start" => Self::StartedAt,
            "answer" => Self::AnsweredAt,
            "hangup" => Self::EndedAt,
            "callid" => Self::Callid,
            "cli_name" => Self::FromName,
            "cli_number" => Self::FromNumber,
            "cli_pres" => Self::FromPresentation,
            "customer_field" => Self::CustomerField,
            "duration" => Self::DurationSeconds,
            "duration_answered" => Self::TalkSeconds,
            "duration_billed" => Self::BilledSeconds,
            "hangupcause" => Self::ReleaseCause,
            "hangupsource" => Self::ReleaseSource,
            "package_name" => Self::AppPackage,
            "scenario_hash" => Self::AppHash,
            "scenario_name" => Self::AppName,
            "billing_customer_cost_label" => Self::CostLabel,
            "billing_customer_credit_eur" => Self::Credit,
            "billing_customer_debit_eur" => Self::Debit,
            _ => return None,
        })
    }

    fn of_inbound_field(field: &str) -> Option<Self> {
        Some(match field {
            "cli_country_code" => Self::FromCountry,
            "cli_number_type" => Self::FromNumberType,
            "did_hash" => Self::DidHash,
            "did_intl_number" => Self::DidNumber,
            _ => return None,
        })
    }

    fn of_outbound_field(field: &str) -> Option<Self> {
        Some(match field {
            "callid_in" => Self::ParentCallid,
            "dialstatus" => Self::DialStatus,
            "number" => Self::ToNumber,
            "number_country_code" => Self::ToCountry,
            "number_type" => Self::ToNumberType,
            _ => return None,
        })
    }
}
