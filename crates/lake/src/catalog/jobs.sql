-- Jobs: what an account asked for and is made while it waits. Instants are UTC microseconds.
-- A running job is its lease holder's until lease_until; `attempt` tells its runs apart.
CREATE TABLE IF NOT EXISTS callhouse_jobs (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    all_accounts INTEGER NOT NULL,  -- asked for by an administrator, over every account
    kind TEXT NOT NULL,
    parameters TEXT NOT NULL,       -- JSON
    webhook TEXT,                   -- JSON: where this job alone is told of
    status TEXT NOT NULL,           -- PENDING, RUNNING, CANCELED, DONE
    percent INTEGER NOT NULL,       -- hundredths
    result TEXT,                    -- JSON
    error TEXT,                     -- JSON
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    done_at INTEGER,
    attempt INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    lease_owner TEXT,
    lease_until INTEGER,
    snapshot_id INTEGER,            -- kept from garbage collection while the lease lasts
    file TEXT,                      -- in exports/
    file_bytes INTEGER,
    expires_at INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS callhouse_jobs_by_status ON callhouse_jobs (status, created_at);
CREATE INDEX IF NOT EXISTS callhouse_jobs_by_account ON callhouse_jobs (account, created_at);
