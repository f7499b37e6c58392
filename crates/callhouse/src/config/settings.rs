//! Every setting with its default. `docs/operations.md` has the same as a table; a test compares.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::ensure;
use callhouse_lake::accounts::RequestLimit;
use serde::Deserialize;

use crate::secret::Secret;

/// All settings of a run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// The data folder.
    pub(crate) data: PathBuf,
    /// Address and port of the HTTP API; port 0 takes a free one and prints it.
    pub(crate) listen: String,
    /// Address and port of the PostgreSQL wire; empty for none.
    pub(crate) pg_listen: String,
    /// Address and port of Arrow Flight SQL; empty for none.
    pub(crate) flight_listen: String,
    /// Scheme, host and port by which clients reach the HTTP API, for the links it gives; empty for the address it listens on.
    pub(crate) public_url: String,
    pub(crate) kafka: Kafka,
    pub(crate) ingest: Ingest,
    pub(crate) compaction: Compaction,
    pub(crate) query: Query,
    pub(crate) sql: Sql,
    pub(crate) exports: Exports,
    pub(crate) webhooks: Webhooks,
    pub(crate) limits: Limits,
    pub(crate) log: Log,
}

/// Reading and writing Apache Kafka. Without brokers the embedded log is used.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Kafka {
    /// `host:port`, several separated by commas; empty for the embedded log.
    pub(crate) brokers: String,
    /// Topics to take in; what comes in over HTTP is appended to the first.
    pub(crate) topics: Vec<String>,
    /// Consumer group, which only spreads the partitions over processes.
    pub(crate) group: String,
    /// Client properties passed to librdkafka as they are: TLS, SASL, timeouts.
    pub(crate) properties: BTreeMap<String, Secret>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Ingest {
    /// A row waits at most so long for the commit that makes it durable in the lake.
    pub(crate) flush_age_ms: u64,
    /// So many waiting rows start a commit at once.
    pub(crate) flush_rows: usize,
    /// So many waiting bytes start a commit at once.
    pub(crate) flush_bytes: usize,
    /// Reading waits while hot rows take more memory.
    pub(crate) hot_max_bytes: usize,
    /// Reading waits while the overlay has more rows, because compaction is behind.
    pub(crate) overlay_max_rows: i64,
    /// Open calls each partition remembers, so that most rows it appends are whole.
    pub(crate) open_records: usize,
    /// A larger message is rejected.
    pub(crate) max_message_bytes: usize,
    /// Goes on behind messages that retention removed before they were read, and records the hole.
    pub(crate) skip_holes: bool,
    /// Creates the accounts that messages of the log name.
    pub(crate) create_accounts: bool,
    /// Threads that decode messages.
    pub(crate) decoders: usize,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Compaction {
    /// Whether this process compacts.
    pub(crate) enabled: bool,
    /// Time between two looks whether there is something to compact.
    pub(crate) interval_ms: u64,
    /// A call that has ended settles when nothing of it happened for so long.
    pub(crate) settle_after_ms: u64,
    /// Recent rows wait at most so long to be looked through.
    pub(crate) settle_every_ms: u64,
    /// Memory for rows being joined; it takes about four times this.
    pub(crate) memory_bytes: usize,
    /// The size at which a file is left alone.
    pub(crate) target_file_bytes: usize,
    /// Files of older snapshots are deleted so long after they were replaced.
    pub(crate) grace_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Query {
    /// Cores that work on one question.
    pub(crate) target_partitions: usize,
    /// Memory all running questions may take together.
    pub(crate) memory_limit_bytes: usize,
    /// Memory for file footers and indexes kept between questions.
    pub(crate) metadata_cache_bytes: usize,
    /// Memory for the sums of settled files kept between questions.
    pub(crate) sums_cache_bytes: usize,
    /// Memory for the directories of the lookup indexes of settled files; 0.03 bytes a record.
    pub(crate) lookup_cache_bytes: usize,
}

/// Statements of analysts, whatever door they come through.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Sql {
    /// Work on one statement.
    pub(crate) time_limit_ms: u64,
    /// An answer, or a cursor, waits at most so long to be read on.
    pub(crate) idle_limit_ms: u64,
    /// Rows of one answer.
    pub(crate) max_rows: u64,
    /// Bytes of one answer in memory.
    pub(crate) max_bytes: u64,
    /// Memory of one statement; beyond it goes to disk what can.
    pub(crate) statement_memory_bytes: usize,
    /// Bytes all statements together may have on disk, in the data folder.
    pub(crate) spill_limit_bytes: u64,
    /// Statements running at once.
    pub(crate) running: usize,
    /// Statements of one account running at once.
    pub(crate) running_of_account: usize,
    /// Statements waiting for their turn.
    pub(crate) waiting: usize,
    /// Threads that work on statements and on nothing else; with 0 those of the server do it.
    pub(crate) threads: usize,
    /// Connections of the PostgreSQL wire at once.
    pub(crate) pg_connections: usize,
    /// Connections of Arrow Flight SQL at once.
    pub(crate) flight_connections: usize,
    /// PEM file with the certificate of the PostgreSQL wire and of Arrow Flight SQL; empty for no TLS.
    pub(crate) tls_certificate: String,
    /// PEM file with its key.
    pub(crate) tls_key: String,
}

/// Exports: files made in the background, in the data folder's `exports/`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Exports {
    /// Exports running at once, over all processes on the data folder; 0 for none in this process.
    pub(crate) running: u32,
    /// Exports of one account running at once.
    pub(crate) running_of_account: u32,
    /// Exports of one account waiting or running.
    pub(crate) unfinished_of_account: u32,
    /// A file is kept so long.
    pub(crate) keep_hours: u64,
    /// An export that has ended is listed so long.
    pub(crate) remember_hours: u64,
    /// A link that needs no credentials works so long.
    pub(crate) link_hours: u64,
    /// Bytes of one file.
    pub(crate) max_file_bytes: u64,
    /// Bytes of all files.
    pub(crate) max_bytes: u64,
    /// Memory of one export for rows being read.
    pub(crate) memory_bytes: usize,
    /// An export whose process died is taken up again after so long.
    pub(crate) lease_ms: u64,
}

