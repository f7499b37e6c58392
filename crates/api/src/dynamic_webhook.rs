//! A webhook given with a request instead of subscribed to: CALLR's `Webhook`, of which only `endpoint` must be there.

use callhouse_lake::accounts::Secret;
use serde_json::{Map, Value, json};

const ALGORITHMS: [&str; 4] = ["MD5", "SHA1", "SHA256", "SHA512"];
/// Characters of a secret.
const SECRET: std::ops::RangeInclusive<usize> = 8..=1_024;
const MAX_ENDPOINT_BYTES: usize = 2_048;
/// Members a client may send back that came with a subscription; they mean nothing here.
const IGNORED: [&str; 5] = ["created_at", "hash", "status", "type", "updated_at"];

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {detail}")]
pub(crate) struct Fault {
    pub(crate) path: String,
    pub(crate) detail: String,
}

fn fault<T>(path: &str, detail: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { path: path.to_owned(), detail: detail.into() })
}

/// Checks it, and gives the form that is kept with the job: `endpoint`, `hmac_algo`, `hmac_secret`.
pub(crate) fn read(value: Value) -> Result<Secret, Fault> {
    let Value::Object(mut webhook) = value else { return fault("webhook", "must be an object") };
    let Some(Value::String(endpoint)) = webhook.remove("endpoint") else {
        return fault("webhook.endpoint", "must be there, a URL");
    };
    if !is_http_url(&endpoint) {
        return fault("webhook.endpoint", "must be an http or https URL");
    }
    let options = match webhook.remove("options") {
        None | Some(Value::Null) => Map::new(),
        // PHP clients write an empty object so.
        Some(Value::Array(elements)) if elements.is_empty() => Map::new(),
        Some(Value::Object(options)) => options,
        Some(_) => return fault("webhook.options", "must be an object"),
    };
    if let Some(name) = webhook.keys().find(|name| !IGNORED.contains(&name.as_str())) {
        return fault(&format!("webhook.{name}"), "is not known");
    }
    let (algorithm, secret) = signing(options)?;
    let kept = json!({ "endpoint": endpoint, "hmac_algo": algorithm, "hmac_secret": secret });
    Ok(Secret::new(kept.to_string()))
}

fn signing(mut options: Map<String, Value>) -> Result<(String, Option<String>), Fault> {
    match options.remove("format") {
        None | Some(Value::Null) => {}
        Some(Value::String(format)) if format == "JSON" => {}
        Some(_) => return fault("webhook.options.format", "must be \"JSON\""),
    }
    let algorithm = match options.remove("hmac_algo") {
        None | Some(Value::Null) => "SHA256".to_owned(),
        Some(Value::String(name)) if ALGORITHMS.contains(&name.as_str()) => name,
        Some(_) => return fault("webhook.options.hmac_algo", format!("must be one of {}", ALGORITHMS.join(", "))),
    };
    let secret = match options.remove("hmac_secret") {
        None | Some(Value::Null) => None,
        Some(Value::String(secret)) if SECRET.contains(&secret.chars().count()) => Some(secret),
        Some(_) => return fault("webhook.options.hmac_secret", "must be a text of 8 to 1024 characters"),
    };
    match options.keys().next() {
        None => Ok((algorithm, secret)),
        Some(name) => fault(&format!("webhook.options.{name}"), "is not known"),
    }
}

fn is_http_url(text: &str) -> bool {
    let Ok(uri) = text.parse::<axum::http::Uri>() else { return false };
    let is_http = uri.scheme_str().is_some_and(|scheme| matches!(scheme, "http" | "https"));
    is_http && text.len() <= MAX_ENDPOINT_BYTES && uri.host().is_some_and(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_endpoint_must_be_there() {
        let kept = read(json!({"endpoint": "https://example.org/hook", "options": [], "hash": "X"})).expect("good");
        let kept: Value = serde_json::from_str(kept.expose()).expect("JSON");
        assert_eq!(
            kept,
            json!({"endpoint": "https://example.org/hook", "hmac_algo": "SHA256", "hmac_secret": null})
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let secret = |length| json!({"endpoint": "http://a/", "options": {"hmac_secret": "x".repeat(length)}});
        assert!(read(secret(8)).is_ok() && read(secret(1_024)).is_ok());
        for (webhook, path) in [
            (json!("http://a/"), "webhook"),
            (json!({}), "webhook.endpoint"),
            (json!({"endpoint": "ftp://a/"}), "webhook.endpoint"),
            (json!({"endpoint": "/hook"}), "webhook.endpoint"),
            (json!({"endpoint": format!("http://a/{}", "x".repeat(2_048))}), "webhook.endpoint"),
            (json!({"endpoint": "http://a/", "url": 1}), "webhook.url"),
            (json!({"endpoint": "http://a/", "options": {"hmac_algo": "sha256"}}), "webhook.options.hmac_algo"),
            (json!({"endpoint": "http://a/", "options": {"format": "XML"}}), "webhook.options.format"),
            (json!({"endpoint": "http://a/", "options": {"x": 1}}), "webhook.options.x"),
            (secret(7), "webhook.options.hmac_secret"),
            (secret(1_025), "webhook.options.hmac_secret"),
        ] {
            assert_eq!(read(webhook.clone()).map_err(|fault| fault.path).err().as_deref(), Some(path), "{webhook}");
        }
    }
}
