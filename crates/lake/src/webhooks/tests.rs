//! Subscriptions and the queue, as API, ingest and dispatcher use them.

use std::time::Duration;

use callhouse_core::webhook::Fact;
use callhouse_core::{AccountId, Clock, Timestamp};
use callhouse_testkit::ManualClock;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::accounts::{Accounts, Secret};
use crate::{Commit, DataFolder};

const HANGUP: &str = "call.inbound_hangup";
const DAY: Duration = Duration::from_secs(86_400);
const LEASE_MICROS: i64 = 30_000_000;

/// A catalog with the accounts `acme` and `beta`.
struct House {
    _folder: TempDir,
    catalog: Catalog,
    webhooks: Webhooks,
    clock: Arc<ManualClock>,
}

fn id(name: &str) -> AccountId {
    AccountId::new(name).unwrap()
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::default());
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let catalog = Catalog::open(DataFolder::new(folder.path()), shared).await.unwrap();
        let accounts = Accounts::new(catalog.clone());
        for name in ["acme", "beta"] {
            accounts.create(&id(name), None).await.unwrap();
        }
        Self { _folder: folder, webhooks: Webhooks::new(catalog.clone()), catalog, clock }
    }

    async fn hook(&self, account: &str, endpoint: &str) -> Subscription {
        let endpoint = Endpoint::parse(endpoint).unwrap();
        match self.webhooks.subscribe(&id(account), HANGUP, &endpoint, None).await.unwrap() {
            Subscribed::New(hook) => hook,
            other => panic!("{other:?}"),
        }
    }

    /// Announces the hangup of calls in a commit.
    async fn announce(&self, account: &str, calls: &[&str]) {
        let commit = Commit {
            id: Uuid::new_v4(),
            add: Vec::new(),
            remove: Vec::new(),
            positions: Vec::new(),
            holes: Vec::new(),
            message: "test",
        };
        let fact = |call: &&str| Fact {
            webhook_type: HANGUP,
            account: id(account),
            subject: (*call).into(),
            identity: (*call).into(),
            at: self.clock.now(),
        };
        let due = Due {
            facts: calls.iter().map(fact).collect(),
            subscriptions: self.webhooks.subscriptions().clone(),
        };
        self.catalog.commit_and_announce(&commit, &due).await.unwrap();
    }

    /// Claims all that is due.
    async fn claim(&self) -> Vec<Claimed> {
        let lanes: Vec<(i64, usize)> =
            self.webhooks.lanes().await.unwrap().lanes.iter().map(|lane| (lane.lane, 100)).collect();
        let until = self.clock.now().plus_micros(LEASE_MICROS);
        let mut claimed = self.webhooks.claim(&[], &lanes, until).await.unwrap().claimed;
        claimed.sort_by_key(|claimed| claimed.id);
        claimed
    }

    async fn finish(&self, claimed: &Claimed, ended: Ended) -> Vec<Subscription> {
        let hook_hash = claimed.hook.as_ref().map(|hook| hook.hash.clone());
        let finished = Finished { id: claimed.id, tries: claimed.tries, hook_hash, ended };
        self.webhooks.finish(&[finished], 3 * DAY).await.unwrap().disabled
    }

    async fn queued(&self) -> i64 {
        self.webhooks.depth().await.unwrap().0
    }
}

fn subjects(claimed: &[Claimed]) -> Vec<&str> {
    claimed.iter().map(|claimed| &*claimed.subject).collect()
}

#[tokio::test]
async fn an_account_subscribes_once_to_a_type_at_an_endpoint() {
    let house = House::new().await;
    let hook = house.hook("acme", "http://example.com/a").await;
    assert_eq!(hook.hash.len(), 8);
    assert_eq!(hook.status, HookStatus::Enabled);
    let endpoint = Endpoint::parse("http://example.com/a").unwrap();
    let again = house.webhooks.subscribe(&id("acme"), HANGUP, &endpoint, None).await.unwrap();
    assert_eq!(again, Subscribed::Duplicate);
    house.hook("beta", "http://example.com/a").await;
    house.hook("acme", "http://example.com/b").await;
    assert_eq!(house.webhooks.list(Some(&id("acme"))).await.unwrap().len(), 2);
    assert_eq!(house.webhooks.list(None).await.unwrap().len(), 3);
}

#[tokio::test]
async fn ten_1_a_hook_is_its_accounts_alone() {
    let house = House::new().await;
    let hook = house.hook("acme", "http://example.com/").await;
    assert_eq!(house.webhooks.get(Some(&id("beta")), &hook.hash).await.unwrap(), None);
    assert!(!house.webhooks.unsubscribe(&id("beta"), &hook.hash).await.unwrap());
    house.announce("beta", &["1"]).await;
    assert_eq!(house.queued().await, 0, "another account's call is announced");
    house.announce("acme", &["1"]).await;
    assert_eq!(house.claim().await[0].account, id("acme"));
}

