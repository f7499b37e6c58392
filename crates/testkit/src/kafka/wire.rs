//! The two requests of Kafka's protocol a test broker is asked, so that this crate needs no Kafka client:
//! `ApiVersions` 0 and `CreateTopics` 4 (kafka.apache.org/protocol; both older than the compact encoding).

use std::io::{self, Read, Write};

const CREATE_TOPICS: i16 = 19;
const API_VERSIONS: i16 = 18;
const TIMEOUT_MS: i32 = 30_000;

/// Whether a broker is listening and speaks.
pub(super) fn answers(address: &str) -> bool {
    let asked = exchange(address, API_VERSIONS, 0, &[]);
    asked.is_ok_and(|answer| answer.starts_with(&[0, 0]))
}

pub(super) fn create_topic(
    address: &str,
    name: &str,
    partitions: i32,
    config: &[(&str, &str)],
) -> io::Result<()> {
    let mut body = Vec::new();
    put_length(&mut body, 1);
    put_text(&mut body, name);
    body.extend(partitions.to_be_bytes());
    body.extend(1_i16.to_be_bytes()); // replicas
    put_length(&mut body, 0); // no manual assignment
    put_length(&mut body, config.len());
    for (key, value) in config {
        put_text(&mut body, key);
        put_text(&mut body, value);
    }
    body.extend(TIMEOUT_MS.to_be_bytes());
    body.push(0); // not only validate

    let answer = exchange(address, CREATE_TOPICS, 4, &body)?;
    // throttle_time_ms, number of topics, then per topic its name, error code and message.
    let code_at = 4 + 4 + 2 + name.len();
    match answer.get(code_at..code_at + 2) {
        Some([0, 0]) => Ok(()),
        _ => Err(io::Error::other(format!("{name}: {}", String::from_utf8_lossy(&answer)))),
    }
}

/// Sends one request and returns the answer behind its correlation id.
fn exchange(address: &str, api_key: i16, api_version: i16, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    request.extend(api_key.to_be_bytes());
    request.extend(api_version.to_be_bytes());
    request.extend(1_i32.to_be_bytes()); // correlation id
    put_text(&mut request, "testkit");
    request.extend(body);
    let mut framed = Vec::new();
    put_length(&mut framed, request.len());
    framed.extend(request);

    let mut stream = super::connect(address)?;
    stream.write_all(&framed)?;
    let mut head = [0; 8]; // length, correlation id
    stream.read_exact(&mut head)?;
    let [a, b, c, d, ..] = head;
    let length = u32::from_be_bytes([a, b, c, d]).saturating_sub(4);
    let mut answer = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut answer)?;
    Ok(answer)
}

fn put_length(into: &mut Vec<u8>, length: usize) {
    let length = i32::try_from(length).expect("requests here are short");
    into.extend(length.to_be_bytes());
}

fn put_text(into: &mut Vec<u8>, text: &str) {
    let length = i16::try_from(text.len()).expect("texts here are short");
    into.extend(length.to_be_bytes());
    into.extend(text.as_bytes());
}
