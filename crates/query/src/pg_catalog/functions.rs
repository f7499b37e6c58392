//! Functions of PostgreSQL that clients call on the way to a list of tables.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};
use datafusion::common::{ScalarValue, exec_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::SERVER_VERSION;
use super::names::{like_pattern, number, parts_of_name, regclass, regtype, type_name};
use super::oids::{comment_of, name_of};
use super::relations::{OWNER, SETTINGS};

/// What a function answers in one row, from its arguments as texts.
type Answer = fn(&[Option<&str>]) -> std::result::Result<Option<String>, String>;

/// A function over rows of texts, whatever the types of its arguments.
#[derive(Debug, Clone)]
struct Function {
    name: &'static str,
    returns: DataType,
    answer: Answer,
    signature: Signature,
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if scalar { 1 } else { args.number_rows };
        let mut columns = Vec::with_capacity(args.args.len());
        for argument in args.args {
            let array = argument.into_array(rows)?;
            // What has no text (a list) is not looked at by any of these.
            columns.push(cast(&array, &DataType::Utf8).ok());
        }
        let mut answers = Vec::with_capacity(rows);
        for row in 0..rows {
            let texts: Vec<Option<&str>> = columns
                .iter()
                .map(|column| {
                    let texts = column.as_ref()?.as_string::<i32>();
                    texts.is_valid(row).then(|| texts.value(row))
                })
                .collect();
            match (self.answer)(&texts) {
                Ok(answer) => answers.push(answer),
                Err(reason) => return exec_err!("{}: {reason}", self.name),
            }
        }
        let array = typed(&self.returns, answers)?;
        if scalar {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
        }
        Ok(ColumnarValue::Array(array))
    }
}

fn typed(returns: &DataType, answers: Vec<Option<String>>) -> Result<ArrayRef> {
    let texts = StringArray::from_iter(answers);
    Ok(match returns {
        DataType::Boolean => {
            Arc::new(BooleanArray::from_iter(texts.iter().map(|text| text.map(|text| text == "t"))))
        }
        DataType::Int32 => Arc::new(Int32Array::from_iter(texts.iter().map(|text| text?.parse().ok()))),
        DataType::Int64 => Arc::new(Int64Array::from_iter(texts.iter().map(|text| text?.parse().ok()))),
        DataType::List(_) => {
            let mut lists = arrow::array::ListBuilder::new(arrow::array::StringBuilder::new());
            for text in &texts {
                lists.append_option(text.map(|text| text.split(',').map(|part| Some(part.to_owned()))));
            }
            Arc::new(lists.finish())
        }
        _ => Arc::new(texts),
    })
}

fn function(name: &'static str, returns: DataType, answer: Answer) -> Arc<ScalarUDF> {
    let signature = Signature::one_of(
        vec![
            datafusion::logical_expr::TypeSignature::Nullary,
            datafusion::logical_expr::TypeSignature::VariadicAny,
        ],
        Volatility::Stable,
    );
    Arc::new(ScalarUDF::new_from_impl(Function { name, returns, answer, signature }))
}

