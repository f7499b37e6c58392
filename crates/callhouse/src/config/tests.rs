//! Precedence, unknown names, and what a secret shows.

use super::environment::{NAMES, layer, variable_of};
use super::*;

fn table(text: &str) -> Table {
    toml::from_str(text).expect("TOML")
}

fn environment(variables: &[(&str, &str)]) -> anyhow::Result<Table> {
    let variables: Vec<_> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    layer(&variables)
}

#[test]
fn flags_win_over_environment_over_file_over_defaults() {
    let file = table("listen = 'file:1'\ndata = 'file'\n[kafka]\ngroup = 'file'\n[ingest]\nflush_rows = 7");
    let environment = environment(&[("CALLHOUSE_LISTEN", "env:2"), ("CALLHOUSE_KAFKA_GROUP", "env")]);
    let flags = Flags {
        listen: ListenFlag { listen: Some("flag:3".to_owned()), ..ListenFlag::default() },
        ..Flags::default()
    };
    let settings =
        combine(file, environment.expect("good"), flags.layer().expect("good")).expect("good settings");
    assert_eq!(settings.listen, "flag:3");
    assert_eq!(settings.kafka.group, "env");
    assert_eq!(settings.data, Path::new("file"));
    assert_eq!(settings.ingest.flush_rows, 7);
    assert_eq!(settings.ingest.flush_age_ms, Ingest::default().flush_age_ms);
}

#[test]
fn an_unknown_name_is_an_error_that_says_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("callhouse.toml");
    std::fs::write(&path, "[ingest]\nflush_rowz = 7\n").expect("written");
    let error = read_file(&path).expect_err("no such setting");
    assert!(format!("{error:#}").contains("flush_rowz"), "{error:#}");
    assert!(format!("{error:#}").contains("callhouse.toml"), "{error:#}");
}

#[test]
fn a_bad_variable_is_an_error_that_says_its_name() {
    let error = environment(&[("CALLHOUSE_INGEST_FLUSH_ROWS", "many")]).expect_err("no number");
    assert_eq!(
        format!("{error:#}").split(':').next(),
        Some("environment variable CALLHOUSE_INGEST_FLUSH_ROWS")
    );
}

#[test]
fn every_setting_has_a_variable() {
    let texts = |form: environment::Form| match form {
        environment::Form::Text | environment::Form::List => "json",
        environment::Form::Number => "1",
        environment::Form::Switch => "true",
    };
    for (section, name, form) in NAMES {
        let variable = variable_of(section, name);
        let layer = environment(&[(&variable, texts(*form))]).expect("a good value");
        let settings: Result<Settings, _> = Value::Table(layer).try_into();
        assert!(settings.is_ok(), "{variable}: {settings:?}");
    }
}

#[test]
fn sec_1_settings_do_not_print_client_properties() {
    let layer = environment(&[("CALLHOUSE_KAFKA_PROPERTY_SASL_PASSWORD", "hunter2")]).expect("good");
    let settings = combine(Table::new(), layer, Table::new()).expect("good settings");
    assert_eq!(settings.kafka.properties["sasl.password"].expose(), "hunter2");
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn every_setting_is_documented_with_its_variable() {
    let documented = include_str!("../../../../docs/operations.md");
    for (section, name, _) in NAMES {
        let dotted = if section.is_empty() { (*name).to_owned() } else { format!("{section}.{name}") };
        let row = format!("| `{dotted}` | `{}` |", variable_of(section, name));
        assert!(documented.contains(&row), "docs/operations.md lacks {row}");
    }
}
