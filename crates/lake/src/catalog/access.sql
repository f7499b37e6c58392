-- The audit log: who did which administrative act, from where, on which account. Rows are written in the transaction of
-- the act they tell of, and never changed. Younger than the first catalogs.
CREATE TABLE IF NOT EXISTS callhouse_audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    act TEXT NOT NULL,
    account TEXT,              -- the account it was done to; NULL for what is nobody's
    by_account TEXT,           -- whose credentials; NULL for the command line and callhouse itself
    credential TEXT NOT NULL,  -- which of them, never a secret
    origin TEXT NOT NULL,      -- network address, or user of this machine
    details TEXT NOT NULL      -- JSON
);
CREATE INDEX IF NOT EXISTS callhouse_audit_by_account ON callhouse_audit (account, id);
CREATE TRIGGER IF NOT EXISTS callhouse_audit_is_not_changed BEFORE UPDATE ON callhouse_audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
CREATE TRIGGER IF NOT EXISTS callhouse_audit_is_not_deleted BEFORE DELETE ON callhouse_audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
