//! JSON-RPC errors: codes and the machine constants CALLR's clients match on.
//!
//! The constants follow what CALLR's own integration tests expect. Which number belongs to which constant is not
//! published; 150 and 151 are the vendor's for missing and unusable properties, the rest is JSON-RPC 2.0 §5.1.

use serde_json::json;

#[derive(Debug)]
pub(super) enum Error {
    /// The body is not JSON.
    Parse {
        detail: String,
    },
    /// The body is JSON and no call: `what` names the member that is wrong.
    InvalidRequest {
        what: &'static str,
        detail: &'static str,
    },
    MethodNotFound {
        method: String,
    },
    /// A positional parameter has the wrong type or form.
    ParamFormat {
        param: String,
        detail: String,
    },
    TooManyParams {
        expected: usize,
    },
    /// The right type, and a value that cannot be used.
    PropertyValue {
        path: String,
        detail: String,
    },
    PropertyType {
        path: String,
        detail: String,
    },
    PropertyMissing {
        path: String,
    },
    PropertyUnknown {
        path: String,
        known: Vec<&'static str>,
    },
    ToBeforeFrom,
    /// More rows than one answer carries.
    TooManyRows {
        limit: u64,
    },
    /// As many jobs as may be wait or run.
    TooManyJobs {
        limit: u32,
    },
    /// A method that these credentials cannot use.
    Forbidden {
        detail: &'static str,
    },
    /// The account has this type at this endpoint already.
    TypeEndpointDuplicate,
    /// The account has as many webhooks as it may.
    TooManyWebhooks {
        limit: i64,
    },
    /// The question costs more than it may.
    TooLarge {
        detail: String,
    },
    Query(callhouse_query::Error),
    Lake(callhouse_lake::Error),
    Column(arrow::error::ArrowError),
    Encode(serde_json::Error),
}

impl Error {
    pub(super) fn code(&self) -> i32 {
        match self {
            Self::Parse { .. } => -32_700,
            Self::InvalidRequest { .. } => -32_600,
            Self::MethodNotFound { .. } => -32_601,
            Self::ParamFormat { .. } | Self::TooManyParams { .. } => -32_602,
            Self::PropertyMissing { .. } => 150,
            Self::PropertyValue { .. }
            | Self::PropertyType { .. }
            | Self::PropertyUnknown { .. }
            | Self::ToBeforeFrom
            | Self::TooManyRows { .. }
            | Self::TooManyJobs { .. }
            | Self::TypeEndpointDuplicate
            | Self::TooManyWebhooks { .. }
            | Self::TooLarge { .. } => 151,
            Self::Forbidden { .. } => 100,
            Self::Query(_) | Self::Lake(_) | Self::Column(_) | Self::Encode(_) => -32_603,
        }
    }

    pub(super) fn message(&self) -> String {
        match self {
            Self::Parse { .. } => "PARSE_ERROR".to_owned(),
            Self::InvalidRequest { what, .. } => format!("INVALID_REQUEST [{what}]"),
            Self::MethodNotFound { .. } => "METHOD_NOT_FOUND".to_owned(),
            Self::ParamFormat { param, .. } => format!("INVALID_PARAM_FORMAT [{param}]"),
            Self::TooManyParams { .. } => "TOO_MANY_PARAMS".to_owned(),
            Self::PropertyMissing { path } => format!("PROPERTY_MISSING [{path}]"),
            Self::PropertyValue { path, .. } => format!("PROPERTY_VALUE_ERROR [{path}]"),
            Self::PropertyType { path, .. } => format!("PROPERTY_TYPE_ERROR [{path}]"),
            Self::PropertyUnknown { path, .. } => format!("PROPERTY_UNKNOWN [{path}]"),
            Self::ToBeforeFrom => "TO_BEFORE_FROM".to_owned(),
            Self::TooManyRows { .. } => "TOO_MANY_ROWS".to_owned(),
            Self::TooManyJobs { .. } => "TOO_MANY_JOBS".to_owned(),
            Self::TypeEndpointDuplicate => "TYPE_ENDPOINT_DUPLICATE".to_owned(),
            Self::TooManyWebhooks { .. } => "TOO_MANY_WEBHOOKS".to_owned(),
            Self::TooLarge { .. } => "TOO_LARGE".to_owned(),
            Self::Forbidden { .. } => "FORBIDDEN".to_owned(),
            Self::Query(_) | Self::Lake(_) | Self::Column(_) | Self::Encode(_) => "INTERNAL_ERROR".to_owned(),
        }
    }

    /// For a person; SDKs drop it.
    pub(super) fn detail(&self) -> String {
        match self {
            Self::Parse { detail }
            | Self::ParamFormat { detail, .. }
            | Self::PropertyValue { detail, .. }
            | Self::PropertyType { detail, .. }
            | Self::TooLarge { detail } => detail.clone(),
            Self::InvalidRequest { detail, .. } | Self::Forbidden { detail } => (*detail).to_owned(),
            Self::MethodNotFound { method } => {
                format!("there is no method {method:?}; docs/api/callr.md lists what there is")
            }
            Self::TooManyParams { expected } => format!("the method takes at most {expected} parameters"),
            Self::PropertyMissing { path } => format!("{path} must be there"),
            Self::PropertyUnknown { known, .. } => format!("known are {}", known.join(", ")),
            Self::ToBeforeFrom => "the end of the range lies before its start".to_owned(),
            Self::TooManyJobs { limit } => {
                format!(
                    "{limit} jobs of the account wait or run; wait for them, or cancel some with jobs.cancel"
                )
            }
            Self::TooManyRows { limit } => {
                format!(
                    "one answer carries {limit} rows; ask for a shorter range, page with cdr.search, or export them with cdr.export_async"
                )
            }
            Self::TypeEndpointDuplicate => {
                "the account is subscribed to this type at this endpoint already; webhooks.get_list says how"
                    .to_owned()
            }
            Self::TooManyWebhooks { limit } => {
                format!("an account has at most {limit} webhooks; webhooks.unsubscribe removes one")
            }
            Self::Query(_) | Self::Lake(_) | Self::Column(_) | Self::Encode(_) => {
                "a fault of callhouse; its log has the details under this x-request-id".to_owned()
            }
        }
    }

    /// The `error` member.
    pub(super) fn to_json(&self) -> serde_json::Value {
        json!({"code": self.code(), "message": self.message(), "data": {"detail": self.detail()}})
    }

    /// Faults of ours go to the log, with their causes; a caller's mistake is the caller's to read.
    pub(super) fn log(&self, method: &'static str) {
        let source: &dyn std::error::Error = match self {
            Self::Query(source) => source,
            Self::Lake(source) => source,
            Self::Column(source) => source,
            Self::Encode(source) => source,
            _ => return,
        };
        tracing::error!(method, error = source, "a JSON-RPC method failed");
    }
}

impl From<callhouse_query::Error> for Error {
    fn from(error: callhouse_query::Error) -> Self {
        match error {
            // What could be refused for its form was refused before it was asked; these are refused for their size.
            callhouse_query::Error::OutOfMemory { .. } | callhouse_query::Error::Invalid { .. } => {
                Self::TooLarge { detail: error.to_string() }
            }
            error => Self::Query(error),
        }
    }
}

impl From<callhouse_lake::Error> for Error {
    fn from(error: callhouse_lake::Error) -> Self {
        Self::Lake(error)
    }
}
