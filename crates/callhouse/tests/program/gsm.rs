//! Texts counted and cut into parts, held against an independent library (`tests/interop/gsm.py`).

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use callhouse_core::gsm;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::support::installed;

const TEXTS: usize = 10_000;

/// Characters of one septet, of two, of one unit of UCS-2 only, and of two.
const ALPHABETS: [&str; 4] =
    ["abcXYZ 019@£$éùñüàÆΔΩ¿\n\r_", "^{}\\[~]|€\u{c}", "êçЖя漢字ﾊ\u{200d}\u{fe0f}`", "😀🎉👩🏽💻𝄞"];

/// Lengths about those at which a part is full, and any others.
fn length(numbers: &mut ChaCha8Rng) -> usize {
    const FULL: [usize; 10] = [67, 70, 76, 80, 134, 153, 160, 201, 306, 459];
    if numbers.random_range(0..3) == 0 {
        return numbers.random_range(1..500);
    }
    FULL[numbers.random_range(0..FULL.len())] + numbers.random_range(0..5) - 2
}

fn text(numbers: &mut ChaCha8Rng) -> String {
    // Half of the texts stay within the GSM alphabet: otherwise long ones hardly ever would.
    let alphabets = if numbers.random_range(0..2) == 0 { 2 } else { 4 };
    // How often the first alphabet, so that texts with few pairs and with many come up.
    let plain = numbers.random_range(0..=100);
    (0..length(numbers))
        .map(|_| {
            let alphabet =
                if numbers.random_range(0..100) < plain { 0 } else { numbers.random_range(0..alphabets) };
            let characters: Vec<char> = ALPHABETS[alphabet].chars().collect();
            characters[numbers.random_range(0..characters.len())]
        })
        .collect()
}

#[test]
fn texts_count_as_an_independent_library_counts_them() {
    let Some(python) = installed("python/bin/python", "tests/interop/install") else { return };
    let mut numbers = ChaCha8Rng::seed_from_u64(23_038);
    let texts: Vec<String> = (0..TEXTS).map(|_| text(&mut numbers)).collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interop/gsm.py");
    let mut counter = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the script starts");
    let input = serde_json::to_vec(&texts).expect("JSON");
    counter.stdin.take().expect("piped").write_all(&input).expect("taken in");
    let output = counter.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the script failed");
    let counts: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(counts.len(), TEXTS);
    let (mut gsm_texts, mut long_texts) = (0, 0);
    for (text, theirs) in texts.iter().zip(counts) {
        let ours = gsm::count(text);
        let parts = gsm::split(text, ours.encoding);
        assert_eq!(json!([ours.encoding.as_str(), ours.units, parts]), theirs, "{text:?}");
        assert_eq!(ours.parts, parts.len(), "{text:?}");
        gsm_texts += usize::from(ours.encoding == gsm::Encoding::Gsm);
        long_texts += usize::from(ours.parts > 1);
    }
    // Both encodings and long texts were there to be counted.
    assert!((TEXTS / 4..TEXTS * 3 / 4).contains(&gsm_texts), "{gsm_texts} texts of GSM");
    assert!(long_texts > TEXTS / 4, "{long_texts} long texts");
}
