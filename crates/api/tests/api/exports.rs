//! Exports and jobs: asked for, made, fetched, and seen by nobody else.

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use callhouse_core::SmsRecord;
use callhouse_core::time::MICROS_PER_DAY;
use callhouse_testkit::poll_until;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::house::{Answer, House};
use crate::methods::calls_of;
use crate::sms::messages_of;

const DEADLINE: Duration = Duration::from_secs(60);

impl House {
    async fn request(&self, method: Method, authorization: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request =
            Request::builder().method(method).uri(path).header(header::AUTHORIZATION, authorization);
        self.send(request.header(header::CONTENT_TYPE, "application/json").body(body).expect("a request"))
            .await
    }

    async fn fetch(&self, authorization: &str, path: &str) -> Answer {
        self.request(Method::GET, authorization, path, Value::Null).await
    }

    /// Asks for an export; its id.
    async fn ask(&self, authorization: &str, body: Value) -> String {
        let answer = self.request(Method::POST, authorization, "/v1/exports", body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
        let id = answer.json()["id"].as_str().expect("an id").to_owned();
        assert_eq!(answer.headers[header::LOCATION], format!("/v1/exports/{id}"));
        id
    }

    /// Waits until an export has ended.
    async fn ended(&self, authorization: &str, id: &str) -> Value {
        let path = format!("/v1/exports/{id}");
        let last = Mutex::new(Value::Null);
        poll_until(DEADLINE, || async {
            let export = self.fetch(authorization, &path).await.json();
            let has_ended = !matches!(export["status"].as_str(), Some("pending" | "running"));
            *last.lock() = export;
            has_ended
        })
        .await;
        last.into_inner()
    }

    /// Asks for an export, and waits for its file.
    async fn export(&self, authorization: &str, body: Value) -> (String, Value, Vec<u8>) {
        let id = self.ask(authorization, body).await;
        let export = self.ended(authorization, &id).await;
        assert_eq!((&export["status"], &export["percent"]), (&json!("done"), &json!(100.0)), "{export}");
        let file = self.fetch(authorization, &format!("/v1/exports/{id}/file")).await;
        assert_eq!(file.status, StatusCode::OK, "{}", file.text());
        (id, export, file.body)
    }
}

#[tokio::test]
async fn an_export_is_a_file_with_the_totals_of_the_analytics() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    house.store(&calls_of("acme")).await;
    house.run_exports();
    let (id, export, file) = house.export(&acme, json!({"source": "calls"})).await;
    let result = &export["result"];
    let summary = house
        .result(&acme, "analytics/calls.summary", json!(["2000-01-01 00:00:00", "2029-12-31 23:59:59"]))
        .await;
    for (direction, group) in [("IN", "inbound"), ("OUT", "outbound")] {
        let (summed, exported) = (&summary[direction], &result["totals"]["by_direction"][group]);
        assert_eq!((&summed["count"], &summed["duration"]), (&exported["rows"], &exported["talk_seconds"]));
    }
    let mut reader = csv::Reader::from_reader(file.as_slice());
    let header = reader.headers().expect("a header").clone();
    let columns: Vec<&str> =
        result["columns"].as_array().expect("columns").iter().flat_map(Value::as_str).collect();
    assert_eq!(header.iter().collect::<Vec<_>>(), columns);
    assert_eq!(Some(reader.records().count() as u64), result["rows"].as_u64());
    assert_eq!(result["bytes"].as_u64(), Some(file.len() as u64));
    assert_eq!(
        result["snapshot"]["positions"][0],
        json!({"topic": "test", "kafka_partition": 0, "next_offset": 1})
    );
    let manifest = house.fetch(&acme, &format!("/v1/exports/{id}/manifest")).await.json();
    assert_eq!((&manifest["export"], &manifest["account"]), (&json!(id), &json!("acme")));
    assert_eq!(manifest["result"]["sha256"], result["sha256"]);
    assert_eq!(manifest["result"]["totals"], result["totals"]);
    // The same export of the same snapshot.
    let (_, again, same) = house.export(&acme, json!({"source": "calls"})).await;
    assert!(file == same && again["result"]["sha256"] == result["sha256"]);
}

