//! Which bytes of a file a request wants (RFC 9110 §14).

/// The bytes to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Whole,
    /// First and last byte.
    Part(u64, u64),
    /// None that there are.
    Unsatisfiable,
}

/// What a `Range` header asks of a file. One that is no range of bytes, or of several, is passed over, as the RFC allows.
pub(super) fn wanted(header: Option<&str>, length: u64) -> Wanted {
    part(header, length).unwrap_or(Wanted::Whole)
}

fn part(header: Option<&str>, length: u64) -> Option<Wanted> {
    let (unit, range) = header?.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    let number = |digits: &str| {
        let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        // So many digits that they are no number are beyond every file.
        all_digits.then(|| digits.parse().unwrap_or(u64::MAX))
    };
    if first.is_empty() {
        return Some(match number(last)? {
            0 => Wanted::Unsatisfiable,
            _ if length == 0 => Wanted::Unsatisfiable,
            suffix => Wanted::Part(length.saturating_sub(suffix), length - 1),
        });
    }
    let first = number(first)?;
    let last = if last.is_empty() { u64::MAX } else { number(last)? };
    if last < first {
        return None;
    }
    Some(if first < length { Wanted::Part(first, last.min(length - 1)) } else { Wanted::Unsatisfiable })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_to_what_there_is() {
        for (header, length, found) in [
            ("bytes=0-0", 10, Wanted::Part(0, 0)),
            ("Bytes = 2-", 10, Wanted::Part(2, 9)),
            ("bytes=2-99", 10, Wanted::Part(2, 9)),
            ("bytes=-3", 10, Wanted::Part(7, 9)),
            ("bytes=-99", 10, Wanted::Part(0, 9)),
            ("bytes=10-", 10, Wanted::Unsatisfiable),
            ("bytes=99999999999999999999999-", 10, Wanted::Unsatisfiable),
            ("bytes=-0", 10, Wanted::Unsatisfiable),
            ("bytes=-1", 0, Wanted::Unsatisfiable),
            ("bytes=0-", 0, Wanted::Unsatisfiable),
            ("bytes=3-2", 10, Wanted::Whole),
            ("bytes=0-1,3-4", 10, Wanted::Whole),
            ("bytes=a-b", 10, Wanted::Whole),
            ("bytes=-", 10, Wanted::Whole),
            ("bytes=+1-2", 10, Wanted::Whole),
            ("rows=0-1", 10, Wanted::Whole),
            ("bytes", 10, Wanted::Whole),
        ] {
            assert_eq!(wanted(Some(header), length), found, "{header} of {length}");
        }
        assert_eq!(wanted(None, 10), Wanted::Whole);
    }
}
