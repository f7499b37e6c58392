//! Webhooks as the catalog database keeps them: who is told what, what is still to be told, and what was.
//!
//! Owns subscriptions, the queue of deliveries and the memory of those that are done. Leaves to `callhouse-webhooks`
//! the sending, to the API what `data` says, and to `core` which events are announced at all.
//!
//! What it promises:
//!
//! - Nothing due is lost. Deliveries come into the queue in the transaction that makes their events visible (ING-1)
//!   and leave it in the one that records how they ended. Between the two a crash leaves them where they are.
//! - Nothing is announced twice but by need. A delivery's id follows from hook, type and fact; ids that are queued or
//!   done are not queued again, and [`Webhooks::forget`] forgets an id only when no event of its time would be
//!   announced any more.
//! - Nobody owns a delivery twice. Claiming one raises its number of tries and hides it until a lease is over; what
//!   an owner has to say of it counts only while that number stands.
//! - A stolen catalog signs nothing. HMAC secrets must be known to sign, so they are not hashed but sealed with a key
//!   that is in a file beside the catalog (`sealed.rs`, SEC-1).

mod claim;
mod dynamic;
mod endpoint;
mod enqueue;
mod finish;
mod forget;
mod lanes;
mod replay;
mod sealed;
mod signing;
mod subscription;
mod subscriptions;
#[cfg(test)]
mod tests;
mod view;
mod wall;

use std::sync::Arc;

use crate::catalog::Catalog;

pub use claim::{Claimed, Claims, Ready};
pub use dynamic::Dynamic;
pub use endpoint::{Endpoint, EndpointFault};
pub(crate) use enqueue::enqueue_due;
pub use enqueue::{Due, Notice, enqueue};
pub use finish::{Consequences, Ended, Finished};
pub use lanes::{Lane, Lanes};
pub use replay::{Replay, Replayed};
pub use signing::{HmacAlgorithm, SealedSigning, Signing};
pub use subscription::{HookStatus, Subscription};
pub use subscriptions::{MAX_HOOKS, Subscribed};
pub use view::{SubscriptionCache, SubscriptionView};
pub use wall::{Refused, Resolver, SystemResolver, Wall, is_public};

/// `next_at` of a delivery whose hook is disabled.
const PARKED: i64 = i64::MAX - 1;
/// `next_at` of a delivery that waits for the one before it.
const BLOCKED: i64 = i64::MAX;

/// The webhooks of one data folder. Cheap to clone; clones share what they have read.
#[derive(Clone)]
pub struct Webhooks {
    catalog: Catalog,
    sealer: Arc<sealed::Sealer>,
    subscriptions: SubscriptionCache,
}

impl Webhooks {
    #[must_use]
    pub fn new(catalog: Catalog) -> Self {
        let sealer = Arc::new(sealed::Sealer::new(catalog.folder().root()));
        let subscriptions = SubscriptionCache::new(catalog.clone());
        Self { catalog, sealer, subscriptions }
    }

    /// What is subscribed, as ingest and dispatcher look at it.
    #[must_use]
    pub const fn subscriptions(&self) -> &SubscriptionCache {
        &self.subscriptions
    }
}