/// Deliveries to the endpoints of accounts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Webhooks {
    /// Whether this process delivers.
    pub(crate) enabled: bool,
    /// Attempts under way at once.
    pub(crate) concurrency: usize,
    /// Attempts of one account to one address at once.
    pub(crate) endpoint_concurrency: usize,
    /// From the connection to the end of the reply.
    pub(crate) timeout_ms: u64,
    /// Tries of a delivery.
    pub(crate) tries: u32,
    /// The pause after the first try that failed.
    pub(crate) retry_first_ms: u64,
    /// Each pause is so many times the one before.
    pub(crate) retry_factor: u32,
    /// A pause is at most so long.
    pub(crate) retry_longest_ms: u64,
    /// A hook is disabled when nothing has reached it for so long.
    pub(crate) disable_after_ms: u64,
    /// Events that are taken in later than so long after they happened are not announced.
    pub(crate) announce_within_ms: u64,
    /// Lets webhooks be sent to loopback, private and other addresses that are not public.
    pub(crate) allow_private_endpoints: bool,
}

/// HTTP requests of one API key or login, where the key has no limit of its own.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// 0 for no limit.
    pub(crate) requests_per_second: u32,
    /// At once, after a pause; 0 for a second's worth.
    pub(crate) burst: u32,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    /// What is logged, in the syntax of tracing's `EnvFilter`: `info`, `callhouse_ingest=debug,info`.
    pub(crate) filter: String,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people on a terminal, JSON otherwise.
    Auto,
    Human,
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: PathBuf::from("./callhouse-data"),
            listen: "127.0.0.1:8080".to_owned(),
            pg_listen: String::new(),
            flight_listen: String::new(),
            public_url: String::new(),
            kafka: Kafka::default(),
            ingest: Ingest::default(),
            compaction: Compaction::default(),
            query: Query::default(),
            sql: Sql::default(),
            exports: Exports::default(),
            webhooks: Webhooks::default(),
            limits: Limits::default(),
            log: Log::default(),
        }
    }
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            brokers: String::new(),
            topics: Vec::new(),
            group: "callhouse".to_owned(),
            properties: BTreeMap::new(),
        }
    }
}

