//! The bodies that several operations share.

use callhouse_exports::{Format, SOURCES};
use serde_json::{Value, json};

pub(super) fn all() -> Value {
    json!({
        "Problem": {
            "type": "object",
            "required": ["error", "detail"],
            "properties": {
                "error": { "type": "string", "description": "a constant for programs, such as BAD_PARAMETER" },
                "detail": { "type": "string", "description": "what a person can do about it" },
                "hint": { "type": "string" },
                "line": { "type": "integer", "description": "of the statement, from 1" },
                "column": { "type": "integer", "description": "of the statement, from 1" },
                "routes": { "type": "array", "items": { "type": "object" } },
            },
        },
        "Event": {
            "type": "object",
            "description": "A CloudEvents 1.0 event with the extension account; schemas/events says what each type carries",
            "required": ["specversion", "id", "source", "type", "account", "subject", "time"],
            "properties": {
                "specversion": { "const": "1.0" },
                "id": { "type": "string" },
                "source": { "type": "string", "description": "with the id it identifies the event" },
                "type": { "type": "string", "examples": ["call.started"] },
                "account": { "type": "string" },
                "subject": { "type": "string", "description": "the call" },
                "time": { "type": "string", "format": "date-time" },
                "data": { "type": "object" },
            },
        },
        "Accepted": {
            "type": "object",
            "required": ["accepted", "rejected_count", "rejected"],
            "properties": {
                "accepted": { "type": "integer", "description": "events now durable that will be stored" },
                "rejected_count": { "type": "integer", "description": "elements that will be stored as rejections" },
                "rejected": {
                    "type": "array",
                    "description": "the first 1,000 of them",
                    "items": {
                        "type": "object",
                        "required": ["index", "reason", "detail"],
                        "properties": {
                            "index": { "type": "integer", "description": "which element of the request, from 0" },
                            "reason": { "type": "string", "examples": ["missing-field"] },
                            "detail": { "type": "string" },
                        },
                    },
                },
            },
        },
        "Rows": {
            "type": "object",
            "required": ["columns", "rows"],
            "properties": {
                "columns": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name", "type", "nullable"],
                        "properties": {
                            "name": { "type": "string" },
                            "type": { "type": "string", "description": "PostgreSQL's name", "examples": ["timestamptz"] },
                            "nullable": { "type": "boolean" },
                        },
                    },
                },
                "rows": { "type": "array", "items": { "type": "object" } },
                "error": {
                    "$ref": "#/components/schemas/Problem",
                    "description": "why the rows are not all; only where something went wrong after the first of them",
                },
            },
        },
        "Queries": {
            "type": "object",
            "required": ["queries"],
            "properties": {
                "queries": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name", "question", "parameters", "grain", "columns"],
                        "properties": {
                            "name": { "type": "string" },
                            "question": { "type": "string" },
                            "explanation": { "type": "string" },
                            "grain": { "type": "string", "description": "what one row is" },
                            "parameters": { "type": "array", "items": { "type": "object" } },
                            "columns": { "type": "array", "items": { "type": "object" } },
                        },
                    },
                },
            },
        },
        "Export": {
            "type": "object",
            "required": ["id", "status", "percent", "account", "all_accounts", "request", "created_at", "started_at",
                "done_at", "error", "result"],
            "properties": {
                "id": { "type": "string", "pattern": "^[a-zA-Z0-9]{32}$" },
                "status": { "enum": ["pending", "running", "done", "failed", "canceled", "expired"] },
                "percent": { "type": "number", "minimum": 0, "maximum": 100 },
                "account": { "type": "string", "description": "who asked for it" },
                "all_accounts": { "type": "boolean", "description": "over every account; seen by administrators only" },
                "request": { "type": "object" },
                "created_at": { "type": "string", "format": "date-time" },
                "started_at": { "type": ["string", "null"], "format": "date-time" },
                "done_at": { "type": ["string", "null"], "format": "date-time" },
                "error": {
                    "type": ["object", "null"],
                    "required": ["code", "detail"],
                    "properties": { "code": { "type": "string" }, "detail": { "type": "string" } },
                },
                "result": {
                    "type": ["object", "null"],
                    "required": ["filename", "format", "media_type", "rows", "bytes", "sha256", "columns", "totals",
                        "snapshot", "url", "manifest_url", "expires_at"],
                    "properties": {
                        "filename": { "type": "string" },
                        "format": { "enum": ["csv", "ndjson", "parquet"] },
                        "media_type": { "type": "string" },
                        "rows": { "type": "integer" },
                        "bytes": { "type": "integer" },
                        "sha256": { "type": "string", "pattern": "^[0-9a-f]{64}$", "description": "of the file as delivered" },
                        "columns": { "type": "array", "items": { "type": "string" } },
                        "totals": { "type": "object", "description": "rows, seconds, amounts as decimal texts, first and last start, and the same by direction" },
                        "snapshot": { "type": "object", "description": "the snapshot of the lake that the file is of: id, at, positions" },
                        "url": { "type": ["string", "null"], "description": "fetches the file without credentials for a while" },
                        "manifest_url": { "type": ["string", "null"] },
                        "expires_at": { "type": "string", "format": "date-time", "description": "the file is there until then" },
                    },
                },
            },
        },
        "Exports": {
            "type": "object",
            "required": ["exports"],
            "properties": { "exports": { "type": "array", "items": { "$ref": "#/components/schemas/Export" } } },
        },
        "ExportRequest": {
            "type": "object",
            "required": ["source"],
            "additionalProperties": false,
            "properties": {
                "source": { "enum": SOURCES.iter().map(|source| source.name).collect::<Vec<_>>() },
                "filters": {
                    "type": "object",
                    "description": "parameters of the source's query (GET /v1/queries); of calls those of cdr_search",
                    "additionalProperties": { "type": ["string", "number", "boolean", "null"] },
                },
                "format": { "anyOf": [{ "enum": Format::ALL.map(Format::name) }, { "type": "null" }] },
                "gzip": { "type": "boolean", "description": "not with parquet" },
                "columns": { "type": "array", "items": { "type": "string" }, "description": "all if left out" },
                "time_zone": { "type": ["string", "null"], "examples": ["Europe/Paris"], "description": "IANA, in which csv and ndjson print instants" },
                "csv": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "delimiter": { "enum": ["comma", "semicolon", "tab"] },
                        "bom": { "type": "boolean" },
                        "neutralise_formulas": { "type": "boolean" },
                        "times": { "enum": ["rfc3339", "local"] },
                    },
                },
                "webhook": {
                    "type": ["object", "null"],
                    "required": ["endpoint"],
                    "properties": { "endpoint": { "type": "string", "format": "uri" }, "options": { "type": ["object", "null"] } },
                },
            },
        },
        "Manifest": { "type": "object", "required": ["manifest_version", "export", "request", "result"] },
        "Health": {
            "type": "object",
            "required": ["status", "version"],
            "properties": { "status": { "const": "up" }, "version": { "type": "string" } },
        },
        "Readiness": {
            "type": "object",
            "required": ["ready", "problems"],
            "properties": {
                "ready": { "type": "boolean" },
                "problems": { "type": "array", "items": { "type": "string" } },
            },
        },
    })
}
