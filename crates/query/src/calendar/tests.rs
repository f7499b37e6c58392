use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("an instant")
}

fn lengths(from: &str, to: &str, unit: Unit, zone: &str) -> Vec<(String, i32, i64)> {
    let minutes = |bucket: &Bucket| bucket.end.micros_since(bucket.start) / (60 * MICROS_PER_SECOND);
    let buckets = buckets(at(from), at(to), unit, zone).expect("buckets");
    buckets.iter().map(|b| (b.local_start.clone(), b.utc_offset_seconds / 60, minutes(b))).collect()
}

fn day(label: &str, offset: i32, minutes: i64) -> (String, i32, i64) {
    (label.to_owned(), offset, minutes)
}

#[test]
fn tim_1_days_on_which_the_clock_changes_have_their_own_length() {
    let paris = lengths("2026-03-28T12:00:00Z", "2026-03-30T00:00:00Z", Unit::Day, "Europe/Paris");
    let wanted = [
        day("2026-03-28 00:00:00", 60, 1440),
        day("2026-03-29 00:00:00", 60, 1380),
        day("2026-03-30 00:00:00", 120, 1440),
    ];
    assert_eq!(paris, wanted);
    let york = lengths("2026-11-01T12:00:00Z", "2026-11-02T00:00:00Z", Unit::Day, "America/New_York");
    assert_eq!(york, [day("2026-11-01 00:00:00", -240, 1500)]);
    let lord_howe = lengths("2026-04-04T20:00:00Z", "2026-04-05T00:00:00Z", Unit::Day, "Australia/Lord_Howe");
    assert_eq!(lord_howe, [day("2026-04-05 00:00:00", 660, 1470)]);
    let spring = lengths("2026-10-03T20:00:00Z", "2026-10-04T00:00:00Z", Unit::Day, "Australia/Lord_Howe");
    assert_eq!(spring, [day("2026-10-04 00:00:00", 630, 1410)]);
}

#[test]
fn tim_1_the_repeated_hour_is_two_buckets() {
    let paris = lengths("2026-10-24T23:30:00Z", "2026-10-25T03:00:00Z", Unit::Hour, "Europe/Paris");
    let wanted = [
        day("2026-10-25 01:00:00", 120, 60),
        day("2026-10-25 02:00:00", 120, 60),
        day("2026-10-25 02:00:00", 60, 60),
        day("2026-10-25 03:00:00", 60, 60),
    ];
    assert_eq!(paris, wanted);
    let lord_howe =
        lengths("2026-04-04T14:00:00Z", "2026-04-04T16:30:00Z", Unit::Hour, "Australia/Lord_Howe");
    let wanted = [
        day("2026-04-05 01:00:00", 660, 60),
        day("2026-04-05 01:30:00", 630, 30),
        day("2026-04-05 02:00:00", 630, 60),
    ];
    assert_eq!(lord_howe, wanted);
}

#[test]
fn tim_1_an_hour_can_be_cut_short_and_a_midnight_or_a_day_left_out() {
    let lord_howe =
        lengths("2026-10-03T15:00:00Z", "2026-10-03T16:30:00Z", Unit::Hour, "Australia/Lord_Howe");
    let wanted = [
        day("2026-10-04 01:00:00", 630, 60),
        day("2026-10-04 02:30:00", 660, 30),
        day("2026-10-04 03:00:00", 660, 60),
    ];
    assert_eq!(lord_howe[..2], wanted[..2]);
    let beirut = lengths("2025-03-29T23:00:00Z", "2025-03-30T12:00:00Z", Unit::Day, "Asia/Beirut");
    assert_eq!(beirut, [day("2025-03-30 01:00:00", 180, 1380)]);
    let apia = lengths("2011-12-29T20:00:00Z", "2011-12-31T20:00:00Z", Unit::Day, "Pacific/Apia");
    let labels: Vec<&str> = apia.iter().map(|(label, ..)| label.as_str()).collect();
    assert_eq!(labels, ["2011-12-29 00:00:00", "2011-12-31 00:00:00", "2012-01-01 00:00:00"]);
}

#[test]
fn buckets_follow_each_other_without_gap_in_every_zone() {
    let (from, to) = (at("2026-02-20T07:13:00Z"), at("2026-04-10T05:00:00Z"));
    for zone in chrono_tz::TZ_VARIANTS {
        for unit in Unit::ALL.into_iter().filter(|unit| *unit != Unit::Minute) {
            let buckets = buckets(from, to, unit, zone.name()).expect("buckets");
            let first = bucket_of(zone, unit, from).expect("a bucket");
            assert_eq!((buckets[0].start, buckets[0].end), first, "{zone} {unit:?}");
            assert!(buckets[0].start <= from && from < buckets[0].end, "{zone} {unit:?}");
            assert!(buckets.windows(2).all(|pair| pair[0].end == pair[1].start), "{zone} {unit:?}");
            assert!(buckets.last().is_some_and(|last| last.end >= to), "{zone} {unit:?}");
        }
    }
}

#[test]
fn since_2000_every_zone_changes_its_clock_and_starts_its_hours_at_a_quarter() {
    let quarter = 900 * MICROS_PER_SECOND;
    for zone in chrono_tz::TZ_VARIANTS {
        for year in 2000..2040 {
            for month in 1..=12 {
                let at = Utc.with_ymd_and_hms(year, month, 1, 0, 0, 0).single().expect("an instant");
                let offset = zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc();
                assert_eq!(offset % 900, 0, "{zone} {at}");
            }
        }
        let days = buckets(at("2000-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"), Unit::Day, zone.name());
        let odd = days.expect("buckets").into_iter().find(|bucket| bucket.start.micros() % quarter != 0);
        assert_eq!(odd, None, "{zone}");
    }
}

#[test]
fn weeks_begin_on_monday_and_quarters_in_january_april_july_and_october() {
    let starts = |unit, zone: &str| -> Vec<String> {
        let buckets = buckets(at("2026-03-20T12:00:00Z"), at("2026-04-06T12:00:00Z"), unit, zone);
        buckets
            .expect("buckets")
            .into_iter()
            .map(|bucket| bucket.start.to_rfc3339().replace(".000000", ""))
            .collect()
    };
    let weeks =
        ["2026-03-15T23:00:00Z", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z", "2026-04-05T22:00:00Z"];
    assert_eq!(starts(Unit::Week, "Europe/Paris"), weeks);
    assert_eq!(starts(Unit::Quarter, "Asia/Kolkata"), ["2025-12-31T18:30:00Z", "2026-03-31T18:30:00Z"]);
    assert_eq!(starts(Unit::Year, "America/New_York"), ["2026-01-01T05:00:00Z"]);
}

#[test]
fn a_clock_shows_the_same_time_twice_when_it_is_put_back() {
    let paris = zone("Europe/Paris").expect("a zone");
    let shown = |text| local(paris, at(text)).expect("a time").to_rfc3339().replace(".000000", "");
    assert_eq!(shown("2026-10-25T00:30:00Z"), "2026-10-25T02:30:00Z");
    assert_eq!(shown("2026-10-25T01:30:00Z"), "2026-10-25T02:30:00Z");
}

#[test]
fn nonsense_is_refused() {
    let (from, to) = (at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z"));
    assert!(buckets(from, to, Unit::Day, "Mars/Olympus").is_err());
    assert!(buckets(to, from, Unit::Day, "UTC").is_err());
    assert!(buckets(from, at("2126-01-01T00:00:00Z"), Unit::Hour, "UTC").is_err());
    assert_eq!(buckets(from, from, Unit::Day, "UTC").ok(), Some(Vec::new()));
}
