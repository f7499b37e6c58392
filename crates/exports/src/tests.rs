//! The service over a lake without rows: how jobs end, and what is left of them.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use callhouse_core::{AccountId, Clock, Timestamp};
use callhouse_lake::jobs::{Job, JobStatus, Jobs, Limits, Viewer};
use callhouse_lake::{Catalog, DataFolder, HotRows};
use callhouse_query::{Engine, EngineOptions, ExportOptions, Exporter};
use callhouse_testkit::{ManualClock, poll_until};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::folder::Folder;
use crate::service::KIND;
use crate::sweep::sweep;
use crate::{ExportSpec, Links, Options, Service, SigningKey};

const DEADLINE: Duration = Duration::from_secs(60);
const LIMITS: Limits = Limits { running: 10, running_of_account: 10 };

struct Place {
    service: Service,
    exporter: Exporter,
    clock: Arc<ManualClock>,
    folder: TempDir,
}

async fn place(options: Options) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let catalog = Catalog::open(DataFolder::new(folder.path()), Arc::clone(&clock) as _).await.unwrap();
    let engine = Engine::new(catalog.clone(), HotRows::default(), EngineOptions::default()).unwrap();
    let exporter = Exporter::new(engine, &ExportOptions::default()).unwrap();
    let links = Links::new(SigningKey::of(folder.path()).unwrap(), "http://here", options.link);
    let options = Options { poll: Duration::from_millis(10), ..options };
    Place { service: Service::new(Jobs::new(catalog), links, options), exporter, clock, folder }
}

impl Place {
    async fn ask(&self) -> Job {
        let account = AccountId::new("acme").unwrap();
        self.service.ask(&account, false, &ExportSpec::of("calls"), None).await.unwrap()
    }

    async fn job(&self, job: &Job) -> Job {
        self.service.jobs().get(&Viewer::Administrator, &job.id).await.unwrap().unwrap()
    }

    /// Runs the service until a job has ended.
    async fn run(&self, job: &Job) -> Job {
        let stop = CancellationToken::new();
        let running = tokio::spawn(self.service.clone().run(self.exporter.clone(), stop.clone()));
        poll_until(DEADLINE, || async { self.job(job).await.status.is_final() }).await;
        stop.cancel();
        running.await.unwrap();
        self.job(job).await
    }

    fn exports(&self) -> PathBuf {
        self.folder.path().join("exports")
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.exports()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    async fn sweep(&self) -> u64 {
        let folder = Folder::of(self.service.jobs().catalog().folder());
        sweep(self.service.jobs(), &folder, self.clock.now()).await.unwrap()
    }
}

fn code(job: &Job) -> Option<&str> {
    job.error.as_ref().and_then(|error| error["code"].as_str())
}

#[tokio::test]
async fn an_export_that_may_not_be_made_says_why_and_leaves_nothing() {
    for (options, wanted) in [
        (Options { max_file_bytes: 10, ..Options::default() }, "TOO_LARGE"),
        (Options { max_bytes: 0, ..Options::default() }, "EXPORTS_FULL"),
    ] {
        let place = place(options).await;
        let job = place.ask().await;
        let ended = place.run(&job).await;
        assert_eq!((ended.status, code(&ended)), (JobStatus::Done, Some(wanted)));
        assert_eq!(place.files(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_job_whose_processes_die_again_and_again_is_given_up() {
    let place = place(Options::default()).await;
    let job = place.ask().await;
    for attempt in 1..=5 {
        let lease =
            place.service.jobs().claim(KIND, "dead", Duration::from_secs(1), LIMITS).await.unwrap().unwrap();
        assert_eq!(lease.job().attempt, attempt);
        place.clock.advance_micros(1_000_001);
    }
    let ended = place.run(&job).await;
    assert_eq!((code(&ended), ended.attempt), (Some("GIVEN_UP"), 6));
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_tried_again_and_then_given_up() {
    let options = Options { lease: Duration::from_millis(20), ..Options::default() };
    let place = place(options).await;
    fs::write(place.exports(), "in the way").unwrap();
    let job = place.ask().await;
    let ended = place.run(&job).await;
    assert_eq!((ended.status, code(&ended)), (JobStatus::Done, Some("INTERNAL_ERROR")));
    assert!(ended.attempt >= 2, "it may not fail again");
}

#[tokio::test]
async fn upkeep_removes_what_no_job_needs_and_nothing_else() {
    let place = place(Options::default()).await;
    let done = place.ask().await;
    let done = place.run(&done).await;
    let own = place.files();
    assert_eq!(own.len(), 2, "{own:?}");
    let running = place.ask().await;
    let lease = place.service.jobs().claim(KIND, "p", Duration::from_secs(1), LIMITS).await.unwrap().unwrap();
    assert_eq!(lease.job().id, running.id);
    let canceled = place.ask().await;
    place.service.jobs().cancel(&Viewer::Administrator, &canceled.id).await.unwrap();
    let write = |name: String| fs::write(place.exports().join(name), "x").unwrap();
    write(format!("{}.1.part", running.id));
    for name in [
        format!("{}.1.part", canceled.id),
        format!("{}.0.part", running.id),
        format!("{}.7.csv", done.id),
        format!("{}.1.csv", "0".repeat(32)),
    ] {
        write(name);
    }
    write("notes.txt".to_owned());
    // Also one whose lease has run out goes on until another attempt begins.
    place.clock.advance_micros(2_000_000);
    assert_eq!(place.sweep().await, 4);
    let mut left = own.clone();
    left.extend([format!("{}.1.part", running.id), "notes.txt".to_owned()]);
    left.sort();
    assert_eq!(place.files(), left);
    place.clock.set(done.expires_at.unwrap_or(Timestamp(0)));
    assert_eq!(place.sweep().await, 2);
    assert_eq!(place.files().len(), 2);
}

#[tokio::test]
async fn a_service_that_stops_gives_its_jobs_back() {
    let place = place(Options::default()).await;
    let job = place.ask().await;
    let lease = place.service.jobs().claim(KIND, "p", Duration::from_secs(1), LIMITS).await.unwrap().unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    place.service.one(&place.exporter, &lease, &stop).await;
    let job = place.job(&job).await;
    // It may have been quicker than the stop.
    assert!(matches!(job.status, JobStatus::Pending | JobStatus::Done), "{job:?}");
    assert_eq!((job.failures, code(&job)), (0, None));
}
