//! The operations of `/v1/exports`.

use serde_json::{Map, Value, json};

use super::{answer, problem, schema};

pub(super) fn add(add: &mut impl FnMut(&str, Value) -> Option<Value>) {
    add("/v1/exports", json!({ "post": create(), "get": list() }));
    add("/v1/exports/{id}", json!({ "get": get(), "delete": delete() }));
    add("/v1/exports/{id}/file", json!({ "get": file() }));
    add("/v1/exports/{id}/manifest", json!({ "get": manifest() }));
}

fn refusals(others: &[(&str, Value)]) -> Map<String, Value> {
    let every = [
        ("401", problem("no or bad credentials, or a link that is not good or has expired")),
        ("403", problem("the credentials lack the scope export")),
        ("429", problem("too many requests, or exports that wait or run; see Retry-After")),
        ("500", problem("a fault of callhouse")),
        ("503", problem("the catalog does not answer; see Retry-After")),
    ];
    let all = every.iter().chain(others);
    all.map(|(status, answer)| ((*status).to_owned(), answer.clone())).collect()
}

fn id() -> Value {
    json!({ "name": "id", "in": "path", "required": true, "description": "of the export", "schema": { "type": "string" } })
}

fn unknown() -> (&'static str, Value) {
    ("404", problem("no such export that these credentials may see"))
}

fn create() -> Value {
    let accepted = ("202", answer("it is in the queue; Location has its address", "Export"));
    json!({
        "summary": "Asks for a file of all rows of a question",
        "description": "It is made in the background, of one snapshot: rows in order of account, start and id. The \
            result has control totals, a hash and links.",
        "tags": ["exports"],
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": schema("ExportRequest") } },
        },
        "responses": refusals(&[
            accepted,
            ("400", problem("the request cannot be done: says which member is at fault")),
            ("408", problem("the body came too slowly")),
            ("413", problem("the body is too long")),
            ("415", problem("a content type or encoding that is not understood")),
        ]),
    })
}

fn list() -> Value {
    json!({
        "summary": "The exports asked for, newest first",
        "tags": ["exports"],
        "parameters": [
            { "name": "limit", "in": "query", "description": "100 if left out",
              "schema": { "type": "integer", "minimum": 1, "maximum": 1000 } },
            { "name": "before", "in": "query", "description": "id of the last export of the page before", "schema": { "type": "string" } },
        ],
        "responses": refusals(&[
            ("200", answer("a page of them", "Exports")),
            ("400", problem("a parameter is unknown or of another type")),
            unknown(),
        ]),
    })
}

fn get() -> Value {
    json!({
        "summary": "How far an export is, and what it made",
        "tags": ["exports"],
        "parameters": [id()],
        "responses": refusals(&[("200", answer("the export", "Export")), unknown()]),
    })
}

fn delete() -> Value {
    json!({
        "summary": "Cancels an export that has not ended, forgets one that has with its file",
        "tags": ["exports"],
        "parameters": [id()],
        "responses": refusals(&[("204", json!({ "description": "so it is" })), unknown()]),
    })
}

fn file() -> Value {
    let body = |description: &str| {
        let content = json!({
            "text/csv": {}, "application/x-ndjson": {}, "application/gzip": {}, "application/vnd.apache.parquet": {},
        });
        json!({ "description": description, "content": content })
    };
    let range = json!({ "name": "Range", "in": "header", "description": "one range of bytes", "schema": { "type": "string" } });
    let answers = [
        ("200", body("all of it")),
        ("206", body("the part asked for")),
        ("416", problem("no byte of the range is there")),
    ];
    fetched("The file; whole, or in part by Range", &[range], &answers)
}

fn manifest() -> Value {
    let whole = ("200", answer("all of it", "Manifest"));
    fetched("What the file holds: request, control totals, snapshot", &[], &[whole])
}

fn fetched(summary: &str, parameters: &[Value], answers: &[(&str, Value)]) -> Value {
    let mut all = vec![
        id(),
        json!({ "name": "expires", "in": "query", "description": "of a link", "schema": { "type": "integer" } }),
        json!({ "name": "signature", "in": "query", "description": "of a link", "schema": { "type": "string" } }),
    ];
    all.extend_from_slice(parameters);
    let mut responses = refusals(&[
        ("304", json!({ "description": "it is the one of If-None-Match" })),
        ("409", problem("it is not done yet; see Retry-After")),
        ("410", problem("it has expired, failed or was canceled")),
        unknown(),
    ]);
    responses.extend(answers.iter().map(|(status, answer)| ((*status).to_owned(), answer.clone())));
    json!({ "summary": summary, "tags": ["exports"], "parameters": all, "responses": responses })
}