#[tokio::test]
async fn sec_1_the_secret_of_a_hook_is_not_in_the_catalog_and_comes_back() {
    let house = House::new().await;
    let signing = Signing { algorithm: HmacAlgorithm::Sha1, secret: Secret::new("hunter2-hunter2") };
    let endpoint = Endpoint::parse("http://example.com/").unwrap();
    let subscribed = house.webhooks.subscribe(&id("acme"), HANGUP, &endpoint, Some(&signing)).await.unwrap();
    let Subscribed::New(hook) = subscribed else { panic!("{subscribed:?}") };
    let sealed = hook.signing.unwrap();
    assert_eq!(house.webhooks.open(&id("acme"), &sealed).unwrap(), signing);
    assert!(house.webhooks.open(&id("beta"), &sealed).is_err(), "it opens for another account");
    assert!(!format!("{sealed:?}{signing:?}").contains("hunter2"));
    house.catalog.close().await;
    for entry in std::fs::read_dir(house._folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        assert!(!String::from_utf8_lossy(&bytes).contains("hunter2"), "{}", path.display());
    }
}

#[tokio::test]
async fn ing_1_what_a_commit_announces_is_queued_with_it_once() {
    let house = House::new().await;
    house.announce("acme", &["0"]).await;
    assert_eq!(house.queued().await, 0, "nobody was subscribed");
    let hook = house.hook("acme", "http://example.com/").await;
    house.announce("acme", &["1", "2", "1"]).await;
    house.announce("acme", &["2"]).await;
    let claimed = house.claim().await;
    assert_eq!(subjects(&claimed), ["1", "2"]);
    assert_eq!(claimed[0].hook.as_deref(), Some(&hook));
    assert_eq!((claimed[0].number(), claimed[0].event_id.len()), (0, 32));
    house.finish(&claimed[0], Ended::Delivered).await;
    house.announce("acme", &["1"]).await;
    assert_eq!(house.queued().await, 1, "what is done is not announced again");
}

#[tokio::test]
async fn a_commit_that_fails_announces_nothing() {
    let house = House::new().await;
    house.hook("acme", "http://example.com/").await;
    let commit = Commit {
        id: Uuid::new_v4(),
        add: Vec::new(),
        remove: vec![77],
        positions: Vec::new(),
        holes: Vec::new(),
        message: "test",
    };
    let fact = Fact {
        webhook_type: HANGUP,
        account: id("acme"),
        subject: "1".into(),
        identity: "1".into(),
        at: Timestamp(0),
    };
    let due = Due { facts: vec![fact], subscriptions: house.webhooks.subscriptions().clone() };
    house.catalog.commit_and_announce(&commit, &due).await.unwrap_err();
    assert_eq!(house.queued().await, 0);
}

#[tokio::test]
async fn a_claimed_delivery_is_hidden_until_its_lease_is_over_and_then_anothers() {
    let house = House::new().await;
    house.hook("acme", "http://example.com/").await;
    house.announce("acme", &["1"]).await;
    let first = house.claim().await.remove(0);
    assert!(house.claim().await.is_empty());
    house.clock.advance_micros(LEASE_MICROS);
    let second = house.claim().await.remove(0);
    assert_eq!((first.number(), second.number()), (0, 1));
    // The first claimer is late: what it says counts no more.
    house.finish(&first, Ended::Delivered).await;
    assert_eq!(house.queued().await, 1);
    house.finish(&second, Ended::Delivered).await;
    assert_eq!(house.queued().await, 0);
}

#[tokio::test]
async fn data_that_was_kept_is_the_same_in_every_try() {
    let house = House::new().await;
    house.hook("acme", "http://example.com/").await;
    house.announce("acme", &["1"]).await;
    let first = house.claim().await.remove(0);
    assert_eq!(first.data, None);
    let now = house.clock.now();
    for data in ["{\"a\":1}", "{\"a\":2}"] {
        let ready = [Ready { id: first.id, tries: first.tries, data }];
        house.webhooks.claim(&ready, &[], now).await.unwrap();
    }
    house.finish(&first, Ended::Failed { again_at: Some(now) }).await;
    assert_eq!(house.claim().await[0].data.as_deref(), Some("{\"a\":1}"));
}

