//! The bodies that several operations share.

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
