//! `job.status_update`.

use super::{Once, Trigger};

pub(super) const TRIGGER: Trigger = Trigger {
    name: "job.status_update",
    description: "the status of a background job has changed; data is a Job",
    // No event of the log: jobs put it into the queue themselves, with the change of their status.
    fires: |_, _| false,
    once: Once::ForEvent,
};
