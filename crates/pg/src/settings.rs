//! Settings of a connection: what clients set on their way in, and what they may set.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::Failure;

/// What there is, with its default and whether changes are told to the client.
const KNOWN: &[(&str, &str, bool)] = &[
    ("application_name", "", true),
    ("client_encoding", "UTF8", true),
    ("client_min_messages", "notice", false),
    ("datestyle", "ISO, MDY", true),
    ("default_transaction_isolation", "read committed", false),
    ("default_transaction_read_only", "on", true),
    ("extra_float_digits", "1", false),
    ("bytea_output", "hex", false),
    ("idle_in_transaction_session_timeout", "0", false),
    ("in_hot_standby", "off", true),
    ("integer_datetimes", "on", true),
    ("intervalstyle", "postgres", true),
    ("is_superuser", "off", true),
    ("jit", "off", false),
    ("lc_collate", "C", false),
    ("lc_ctype", "C", false),
    ("lock_timeout", "0", false),
    ("max_identifier_length", "63", false),
    ("row_security", "on", false),
    ("search_path", "\"$user\", public", false),
    ("server_encoding", "UTF8", true),
    ("server_version", "15.0", true),
    ("server_version_num", "150000", false),
    ("session_authorization", "", true),
    ("standard_conforming_strings", "on", true),
    ("statement_timeout", "0", false),
    ("synchronize_seqscans", "on", false),
    ("timezone", "UTC", true),
    ("transaction_isolation", "read committed", false),
    ("transaction_read_only", "on", false),
];

/// Names as PostgreSQL spells them to clients.
fn spelled(name: &str) -> &str {
    match name {
        "datestyle" => "DateStyle",
        "intervalstyle" => "IntervalStyle",
        "timezone" => "TimeZone",
        other => other,
    }
}

/// Those that cannot be changed to anything but what they are.
const FIXED: &[&str] = &["bytea_output", "client_encoding", "standard_conforming_strings", "intervalstyle"];

#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    changed: BTreeMap<String, String>,
}

/// What to tell after a change.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// A parameter and its value.
    pub(crate) status: Option<(String, String)>,
    pub(crate) notice: Option<String>,
}

impl Settings {
    /// The value of a setting; `None` when there is none of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let name = name.to_ascii_lowercase();
        let (_, default, _) = KNOWN.iter().find(|(known, ..)| *known == name)?;
        Some(self.changed.get(&name).map_or(*default, String::as_str))
    }

    /// Those told to a client when it comes in.
    pub(crate) fn reported(&self) -> impl Iterator<Item = (&'static str, String)> {
        let reported = KNOWN.iter().filter(|(.., reported)| *reported);
        reported.map(|(name, ..)| (spelled(name), self.get(name).unwrap_or_default().to_owned()))
    }

    /// Puts a value that is the server's to say.
    pub(crate) fn put(&mut self, name: &str, value: &str) {
        self.changed.insert(name.to_owned(), value.to_owned());
    }

    /// # Errors
    /// A name there is not, or a value that cannot be.
    pub(crate) fn set(&mut self, name: &str, value: Option<&str>) -> Result<Change, Failure> {
        let name = name.to_ascii_lowercase();
        let known = KNOWN.iter().find(|(known, ..)| *known == name);
        let Some((_, default, reported)) = known else {
            let message = format!("there is no setting {name:?} that a client may change");
            return Err(Failure::new("42704", message));
        };
        let value = value.unwrap_or(default);
        let plain = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
        if FIXED.contains(&name.as_str()) && plain(value) != plain(default) && plain(value) != "unicode" {
            return Err(Failure::new("22023", format!("{} is always {default}", spelled(&name))));
        }
        if name == "statement_timeout" && milliseconds(value).is_none() {
            return Err(Failure::new("22023", format!("statement_timeout cannot be {value:?}")));
        }
        let mut change = Change::default();
        match name.as_str() {
            "server_version"
            | "server_version_num"
            | "server_encoding"
            | "is_superuser"
            | "session_authorization"
            | "integer_datetimes"
            | "max_identifier_length"
            | "in_hot_standby"
            | "lc_collate"
            | "lc_ctype" => {
                return Err(Failure::new("55P02", format!("{name} cannot be changed")));
            }
            "timezone" if !matches!(plain(value).as_str(), "utc" | "etc/utc" | "gmt" | "0" | "z" | "uct") => {
                change.notice =
                    Some("callhouse shows times in UTC; write AT TIME ZONE for others".to_owned());
            }
            "datestyle" if !value.to_ascii_lowercase().starts_with("iso") => {
                change.notice = Some("dates are always ISO".to_owned());
            }
            // Read only whatever is asked for, and names, which are what they are.
            "timezone"
            | "datestyle"
            | "client_encoding"
            | "transaction_read_only"
            | "default_transaction_read_only"
            | "transaction_isolation"
            | "default_transaction_isolation" => {}
            _ => {
                self.changed.insert(name.clone(), value.to_owned());
                change.status = reported.then(|| (spelled(&name).to_owned(), value.to_owned()));
            }
        }
        Ok(change)
    }

    pub(crate) fn reset_all(&mut self) {
        let kept = self.changed.remove("session_authorization");
        self.changed.clear();
        self.changed.extend(kept.map(|user| ("session_authorization".to_owned(), user)));
    }

    /// How long a statement may take by the client's own wish.
    pub(crate) fn statement_timeout(&self) -> Option<Duration> {
        let limit = self.get("statement_timeout").and_then(milliseconds).unwrap_or_default();
        (limit > 0).then(|| Duration::from_millis(limit))
    }
}

/// `5000`, `5s`, `2min`.
fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_those_we_know_and_keep_what_must_stay() {
        let mut settings = Settings::default();
        assert!(settings.set("datafusion.execution.batch_size", Some("1")).is_err());
        assert!(settings.set("client_encoding", Some("LATIN1")).is_err());
        assert!(settings.set("client_encoding", Some("utf-8")).is_ok());
        assert!(settings.set("server_version", Some("1")).is_err());
        let change = settings.set("TimeZone", Some("Europe/Paris")).unwrap();
        assert!(change.notice.is_some() && settings.get("timezone") == Some("UTC"));
        let change = settings.set("application_name", Some("psql")).unwrap();
        assert_eq!(change.status, Some(("application_name".to_owned(), "psql".to_owned())));
        assert_eq!(settings.get("Application_Name"), Some("psql"));
    }

    #[test]
    fn a_statement_timeout_has_units() {
        let mut settings = Settings::default();
        assert_eq!(settings.statement_timeout(), None);
        for (value, wanted) in [("250", 250), ("2s", 2_000), ("1min", 60_000)] {
            settings.set("statement_timeout", Some(value)).unwrap();
            assert_eq!(settings.statement_timeout(), Some(Duration::from_millis(wanted)));
        }
        assert!(settings.set("statement_timeout", Some("soon")).is_err());
    }
}
