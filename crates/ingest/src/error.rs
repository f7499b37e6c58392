//! What can end ingest. A bad message never does: it becomes a rejection.

use callhouse_core::KafkaPartition;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("reading the log failed")]
    ReadLog {
        #[source]
        source: callhouse_log::Error,
    },
    #[error("looking an account up failed")]
    LookUpAccount {
        #[source]
        source: callhouse_lake::Error,
    },
    #[error("reading who is subscribed to webhooks failed")]
    ReadWebhooks {
        #[source]
        source: callhouse_lake::Error,
    },
    #[error("encoding rows of {kafka_partition} from offset {from} failed")]
    Encode {
        kafka_partition: KafkaPartition,
        from: i64,
        #[source]
        source: callhouse_lake::Error,
    },
    #[error("arranging the rows of a flush failed")]
    Arrange {
        #[source]
        source: arrow::error::ArrowError,
    },
    #[error("writing the files of a flush failed")]
    WriteFiles {
        #[source]
        source: callhouse_lake::Error,
    },
    #[error("commit {id} failed {attempts} times")]
    Commit {
        id: uuid::Uuid,
        attempts: u32,
        #[source]
        source: callhouse_lake::Error,
    },
    #[error(
        "reading started over {times} times without a commit in between, the last time for {kafka_partition}: {why}"
    )]
    StartOver { times: u32, kafka_partition: KafkaPartition, why: String },
    #[error("the {worker} task ended abnormally")]
    Worker {
        worker: &'static str,
        #[source]
        source: tokio::task::JoinError,
    },
}
