//! Crash points: named places where a debug build can be told to die, so that tests can kill the real
//! process between any two steps. Release builds contain nothing of it.

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicI64, Ordering};

    static ARMED: OnceLock<(String, AtomicI64)> = OnceLock::new();

    /// Arms `name:n`: the process aborts, as SIGKILL would end it, the n-th time it passes that point.
    pub fn arm(setting: &str) -> Result<(), String> {
        let (name, passes) = setting.rsplit_once(':').ok_or_else(|| format!("{setting:?} is not NAME:N"))?;
        let passes: i64 = passes.parse().map_err(|_| format!("{passes:?} is not a number of passes"))?;
        ARMED.set((name.to_owned(), AtomicI64::new(passes))).map_err(|_| "armed twice".to_owned())
    }

    /// Passes a crash point.
    pub fn point(name: &str) {
        if let Some((armed, passes)) = ARMED.get()
            && armed == name
            && passes.fetch_sub(1, Ordering::SeqCst) == 1
        {
            std::process::abort();
        }
    }
}

#[cfg(debug_assertions)]
pub use armed::{arm, point};

/// Arms nothing.
///
/// # Errors
/// Always: a release build has no crash points.
#[cfg(not(debug_assertions))]
pub fn arm(_setting: &str) -> Result<(), String> {
    Err("a release build has no crash points".to_owned())
}

/// Passes a crash point; nothing in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn point(_name: &str) {}