#[tokio::test]
async fn a_file_has_the_form_asked_for() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    house.store(&calls_of("acme")).await;
    house.run_exports();
    let columns = json!(["call_id", "started_at", "direction"]);
    let inbound = json!({"source": "calls", "filters": {"direction": "inbound"}, "format": "ndjson", "gzip": true,
        "columns": columns, "time_zone": "Europe/Paris"});
    let (id, export, file) = house.export(&acme, inbound).await;
    assert!(
        export["result"]["filename"].as_str().is_some_and(|name| name.ends_with(".ndjson.gz")),
        "{export}"
    );
    let sent = house.fetch(&acme, &format!("/v1/exports/{id}/file")).await;
    assert_eq!(sent.headers[header::CONTENT_TYPE], "application/gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file.as_slice()).read_to_string(&mut text).expect("gzip");
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rows.len(), 2);
    for row in &rows {
        assert_eq!(
            (row.as_object().map(serde_json::Map::len), &row["direction"]),
            (Some(3), &json!("inbound"))
        );
        let started_at = row["started_at"].as_str().expect("an instant");
        assert!(started_at.ends_with("+01:00") || started_at.ends_with("+02:00"), "{started_at}");
    }
    let (_, _, file) = house.export(&acme, json!({"source": "calls", "format": "parquet"})).await;
    assert_eq!(&file[..4], b"PAR1");
    let spreadsheet =
        json!({"source": "calls", "columns": columns, "csv": {"bom": true, "delimiter": "semicolon"}});
    let (_, _, file) = house.export(&acme, spreadsheet).await;
    assert!(file.starts_with("\u{feff}call_id;started_at;direction\r\n".as_bytes()));
}

#[tokio::test]
async fn a_download_can_be_resumed_and_is_not_sent_twice() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    house.store(&calls_of("acme")).await;
    house.run_exports();
    let (id, export, file) = house.export(&acme, json!({"source": "calls"})).await;
    let path = format!("/v1/exports/{id}/file");
    let ask = async |headers: &[(header::HeaderName, &str)]| {
        let mut request = Request::get(&path).header(header::AUTHORIZATION, &acme);
        // Compressed on the way it would be other bytes than its hash and length are of.
        request = request.header(header::ACCEPT_ENCODING, "gzip");
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        house.send(request.body(Body::empty()).expect("a request")).await
    };
    let whole = ask(&[]).await;
    let tag = whole.headers[header::ETAG].to_str().expect("ASCII").to_owned();
    assert_eq!(tag, format!("\"{}\"", export["result"]["sha256"].as_str().expect("a hash")));
    assert_eq!(whole.headers[header::CONTENT_LENGTH], file.len().to_string());
    assert!(whole.headers.get(header::CONTENT_ENCODING).is_none());
    assert!(
        whole.headers[header::CONTENT_DISPOSITION]
            .to_str()
            .expect("ASCII")
            .starts_with("attachment; filename=\"calls-")
    );
    let rest = ask(&[(header::RANGE, "bytes=100-"), (header::IF_RANGE, &tag)]).await;
    assert_eq!((rest.status, &rest.body[..]), (StatusCode::PARTIAL_CONTENT, &file[100..]));
    assert_eq!(rest.headers[header::CONTENT_RANGE], format!("bytes 100-{}/{}", file.len() - 1, file.len()));
    let other = ask(&[(header::RANGE, "bytes=100-"), (header::IF_RANGE, "\"other\"")]).await;
    assert_eq!((other.status, other.body.len()), (StatusCode::OK, file.len()));
    let beyond = ask(&[(header::RANGE, "bytes=99999999-")]).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers[header::CONTENT_RANGE], format!("bytes */{}", file.len()));
    assert_eq!(ask(&[(header::IF_NONE_MATCH, &tag)]).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_link_fetches_without_credentials_until_it_expires() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    house.store(&calls_of("acme")).await;
    house.run_exports();
    let (id, export, file) = house.export(&acme, json!({"source": "calls"})).await;
    let (_, other, _) = house.export(&acme, json!({"source": "calls"})).await;
    let link_of = |export: &Value| {
        let url = export["result"]["url"].as_str().expect("a URL");
        url.strip_prefix("http://here").expect("our own").to_owned()
    };
    let link = link_of(&export);
    assert_eq!(house.get(&link).await.body, file);
    let manifest = export["result"]["manifest_url"].as_str().and_then(|url| url.strip_prefix("http://here"));
    assert_eq!(house.get(manifest.expect("a URL")).await.status, StatusCode::OK);
    let query = link.split_once('?').expect("a query").1;
    let of_other = link_of(&other).split_once('?').expect("a query").1.to_owned();
    for bad in [
        format!("/v1/exports/{id}/file"),
        format!("/v1/exports/{id}/file?{of_other}"),
        format!("/v1/exports/{id}/file?{}", query.replace("expires=1", "expires=2")),
        format!("/v1/exports/{id}/file?{}", query.split('&').next().expect("a part")),
        format!("/v1/exports/{id}/file?expires=1&signature="),
        format!("/v1/exports/{id}/file?expires=x&signature=y"),
        format!("/v1/exports/{}/file?{query}", "0".repeat(32)),
    ] {
        assert_eq!(house.get(&bad).await.status, StatusCode::UNAUTHORIZED, "{bad}");
    }
    // Links open files only.
    assert_eq!(house.get(&format!("/v1/exports/{id}?{query}")).await.status, StatusCode::UNAUTHORIZED);
    house.clock.advance_micros(MICROS_PER_DAY);
    let expired = house.get(&link).await;
    assert!(expired.status == StatusCode::UNAUTHORIZED && expired.text().contains("has expired"));
    let renewed = link_of(&house.fetch(&acme, &format!("/v1/exports/{id}")).await.json());
    assert_eq!(house.get(&renewed).await.body, file);
    house.clock.advance_micros(6 * MICROS_PER_DAY);
    let gone = house.fetch(&acme, &format!("/v1/exports/{id}/file")).await;
    assert_eq!(gone.status, StatusCode::GONE);
    let export = house.fetch(&acme, &format!("/v1/exports/{id}")).await.json();
    assert_eq!((&export["status"], &export["result"]["url"]), (&json!("expired"), &Value::Null));
}

