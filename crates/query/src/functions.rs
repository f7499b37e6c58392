//! Scalar functions that DataFusion does not have, named and meant as PostgreSQL's are.

mod date_trunc;
mod timezone;

use arrow::array::{ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{ScalarValue, exec_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::FunctionRegistry;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF};

use crate::error::Error;

/// Puts the functions into a session; one of a name that is taken stands in its place.
pub(crate) fn register(state: &mut SessionState) -> Result<()> {
    let built_in = state.udf("date_trunc")?;
    state.register_udf(ScalarUDF::from(date_trunc::DateTrunc::before(built_in)).into())?;
    state.register_udf(ScalarUDF::from(timezone::Timezone::new()).into())?;
    Ok(())
}

/// Instants as every table of ours has them.
fn instants() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The one text that an argument is for all rows; `None` for a null.
fn text<'a>(function: &str, name: &str, argument: &'a ColumnarValue) -> Result<Option<&'a str>> {
    match argument {
        ColumnarValue::Scalar(ScalarValue::Null) => Ok(None),
        ColumnarValue::Scalar(value) if value.data_type().is_string() => Ok(value.try_as_str().flatten()),
        _ => exec_err!("the {name} of {function} must be one text, not a column"),
    }
}

/// Instants of an argument, one for each of `rows`.
fn micros(argument: &ColumnarValue, rows: usize) -> Result<TimestampMicrosecondArray> {
    let array: ArrayRef = argument.cast_to(&instants(), None)?.into_array(rows)?;
    Ok(array.as_primitive::<TimestampMicrosecondType>().clone())
}

fn external(error: Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
