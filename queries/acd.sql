-- How long did people talk on average (average call duration, ALOC)?
--
-- ACD = answered seconds / answered calls that have ended.
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
--   numerator    decimal    seconds from answer to end, summed, to the millisecond
--   denominator  int        answered calls that have ended
--   acd          decimal    seconds, rounded half up to 2 places; null without such calls
--   excluded     int        calls that were not answered or have not ended
SELECT
    group_value,
    bucket_at,
    CAST(CAST(talk_ms AS DECIMAL(18, 3)) / 1000 AS DECIMAL(18, 3)) AS numerator,
    denominator,
    round(CAST(talk_ms AS DECIMAL(20, 4)) / nullif(1000 * denominator, 0), 2) AS acd,
    calls - denominator AS excluded
FROM (
    SELECT
        group_value,
        date_trunc($bucket, started_at, $time_zone) AS bucket_at,
        count(*) AS calls,
        coalesce(sum(talk_ms) FILTER (WHERE answered_at IS NOT NULL), 0) AS talk_ms,
        count(*) FILTER (WHERE answered_at IS NOT NULL AND ended_at IS NOT NULL) AS denominator
    FROM calls_by($group_by)
    WHERE started_at >= $from
        AND started_at < $to
        AND ($direction IS NULL OR direction = $direction)
    GROUP BY group_value, bucket_at
)
ORDER BY group_value, bucket_at
