-- Webhooks. Instants are UTC microseconds.

CREATE TABLE IF NOT EXISTS callhouse_webhooks (
    hash TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES callhouse_accounts (name),
    type TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    -- MD5, SHA1, SHA256 or SHA512, and the sealed secret; null when deliveries are not signed.
    hmac_algo TEXT,
    hmac_secret TEXT,
    -- ENABLED, DISABLED, DISABLED_ADMIN or DISABLED_SYSTEM.
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- The first attempt that failed since one succeeded, and how many have since.
    failing_since INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, type, endpoint)
) WITHOUT ROWID;

-- One row, raised by every change that readers of callhouse_webhooks must see.
CREATE TABLE IF NOT EXISTS callhouse_webhook_changes (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    changes INTEGER NOT NULL
);
INSERT OR IGNORE INTO callhouse_webhook_changes VALUES (1, 1);

-- What is still to be delivered. An id is never used again, so that new rows are those above the last one seen.
CREATE TABLE IF NOT EXISTS callhouse_webhook_queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    -- Null for a dynamic webhook, whose endpoint and signing are in the row.
    hook_hash TEXT,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    event_at INTEGER NOT NULL,
    queued_at INTEGER NOT NULL,
    -- Deliveries of one account to one address; see lanes.rs.
    lane INTEGER NOT NULL,
    -- Tries begun. Also the fence: an outcome counts only while it names this number.
    tries INTEGER NOT NULL,
    -- Due from this instant on. A lease is a later one; i64::MAX - 1 is parked, i64::MAX waits for after_id.
    next_at INTEGER NOT NULL,
    -- JSON, made before the first try and the same in all of them.
    data TEXT,
    endpoint TEXT,
    hmac_algo TEXT,
    hmac_secret TEXT,
    -- The delivery that must have ended before this one begins (replays in order).
    after_id INTEGER
);
CREATE INDEX IF NOT EXISTS callhouse_webhook_queue_by_lane ON callhouse_webhook_queue (lane, next_at);
CREATE INDEX IF NOT EXISTS callhouse_webhook_queue_by_after ON callhouse_webhook_queue (after_id)
    WHERE after_id IS NOT NULL;

-- Deliveries that have ended, well or badly: these are not announced again.
CREATE TABLE IF NOT EXISTS callhouse_webhook_done (
    event_id TEXT PRIMARY KEY,
    done_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS callhouse_webhook_done_by_time ON callhouse_webhook_done (done_at);
