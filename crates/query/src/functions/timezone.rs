//! `timezone(zone, instant)`: what the clock of a time zone shows at an instant, a timestamp without zone.

use std::sync::Arc;

use arrow::array::TimestampMicrosecondArray;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use callhouse_core::Timestamp;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::{external, instants, micros, text};
use crate::calendar;

const NAME: &str = "timezone";

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Timezone {
    signature: Signature,
}

impl Timezone {
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Timezone {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types.len() {
            2 => Ok(vec![DataType::Utf8, instants()]),
            _ => datafusion::common::plan_err!("{NAME} takes a time zone and an instant"),
        }
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Microsecond, None))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [zone, at] = args.args.as_slice() else {
            return datafusion::common::exec_err!("{NAME} takes a time zone and an instant");
        };
        let at = micros(at, args.number_rows)?;
        let Some(zone) = text(NAME, "time zone", zone)? else {
            return Ok(ColumnarValue::Array(Arc::new(TimestampMicrosecondArray::new_null(at.len()))));
        };
        let zone = calendar::zone(zone).map_err(external)?;
        let shown = at.try_unary::<_, TimestampMicrosecondType, _>(|micros| {
            let shown = calendar::local(zone, Timestamp(micros)).map_err(external)?;
            Ok::<_, DataFusionError>(shown.micros())
        })?;
        Ok(ColumnarValue::Array(Arc::new(shown)))
    }
}
