//! Flags, environment, file, defaults: on the real program.

use crate::support::Place;

#[test]
fn flags_win_over_environment_over_file() {
    let place = Place::new();
    let file = place.path("callhouse.toml");
    std::fs::write(&file, "data = 'from-file'\n[log]\nfilter = 'warn'\n").expect("written");
    let folder_made = |environment: Option<&str>, flag: bool| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_callhouse"));
        command.current_dir(place.path("")).env("CALLHOUSE_CONFIG", &file).env_remove("CALLHOUSE_DATA");
        if let Some(folder) = environment {
            command.env("CALLHOUSE_DATA", folder);
        }
        if flag {
            command.args(["--data", "from-flag"]);
        }
        assert!(command.args(["account", "list"]).output().expect("it starts").status.success());
    };
    let made = |name: &str| place.path(name).join("catalog.db").is_file();
    folder_made(None, false);
    assert!(made("from-file") && !made("from-environment") && !made("from-flag"));
    folder_made(Some("from-environment"), false);
    assert!(made("from-environment") && !made("from-flag"));
    folder_made(Some("from-environment"), true);
    assert!(made("from-flag"));
}

#[test]
fn an_unknown_setting_in_the_file_stops_with_its_name() {
    let place = Place::new();
    let file = place.path("callhouse.toml");
    std::fs::write(&file, "listen_on = 'x'\n").expect("written");
    let (code, stderr) = place.fail(["--config", file.to_str().expect("UTF-8"), "status"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("listen_on") && stderr.contains("callhouse.toml"), "{stderr}");
}

#[test]
fn a_wrong_command_line_ends_with_status_2() {
    let place = Place::new();
    assert_eq!(place.fail(["generate", "--calls", "many"]).0, Some(2));
    assert_eq!(place.fail(["no-such-command"]).0, Some(2));
}

#[test]
fn a_failure_is_said_once_with_its_causes() {
    let place = Place::new();
    let (code, stderr) = place.fail(["status"]);
    assert_eq!(code, Some(1));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("callhouse: ") && stderr.contains("is no data folder"), "{stderr}");
}
