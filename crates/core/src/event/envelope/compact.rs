//! JSON text without the white space between its tokens.

/// The text without white space outside strings; everything else, number spellings and key order included, as it came.
pub(super) fn compact(json: &str) -> Box<str> {
    let bytes = json.as_bytes();
    let mut kept = String::with_capacity(json.len());
    let (mut run_start, mut at, mut is_inside_string) = (0, 0, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => is_inside_string = !is_inside_string,
            b'\\' if is_inside_string => at += 1,
            b' ' | b'\n' | b'\r' | b'\t' if !is_inside_string => {
                kept.push_str(json.get(run_start..at).unwrap_or_default());
                run_start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    if run_start == 0 {
        return json.into();
    }
    kept.push_str(json.get(run_start..).unwrap_or_default());
    kept.into_boxed_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_only_between_tokens() {
        let cases = [
            ("{}", "{}"),
            ("{ \"a b\" : 1.50 ,\n\t\"c\\\" d\" : [ ] }", "{\"a b\":1.50,\"c\\\" d\":[]}"),
            ("{\"é è\": \"\\\\\" , \"x\":2}", "{\"é è\":\"\\\\\",\"x\":2}"),
        ];
        for (spaced, expected) in cases {
            assert_eq!(&*compact(spaced), expected);
        }
    }
}
