//! Scalar functions whose result can be larger than what they are given, held to [`LIMIT_BYTES`] a batch. DataFusion
//! accounts for what operators gather and not for what expressions make.

use std::any::Any;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::{DFSchema, ScalarValue, exec_err};
use datafusion::error::Result;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility, cast as cast_to,
};
use datafusion::sql::sqlparser::ast::BinaryOperator;

/// What one call over one batch may make.
const LIMIT_BYTES: usize = 64 << 20;

/// Functions that make more than they are given, and how much.
const GROWING: &[(&str, Growth)] = &[
    ("repeat", Growth::Times),
    ("lpad", Growth::Padded),
    ("rpad", Growth::Padded),
    ("array_repeat", Growth::Times),
    ("array_resize", Growth::Elements),
    ("range", Growth::Span),
    ("generate_series", Growth::Span),
    ("replace", Growth::Replaced),
    ("regexp_replace", Growth::Replaced),
    ("overlay", Growth::Replaced),
    ("translate", Growth::Replaced),
    ("array_to_string", Growth::Replaced),
    ("concat", Growth::Sum),
    ("concat_ws", Growth::Separated),
    ("make_array", Growth::Sum),
    ("array_concat", Growth::Sum),
    ("array_append", Growth::Sum),
    ("array_prepend", Growth::Sum),
    ("string_to_array", Growth::Split),
];

/// An upper bound of what a call makes, from its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Growth {
    /// The first argument, as often as the second says.
    Times,
    /// Up to as many characters as the second argument says.
    Padded,
    /// As many elements as the second argument says.
    Elements,
    /// As many elements as lie between the first two arguments.
    Span,
    /// The first argument, each byte of it as long as the longest other argument.
    Replaced,
    /// All arguments together.
    Sum,
    /// All arguments together, each with the first.
    Separated,
    /// An element for each byte.
    Split,
}

/// The functions in the place of those of the same names.
pub(super) fn functions<'a>(known: impl Iterator<Item = &'a Arc<ScalarUDF>>) -> Vec<Arc<ScalarUDF>> {
    let bounded = known.filter_map(|inner| {
        let (_, growth) = GROWING.iter().find(|(name, _)| *name == inner.name())?;
        Some(Arc::new(ScalarUDF::new_from_impl(Bounded { inner: Arc::clone(inner), growth: *growth })))
    });
    bounded.collect()
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    growth: Growth,
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arg_types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arg_types)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        check(self.name(), self.growth.bound(&args))?;
        self.inner.invoke_with_args(args)
    }
}

fn check(name: &str, bytes: usize) -> Result<()> {
    if bytes > LIMIT_BYTES {
        return exec_err!("{name}() would make up to {bytes} bytes at once; {LIMIT_BYTES} are allowed");
    }
    Ok(())
}

impl Growth {
    fn bound(self, args: &ScalarFunctionArgs) -> usize {
        let rows = args.number_rows.max(1);
        let sizes: Vec<usize> = args.args.iter().map(|arg| bytes(arg, rows)).collect();
        let size = |index: usize| sizes.get(index).copied().unwrap_or_default();
        let number = |index: usize| args.args.get(index).map_or(0, greatest);
        let all = || sizes.iter().fold(0_usize, |sum, size| sum.saturating_add(*size));
        match self {
            Self::Times => size(0).max(rows).saturating_mul(number(1)),
            // A character takes up to four bytes.
            Self::Padded => rows.saturating_mul(number(1)).saturating_mul(4),
            Self::Elements => rows.saturating_mul(number(1)).saturating_mul(8),
            Self::Span => {
                let span = match sizes.len() {
                    1 => number(0),
                    _ => number(0).saturating_add(number(1)),
                };
                rows.saturating_mul(span).saturating_mul(8)
            }
            Self::Replaced => {
                let longest = args.args.iter().skip(1).map(longest).max().unwrap_or_default();
                size(0).saturating_add(rows).saturating_mul(longest.max(1))
            }
            Self::Sum => all(),
            Self::Separated => all().saturating_add(size(0).saturating_mul(sizes.len())),
            Self::Split => size(0).saturating_mul(8),
        }
    }
}

