-- How many of the answered calls were over within seconds?
--
-- Ratio = answered calls of at most `seconds` of talk / answered calls that have ended, in percent. Carriers count 6
-- seconds as short.
--
-- Parameters
--   from       timestamp                                 calls started at this instant or later
--   to         timestamp                                 calls started before this instant
--   direction  text(inbound|outbound), optional          calls of this direction only
--   group_by   text(account|app|did|direction|from_country|to_country|destination|trunk|source), optional
--                                                        a row for each value of this; without it one for all calls
--   bucket     text(minute|hour|day|week|month), optional
--                                                        a row for each of these; without it one for the range
--   time_zone  text = UTC                                IANA time zone of the buckets
--   seconds    int = 6                                   longest talk of a short call
--
-- Grain: group value, bucket. One without calls has no row.
--
-- Columns
--   group_value  text       what the calls have in common; null for calls that have no such value
--   bucket_at    timestamp  start of the bucket
--   numerator    int        answered calls of at most so many seconds
--   denominator  int        answered calls that have ended
--   ratio        decimal    percent, rounded half up to 2 places; null without such calls
--   excluded     int        calls that were not answered or have not ended
SELECT
    group_value,
    bucket_at,
    numerator,
    denominator,
    round(CAST(100 * numerator AS DECIMAL(20, 4)) / nullif(denominator, 0), 2) AS ratio,
    calls - denominator AS excluded
FROM (
    SELECT
        group_value,
        date_trunc($bucket, started_at, $time_zone) AS bucket_at,
        count(*) AS calls,
        count(*) FILTER (WHERE answered_at IS NOT NULL AND talk_ms <= 1000 * $seconds) AS numerator,
        count(*) FILTER (WHERE answered_at IS NOT NULL AND ended_at IS NOT NULL) AS denominator
    FROM calls_by($group_by)
    WHERE started_at >= $from
        AND started_at < $to
        AND ($direction IS NULL OR direction = $direction)
    GROUP BY group_value, bucket_at
)
ORDER BY group_value, bucket_at
