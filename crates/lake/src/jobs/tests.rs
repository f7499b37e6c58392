use std::sync::Arc;
use std::time::Duration;

use callhouse_testkit::ManualClock;
use parking_lot::Mutex;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::folder::DataFolder;
use crate::webhooks::Endpoint;

const LEASE: Duration = Duration::from_secs(10);
const LEASE_MICROS: i64 = 10_000_000;
const LIMITS: Limits = Limits { running: 2, running_of_account: 1 };

struct Place {
    jobs: Jobs,
    clock: Arc<ManualClock>,
    _folder: TempDir,
}

async fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let catalog = Catalog::open(DataFolder::new(folder.path()), Arc::clone(&clock) as _).await.unwrap();
    Place { jobs: Jobs::new(catalog), clock, _folder: folder }
}

fn account(name: &str) -> AccountId {
    AccountId::new(name).unwrap()
}

fn webhook() -> Dynamic {
    Dynamic { endpoint: Endpoint::parse("https://example.org/hook").unwrap(), signing: None }
}

fn viewer(name: &str) -> Viewer {
    Viewer::Account(account(name))
}

impl Place {
    async fn create(&self, name: &str) -> Job {
        self.clock.advance_micros(1);
        let new = NewJob {
            account: account(name),
            all_accounts: false,
            kind: "export",
            parameters: json!({"n": 1}),
            webhook: Some(webhook()),
        };
        self.jobs.create(new, 100).await.unwrap()
    }

    async fn claim(&self, owner: &str) -> Option<Lease> {
        self.jobs.claim("export", owner, LEASE, LIMITS).await.unwrap()
    }

    async fn status(&self, job: &Job) -> (JobStatus, i64) {
        let job = self.jobs.get(&Viewer::Administrator, &job.id).await.unwrap().unwrap();
        (job.status, job.attempt)
    }
}

fn outcome() -> Outcome {
    let expires_at = Some(Timestamp::from_seconds(4_000_000_000));
    Outcome { result: json!({"rows": 3}), file: Some(("a.csv".to_owned(), 7)), expires_at }
}

#[tokio::test]
async fn a_job_goes_from_the_queue_to_its_end() {
    let place = place().await;
    let job = place.create("a").await;
    assert_eq!((job.status, job.attempt, job.percent.to_string().as_str()), (JobStatus::Pending, 0, "0.00"));
    assert_eq!(job.webhook, Some(webhook()));
    assert!(place.jobs.claim("other", "p", LEASE, LIMITS).await.unwrap().is_none(), "of another kind");
    let lease = place.claim("p").await.unwrap();
    assert!(lease.renew(Percent::of(1, 3)).await.unwrap());
    let running = place.jobs.get(&viewer("a"), &job.id).await.unwrap().unwrap();
    assert_eq!((running.status, running.percent.to_string().as_str()), (JobStatus::Running, "33.33"));
    assert!(lease.finish(outcome()).await.unwrap());
    let done = place.jobs.get(&viewer("a"), &job.id).await.unwrap().unwrap();
    assert_eq!((done.status, done.percent), (JobStatus::Done, Percent::WHOLE));
    assert_eq!((done.result, done.file.as_deref()), (Some(json!({"rows": 3})), Some("a.csv")));
    assert_eq!(place.jobs.file_bytes().await.unwrap(), 7);
    assert!(!lease.finish(outcome()).await.unwrap(), "a job ends once");
    assert!(!lease.renew(Percent::default()).await.unwrap());
    assert!(place.claim("p").await.is_none());
}

