//! Reading the engine's batches by column name, whatever physical type the plan chose for a column.

use arrow::array::TimestampMicrosecondArray;
use arrow::array::{Array, ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};
use arrow::error::ArrowError;
use callhouse_core::Timestamp;
use callhouse_core::money::SCALE;

use crate::callr::error::Error;

/// Digits of the widest decimal, so that sums fit.
const PRECISION: u8 = 38;

/// The columns of one batch.
pub(super) struct Fields<'a> {
    batch: &'a RecordBatch,
}

pub(super) struct Text(StringArray);
pub(super) struct Int(Int64Array);
pub(super) struct Instant(TimestampMicrosecondArray);
/// Amounts in millionths of the currency unit.
pub(super) struct Amount(Decimal128Array);

impl<'a> Fields<'a> {
    pub(super) fn new(batch: &'a RecordBatch) -> Self {
        Self { batch }
    }

    pub(super) fn rows(&self) -> usize {
        self.batch.num_rows()
    }

    pub(super) fn text(&self, name: &str) -> Result<Text, Error> {
        self.typed(name, &DataType::Utf8).map(|array| Text(StringArray::from(array)))
    }

    pub(super) fn int(&self, name: &str) -> Result<Int, Error> {
        self.typed(name, &DataType::Int64).map(|array| Int(Int64Array::from(array)))
    }

    pub(super) fn instant(&self, name: &str) -> Result<Instant, Error> {
        let array = self.typed(name, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
        Ok(Instant(TimestampMicrosecondArray::from(array)))
    }

    pub(super) fn amount(&self, name: &str) -> Result<Amount, Error> {
        let scale = i8::try_from(SCALE).unwrap_or(i8::MAX);
        let array = self.typed(name, &DataType::Decimal128(PRECISION, scale))?;
        Ok(Amount(Decimal128Array::from(array)))
    }

    fn typed(&self, name: &str, data_type: &DataType) -> Result<arrow::array::ArrayData, Error> {
        let column: &ArrayRef = self.batch.column_by_name(name).ok_or_else(|| {
            Error::Column(ArrowError::SchemaError(format!("the answer of the engine has no column {name}")))
        })?;
        cast(column, data_type).map(|array| array.to_data()).map_err(Error::Column)
    }
}

impl Text {
    pub(super) fn get(&self, row: usize) -> Option<&str> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }
}

impl Int {
    pub(super) fn get(&self, row: usize) -> Option<i64> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }

    /// The value, 0 for none.
    pub(super) fn or_zero(&self, row: usize) -> i64 {
        self.get(row).unwrap_or(0)
    }
}

impl Instant {
    pub(super) fn get(&self, row: usize) -> Option<Timestamp> {
        self.0.is_valid(row).then(|| Timestamp(self.0.value(row)))
    }
}

impl Amount {
    /// The value, 0 for none.
    pub(super) fn micros_or_zero(&self, row: usize) -> i128 {
        if self.0.is_valid(row) { self.0.value(row) } else { 0 }
    }
}

/// The columns an object of the API is made of, each named once: `COLUMNS`, and a batch of them as `Columns`.
macro_rules! columns {
    ($($name:ident: $kind:ident $read:ident,)+) => {
        pub(in crate::callr) const COLUMNS: &[&str] = &[$(stringify!($name)),+];

        /// The columns of one batch.
        pub(in crate::callr) struct Columns {
            rows: usize,
            $($name: $kind,)+
        }

        impl Columns {
            pub(in crate::callr) fn of(batch: &arrow::array::RecordBatch) -> Result<Self, crate::callr::error::Error> {
                let fields = crate::callr::fields::Fields::new(batch);
                Ok(Self { rows: batch.num_rows(), $($name: fields.$read(stringify!($name))?,)+ })
            }
        }
    };
}

pub(super) use columns;
