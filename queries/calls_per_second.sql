-- How many calls per second were attempted (CPS)?
--
-- Mean = attempts / seconds of the bucket. The peak is the fullest second of the clock. 99 of 100 seconds, empty ones
-- included, had no more than p99 attempts.
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
--   numerator    int        calls attempted
--   denominator  int        seconds of the bucket that lie in the range, a part of one counted whole
--   mean         decimal    calls per second, rounded half up to 4 places
--   p99          int        calls per second
--   peak         int        calls in the fullest second
--   peak_at      timestamp  the first such second
WITH seconds AS (
    SELECT
        group_value,
        date_trunc($bucket, started_at, $time_zone) AS bucket_at,
        date_trunc('second', started_at) AS second_at,
        count(*) AS calls
    FROM calls_by($group_by)
    WHERE started_at >= $from
        AND started_at < $to
        AND ($direction IS NULL OR direction = $direction)
    GROUP BY group_value, bucket_at, second_at
),
ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY group_value, bucket_at ORDER BY calls, second_at) AS full_rank,
        count(*) OVER (PARTITION BY group_value, bucket_at) AS full_seconds,
        max(calls) OVER (PARTITION BY group_value, bucket_at) AS peak
    FROM seconds
),
buckets AS (
    SELECT
        bucket_at,
        (arrow_cast(ends_at, 'Int64') - arrow_cast(starts_at, 'Int64') + 999999) / 1000000 AS length
    FROM time_buckets($from, $to, $bucket, $time_zone)
)
SELECT
    group_value,
    ranked.bucket_at,
    sum(calls) AS numerator,
    max(length) AS denominator,
    round(CAST(sum(calls) AS DECIMAL(20, 6)) / max(length), 4) AS mean,
    -- Empty seconds come first; the rank of a full one counts them.
    coalesce(
        min(calls) FILTER (
            WHERE 100 * (length - full_seconds) < 99 * length
                AND 100 * (length - full_seconds + full_rank) >= 99 * length
        ),
        0
    ) AS p99,
    max(peak) AS peak,
    min(second_at) FILTER (WHERE calls = peak) AS peak_at
FROM ranked
INNER JOIN buckets ON ranked.bucket_at IS NOT DISTINCT FROM buckets.bucket_at
GROUP BY group_value, ranked.bucket_at
ORDER BY group_value, ranked.bucket_at
