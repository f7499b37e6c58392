//! The header of a named query: comment lines before the statement.
//!
//! The lines after `-- Parameters` up to the next empty comment name the parameters, each as
//! `--   name  type[, optional]  meaning`, where type is text, int, bool, timestamp or money.

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Int,
    Bool,
    Timestamp,
    Money,
}

/// A parameter as the header states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// A null, or no value at all, switches off what the parameter is for.
    pub(crate) optional: bool,
}

/// The parameters a query's header states. A line that is not of the form is passed over; the tests see to it
/// that none of ours is.
pub(crate) fn parameters(sql: &str) -> Vec<Parameter> {
    sql.lines()
        .skip_while(|line| line.trim_end() != "-- Parameters")
        .skip(1)
        .map_while(|line| line.strip_prefix("--").map(str::trim).filter(|line| !line.is_empty()))
        .filter_map(parameter)
        .collect()
}

fn parameter(line: &str) -> Option<Parameter> {
    let mut words = line.split_whitespace();
    let name = words.next()?.to_owned();
    let stated = words.next()?;
    let optional = stated.ends_with(',') && words.next() == Some("optional");
    let kind = match stated.trim_end_matches(',') {
        "text" => Kind::Text,
        "int" => Kind::Int,
        "bool" => Kind::Bool,
        "timestamp" => Kind::Timestamp,
        "money" => Kind::Money,
        _ => return None,
    };
    Some(Parameter { name, kind, optional })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_states_names_types_and_which_may_be_left_out() {
        let sql = "-- What?\n--\n-- Parameters\n--   from   timestamp       start\n--   label  text, optional  a name\n--\n\
                   -- Columns\n--   label  text  a name\nSELECT 1";
        let wanted = vec![
            Parameter { name: "from".to_owned(), kind: Kind::Timestamp, optional: false },
            Parameter { name: "label".to_owned(), kind: Kind::Text, optional: true },
        ];
        assert_eq!(parameters(sql), wanted);
    }

    #[test]
    fn every_placeholder_of_every_query_is_stated_and_used() {
        for (name, sql) in super::super::named_queries() {
            let body: String =
                sql.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
            let used: std::collections::BTreeSet<String> = body
                .split('$')
                .skip(1)
                .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
                .collect();
            let stated = parameters(sql).into_iter().map(|parameter| parameter.name).collect();
            assert_eq!(used, stated, "{name}");
        }
    }
}
