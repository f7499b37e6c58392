//! Schemathesis asks every operation of `/openapi.json` what the document says it takes, and much that it says it does
//! not: no answer may be a server error, or other than the document says (`tests/openapi/install`).

use std::process::Command;

use crate::support::{Place, installed};

/// A schema cannot say which text is a statement, or that a range must not end before it begins: refusing data that it
/// allows is no fault.
const NOT_CHECKED: &str = "positive_data_acceptance";

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_doors_are_as_their_document_says() {
    let Some(schemathesis) = installed("python-openapi/bin/schemathesis", "tests/openapi/install") else {
        return;
    };
    let place = Place::new();
    place.run(["generate", "--settled", "--calls", "300", "--seed", "5", "--accounts", "2"]);
    let key = place.admin_key();
    let server = place.serve(&[], &[]);
    let output = Command::new(schemathesis)
        .current_dir(place.path("."))
        .args(["run", &format!("{}/openapi.json", server.address)])
        .args(["-H", &format!("Authorization: Api-Key {key}")])
        .args(["--checks", "all", "--exclude-checks", NOT_CHECKED, "--phases", "examples,coverage,fuzzing"])
        .args(["--max-examples", "10", "--seed", "1", "--warnings", "off", "--no-color"])
        .output()
        .expect("Schemathesis starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{errors}");
    server.stop().await;
}