#[tokio::test]
async fn failures_come_again_until_the_last_and_what_was_not_tried_is_no_try() {
    let house = House::new().await;
    house.hook("acme", "http://example.com/").await;
    house.announce("acme", &["1"]).await;
    let claimed = house.claim().await.remove(0);
    let later = house.clock.now().plus_micros(1_000);
    house.finish(&claimed, Ended::Failed { again_at: Some(later) }).await;
    assert!(house.claim().await.is_empty());
    house.clock.set(later);
    let claimed = house.claim().await.remove(0);
    assert_eq!(claimed.number(), 1);
    house.finish(&claimed, Ended::NotTried { again_at: later }).await;
    let claimed = house.claim().await.remove(0);
    assert_eq!(claimed.number(), 1);
    house.finish(&claimed, Ended::Failed { again_at: None }).await;
    assert_eq!(house.queued().await, 0);
    house.announce("acme", &["1"]).await;
    assert_eq!(house.queued().await, 0, "what was given up is not announced again");
}

#[tokio::test]
async fn a_hook_that_fails_for_days_is_disabled_and_its_deliveries_wait() {
    let house = House::new().await;
    let hook = house.hook("acme", "http://example.com/").await;
    house.announce("acme", &["1", "2"]).await;
    let (mut disabled, mut attempts) = (Vec::new(), 0);
    while disabled.is_empty() {
        assert!(attempts < 12, "still enabled after {attempts} attempts");
        let claimed = house.claim().await.remove(0);
        disabled = house.finish(&claimed, Ended::Failed { again_at: Some(house.clock.now()) }).await;
        house.clock.advance_micros(i64::try_from(DAY.as_micros()).unwrap() / 3 + LEASE_MICROS);
        attempts += 1;
    }
    assert_eq!(attempts, 10, "ten attempts, a third of a day apart, are the first ten of three days");
    assert_eq!(disabled[0].status, HookStatus::DisabledSystem);
    assert!(house.claim().await.is_empty());
    house.announce("acme", &["3"]).await;
    assert_eq!(house.queued().await, 2, "a disabled hook is told nothing new");
    let enabled = house.webhooks.set_status(&hook.hash, HookStatus::Enabled).await.unwrap().unwrap();
    assert_eq!((enabled.status, enabled.failing_since), (HookStatus::Enabled, None));
    assert_eq!(subjects(&house.claim().await), ["1", "2"]);
}

#[tokio::test]
async fn a_success_ends_the_count_of_failures() {
    let house = House::new().await;
    let hook = house.hook("acme", "http://example.com/").await;
    house.announce("acme", &["1", "2"]).await;
    let claimed = house.claim().await;
    house.finish(&claimed[0], Ended::Failed { again_at: None }).await;
    let of = || async { house.webhooks.get(None, &hook.hash).await.unwrap().unwrap().failing_since };
    assert_eq!(of().await, Some(house.clock.now()));
    house.finish(&claimed[1], Ended::Delivered).await;
    assert_eq!(of().await, None);
}

#[tokio::test]
async fn deliveries_of_a_disabled_hook_wait_and_those_of_a_removed_one_go() {
    let house = House::new().await;
    let hook = house.hook("acme", "http://example.com/?x=1").await;
    house.announce("acme", &["1", "2"]).await;
    let claimed = house.claim().await;
    house.webhooks.set_status(&hook.hash, HookStatus::Disabled).await.unwrap();
    // What was under way when it was disabled ends as it does, but does not come again by itself.
    house.finish(&claimed[0], Ended::Failed { again_at: Some(house.clock.now()) }).await;
    house.clock.advance_micros(LEASE_MICROS);
    assert!(house.claim().await.is_empty());
    house.webhooks.set_status(&hook.hash, HookStatus::Enabled).await.unwrap();
    assert_eq!(subjects(&house.claim().await), ["1", "2"]);
    assert!(house.webhooks.unsubscribe(&id("acme"), &hook.hash).await.unwrap());
    assert_eq!(house.queued().await, 0);
}

#[tokio::test]
async fn a_dynamic_webhook_is_told_beside_the_subscriptions() {
    let house = House::new().await;
    let job = Endpoint::parse("http://example.com/job").unwrap();
    house.webhooks.subscribe(&id("acme"), "job.status_update", &job, None).await.unwrap();
    let signing = Signing { algorithm: HmacAlgorithm::Md5, secret: Secret::new("hunter2-hunter2") };
    let dynamic = Dynamic {
        endpoint: Endpoint::parse("http://example.com/once").unwrap(),
        signing: Some(house.webhooks.seal(&id("acme"), &signing).unwrap()),
    };
    let stored = serde_json::to_string(&dynamic).unwrap();
    assert_eq!(serde_json::from_str::<Dynamic>(&stored).unwrap(), dynamic);
    let account = id("acme");
    let notice = Notice {
        account: &account,
        webhook_type: "job.status_update",
        subject: "job-1",
        identity: "job-1/DONE",
        event_at: house.clock.now(),
        data: Some("{\"status\":\"DONE\"}"),
        to_subscriptions: true,
        dynamic: Some(&dynamic),
    };
    for _ in 0..2 {
        let mut transaction = house.catalog.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
        enqueue(&mut transaction, house.webhooks.subscriptions(), house.clock.now(), &[notice])
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }
    let claimed = house.claim().await;
    assert_eq!(claimed.len(), 2);
    let own = claimed.iter().find(|claimed| claimed.hook.is_none()).unwrap();
    assert_eq!(
        (&*own.endpoint, own.data.as_deref()),
        ("http://example.com/once", Some("{\"status\":\"DONE\"}"))
    );
    assert_eq!(house.webhooks.open(&id("acme"), own.signing.as_ref().unwrap()).unwrap(), signing);
}

