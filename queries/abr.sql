-- How many of the attempted calls were answered (answer-bid ratio)?
--
-- ABR = answered calls / bids, in percent (ITU-T E.425). A bid is any attempt whose outcome is known, whether it got a
-- circuit or not.
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
--
-- Grain: group value, bucket. One without calls has no row.
--
-- Columns
--   group_value  text       what the calls have in common; null for calls that have no such value
--   bucket_at    timestamp  start of the bucket
--   numerator    int        answered calls
--   denominator  int        bids: calls that were answered or have ended
--   abr          decimal    percent, rounded half up to 2 places; null without bids
--   excluded     int        calls that are open and unanswered
SELECT
    group_value,
    bucket_at,
    numerator,
    denominator,
    round(CAST(100 * numerator AS DECIMAL(20, 4)) / nullif(denominator, 0), 2) AS abr,
    calls - denominator AS excluded
FROM (
    SELECT
        group_value,
        date_trunc($bucket, started_at, $time_zone) AS bucket_at,
        count(*) AS calls,
        count(answered_at) AS numerator,
        count(coalesce(answered_at, ended_at)) AS denominator
    FROM calls_by($group_by)
    WHERE started_at >= $from
        AND started_at < $to
        AND ($direction IS NULL OR direction = $direction)
    GROUP BY group_value, bucket_at
)
ORDER BY group_value, bucket_at
