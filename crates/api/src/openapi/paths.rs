//! The operations.

mod exports;

use callhouse_query::{Format, Kind, NamedQuery, Parameter, named_queries};
use serde_json::{Map, Value, json};

pub(super) fn all() -> Value {
    let mut paths = Map::new();
    let mut add = |path: &str, item: Value| paths.insert(path.to_owned(), item);
    add("/v1/events", json!({ "post": events() }));
    add("/v1/sql", json!({ "post": sql() }));
    add("/v1/queries", json!({ "get": list() }));
    for query in named_queries() {
        add(&format!("/v1/queries/{}", query.name), json!({ "get": named(query) }));
    }
    exports::add(&mut add);
    add("/healthz", json!({ "get": open("whether the process is up", &[("200", "it is", "Health")]) }));
    let ready = [("200", "it can do its work", "Readiness"), ("503", "it cannot", "Readiness")];
    add("/readyz", json!({ "get": open("whether it can do its work, and why not", &ready) }));
    add("/metrics", json!({ "get": metrics() }));
    Value::Object(paths)
}

fn schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn answer(description: &str, body: &str) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": schema(body) } } })
}

fn problem(description: &str) -> Value {
    answer(description, "Problem")
}

/// An answer of rows, in any format.
fn rows(description: &str) -> Value {
    let content: Map<String, Value> = Format::NAMED
        .into_iter()
        .map(|format| {
            let media_type = format.media_type().split(';').next().unwrap_or_default();
            let body = if format == Format::Json { schema("Rows") } else { json!({}) };
            (media_type.to_owned(), json!({ "schema": body }))
        })
        .collect();
    json!({ "description": description, "content": content })
}

/// What any question may be answered beside its rows.
fn with_refusals(mut responses: Map<String, Value>) -> Map<String, Value> {
    for (status, description) in [
        ("401", "no or bad credentials"),
        ("403", "the credentials lack the scope; the detail says which"),
        ("422", "it would take more time or memory, or has more rows, than statements may"),
        ("429", "too many statements run, or more requests than the credentials may make; see Retry-After"),
        ("500", "a fault of callhouse"),
        ("503", "the catalog does not answer; see Retry-After"),
    ] {
        responses.insert(status.to_owned(), problem(description));
    }
    responses
}

fn open(summary: &str, answers: &[(&str, &str, &str)]) -> Value {
    let responses: Map<String, Value> =
        answers.iter().map(|(status, what, body)| ((*status).to_owned(), answer(what, body))).collect();
    json!({ "summary": summary, "tags": ["operate"], "security": [], "responses": responses })
}

fn metrics() -> Value {
    json!({
        "summary": "Prometheus metrics", "tags": ["operate"], "security": [],
        "responses": {
            "200": { "description": "the text format", "content": { "text/plain": { "schema": { "type": "string" } } } },
            "404": problem("this process counts nothing"),
        },
    })
}

fn events() -> Value {
    let one = schema("Event");
    let many = json!({ "type": "array", "items": schema("Event") });
    json!({
        "summary": "Takes events in",
        "description": "The answer comes when they are durable. Elements that are no events are kept as rejections.",
        "tags": ["events"],
        "requestBody": {
            "required": true,
            "content": {
                "application/json": { "schema": { "anyOf": [one, many] } },
                "application/cloudevents+json": { "schema": schema("Event") },
                "application/cloudevents-batch+json": { "schema": { "type": "array", "items": schema("Event") } },
                "application/x-ndjson": { "schema": { "type": "string" } },
            },
        },
        "responses": {
            "202": answer("at least one event is durable, or none was sent", "Accepted"),
            "400": problem("the body as a whole cannot be read"),
            "401": problem("no or bad credentials"),
            "403": problem("the credentials lack the scope ingest"),
            "408": problem("the body came too slowly"),
            "413": problem("too many bytes or events for one request"),
            "415": problem("a content type or encoding that is not understood"),
            "422": answer("every element was rejected", "Accepted"),
            "429": problem("the log is full, or more requests than the credentials may make; see Retry-After"),
            "500": problem("a fault of callhouse"),
            "503": problem("the log or the catalog does not answer; see Retry-After"),
        },
    })
}