/// Bytes of an argument over all rows.
fn bytes(argument: &ColumnarValue, rows: usize) -> usize {
    match argument {
        ColumnarValue::Scalar(value) => {
            text_length(value).unwrap_or_else(|| value.size()).saturating_mul(rows)
        }
        ColumnarValue::Array(array) => match array.data_type() {
            // Views may share one long text among all rows.
            DataType::Utf8View => {
                array.as_string_view().iter().flatten().map(str::len).fold(0, usize::saturating_add)
            }
            _ => array.to_data().get_slice_memory_size().unwrap_or_else(|_| array.get_array_memory_size()),
        },
    }
}

fn text_length(value: &ScalarValue) -> Option<usize> {
    value.try_as_str().flatten().map(str::len)
}

/// The longest text of an argument.
fn longest(argument: &ColumnarValue) -> usize {
    match argument {
        ColumnarValue::Scalar(value) => text_length(value).unwrap_or_default(),
        ColumnarValue::Array(array) => match array.data_type() {
            DataType::Utf8 => {
                array.as_string::<i32>().iter().flatten().map(str::len).max().unwrap_or_default()
            }
            DataType::LargeUtf8 => {
                array.as_string::<i64>().iter().flatten().map(str::len).max().unwrap_or_default()
            }
            DataType::Utf8View => {
                array.as_string_view().iter().flatten().map(str::len).max().unwrap_or_default()
            }
            _ => 0,
        },
    }
}

/// The greatest distance from 0 of an argument that is a number; of anything else as if it were much.
fn greatest(argument: &ColumnarValue) -> usize {
    let array = match argument {
        ColumnarValue::Array(array) => Arc::clone(array),
        ColumnarValue::Scalar(value) => match value.to_array() {
            Ok(array) => array,
            Err(_) => return usize::MAX,
        },
    };
    if !array.data_type().is_integer() && !array.data_type().is_null() {
        // Ranges of instants and dates: at most some thousand steps fit the bound by their own.
        return 10_000;
    }
    let Ok(numbers) = cast(&array, &DataType::Int64) else { return usize::MAX };
    let numbers = numbers.as_primitive::<Int64Type>();
    let greatest = numbers.iter().flatten().map(i64::unsigned_abs).max().unwrap_or_default();
    usize::try_from(greatest).unwrap_or(usize::MAX)
}

/// Plans `||` of texts as a bounded function.
#[derive(Debug)]
pub(super) struct PlanConcatenation;

impl ExprPlanner for PlanConcatenation {
    fn plan_binary_op(&self, raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        if raw.op != BinaryOperator::StringConcat || is_list(&raw.left, schema) || is_list(&raw.right, schema)
        {
            return Ok(PlannerResult::Original(raw));
        }
        let function = ScalarUDF::new_from_impl(Concatenation::default());
        let texts = [raw.left, raw.right].map(|side| cast_to(side, DataType::Utf8));
        Ok(PlannerResult::Planned(function.call(texts.to_vec())))
    }
}

fn is_list(side: &Expr, schema: &DFSchema) -> bool {
    let of = side.get_type(schema);
    matches!(of, Ok(DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..)))
}

/// `||` of two texts: NULL when one is.
#[derive(Debug)]
struct Concatenation {
    signature: Signature,
}

impl Default for Concatenation {
    fn default() -> Self {
        Self { signature: Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable) }
    }
}

impl PartialEq for Concatenation {
    fn eq(&self, other: &Self) -> bool {
        self.type_id() == other.type_id()
    }
}

impl Eq for Concatenation {}

impl Hash for Concatenation {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl ScalarUDFImpl for Concatenation {
    fn name(&self) -> &'static str {
        "||"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        check("||", Growth::Sum.bound(&args))?;
        let scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let sides = ColumnarValue::values_to_arrays(&args.args)?;
        let [left, right] = sides.as_slice() else { return exec_err!("|| takes two texts") };
        let joined: StringArray = arrow::compute::kernels::concat_elements::concat_elements_utf8(
            left.as_string(),
            right.as_string(),
        )?;
        if scalar {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&joined, 0)?));
        }
        Ok(ColumnarValue::Array(Arc::new(joined) as ArrayRef))
    }
}
