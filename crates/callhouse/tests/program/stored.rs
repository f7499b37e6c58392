//! Data folders of shipped versions: today's program reads them, answers as their version did, and writes on.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{Place, assert_verified};

/// Every version that wrote data folders; `tests/fixtures/data-folder/make` made their fixtures.
const VERSIONS: [&str; 1] = ["v1"];

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/data-folder").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(fixture(name)).expect("the fixture is there")
}

/// The data folder of a version, unpacked in a place of its own.
fn unpacked(version: &str) -> Place {
    let place = Place::new();
    std::fs::create_dir(place.data()).expect("a folder");
    let archive = fixture(&format!("{version}.tar.gz"));
    let status = Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(place.data()).status();
    assert!(status.expect("tar starts").success());
    place
}

#[test]
fn data_folders_of_every_version_give_the_answers_they_gave() {
    for version in VERSIONS {
        let place = unpacked(version);
        let answers = place.run(["sql", "--format", "csv", &text("answers.sql")]);
        assert_eq!(answers, text(&format!("{version}.csv")), "{version}");
        assert_eq!(place.count("SELECT count(*) FROM rejections"), 1, "{version}");
        assert_verified(&place);
    }
}

#[test]
fn data_folders_of_every_version_can_be_written_on() {
    for version in VERSIONS {
        let place = unpacked(version);
        let before = place.count("SELECT count(*) FROM calls");
        let capture = fixture("../kamailio/cdr.log.gz");
        let capture = capture.to_str().expect("UTF-8");
        place.run(["import", "--create-accounts", "--format", "kamailio-cdr", capture]);
        place.run(["compact"]);
        assert_eq!(place.count("SELECT count(*) FROM calls"), before + 2450, "{version}");
        assert_verified(&place);
    }
}
