"""How ClickHouse is told to read CloudEvents lines; without imports, for the Python of `kafka_peer` has no DuckDB."""

EVENTS = """specversion LowCardinality(String), id String, source LowCardinality(String), type LowCardinality(String),
    subject String, time DateTime64(6, 'UTC'), account LowCardinality(String), data String"""
SETTINGS = "date_time_input_format = 'best_effort', input_format_json_read_objects_as_strings = 1"
