//! A real Apache Kafka broker for tests: one process in KRaft combined mode on free loopback ports and a
//! folder of its own. The jars come from `tests/kafka/install`.
//!
//! The broker never outlives the test process, however that ends: a guardian shell holds one end of a pipe
//! and kills the broker by its process id when the other end is gone.

mod wire;

use std::fs::File;
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How long a broker may take to come up on a busy machine.
const START_DEADLINE: Duration = Duration::from_secs(120);

/// A running broker.
#[derive(Debug)]
pub struct Broker {
    java: Child,
    guardian: Child,
    port: u16,
    folder: PathBuf,
}

/// The broker all tests of this binary share; give every test topics of its own ([`unique`]).
///
/// `None` when the jars are not installed: the test should then return. Says so on stderr.
///
/// # Panics
/// When the jars are missing and the environment says `CI=true`, where nothing may be skipped; when the
/// broker does not start.
#[must_use]
pub fn shared() -> Option<&'static Broker> {
    static SHARED: OnceLock<Option<Broker>> = OnceLock::new();
    SHARED
        .get_or_init(|| {
            let libs = installed_libs();
            libs.map(|libs| Broker::start(&libs).expect("the broker starts"))
        })
        .as_ref()
}

/// `prefix` with something behind it that no other call gives.
#[must_use]
pub fn unique(prefix: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

#[expect(clippy::disallowed_methods, reason = "CI=true is how CI says what it is, not a setting")]
fn installed_libs() -> Option<PathBuf> {
    let libs = installation().join("libs");
    if installation().join("complete").is_file() {
        return Some(libs);
    }
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!in_ci, "no Kafka broker in {}: run tests/kafka/install", libs.display());
    // Not by a macro, whose output the test harness keeps to itself while the test passes.
    let said =
        writeln!(io::stderr(), "SKIPPED: no Kafka broker in {}: run tests/kafka/install", libs.display());
    assert!(said.is_ok(), "{said:?}");
    None
}

/// The folder `tests/kafka/install` fills.
#[expect(clippy::disallowed_methods, reason = "the script has nothing but the home folder to go by")]
fn installation() -> PathBuf {
    let pom = include_str!("../../../tests/kafka/pom.xml");
    let version = pom
        .split_once("<kafka.version>")
        .and_then(|(_, rest)| rest.split_once("</kafka.version>"))
        .map(|(version, _)| version)
        .expect("the pom names the version");
    let home = std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from);
    home.join(".cache/callhouse").join(format!("kafka-{version}"))
}

impl Broker {
    /// Formats a folder, starts a broker on it and waits until it answers.
    ///
    /// # Errors
    /// What the operating system says; a broker that ends or stays silent is [`io::ErrorKind::Other`] with
    /// its output.
    pub fn start(libs: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("callhouse-kafka-").tempdir()?.keep();
        let port = free_port()?;
        let properties = folder.join("server.properties");
        std::fs::write(&properties, server_properties(&folder, port, free_port()?))?;

        let formatted = java(libs, "128m")
            .args(["kafka.tools.StorageTool", "format", "--cluster-id", "Y2FsbGhvdXNlLXRlc3RzLg"])
            .arg("--config")
            .arg(&properties)
            .output()?;
        if !formatted.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&formatted.stderr).into_owned()));
        }

        let output = File::create(folder.join("output"))?;
        let java = java(libs, "256m")
            .arg("kafka.Kafka")
            .arg(&properties)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        let guardian = guard(java.id(), &folder)?;
        let mut broker = Self { java, guardian, port, folder };
        broker.wait_until_it_answers()?;
        Ok(broker)
    }

    /// `host:port`, for `bootstrap.servers`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Creates a topic and returns when the broker knows it. `config` is the topic's own configuration.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn create_topic(&self, name: &str, partitions: i32, config: &[(&str, &str)]) {
        wire::create_topic(&self.address(), name, partitions, config).expect("the topic is created");
    }

    fn wait_until_it_answers(&mut self) -> io::Result<()> {
        let ends_at = Instant::now() + START_DEADLINE;
        loop {
            let ended = self.java.try_wait()?;
            if ended.is_none() && wire::answers(&self.address()) {
                return Ok(());
            }
            if ended.is_some() || Instant::now() > ends_at {
                let output = std::fs::read_to_string(self.folder.join("output"))?;
                return Err(io::Error::other(format!("no broker ({ended:?}): {output}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        let ended = self.guardian.wait().and_then(|_| self.java.wait());
        debug_assert!(ended.is_ok(), "{ended:?}");
    }
}

fn java(libs: &Path, heap: &str) -> Command {
    let mut command = Command::new("java");
    command
        .arg(format!("-Xmx{heap}"))
        .args([
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        ])
        .arg("-cp")
        .arg(libs.join("*"));
    command
}

/// Starts the shell that ends process `id` and removes `folder` when this process lets go of it.
fn guard(id: u32, folder: &Path) -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", r#"trap "" INT HUP TERM; read -r _; kill -9 "$0"; rm -rf "$1""#])
        .arg(id.to_string())
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    Ok(stream)
}

/// One node that is broker and controller; short intervals, so that retention and compaction happen
/// while a test waits.
fn server_properties(folder: &Path, port: u16, controller_port: u16) -> String {
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller_port}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
         controller.listener.names=CONTROLLER\n\
         log.dirs={}\n\
         auto.create.topics.enable=false\n\
         offsets.topic.replication.factor=1\n\
         offsets.topic.num.partitions=1\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         transaction.state.log.num.partitions=1\n\
         group.initial.rebalance.delay.ms=0\n\
         log.initial.task.delay.ms=200\n\
         log.retention.check.interval.ms=200\n\
         log.cleaner.backoff.ms=200\n\
         log.cleaner.dedupe.buffer.size=4194304\n\
         num.network.threads=2\n\
         num.io.threads=2\n",
        folder.join("data").display()
    )
}
