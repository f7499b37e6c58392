//! Which buckets make up a range, and what has to be read besides.

use callhouse_core::Timestamp;
use callhouse_lake::sums::{Bucket, Sign};

/// A range as whole buckets and what they have too little or too much.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cover {
    /// From the start of the first bucket to the end of the last; `None` when none is worth its edges.
    pub(super) whole: Option<(Timestamp, Timestamp)>,
    /// Calls started in `[from, to)` that are to be added to the buckets, or taken away from them.
    pub(super) edges: Vec<(Timestamp, Timestamp, Sign)>,
}

impl Cover {
    /// The cover of `[from, to)` that reads the shortest edges. Only months are taken whole to take something away from
    /// them: their terms bear the start of the month, those of hours and days must lie within the range.
    pub(super) fn of(bucket: Bucket, from: Timestamp, to: Timestamp) -> Self {
        let nothing = Self { whole: None, edges: vec![(from, to, Sign::Plus)] };
        if from >= to {
            return nothing;
        }
        let mut covers = vec![nothing];
        let (starts, ends) = (Around::of(bucket, from), Around::of(bucket, to));
        let may_exceed = bucket == Bucket::Month;
        let starts = [Some(starts.after), may_exceed.then_some(starts.before)];
        let ends = [Some(ends.before), may_exceed.then_some(ends.after)];
        for start in starts.into_iter().flatten() {
            for end in ends.iter().flatten().copied().filter(|end| start < *end) {
                let edges = vec![edge(from, start), edge(end, to)];
                covers.push(Self { whole: Some((start, end)), edges });
            }
        }
        covers.into_iter().min_by_key(Self::edge_micros).unwrap_or(Self { whole: None, edges: Vec::new() })
    }

    fn edge_micros(&self) -> i64 {
        self.edges.iter().map(|(from, to, _)| to.micros_since(*from)).fold(0, i64::saturating_add)
    }
}

/// What lies between where buckets should begin and where they do: too little if they begin later.
fn edge(wanted: Timestamp, actual: Timestamp) -> (Timestamp, Timestamp, Sign) {
    if wanted <= actual { (wanted, actual, Sign::Plus) } else { (actual, wanted, Sign::Minus) }
}

/// The edges of buckets around an instant; the same one twice when it is one.
struct Around {
    before: Timestamp,
    after: Timestamp,
}

impl Around {
    fn of(bucket: Bucket, at: Timestamp) -> Self {
        let before = bucket.start(bucket.of(at));
        let after = if before == at { at } else { bucket.start(bucket.of(at) + 1) };
        Self { before, after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str) -> Timestamp {
        Timestamp::parse_rfc3339(&format!("{day}T00:00:00Z")).expect("an instant")
    }

    /// The cover in months as days of the year 2025: `[start, end)` of the months, then the edges that are not empty.
    fn months(from: &str, to: &str) -> String {
        let cover = Cover::of(Bucket::Month, at(from), at(to));
        let day = |at: Timestamp| at.to_rfc3339().chars().skip(5).take(5).collect::<String>();
        let whole =
            cover.whole.map_or("none".to_owned(), |(start, end)| format!("{}..{}", day(start), day(end)));
        let edges = cover.edges.iter().filter(|(from, to, _)| from < to);
        let edges = edges.map(|(from, to, sign)| {
            let sign = if *sign == Sign::Plus { '+' } else { '-' };
            format!(" {sign} {}..{}", day(*from), day(*to))
        });
        std::iter::once(whole).chain(edges).collect()
    }

    #[test]
    fn the_shorter_edges_are_read() {
        for (from, to, wanted) in [
            ("2025-03-01", "2025-05-01", "03-01..05-01"),
            ("2025-07-02", "2025-08-01", "07-01..08-01 - 07-01..07-02"),
            ("2025-07-01", "2025-07-30", "07-01..08-01 - 07-30..08-01"),
            ("2025-07-03", "2025-07-29", "07-01..08-01 - 07-01..07-03 - 07-29..08-01"),
            ("2025-07-10", "2025-07-12", "none + 07-10..07-12"),
            ("2025-02-27", "2025-04-04", "03-01..04-01 + 02-27..03-01 + 04-01..04-04"),
            ("2025-02-03", "2025-04-04", "02-01..04-01 - 02-01..02-03 + 04-01..04-04"),
            ("2025-07-20", "2025-08-20", "08-01..09-01 + 07-20..08-01 - 08-20..09-01"),
            ("2025-07-20", "2025-08-03", "none + 07-20..08-03"),
        ] {
            assert_eq!(months(from, to), wanted, "{from}..{to}");
        }
    }

    #[test]
    fn hours_and_days_never_exceed_the_range() {
        let (from, to) = (Timestamp(1_000_000), Timestamp(3 * 86_400_000_000 - 1_000_000));
        for (bucket, micros) in [(Bucket::Hour, 3_600_000_000), (Bucket::Day, 86_400_000_000)] {
            let end = to.micros() / micros * micros;
            let cover = Cover::of(bucket, from, to);
            assert_eq!(cover.whole, Some((Timestamp(micros), Timestamp(end))));
            let edges = vec![(from, Timestamp(micros), Sign::Plus), (Timestamp(end), to, Sign::Plus)];
            assert_eq!(cover.edges, edges);
        }
    }

    #[test]
    fn a_range_that_ends_before_it_begins_reads_nothing() {
        let cover = Cover::of(Bucket::Month, at("2025-07-02"), at("2025-05-01"));
        assert_eq!(cover.whole, None);
    }
}
