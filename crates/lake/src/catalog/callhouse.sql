-- What callhouse keeps beside the DuckLake tables, in the same transactions. Instants are UTC microseconds.

CREATE TABLE callhouse_meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- How far each log partition has been taken in (ING-1), and by which snapshot.
CREATE TABLE callhouse_positions (
    topic TEXT NOT NULL,
    kafka_partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    snapshot_id INTEGER NOT NULL,
    PRIMARY KEY (topic, kafka_partition)
) WITHOUT ROWID;
CREATE INDEX callhouse_positions_by_snapshot ON callhouse_positions (snapshot_id);

-- Commits by the id their writer gave them, so that a retry after a lost answer is recognised.
CREATE TABLE callhouse_commits (
    commit_id TEXT PRIMARY KEY,
    snapshot_id INTEGER NOT NULL,
    committed_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX callhouse_commits_by_time ON callhouse_commits (committed_at);

-- Offsets that were skipped on an operator's word.
CREATE TABLE callhouse_holes (
    topic TEXT NOT NULL,
    kafka_partition INTEGER NOT NULL,
    from_offset INTEGER NOT NULL,
    to_offset INTEGER NOT NULL,
    reason TEXT NOT NULL,
    snapshot_id INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
);

CREATE TABLE callhouse_accounts (
    name TEXT PRIMARY KEY,
    hash TEXT NOT NULL,
    parent TEXT REFERENCES callhouse_accounts (name),
    login TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX callhouse_accounts_by_hash ON callhouse_accounts (hash);
CREATE INDEX callhouse_accounts_by_parent ON callhouse_accounts (parent);

-- Tokens are kept as SHA-256 (SEC-1).
CREATE TABLE callhouse_api_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL REFERENCES callhouse_accounts (name),
    name TEXT NOT NULL,
    admin INTEGER NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER
);

CREATE TABLE callhouse_sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL REFERENCES callhouse_accounts (name),
    admin INTEGER NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    refresh_token_hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    refreshable_until INTEGER NOT NULL
);

-- What the snapshot reader looks DuckLake rows up by.
CREATE INDEX callhouse_data_file_by_begin ON ducklake_data_file (begin_snapshot);
CREATE INDEX callhouse_data_file_by_end ON ducklake_data_file (end_snapshot);
CREATE INDEX callhouse_column_stats_by_file ON ducklake_file_column_stats (data_file_id, column_id);
CREATE INDEX callhouse_partition_value_by_file ON ducklake_file_partition_value (data_file_id);
CREATE INDEX callhouse_table_column_stats_by_table ON ducklake_table_column_stats (table_id, column_id);