#[tokio::test]
async fn a_job_of_a_dead_process_is_taken_up_again_and_ends_once() {
    let place = place().await;
    let job = place.create("a").await;
    let dead = place.claim("dead").await.unwrap();
    place.clock.advance_micros(LEASE_MICROS - 1);
    assert!(place.claim("other").await.is_none(), "the lease lasts");
    place.clock.advance_micros(1);
    let lease = place.claim("other").await.unwrap();
    assert_eq!((lease.job().id.clone(), lease.job().attempt, lease.job().failures), (job.id.clone(), 2, 1));
    assert!(!dead.renew(Percent::default()).await.unwrap());
    assert!(!dead.pin(1).await.unwrap());
    assert!(!dead.finish(outcome()).await.unwrap());
    assert!(!dead.fail(&json!({})).await.unwrap());
    assert!(!dead.give_back(true).await.unwrap());
    assert_eq!(place.status(&job).await, (JobStatus::Running, 2));
    assert!(lease.finish(outcome()).await.unwrap());
    assert_eq!(place.status(&job).await, (JobStatus::Done, 2));
}

#[tokio::test]
async fn a_late_holder_may_end_its_job_while_nobody_else_has_taken_it() {
    let place = place().await;
    place.create("a").await;
    let lease = place.claim("p").await.unwrap();
    place.clock.advance_micros(LEASE_MICROS * 2);
    assert!(lease.finish(outcome()).await.unwrap());
}

#[tokio::test]
async fn a_canceled_job_stays_canceled() {
    let place = place().await;
    let (pending, running) = (place.create("a").await, place.create("b").await);
    let canceled = place.jobs.cancel(&viewer("a"), &pending.id).await.unwrap().unwrap();
    assert_eq!((canceled.status, canceled.done_at.is_some()), (JobStatus::Canceled, true));
    let lease = place.claim("p").await.unwrap();
    assert_eq!(lease.job().id, running.id);
    place.jobs.cancel(&viewer("b"), &running.id).await.unwrap().unwrap();
    assert!(!lease.renew(Percent::default()).await.unwrap());
    assert!(!lease.finish(outcome()).await.unwrap());
    assert!(!lease.give_back(false).await.unwrap());
    assert_eq!(place.status(&running).await, (JobStatus::Canceled, 1));
    assert!(place.claim("p").await.is_none());
}

#[tokio::test]
async fn what_is_given_back_runs_again() {
    let place = place().await;
    let job = place.create("a").await;
    assert!(place.claim("p").await.unwrap().give_back(false).await.unwrap());
    assert!(place.claim("p").await.unwrap().give_back(true).await.unwrap());
    let lease = place.claim("p").await.unwrap();
    assert_eq!((lease.job().attempt, lease.job().failures), (3, 1));
    assert!(lease.fail(&json!({"code": "X"})).await.unwrap());
    let job = place.jobs.get(&viewer("a"), &job.id).await.unwrap().unwrap();
    assert_eq!((job.status, job.error, job.result), (JobStatus::Done, Some(json!({"code": "X"})), None));
}

#[tokio::test]
async fn no_more_run_at_once_than_may() {
    let place = place().await;
    for name in ["a", "a", "b", "c"] {
        place.create(name).await;
    }
    let first = place.claim("p").await.unwrap();
    let second = place.claim("q").await.unwrap();
    let accounts = [&first, &second].map(|lease| lease.job().account.to_string());
    assert_eq!(accounts, ["a", "b"], "the second of a waits for the first");
    assert!(place.claim("p").await.is_none(), "two run");
    assert!(second.finish(outcome()).await.unwrap());
    assert_eq!(place.claim("p").await.unwrap().job().account, account("c"));
    let new = NewJob {
        account: account("a"),
        all_accounts: false,
        kind: "export",
        parameters: json!({}),
        webhook: None,
    };
    let refused = place.jobs.create(new.clone(), 2).await;
    assert!(matches!(refused, Err(Error::TooManyJobs { limit: 2 })), "two of a are not done");
    place.jobs.create(new, 3).await.unwrap();
}

