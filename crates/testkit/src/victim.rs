//! A process of the test binary for one test: one that is killed at a crash point, or that must be alone in its memory.
//!
//! The test [`run`]s an `#[ignore]`d test of its own binary, which asks [`folder`] where to work.

use std::path::{Path, PathBuf};
use std::process::Command;

use callhouse_core::crash;

/// Names the folder and, after a `|`, the crash point to arm.
const SETTING: &str = "CALLHOUSE_CRASH_TEST";

/// Runs the ignored test `name` of this binary on `folder` in a process of its own, killed at `point`
/// (`NAME:PASS`, see [`crash::arm`]) unless that is empty. True when it ended by itself.
///
/// # Panics
/// When the process cannot be started, failed, or has no such test.
#[must_use]
pub fn run(name: &str, folder: &Path, point: &str) -> bool {
    let victim = Command::new(std::env::current_exe().expect("the path of this binary"))
        .args(["--exact", name, "--ignored"])
        .env(SETTING, format!("{}|{point}", folder.display()))
        .output()
        .expect("the process starts");
    let output = String::from_utf8_lossy(&victim.stdout);
    assert!(victim.status.code().is_none_or(|code| code == 0), "the process failed: {output}");
    let ended = victim.status.success();
    assert!(!ended || output.contains("1 passed"), "there is no ignored test {name}: {output}");
    ended
}

/// The folder this process was started on by [`run`]; arms its crash point.
///
/// # Panics
/// When it was not started by [`run`], or there is no such crash point.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "how the test tells its process what to do, no setting")]
pub fn folder() -> PathBuf {
    let setting = std::env::var(SETTING).expect("started by a crash test");
    let (folder, point) = setting.split_once('|').expect("a folder and a crash point");
    if !point.is_empty() {
        crash::arm(point).expect("a crash point");
    }
    folder.into()
}