#[tokio::test]
async fn replays_have_the_old_id_and_the_next_number_one_after_the_other_when_asked() {
    let house = House::new().await;
    let hook = house.hook("acme", "http://example.com/").await;
    house.announce("acme", &["1", "2", "3"]).await;
    let done = house.claim().await;
    for claimed in &done[..2] {
        house.finish(claimed, Ended::Delivered).await;
    }
    house.finish(&done[2], Ended::Failed { again_at: Some(Timestamp(i64::MAX / 2)) }).await;
    let replay = |claimed: &Claimed| Replay {
        event_id: claimed.event_id.clone(),
        subject: claimed.subject.clone(),
        event_at: claimed.event_at,
        data: "{}".into(),
        tries: 4,
    };
    let replays: Vec<Replay> = done.iter().map(replay).collect();
    let replayed = house.webhooks.replay(&hook, &replays, true).await.unwrap();
    assert_eq!((replayed.queued, replayed.hastened), (2, 1));
    for (expected, number) in done.iter().zip([4, 4, 1]) {
        let claimed = house.claim().await;
        assert_eq!(subjects(&claimed), [&*expected.subject], "in order, one at a time");
        assert_eq!((&claimed[0].event_id, claimed[0].number()), (&expected.event_id, number));
        house.finish(&claimed[0], Ended::Failed { again_at: None }).await;
    }
    house.announce("acme", &["1"]).await;
    assert_eq!(house.queued().await, 0);
}

#[tokio::test]
async fn lanes_are_found_whole_or_by_what_is_new() {
    let house = House::new().await;
    for path in ["a", "b?1", "b?2"] {
        house.hook("acme", &format!("http://example.com/{path}")).await;
    }
    house.hook("beta", "http://example.com/a").await;
    assert_eq!(house.webhooks.lanes().await.unwrap().lanes, []);
    house.announce("acme", &["1"]).await;
    let all = house.webhooks.lanes().await.unwrap();
    assert_eq!(all.lanes.len(), 2, "queries share the lane of their address");
    house.announce("beta", &["1"]).await;
    let new = house.webhooks.lanes_since(all.newest_id).await.unwrap();
    assert_eq!(new.lanes.iter().map(|lane| &lane.account).collect::<Vec<_>>(), [&id("beta")]);
    assert_eq!(house.webhooks.lanes().await.unwrap().lanes.len(), 3);
}

#[tokio::test]
async fn ids_are_forgotten_by_age() {
    let house = House::new().await;
    house.hook("acme", "http://example.com/").await;
    house.announce("acme", &["1"]).await;
    let claimed = house.claim().await.remove(0);
    house.finish(&claimed, Ended::Delivered).await;
    assert_eq!(house.webhooks.forget(house.clock.now()).await.unwrap(), 0);
    assert_eq!(house.webhooks.forget(house.clock.now().plus_micros(1)).await.unwrap(), 1);
    house.announce("acme", &["1"]).await;
    assert_eq!(house.queued().await, 1);
}

#[tokio::test]
async fn a_thousand_hooks_are_enough() {
    let house = House::new().await;
    let mut transaction = house.catalog.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
    for number in 0..MAX_HOOKS {
        sqlx::query(
            "INSERT INTO callhouse_webhooks (hash, account, type, endpoint, status, created_at, updated_at)
             VALUES (?1, 'acme', 'x', ?1, 'ENABLED', 0, 0)",
        )
        .bind(number.to_string())
        .execute(&mut *transaction)
        .await
        .unwrap();
    }
    transaction.commit().await.unwrap();
    let endpoint = Endpoint::parse("http://example.com/").unwrap();
    let subscribed = house.webhooks.subscribe(&id("acme"), HANGUP, &endpoint, None).await.unwrap();
    assert_eq!(subscribed, Subscribed::TooMany);
    house.hook("beta", "http://example.com/").await;
}
