-- How long did callers wait until they heard it ring (post-dial delay)?
--
-- PDD = start of the call to ringing, or to the answer when no ringing was seen (ITU-T E.721 post-selection delay). A
-- percentile is the smallest delay that at least so many percent of the measured calls did not exceed, exactly.
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
--   numerator    decimal    seconds of delay, summed, to the millisecond
--   denominator  int        calls whose delay is known
--   mean         decimal    seconds, rounded half up to milliseconds; null without such calls
--   p50          decimal    seconds
--   p95          decimal    seconds
--   p99          decimal    seconds
--   excluded     int        calls that never rang and were not answered, or not yet
WITH delays AS (
    SELECT
        group_value,
        date_trunc($bucket, started_at, $time_zone) AS bucket_at,
        post_dial_delay_ms AS delay_ms,
        count(*) AS calls
    FROM calls_by($group_by)
    WHERE started_at >= $from
        AND started_at < $to
        AND ($direction IS NULL OR direction = $direction)
    GROUP BY group_value, bucket_at, delay_ms
),
ranked AS (
    SELECT
        *,
        sum(CASE WHEN delay_ms IS NULL THEN 0 ELSE calls END) OVER (PARTITION BY group_value, bucket_at) AS measured,
        sum(calls) OVER (PARTITION BY group_value, bucket_at ORDER BY delay_ms NULLS LAST) AS up_to_this
    FROM delays
)
SELECT
    group_value,
    bucket_at,
    CAST(CAST(delay_ms AS DECIMAL(18, 3)) / 1000 AS DECIMAL(18, 3)) AS numerator,
    measured AS denominator,
    round(CAST(delay_ms AS DECIMAL(20, 4)) / nullif(1000 * measured, 0), 3) AS mean,
    CAST(CAST(p50 AS DECIMAL(18, 3)) / 1000 AS DECIMAL(18, 3)) AS p50,
    CAST(CAST(p95 AS DECIMAL(18, 3)) / 1000 AS DECIMAL(18, 3)) AS p95,
    CAST(CAST(p99 AS DECIMAL(18, 3)) / 1000 AS DECIMAL(18, 3)) AS p99,
    excluded
FROM (
    SELECT
        group_value,
        bucket_at,
        coalesce(sum(delay_ms * calls), 0) AS delay_ms,
        max(measured) AS measured,
        min(delay_ms) FILTER (WHERE 100 * up_to_this >= 50 * measured) AS p50,
        min(delay_ms) FILTER (WHERE 100 * up_to_this >= 95 * measured) AS p95,
        min(delay_ms) FILTER (WHERE 100 * up_to_this >= 99 * measured) AS p99,
        coalesce(sum(calls) FILTER (WHERE delay_ms IS NULL), 0) AS excluded
    FROM ranked
    GROUP BY group_value, bucket_at
)
ORDER BY group_value, bucket_at