#[tokio::test]
async fn ten_1_another_account_finds_no_job() {
    let place = place().await;
    let job = place.create("a").await;
    let everything = NewJob {
        account: account("a"),
        all_accounts: true,
        kind: "export",
        parameters: json!({}),
        webhook: None,
    };
    let of_administrator = place.jobs.create(everything, 100).await.unwrap();
    for (who, id) in [("b", &job.id), ("a", &of_administrator.id)] {
        assert_eq!(place.jobs.get(&viewer(who), id).await.unwrap(), None);
        assert_eq!(place.jobs.cancel(&viewer(who), id).await.unwrap(), None);
    }
    let listed = |who: Viewer| {
        let jobs = place.jobs.clone();
        async move { jobs.list(&who, None, None, 10).await.unwrap().len() }
    };
    assert_eq!(listed(viewer("b")).await, 0);
    assert_eq!(listed(viewer("a")).await, 1);
    assert_eq!(listed(Viewer::Administrator).await, 2);
    place.jobs.cancel(&viewer("a"), &job.id).await.unwrap().unwrap();
    assert!(!place.jobs.forget(&viewer("b"), &job.id).await.unwrap());
    assert!(place.jobs.forget(&viewer("a"), &job.id).await.unwrap());
}

#[tokio::test]
async fn a_list_is_read_in_pages_newest_first() {
    let place = place().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(place.create("a").await.id);
    }
    made.reverse();
    let mut read = Vec::new();
    let mut before = None;
    loop {
        let page = place.jobs.list(&viewer("a"), Some("export"), before.as_ref(), 2).await.unwrap();
        read.extend(page.iter().map(|job| job.id.clone()));
        match page.last() {
            Some(last) => before = Some(last.clone()),
            None => break,
        }
    }
    assert_eq!(read, made);
    assert_eq!(place.jobs.list(&viewer("a"), Some("other"), None, 2).await.unwrap(), []);
}

#[tokio::test]
async fn old_jobs_are_forgotten_when_nothing_of_them_is_to_be_fetched() {
    let place = place().await;
    let (kept, gone) = (place.create("a").await, place.create("b").await);
    assert!(place.claim("p").await.unwrap().finish(outcome()).await.unwrap());
    place.jobs.cancel(&viewer("b"), &gone.id).await.unwrap();
    place.clock.advance_micros(1);
    let now = place.clock_now();
    assert_eq!(place.jobs.forget_ended_before(now).await.unwrap(), 1);
    assert!(place.jobs.get(&viewer("a"), &kept.id).await.unwrap().is_some());
    assert!(place.jobs.get(&viewer("b"), &gone.id).await.unwrap().is_none());
}

impl Place {
    fn clock_now(&self) -> Timestamp {
        callhouse_core::Clock::now(self.clock.as_ref())
    }
}

/// Notes what it is told; refuses when told to.
#[derive(Default)]
struct Notes {
    told: Mutex<Vec<JobStatus>>,
    refuses: Mutex<bool>,
}

#[async_trait]
impl StatusListener for Notes {
    async fn changed(&self, _transaction: &mut Transaction<'_, Sqlite>, job: &Job) -> Result<(), Error> {
        if *self.refuses.lock() {
            return Err(Error::Invalid { what: "refused".to_owned() });
        }
        self.told.lock().push(job.status);
        Ok(())
    }
}

#[tokio::test]
async fn a_listener_is_told_of_each_change_and_no_change_is_without_it() {
    let mut place = place().await;
    let notes = Arc::new(Notes::default());
    place.jobs = place.jobs.clone().telling(Arc::clone(&notes) as _);
    let job = place.create("a").await;
    let lease = place.claim("p").await.unwrap();
    *notes.refuses.lock() = true;
    assert!(lease.finish(outcome()).await.is_err());
    assert_eq!(place.status(&job).await.0, JobStatus::Running);
    *notes.refuses.lock() = false;
    assert!(lease.finish(outcome()).await.unwrap());
    let wanted = [JobStatus::Pending, JobStatus::Running, JobStatus::Done];
    assert_eq!(*notes.told.lock(), wanted);
}

#[test]
fn percents_are_written_as_callr_does_and_only_the_end_is_whole() {
    let percents = [Percent::of(0, 0), Percent::of(989, 1_000), Percent::of(7, 7), Percent::WHOLE];
    assert_eq!(percents.map(|percent| percent.to_string()), ["0.00", "98.90", "99.99", "100.00"]);
    assert_eq!(Percent::of(u64::MAX, u64::MAX).to_string(), "99.99");
}
