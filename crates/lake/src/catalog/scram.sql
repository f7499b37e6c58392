-- SCRAM-SHA-256 verifiers of API keys (RFC 5803), for the PostgreSQL wire. Keys made before there were any have none.
CREATE TABLE IF NOT EXISTS callhouse_scram_verifiers (
    api_key_id INTEGER PRIMARY KEY REFERENCES callhouse_api_keys (id) ON DELETE CASCADE,
    stored_key TEXT NOT NULL, -- hex
    server_key TEXT NOT NULL  -- hex
);