fn sql() -> Value {
    let mut responses = Map::new();
    responses.insert("200".to_owned(), rows("the rows"));
    responses
        .insert("400".to_owned(), problem("the statement is refused: says what, where, and what was meant"));
    responses.insert("408".to_owned(), problem("the body came too slowly"));
    responses.insert("413".to_owned(), problem("the body is too long"));
    responses.insert("415".to_owned(), problem("a content type or encoding that is not understood"));
    let formats = Format::NAMED.map(Format::name);
    json!({
        "summary": "Answers one statement that reads",
        "description": "PostgreSQL's dialect over calls, text messages, their events, rejections and the log of webhooks.",
        "tags": ["questions"],
        "requestBody": {
            "required": true,
            "content": {
                "application/json": { "schema": {
                    "type": "object",
                    "required": ["sql"],
                    "additionalProperties": false,
                    "properties": {
                        "sql": { "type": "string", "examples": ["SELECT count(*) FROM calls WHERE started_at >= $1"] },
                        "params": {
                            "type": "array",
                            "description": "the values of $1, $2, …",
                            "items": { "type": ["string", "number", "boolean", "null"] },
                        },
                        "format": { "enum": formats },
                    },
                } },
                "application/sql": { "schema": { "type": "string" } },
            },
        },
        "responses": with_refusals(responses),
    })
}

fn list() -> Value {
    json!({
        "summary": "The named queries: what each asks, takes and gives",
        "tags": ["questions"],
        "responses": {
            "200": answer("all of them", "Queries"),
            "401": problem("no or bad credentials"),
            "403": problem("the credentials lack the scope read"),
            "429": problem("more requests than the credentials may make; see Retry-After"),
            "500": problem("a fault of callhouse"),
            "503": problem("the catalog does not answer; see Retry-After"),
        },
    })
}

fn named(query: &NamedQuery) -> Value {
    let header = &query.header;
    let mut parameters: Vec<Value> = header.parameters.iter().map(parameter).collect();
    let formats = Format::NAMED.map(Format::name);
    parameters.push(json!({
        "name": "format", "in": "query", "description": "the form of the answer", "schema": { "enum": formats },
    }));
    let columns: Vec<String> = header
        .columns
        .iter()
        .map(|column| format!("- `{}` {}: {}", column.name, column.kind, column.meaning))
        .collect();
    let description =
        format!("{}\n\nOne row: {}\n\n{}", header.explanation, header.grain, columns.join("\n"));
    let mut responses = Map::new();
    responses.insert("200".to_owned(), rows("the rows"));
    responses.insert("400".to_owned(), problem("a parameter is missing, unknown or of another type"));
    json!({
        "summary": header.question,
        "description": description.trim(),
        "tags": ["questions"],
        "parameters": parameters,
        "responses": with_refusals(responses),
    })
}

fn parameter(parameter: &Parameter) -> Value {
    let mut schema = match parameter.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Int => json!({ "type": "integer" }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Timestamp => json!({ "anyOf": [
            { "type": "string", "format": "date-time" }, { "type": "string", "format": "date" },
        ] }),
        Kind::Money => json!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]{1,6})?$" }),
    };
    if !parameter.choices.is_empty() {
        schema = json!({ "enum": parameter.choices });
    }
    if let (Some(default), Some(schema)) = (parameter.default, schema.as_object_mut()) {
        let number = default.parse::<i64>().ok().filter(|_| parameter.kind == Kind::Int);
        schema.insert("default".to_owned(), number.map_or_else(|| json!(default), |number| json!(number)));
    }
    if parameter.optional {
        // An empty text is a value left out, for forms that send all their fields.
        schema = json!({ "anyOf": [schema, { "const": "" }] });
    }
    json!({
        "name": parameter.name,
        "in": "query",
        "required": !parameter.optional && parameter.default.is_none(),
        "description": parameter.meaning,
        "schema": schema,
    })
}
