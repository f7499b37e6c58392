-- How long did text messages take from the carrier to the recipient?
--
-- Latency = handed to a carrier until delivered, of outbound messages that were delivered and whose sending was stated. A
-- percentile is the smallest latency that at least so many percent of the measured messages did not exceed, exactly.
--
-- Parameters
--   from       timestamp   messages created at this instant or later
--   to         timestamp   messages created before this instant
--   group_by   text(account|sender|from_country|to_country|destination|nature|encoding|trunk|source), optional
--                          a row for each value of this; without it one for all messages
--   bucket     text(minute|hour|day|week|month), optional
--                          a row for each of these; without it one for the range
--   time_zone  text = UTC  IANA time zone of the buckets
--
-- Grain: group value, bucket. One without outbound messages has no row.
--
-- Columns
--   group_value  text       what the messages have in common; null for messages that have no such value
--   bucket_at    timestamp  start of the bucket
--   numerator    decimal    seconds of latency, summed, to the millisecond
--   denominator  int        messages whose latency is known
--   mean         decimal    seconds, rounded half up to milliseconds; null without such messages
--   p50          decimal    seconds
--   p95          decimal    seconds
--   p99          decimal    seconds
--   excluded     int        messages that were not delivered, or not yet, or of which nobody said when they were sent
WITH latencies AS (
    SELECT
        group_value,
        date_trunc($bucket, created_at, $time_zone) AS bucket_at,
        delivery_ms AS latency_ms,
        count(*) AS messages
    FROM sms_by($group_by)
    WHERE created_at >= $from
        AND created_at < $to
        AND direction = 'outbound'
    GROUP BY group_value, bucket_at, latency_ms
),
ranked AS (
    SELECT
        *,
        sum(CASE WHEN latency_ms IS NULL THEN 0 ELSE messages END) OVER (PARTITION BY group_value, bucket_at) AS measured,
        sum(messages) OVER (PARTITION BY group_value, bucket_at ORDER BY latency_ms NULLS LAST) AS up_to_this
    FROM latencies
)
SELECT
    group_value,
    bucket_at,
    CAST(CAST(latency_ms AS DECIMAL(18, 3)) / 1000 AS DECIMAL(18, 3)) AS numerator,
    measured AS denominator,
    round(CAST(latency_ms AS DECIMAL(20, 4)) / nullif(1000 * measured, 0), 3) AS mean,
    CAST(CAST(p50 AS DECIMAL(18, 3)) / 1000 AS DECIMAL(18, 3)) AS p50,
    CAST(CAST(p95 AS DECIMAL(18, 3)) / 1000 AS DECIMAL(18, 3)) AS p95,
    CAST(CAST(p99 AS DECIMAL(18, 3)) / 1000 AS DECIMAL(18, 3)) AS p99,
    excluded
FROM (
    SELECT
        group_value,
        bucket_at,
        coalesce(sum(latency_ms * messages), 0) AS latency_ms,
        max(measured) AS measured,
        min(latency_ms) FILTER (WHERE 100 * up_to_this >= 50 * measured) AS p50,
        min(latency_ms) FILTER (WHERE 100 * up_to_this >= 95 * measured) AS p95,
        min(latency_ms) FILTER (WHERE 100 * up_to_this >= 99 * measured) AS p99,
        coalesce(sum(messages) FILTER (WHERE latency_ms IS NULL), 0) AS excluded
    FROM ranked
    GROUP BY group_value, bucket_at
)
ORDER BY group_value, bucket_at