#[tokio::test]
async fn ten_1_an_export_is_seen_by_its_account_and_has_its_rows_only() {
    let house = House::new().await;
    let (acme, globex) = (house.account("acme", None).await, house.account("globex", None).await);
    let admin = house.admin().await;
    house.store(&calls_of("acme")).await;
    house.run_exports();
    let (id, _, _) = house.export(&acme, json!({"source": "calls"})).await;
    for (method, path) in [
        (Method::GET, format!("/v1/exports/{id}")),
        (Method::GET, format!("/v1/exports/{id}/file")),
        (Method::GET, format!("/v1/exports/{id}/manifest")),
        (Method::GET, format!("/v1/exports?before={id}")),
        (Method::DELETE, format!("/v1/exports/{id}")),
    ] {
        let answer = house.request(method, &globex, &path, Value::Null).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.text());
    }
    assert_eq!(house.fetch(&globex, "/v1/exports").await.json(), json!({"exports": []}));
    for method in ["jobs.get", "jobs.cancel"] {
        let (code, message) = house.failure(&globex, method, json!([id])).await;
        assert_eq!((code, message.as_str()), (151, "PROPERTY_VALUE_ERROR [id]"), "{method}");
    }
    assert_eq!(house.result(&globex, "jobs.get_list", json!([])).await, json!([]));
    let (_, export, file) = house.export(&globex, json!({"source": "calls"})).await;
    assert_eq!(export["result"]["rows"], json!(0));
    assert_eq!(String::from_utf8(file).expect("UTF-8").lines().count(), 1, "a header and no row of acme");
    // An administrator has the rows of all accounts, and those who share the account's name do not see them.
    let (all, export, _) = house.export(&admin, json!({"source": "calls"})).await;
    assert_eq!(export["result"]["rows"], json!(4));
    assert_eq!(house.fetch(&admin, &format!("/v1/exports/{id}")).await.status, StatusCode::OK);
    let operator = callhouse_core::AccountId::new("operator").expect("a name");
    let password = house.accounts.reset_password(&operator).await.expect("a password");
    let operator = crate::house::basic("operator", password.expose());
    assert_eq!(
        house.fetch(&operator, &format!("/v1/exports/{all}/file")).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn an_export_can_be_canceled_and_forgotten() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    house.store(&calls_of("acme")).await;
    // Nobody runs it yet.
    let id = house.ask(&acme, json!({"source": "calls"})).await;
    let path = format!("/v1/exports/{id}");
    let early = house.fetch(&acme, &format!("{path}/file")).await;
    assert_eq!((early.status, early.json()["error"].as_str()), (StatusCode::CONFLICT, Some("NOT_READY")));
    assert_eq!(house.request(Method::DELETE, &acme, &path, Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.fetch(&acme, &path).await.json()["status"], "canceled");
    assert_eq!(house.fetch(&acme, &format!("{path}/file")).await.status, StatusCode::GONE);
    assert_eq!(house.request(Method::DELETE, &acme, &path, Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.fetch(&acme, &path).await.status, StatusCode::NOT_FOUND);
    house.run_exports();
    let (id, _, _) = house.export(&acme, json!({"source": "calls"})).await;
    let path = format!("/v1/exports/{id}");
    assert_eq!(house.request(Method::DELETE, &acme, &path, Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.fetch(&acme, &format!("{path}/file")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn callr_clients_export_by_jobs() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    house.store(&calls_of("acme")).await;
    let webhook =
        json!({"endpoint": "https://example.org/hook", "options": {"hmac_secret": "sssssssssssss"}});
    let filters = json!({"type": "OUT", "from": "2020-01-01 00:00:00", "to": "2029-12-31 23:59:59"});
    let id = house.result(&acme, "cdr.export_async", json!([filters, webhook])).await;
    let waiting = house.result(&acme, "jobs.get", json!([id])).await;
    let wanted = json!({"done_at": null, "error": null, "id": id, "percent": "0.00", "result": null, "status": "PENDING"});
    assert_eq!(waiting, wanted);
    assert_eq!(house.result(&acme, "jobs.get_list", json!(["PENDING"])).await, json!([wanted]));
    assert_eq!(house.result(&acme, "jobs.get_list", json!(["DONE"])).await, json!([]));
    house.run_exports();
    house.ended(&acme, id.as_str().expect("an id")).await;
    let job = house.result(&acme, "jobs.get", json!([id])).await;
    assert_eq!(job["status"], "DONE");
    assert_eq!((&job["percent"], &job["error"]), (&json!("100.00"), &Value::Null));
    assert_eq!((&job["result"]["rows"], &job["done_at"]), (&json!(2), &json!("2026-11-20 12:00:00")));
    let url = job["result"]["url"].as_str().and_then(|url| url.strip_prefix("http://here")).expect("a URL");
    assert_eq!(house.get(url).await.text().lines().count(), 3);
    assert!(!job.to_string().contains("ssssss"), "a job does not show its secret");
    let (_, message) = house.failure(&acme, "jobs.cancel", json!([id])).await;
    assert_eq!(message, "PROPERTY_VALUE_ERROR [id]");
    let options = json!([{"type": "IN"}, null, {"format": "ndjson", "columns": ["call_id"], "gzip": false}]);
    let id = house.result(&acme, "cdr.export_async", options).await;
    assert_eq!(house.ended(&acme, id.as_str().expect("an id")).await["result"]["rows"], json!(2));
}

#[tokio::test]
async fn messages_are_exported_as_calls_are() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    house.store_records::<SmsRecord>(&messages_of("acme")).await;
    house.run_exports();
    let filters = json!({"type": "OUT", "created_at_from": "2026-11-01 00:00:00", "text": "hello"});
    let id = house.result(&acme, "sms.export_async", json!([filters, null])).await;
    let result = house.ended(&acme, id.as_str().expect("an id")).await["result"].take();
    assert_eq!((&result["rows"], &result["totals"]["debit"]), (&json!(1), &json!("0.058000")), "{result}");
    // Filters may be left out, and the form is chosen as that of calls.
    let columns = json!(["sms_id", "text"]);
    let options = json!([null, null, {"format": "ndjson", "columns": columns}]);
    let id = house.result(&acme, "sms.export_async", options).await;
    let export = house.ended(&acme, id.as_str().expect("an id")).await;
    let totals = &export["result"]["totals"];
    assert_eq!((&totals["rows"], &totals["parts"]), (&json!(4), &json!(5)), "{export}");
    assert_eq!(totals["by_direction"]["inbound"]["credit"], json!("0.001000"));
    assert_eq!(totals["first_created_at"], json!("2026-11-02T10:00:00.250000Z"));
    let (_, _, file) = house
        .export(&acme, json!({"source": "sms", "format": "ndjson", "columns": columns, "filters": {"direction": "inbound"}}))
        .await;
    let row: Value = serde_json::from_slice(&file).expect("one line");
    assert_eq!(row, json!({"sms_id": "SMS00003", "text": "Stop, please"}));
    for (params, message) in [
        (json!([{"type": "BOTH"}]), "PROPERTY_VALUE_ERROR [filters.type]"),
        (json!([null, null, {"columns": ["call_id", "text"]}]), "PROPERTY_VALUE_ERROR [options.columns]"),
        (json!([null, {"endpoint": "x"}]), "PROPERTY_VALUE_ERROR [webhook.endpoint]"),
        (json!([{"text": "a\u{0}b"}]), "PROPERTY_VALUE_ERROR [filters.text]"),
    ] {
        assert_eq!(house.failure(&acme, "sms.export_async", params.clone()).await.1, message, "{params}");
    }
}

#[tokio::test]
async fn bad_requests_say_what_is_wrong() {
    let house = House::new().await;
    let acme = house.account("acme", None).await;
    for (body, said) in [
        (json!({}), "source"),
        (json!({"source": "faxes"}), "there are calls, sms"),
        (json!({"source": "calls", "colums": []}), "colums"),
        (json!({"source": "calls", "filters": {"form": "2026-01-01"}}), "filters.form"),
        (json!({"source": "calls", "filters": {"from": "soon"}}), "filters.from"),
        (json!({"source": "calls", "filters": {"from": ["soon"]}}), "filters.from"),
        (json!({"source": "calls", "format": "xlsx"}), "xlsx"),
        (json!({"source": "calls", "columns": ["price"]}), "price"),
        (json!({"source": "calls", "time_zone": "Mars"}), "Mars"),
        (json!({"source": "calls", "webhook": {"endpoint": "x"}}), "webhook.endpoint"),
        (json!([]), "struct"),
    ] {
        let answer = house.request(Method::POST, &acme, "/v1/exports", body.clone()).await;
        let problem = answer.json();
        assert_eq!(
            (answer.status, &problem["error"]),
            (StatusCode::BAD_REQUEST, &json!("BAD_PARAMETER")),
            "{body}"
        );
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(said)), "{body}: {problem}");
    }
    assert_eq!(house.fetch(&acme, "/v1/exports?limit=0").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(house.fetch(&acme, "/v1/exports?after=x").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(house.get("/v1/exports").await.status, StatusCode::UNAUTHORIZED);
    for (params, message) in [
        (json!([]), "PROPERTY_MISSING [filters.type]"),
        (json!([{"type": "IN"}, "x"]), "INVALID_PARAM_FORMAT [webhook]"),
        (
            json!([{"type": "IN"}, {"endpoint": "https://inner.example.com/"}]),
            "PROPERTY_VALUE_ERROR [webhook.endpoint]",
        ),
        (
            json!([{"type": "IN"}, {"endpoint": "https://a.org/", "options": {"hmac_secret": "x"}}]),
            "PROPERTY_VALUE_ERROR [webhook.options.hmac_secret]",
        ),
        (json!([{"type": "IN"}, {"endpoint": "x"}]), "PROPERTY_VALUE_ERROR [webhook.endpoint]"),
        (json!([{"type": "IN"}, null, {"format": "xlsx"}]), "PROPERTY_VALUE_ERROR [options]"),
        (json!([{"type": "IN"}, null, {"columns": ["x", "y"]}]), "PROPERTY_VALUE_ERROR [options.columns]"),
        (json!([{"type": "IN"}, null, null, 1]), "TOO_MANY_PARAMS"),
    ] {
        assert_eq!(house.failure(&acme, "cdr.export_async", params.clone()).await.1, message, "{params}");
    }
    assert_eq!(house.failure(&acme, "jobs.get", json!(["x"])).await.1, "PROPERTY_VALUE_ERROR [id]");
    assert_eq!(house.failure(&acme, "jobs.get", json!([1])).await.1, "INVALID_PARAM_FORMAT [id]");
    assert_eq!(
        house.failure(&acme, "jobs.get_list", json!(["LOST"])).await.1,
        "PROPERTY_VALUE_ERROR [status]"
    );
    for _ in 0..100 {
        house.ask(&acme, json!({"source": "calls"})).await;
    }
    let refused = house.request(Method::POST, &acme, "/v1/exports", json!({"source": "calls"})).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(house.failure(&acme, "cdr.export_async", json!([{"type": "IN"}])).await.1, "TOO_MANY_JOBS");
}
