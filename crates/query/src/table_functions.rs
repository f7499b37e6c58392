//! Table functions: what SQL reads like a table and gives arguments. Each is planned from its arguments alone, so
//! they must be literals, or parameters of a named query.

mod calls_by;
mod grouped;
mod sms_by;
mod time_buckets;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use arrow::datatypes::{DataType, TimeUnit};
use callhouse_core::Timestamp;
use datafusion::catalog::TableFunctionArgs;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::tables;
use grouped::Grouped;

/// Puts `calls_by`, `sms_by` and `time_buckets` into a session.
pub(crate) fn register(session: &SessionContext, calls: tables::Provider, sms: tables::Provider) {
    for (spec, rows) in [(&calls_by::SPEC, calls), (&sms_by::SPEC, sms)] {
        session.register_udtf(spec.name, Arc::new(Grouped::new(spec, rows)));
    }
    session.register_udtf(time_buckets::NAME, Arc::new(time_buckets::TimeBuckets));
}

/// Values of the placeholders of the one statement of a session, by name without `$`. Table functions need them when
/// the statement is planned, which is before they are bound elsewhere.
#[derive(Debug, Default)]
struct Bindings(OnceLock<HashMap<String, ScalarValue>>);

/// Makes room for the parameters of a session's statement.
pub(crate) fn make_room_for_parameters(config: &mut SessionConfig) {
    config.set_extension(Arc::new(Bindings::default()));
}

/// Tells the table functions of a session the parameters of its statement. A session has one statement: what was
/// told first stays.
pub(crate) fn bind(session: &SessionContext, params: &[(String, ScalarValue)]) {
    // Looked at in its place: copying the state would copy the names of all functions.
    let bindings = session.state_ref().read().config().get_extension::<Bindings>();
    if let Some(bindings) = bindings {
        bindings.0.get_or_init(|| params.iter().cloned().collect());
    }
}

/// The arguments of a call, as values.
pub(crate) struct Arguments<'e> {
    exprs: &'e [Expr],
    bindings: Option<Arc<Bindings>>,
}

impl<'e> Arguments<'e> {
    pub(crate) fn of(args: &TableFunctionArgs<'e, '_>) -> Self {
        Self { exprs: args.exprs(), bindings: args.session().config().get_extension::<Bindings>() }
    }

    pub(crate) const fn count(&self) -> usize {
        self.exprs.len()
    }

    /// `None` when it is left out or no value.
    fn value(&self, index: usize) -> Option<&ScalarValue> {
        let mut argument = self.exprs.get(index)?;
        while let Expr::Cast(cast) = argument {
            argument = &cast.expr;
        }
        match argument {
            Expr::Literal(value, _) => Some(value),
            Expr::Placeholder(placeholder) => {
                self.bindings.as_ref()?.0.get()?.get(placeholder.id.trim_start_matches('$'))
            }
            _ => None,
        }
    }

    pub(crate) fn is_null(&self, index: usize) -> bool {
        self.value(index).is_some_and(ScalarValue::is_null)
    }

    /// `None` when it is null, or no text.
    pub(crate) fn text(&self, index: usize) -> Option<&str> {
        self.value(index)?.try_as_str().flatten()
    }

    /// `None` when it is null, or no instant.
    pub(crate) fn instant(&self, index: usize) -> Option<Timestamp> {
        let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        match self.value(index)?.cast_to(&micros) {
            Ok(ScalarValue::TimestampMicrosecond(at, _)) => at.map(Timestamp),
            _ => None,
        }
    }
}
