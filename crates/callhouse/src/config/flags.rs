//! Flags as a layer of settings. Commands flatten the groups they understand.

use std::path::PathBuf;

use clap::Args;
use toml::{Table, Value};

use super::name_and_value;
use super::settings::LogFormat;

/// Flags of every command.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct DataFlags {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Data folder [default: ./callhouse-data]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,
    /// Form of log lines [default: auto]
    #[arg(long, value_name = "FORM", global = true)]
    pub(crate) log_format: Option<LogFormat>,
    /// What is logged, for example `debug` or `callhouse_ingest=debug,info` [default: info]
    #[arg(long, value_name = "FILTER", global = true)]
    pub(crate) log_filter: Option<String>,
}

#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ListenFlag {
    /// Address and port of the HTTP API; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// Address and port of the PostgreSQL wire, for psql and BI tools; port 0 takes a free one [default: none]
    #[arg(long, value_name = "ADDR")]
    pub(crate) pg_listen: Option<String>,
    /// Address and port of Arrow Flight SQL, for ADBC and JDBC; port 0 takes a free one [default: none]
    #[arg(long, value_name = "ADDR")]
    pub(crate) flight_listen: Option<String>,
}

#[derive(Debug, Clone, Default, Args)]
pub(crate) struct KafkaFlags {
    /// Kafka brokers, `host:port,…`; without them the embedded log is used
    #[arg(long = "kafka", value_name = "BROKERS")]
    pub(crate) brokers: Option<String>,
    /// Kafka topic to take in; may be given several times
    #[arg(long = "topic", value_name = "TOPIC")]
    pub(crate) topics: Vec<String>,
    /// Kafka consumer group [default: callhouse]
    #[arg(long = "kafka-group", value_name = "GROUP")]
    pub(crate) group: Option<String>,
    /// Kafka client property, for example `security.protocol=sasl_ssl`; may be given several times
    #[arg(long = "kafka-property", value_name = "NAME=VALUE")]
    pub(crate) properties: Vec<String>,
    /// Goes on behind messages that retention removed before they were read, and records the hole
    #[arg(long)]
    pub(crate) skip_holes: bool,
    /// Creates the accounts that messages of the log name
    #[arg(long)]
    pub(crate) create_accounts: bool,
}

/// The flags of a command, whichever it has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    pub(crate) config: Option<PathBuf>,
    pub(crate) data: DataFlags,
    pub(crate) listen: ListenFlag,
    pub(crate) kafka: KafkaFlags,
}

impl Flags {
    #[must_use]
    pub(crate) fn new(data: &DataFlags) -> Self {
        Self { config: data.config.clone(), data: data.clone(), ..Self::default() }
    }

    #[must_use]
    pub(crate) fn with_listen(self, listen: &ListenFlag) -> Self {
        Self { listen: listen.clone(), ..self }
    }

    #[must_use]
    pub(crate) fn with_kafka(self, kafka: &KafkaFlags) -> Self {
        Self { kafka: kafka.clone(), ..self }
    }

    pub(super) fn layer(&self) -> anyhow::Result<Table> {
        let mut layer = Table::new();
        put(&mut layer, "data", self.data.data.as_ref().map(|path| path.display().to_string()));
        put(&mut layer, "listen", self.listen.listen.clone());
        put(&mut layer, "pg_listen", self.listen.pg_listen.clone());
        put(&mut layer, "flight_listen", self.listen.flight_listen.clone());

        let mut log = Table::new();
        let format = self.data.log_format.map(|format| match format {
            LogFormat::Auto => "auto",
            LogFormat::Human => "human",
            LogFormat::Json => "json",
        });
        put(&mut log, "format", format.map(str::to_owned));
        put(&mut log, "filter", self.data.log_filter.clone());
        layer.insert("log".to_owned(), Value::Table(log));

        layer.insert("kafka".to_owned(), Value::Table(self.kafka_layer()?));
        let mut ingest = Table::new();
        for (name, is_on) in
            [("skip_holes", self.kafka.skip_holes), ("create_accounts", self.kafka.create_accounts)]
        {
            if is_on {
                ingest.insert(name.to_owned(), Value::Boolean(true));
            }
        }
        layer.insert("ingest".to_owned(), Value::Table(ingest));
        Ok(layer)
    }

    fn kafka_layer(&self) -> anyhow::Result<Table> {
        let mut kafka = Table::new();
        put(&mut kafka, "brokers", self.kafka.brokers.clone());
        put(&mut kafka, "group", self.kafka.group.clone());
        if !self.kafka.topics.is_empty() {
            let topics = self.kafka.topics.iter().cloned().map(Value::String).collect();
            kafka.insert("topics".to_owned(), Value::Array(topics));
        }
        let mut properties = Table::new();
        for text in &self.kafka.properties {
            let (name, value) = name_and_value(text)?;
            properties.insert(name.to_owned(), Value::String(value.to_owned()));
        }
        kafka.insert("properties".to_owned(), Value::Table(properties));
        Ok(kafka)
    }
}

fn put(table: &mut Table, name: &str, value: Option<String>) {
    if let Some(value) = value {
        table.insert(name.to_owned(), Value::String(value));
    }
}
