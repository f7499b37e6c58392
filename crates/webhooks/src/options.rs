//! What an operator may tune about deliveries. Values come in from the binary's configuration.

use std::time::Duration;

use crate::retries::Retries;

/// Settings of a [`crate::Dispatcher`].
#[derive(Debug, Clone)]
pub struct Options {
    /// Attempts under way at once. Default 256.
    pub concurrency: usize,
    /// Attempts of one account to one address at once. Default 8.
    pub endpoint_concurrency: usize,
    /// From the connection to the end of the reply. Default 10 s.
    pub timeout: Duration,
    pub retries: Retries,
    /// A hook is disabled when none of its attempts has succeeded for so long. Default 3 days.
    pub disable_after: Duration,
    /// Ids of deliveries that are done are remembered so long. Default 4 days.
    pub remember: Duration,
    /// How often the queue is looked at while nothing happens. Default 100 ms.
    pub poll: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: 256,
            endpoint_concurrency: 8,
            timeout: Duration::from_secs(10),
            retries: Retries::default(),
            disable_after: Duration::from_secs(3 * 86_400),
            remember: Duration::from_secs(4 * 86_400),
            poll: Duration::from_millis(100),
        }
    }
}

impl Options {
    /// How long a claimed delivery is its claimer's: the attempt, and as long again to make its data and to record it.
    pub(crate) fn lease(&self) -> Duration {
        self.timeout * 3
    }
}
