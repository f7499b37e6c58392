//! Tables and types by name and by number.

use arrow::array::{Array, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};

use super::relations::{Relation, TYPES, oid_of};

pub(super) fn number(arguments: &[Option<&str>], index: usize) -> Option<i64> {
    let texts = StringArray::from(vec![arguments.get(index).copied().flatten()?]);
    let numbers = cast(&texts, &DataType::Int64).ok()?;
    let numbers = numbers.as_primitive::<Int64Type>();
    numbers.is_valid(0).then(|| numbers.value(0))
}

/// The oid of `calls`, `public.calls`, `"public"."calls"` or of a number.
pub(super) fn regclass(arguments: &[Option<&str>]) -> Result<Option<String>, String> {
    let Some(wanted) = arguments.first().copied().flatten() else { return Ok(None) };
    if wanted.parse::<i64>().is_ok() {
        return Ok(Some(wanted.to_owned()));
    }
    let bare = wanted.replace('"', "");
    let name = bare.rsplit('.').next().unwrap_or(&bare);
    if let Some(oid) = oid_of(name) {
        return Ok(Some(oid.to_string()));
    }
    // Descriptions name the catalog they are of.
    match name {
        "pg_class" => Ok(Some("1259".to_owned())),
        _ if Relation::exists(name) => Ok(Some("0".to_owned())),
        _ => Err(format!("relation {wanted:?} does not exist")),
    }
}

/// The oid of a type by one of its names, or of a number.
pub(super) fn regtype(arguments: &[Option<&str>]) -> Result<Option<String>, String> {
    let Some(wanted) = arguments.first().copied().flatten() else { return Ok(None) };
    if wanted.parse::<i64>().is_ok() {
        return Ok(Some(wanted.to_owned()));
    }
    let wanted = wanted.trim_start_matches("pg_catalog.");
    let known = TYPES.iter().find(|(_, name, .., sql_name)| *name == wanted || *sql_name == wanted);
    known.map(|(oid, ..)| Some(oid.to_string())).ok_or_else(|| format!("there is no type {wanted:?}"))
}

/// `numeric(18,6)` from an oid and a modifier.
pub(super) fn type_name(arguments: &[Option<&str>]) -> Option<String> {
    let (oid, modifier) = (number(arguments, 0)?, number(arguments, 1).unwrap_or(-1));
    if let Some((.., name)) = TYPES.iter().find(|(known, ..)| *known == oid) {
        if oid == 1_700 && modifier >= 4 {
            let packed = modifier - 4;
            return Some(format!("{name}({},{})", packed >> 16, packed & 0xffff));
        }
        return Some((*name).to_owned());
    }
    let element = TYPES.iter().find(|(.., array, _)| *array == oid && oid != 0);
    Some(element.map_or_else(|| "???".to_owned(), |(.., name)| format!("{name}[]")))
}