impl Default for Ingest {
    fn default() -> Self {
        Self {
            flush_age_ms: 2_000,
            flush_rows: 400_000,
            flush_bytes: 128 << 20,
            hot_max_bytes: 512 << 20,
            overlay_max_rows: 1_000_000,
            open_records: 200_000,
            max_message_bytes: 4 << 20,
            skip_holes: false,
            create_accounts: false,
            decoders: 2,
        }
    }
}

impl Default for Compaction {
    fn default() -> Self {
        Self {
            enabled: true,
            interval_ms: 1_000,
            settle_after_ms: 300_000,
            settle_every_ms: 30_000,
            memory_bytes: 256 << 20,
            target_file_bytes: 256 << 20,
            grace_ms: 600_000,
        }
    }
}

impl Default for Query {
    fn default() -> Self {
        Self {
            target_partitions: 2,
            memory_limit_bytes: 1 << 30,
            metadata_cache_bytes: 256 << 20,
            sums_cache_bytes: 64 << 20,
            lookup_cache_bytes: 32 << 20,
        }
    }
}

impl Default for Sql {
    fn default() -> Self {
        Self {
            time_limit_ms: 60_000,
            idle_limit_ms: 300_000,
            max_rows: 100_000_000,
            max_bytes: 16 << 30,
            statement_memory_bytes: 256 << 20,
            spill_limit_bytes: 8 << 30,
            running: 8,
            running_of_account: 4,
            waiting: 32,
            threads: 2,
            pg_connections: 200,
            flight_connections: 200,
            tls_certificate: String::new(),
            tls_key: String::new(),
        }
    }
}

impl Default for Exports {
    fn default() -> Self {
        Self {
            running: 2,
            running_of_account: 1,
            unfinished_of_account: 100,
            keep_hours: 168,
            remember_hours: 720,
            link_hours: 24,
            max_file_bytes: 64 << 30,
            max_bytes: 256 << 30,
            memory_bytes: 64 << 20,
            lease_ms: 30_000,
        }
    }
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            enabled: true,
            concurrency: 256,
            endpoint_concurrency: 8,
            timeout_ms: 10_000,
            tries: 10,
            retry_first_ms: 10_000,
            retry_factor: 3,
            retry_longest_ms: 43_200_000,
            disable_after_ms: 259_200_000,
            announce_within_ms: 259_200_000,
            allow_private_endpoints: false,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Auto, filter: "info".to_owned() }
    }
}

impl Limits {
    /// What holds for keys without a limit of their own.
    #[must_use]
    pub(crate) fn usual(&self) -> Option<RequestLimit> {
        RequestLimit::of(self.requests_per_second, self.burst)
    }
}

impl Settings {
    /// Refuses settings that contradict each other.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let (brokers, topics) = (!self.kafka.brokers.is_empty(), !self.kafka.topics.is_empty());
        ensure!(brokers || !topics, "kafka.topics is set and kafka.brokers is not");
        let (certificate, key) = (!self.sql.tls_certificate.is_empty(), !self.sql.tls_key.is_empty());
        ensure!(
            self.public_url.is_empty() || self.public_url.starts_with("http"),
            "public_url starts with http:// or https://"
        );
        ensure!(self.exports.lease_ms >= 1_000, "exports.lease_ms is at least 1000");
        ensure!(certificate == key, "sql.tls_certificate and sql.tls_key are set together or not at all");
        let limits = &self.limits;
        ensure!(
            limits.burst == 0 || limits.requests_per_second > 0,
            "limits.burst is set and limits.requests_per_second is not"
        );
        ensure!(topics || !brokers, "kafka.brokers is set and kafka.topics is not");
        let hooks = &self.webhooks;
        ensure!(
            hooks.timeout_ms > 0 && hooks.tries > 0,
            "webhooks.timeout_ms and webhooks.tries are at least 1"
        );
        Ok(())
    }
}