/// All of them.
pub(crate) fn functions() -> Vec<Arc<ScalarUDF>> {
    use DataType::{Boolean, Int32, Int64, Utf8};
    let texts = DataType::List(Arc::new(Field::new_list_field(Utf8, true)));
    let mut all = vec![
        function("version", Utf8, |_| {
            Ok(Some(format!("PostgreSQL {SERVER_VERSION} (callhouse {})", env!("CARGO_PKG_VERSION"))))
        }),
        function("current_schemas", texts.clone(), |_| Ok(Some("pg_catalog,public".to_owned()))),
        function("pg_backend_pid", Int32, |_| Ok(Some("0".to_owned()))),
        function("pg_get_userbyid", Utf8, |_| Ok(Some(OWNER.to_owned()))),
        function("format_type", Utf8, |arguments| Ok(type_name(arguments))),
        function("obj_description", Utf8, |arguments| Ok(comment_of(number(arguments, 0).unwrap_or(0), 0))),
        function("col_description", Utf8, |arguments| {
            Ok(number(arguments, 0)
                .zip(number(arguments, 1))
                .and_then(|(oid, column)| comment_of(oid, column)))
        }),
        function("to_regclass", Int32, |arguments| Ok(regclass(arguments).ok().flatten())),
        function("to_regtype", Int32, |arguments| Ok(regtype(arguments).ok().flatten())),
        function("callhouse_regclass", Int32, regclass),
        function("callhouse_regclass_name", Utf8, |arguments| {
            let known = number(arguments, 0).and_then(name_of).map(str::to_owned);
            Ok(known.or_else(|| arguments.first().copied().flatten().map(str::to_owned)))
        }),
        function("callhouse_regtype", Int32, regtype),
        function("callhouse_like_pattern", Utf8, |arguments| Ok(like_pattern(arguments))),
        function("callhouse_no_texts", texts.clone(), |_| Ok(None)),
        function("parse_ident", texts, |arguments| Ok(parts_of_name(arguments))),
        function("quote_ident", Utf8, |arguments| {
            let quoted = |text: &str| {
                let plain =
                    |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
                let bare = text.chars().all(plain) && !text.starts_with(|first: char| first.is_ascii_digit());
                if bare { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
            };
            Ok(arguments.first().copied().flatten().map(quoted))
        }),
        function("format", Utf8, |arguments| {
            let Some(pattern) = arguments.first().copied().flatten() else { return Ok(None) };
            let mut values = arguments.iter().skip(1);
            let mut text = String::new();
            let mut letters = pattern.chars();
            while let Some(letter) = letters.next() {
                match (letter, if letter == '%' { letters.next() } else { None }) {
                    ('%', Some('%')) => text.push('%'),
                    ('%', Some('s' | 'I' | 'L')) => {
                        text += values.next().copied().flatten().unwrap_or_default();
                    }
                    ('%', _) => return Err("knows %s, %I, %L and %%".to_owned()),
                    (plain, _) => text.push(plain),
                }
            }
            Ok(Some(text))
        }),
        function("current_setting", Utf8, |arguments| {
            let wanted = arguments.first().copied().flatten().unwrap_or_default();
            let known = SETTINGS.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            Ok(known.map(|(_, value)| (*value).to_owned()))
        }),
        function("set_config", Utf8, |arguments| Ok(arguments.get(1).copied().flatten().map(str::to_owned))),
        function("pg_size_pretty", Utf8, |arguments| {
            Ok(arguments.first().copied().flatten().map(|bytes| format!("{bytes} bytes")))
        }),
    ];
    for name in ["current_database", "current_catalog"] {
        all.push(function(name, Utf8, |_| Ok(Some("callhouse".to_owned()))));
    }
    all.push(function("current_schema", Utf8, |_| Ok(Some("public".to_owned()))));
    for name in ["pg_encoding_to_char", "getdatabaseencoding", "pg_client_encoding"] {
        all.push(function(name, Utf8, |_| Ok(Some("UTF8".to_owned()))));
    }
    for name in [
        "pg_table_is_visible",
        "pg_type_is_visible",
        "pg_function_is_visible",
        "pg_opclass_is_visible",
        "pg_collation_is_visible",
    ] {
        all.push(function(name, Boolean, |_| Ok(Some("t".to_owned()))));
    }
    for name in [
        "has_table_privilege",
        "has_schema_privilege",
        "has_database_privilege",
        "has_column_privilege",
        "has_any_column_privilege",
        "has_function_privilege",
        "has_sequence_privilege",
    ] {
        all.push(function(name, Boolean, |arguments| {
            let asked = arguments.last().copied().flatten().unwrap_or_default().to_ascii_uppercase();
            let reads = ["SELECT", "USAGE", "CONNECT"].iter().any(|right| asked.contains(right));
            Ok(Some(if reads { "t" } else { "f" }.to_owned()))
        }));
    }
    for name in ["pg_relation_is_publishable", "pg_is_in_recovery", "pg_is_other_temp_schema", "pg_has_role"]
    {
        all.push(function(name, Boolean, |_| Ok(Some("f".to_owned()))));
    }
    for name in [
        "pg_get_expr",
        "pg_get_viewdef",
        "pg_get_indexdef",
        "pg_get_constraintdef",
        "pg_get_partkeydef",
        "pg_get_partition_constraintdef",
        "pg_get_ruledef",
        "pg_get_triggerdef",
        "pg_get_functiondef",
        "pg_get_function_result",
        "pg_get_function_arguments",
        "pg_get_function_identity_arguments",
        "pg_get_serial_sequence",
        "pg_get_statisticsobjdef_columns",
        "pg_tablespace_location",
        "shobj_description",
        "inet_server_addr",
        "inet_client_addr",
    ] {
        all.push(function(name, Utf8, |_| Ok(None)));
    }
    for name in [
        "pg_relation_size",
        "pg_total_relation_size",
        "pg_table_size",
        "pg_indexes_size",
        "pg_database_size",
        "pg_stat_get_numscans",
        "txid_current",
    ] {
        all.push(function(name, Int64, |_| Ok(Some("0".to_owned()))));
    }
    all
}

/// `current_user` and its other names, of one session.
pub(crate) fn current_user(name: &str) -> ScalarUDF {
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct CurrentUser {
        name: String,
        signature: Signature,
        aliases: Vec<String>,
    }
    impl ScalarUDFImpl for CurrentUser {
        fn name(&self) -> &'static str {
            "current_user"
        }

        fn aliases(&self) -> &[String] {
            &self.aliases
        }

        fn signature(&self) -> &Signature {
            &self.signature
        }

        fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
            Ok(DataType::Utf8)
        }

        fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
            Ok(ColumnarValue::Scalar(ScalarValue::Utf8(Some(self.name.clone()))))
        }
    }
    ScalarUDF::new_from_impl(CurrentUser {
        name: name.to_owned(),
        signature: Signature::nullary(Volatility::Stable),
        aliases: ["session_user", "user", "current_role"].map(str::to_owned).to_vec(),
    })
}
