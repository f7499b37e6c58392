//! Tables and types by name and by number, and texts of names.

use arrow::array::{Array, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};

use super::oids;
use super::relations::Relation;
use super::types::TYPES;

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
    if let Some(oid) = oids::of_name(name) {
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

/// A pattern of LIKE with another escape than the backslash, written with the backslash. No escape is an empty text.
pub(super) fn like_pattern(arguments: &[Option<&str>]) -> Option<String> {
    let pattern = arguments.first().copied().flatten()?;
    let escape = arguments.get(1).copied().flatten()?.chars().next();
    let mut written = String::with_capacity(pattern.len());
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if Some(letter) == escape {
            written.push('\\');
            written.extend(letters.next());
        } else {
            if letter == '\\' {
                written.push('\\');
            }
            written.push(letter);
        }
    }
    Some(written)
}

/// `parse_ident`: the parts of a name, those without quotes in lower case, with commas between.
pub(super) fn parts_of_name(arguments: &[Option<&str>]) -> Option<String> {
    let name = arguments.first().copied().flatten()?;
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for letter in name.chars() {
        match letter {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            letter => {
                let part = parts.last_mut()?;
                if quoted { part.push(letter) } else { part.extend(letter.to_lowercase()) }
            }
        }
    }
    Some(parts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_keep_their_meaning_with_another_escape() {
        for (pattern, escape, wanted) in [
            ("pg/_%", "/", "pg\\_%"),
            ("a//b", "/", "a\\/b"),
            ("a\\_b", "/", "a\\\\_b"),
            ("a\\_b", "", "a\\\\_b"),
            ("ends/", "/", "ends\\"),
        ] {
            assert_eq!(like_pattern(&[Some(pattern), Some(escape)]).as_deref(), Some(wanted), "{pattern}");
        }
        assert_eq!(like_pattern(&[None, Some("/")]), None);
    }

    #[test]
    fn names_fall_into_parts() {
        for (name, wanted) in [("calls", "calls"), ("Public.\"Odd.Name\"", "public,Odd.Name")] {
            assert_eq!(parts_of_name(&[Some(name)]).as_deref(), Some(wanted), "{name}");
        }
    }
}
