//! What operators look at: health, readiness, metrics and the front page.

mod healthz;
mod home;
mod metrics;
mod readyz;

pub use metrics::install as install_metrics;

pub(crate) use healthz::get as healthz;
pub(crate) use home::get as home;
pub(crate) use metrics::get as metrics;
pub(crate) use readyz::get as readyz;
