//! The tree stays a tree, whatever is done to it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

/// Something done to the tree; accounts by their index in [`NAMES`].
#[derive(Debug, Clone)]
enum Step {
    Create(usize, Option<usize>),
    Move(usize, Option<usize>),
    Enable(usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let account = || 0..NAMES.len();
    let parent = move || proptest::option::weighted(0.8, 0..NAMES.len());
    prop_oneof![
        2 => (account(), parent()).prop_map(|(account, parent)| Step::Create(account, parent)),
        5 => (account(), parent()).prop_map(|(account, parent)| Step::Move(account, parent)),
        1 => (account(), any::<bool>()).prop_map(|(account, enabled)| Step::Enable(account, enabled)),
    ]
}

/// Accounts by name: the one above, and whether it is enabled itself. What the catalog should hold.
type Model = BTreeMap<&'static str, (Option<&'static str>, bool)>;

/// The account and those above it; `None` when that never ends.
fn upwards(model: &Model, name: &'static str) -> Option<Vec<&'static str>> {
    let mut path = vec![name];
    while let Some((Some(above), _)) = model.get(path.last()?) {
        if path.contains(above) {
            return None;
        }
        path.push(above);
    }
    Some(path)
}

/// Does a step to the model; false when it must be refused.
fn apply(model: &mut Model, step: &Step) -> bool {
    match *step {
        Step::Create(account, parent) => {
            let (name, parent) = (NAMES[account], parent.map(|parent| NAMES[parent]));
            let may = !model.contains_key(name) && parent.is_none_or(|parent| model.contains_key(parent));
            may && model.insert(name, (parent, true)).is_none()
        }
        Step::Move(account, parent) => {
            let (name, parent) = (NAMES[account], parent.map(|parent| NAMES[parent]));
            let is_circle = parent.is_some_and(|parent| {
                !model.contains_key(parent) || upwards(model, parent).is_none_or(|path| path.contains(&name))
            });
            match model.get_mut(name) {
                Some(entry) if !is_circle => {
                    entry.0 = parent;
                    true
                }
                _ => false,
            }
        }
        Step::Enable(account, enabled) => {
            model.get_mut(NAMES[account]).map(|entry| entry.1 = enabled).is_some()
        }
    }
}

async fn done(accounts: &Accounts, step: &Step) -> bool {
    let name = |index: usize| id(NAMES[index]);
    match *step {
        Step::Create(account, parent) => {
            let parent = parent.map(name);
            // Hashing a password for each would take most of the time of this test.
            let inserted = sqlx::query(
                "INSERT INTO callhouse_accounts (name, hash, parent, login, password_hash, enabled, created_at)
                 SELECT ?1, ?1, ?2, ?1, '', 1, 0
                 WHERE ?2 IS NULL OR EXISTS (SELECT 1 FROM callhouse_accounts WHERE name = ?2)
                 ON CONFLICT DO NOTHING",
            )
            .bind(NAMES[account])
            .bind(parent.as_ref().map(AccountId::as_str))
            .execute(accounts.catalog.pool())
            .await
            .unwrap();
            inserted.rows_affected() > 0
        }
        Step::Move(account, parent) => {
            let parent = parent.map(name);
            match accounts.move_below(&name(account), parent.as_ref()).await {
                Ok(()) => true,
                Err(Error::AccountCircle { .. } | Error::AccountUnknown { .. }) => false,
                Err(error) => panic!("{error}"),
            }
        }
        Step::Enable(account, enabled) => accounts.set_enabled(&name(account), enabled).await.is_ok(),
    }
}

/// The catalog against the model: parents, who is below whom, who may log in.
async fn assert_is(accounts: &Accounts, model: &Model) {
    let stored = accounts.list().await.unwrap();
    let parents: BTreeMap<String, Option<String>> = stored
        .iter()
        .map(|account| (account.id.to_string(), account.parent.as_ref().map(ToString::to_string)))
        .collect();
    let expected: BTreeMap<String, Option<String>> =
        model.iter().map(|(name, (parent, _))| ((*name).to_owned(), parent.map(str::to_owned))).collect();
    assert_eq!(parents, expected);
    for name in model.keys().copied() {
        let path = upwards(model, name).expect("no circle");
        assert_eq!(
            accounts.enabled(&id(name)).await.unwrap(),
            path.iter().all(|above| model[above].1),
            "{name}"
        );
        let below: BTreeSet<String> =
            accounts.descendants(&id(name)).await.unwrap().iter().map(ToString::to_string).collect();
        let within = |other: &&'static str| upwards(model, other).is_some_and(|path| path.contains(&name));
        let expected: BTreeSet<String> = model.keys().copied().filter(within).map(str::to_owned).collect();
        assert_eq!(below, expected, "{name}");
        let below: Vec<AccountId> =
            accounts.below(&id(name)).await.unwrap().into_iter().map(|a| a.id).collect();
        assert_eq!(below.len() + 1, expected.len(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_steps_make_a_circle(steps in proptest::collection::vec(step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let temporary = tempfile::tempdir().unwrap();
            let clock: Arc<dyn callhouse_core::Clock> = Arc::<ManualClock>::default();
            let catalog = Catalog::open(DataFolder::new(temporary.path()), clock).await.unwrap();
            let accounts = Accounts::new(catalog);
            let mut model = Model::new();
            for step in &steps {
                assert_eq!(done(&accounts, step).await, apply(&mut model, step), "{step:?} of {steps:?}");
            }
            assert_is(&accounts, &model).await;
        });
    }
}

#[tokio::test]
async fn moves_at_the_same_time_make_no_circle_either() {
    let (_temporary, accounts, _) = accounts(&Arc::default()).await;
    // Each alone is fine, both together would be a circle.
    let (acme, other) = (id("acme"), id("other"));
    let (one, two) =
        tokio::join!(accounts.move_below(&acme, Some(&other)), accounts.move_below(&other, Some(&acme)),);
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
}

#[tokio::test]
async fn a_catalog_with_a_circle_made_by_hand_hangs_nobody() {
    let (_temporary, accounts, password) = accounts(&Arc::default()).await;
    sqlx::query("UPDATE callhouse_accounts SET parent = 'acme-paris-1' WHERE name = 'acme'")
        .execute(accounts.catalog.pool())
        .await
        .unwrap();
    assert!(accounts.authenticate_password("acme-paris", &password).await.unwrap().is_some());
    assert_eq!(accounts.descendants(&id("acme")).await.unwrap().len(), 3);
    let directory = AccountDirectory::new(accounts.clone());
    assert!(!directory.within(&id("acme"), &id("other")).await.unwrap());
    // The way out.
    accounts.move_below(&id("acme"), None).await.unwrap();
    assert_eq!(accounts.descendants(&id("acme-paris")).await.unwrap().len(), 2);
}
