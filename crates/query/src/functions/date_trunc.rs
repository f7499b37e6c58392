//! `date_trunc(unit, instant, zone)`: where the minute, hour, day … of a time zone that an instant lies in begins.
//! With two arguments it is DataFusion's, which knows no zone but that of the type.

use std::sync::Arc;

use arrow::array::TimestampMicrosecondArray;
use arrow::datatypes::{DataType, Field, FieldRef};
use callhouse_core::Timestamp;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::{external, instants, micros, text};
use crate::calendar::{self, Unit};

const NAME: &str = "date_trunc";

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct DateTrunc {
    built_in: Arc<ScalarUDF>,
    signature: Signature,
}

impl DateTrunc {
    /// The function that leaves calls with two arguments to another one.
    pub(super) fn before(built_in: Arc<ScalarUDF>) -> Self {
        Self { built_in, signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for DateTrunc {
    fn name(&self) -> &str {
        NAME
    }

    // All names of the other one: under one left to it, a registry copied by its values would have both.
    fn aliases(&self) -> &[String] {
        self.built_in.aliases()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types.len() {
            3 => Ok(vec![DataType::Utf8, instants(), DataType::Utf8]),
            _ => coerced(&self.built_in, types),
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        if types.len() == 3 { Ok(instants()) } else { self.built_in.return_type(types) }
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        if args.arg_fields.len() == 3 {
            let field = Field::new(NAME, instants(), true);
            return Ok(Arc::new(field));
        }
        self.built_in.return_field_from_args(args)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [unit, at, zone] = args.args.as_slice() else { return self.built_in.invoke_with_args(args) };
        let at = micros(at, args.number_rows)?;
        let unit = text(NAME, "unit", unit)?.map(Unit::parse).transpose().map_err(external)?;
        let zone = text(NAME, "time zone", zone)?.map(calendar::zone).transpose().map_err(external)?;
        let (Some(unit), Some(zone)) = (unit, zone) else {
            let nulls = TimestampMicrosecondArray::new_null(at.len()).with_timezone("UTC");
            return Ok(ColumnarValue::Array(Arc::new(nulls)));
        };
        // Rows mostly come in order of time, so the bucket of one is mostly that of the next.
        let mut bucket = (Timestamp(0), Timestamp(0));
        let mut start = |micros: i64| {
            let at = Timestamp(micros);
            if at < bucket.0 || at >= bucket.1 {
                bucket = calendar::bucket_of(zone, unit, at).map_err(external)?;
            }
            Ok::<_, DataFusionError>(bucket.0.micros())
        };
        let starts = at.iter().map(|at| at.map(&mut start).transpose());
        let starts = starts.collect::<Result<TimestampMicrosecondArray>>()?;
        Ok(ColumnarValue::Array(Arc::new(starts.with_timezone("UTC"))))
    }
}

/// The types that a function wants in the place of those it was given.
fn coerced(function: &ScalarUDF, types: &[DataType]) -> Result<Vec<DataType>> {
    let fields: Vec<FieldRef> =
        types.iter().map(|kind| Arc::new(Field::new("", kind.clone(), true))).collect();
    let wanted = datafusion::logical_expr::type_coercion::functions::fields_with_udf(&fields, function)?;
    Ok(wanted.iter().map(|field| field.data_type().clone()).collect())
}
