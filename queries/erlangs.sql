-- How much traffic did lines carry (erlangs)?
--
-- Erlangs = seconds for which lines were occupied / seconds of the bucket: the mean number of calls at the same time
-- (ITU-T E.500). A call occupies a line from its start to its end, ringing included; only the part within the bucket
-- counts.
--
-- Parameters
--   from       timestamp                                 start of the range; a call that began before it counts
--                                                        while it goes on
--   to         timestamp                                 end of the range
--   direction  text(inbound|outbound), optional          calls of this direction only
--   group_by   text(account|app|did|direction|from_country|to_country|destination|trunk|source), optional
--                                                        a row for each value of this; without it one for all calls
--   bucket     text(minute|hour|day|week|month), optional
--                                                        a row for each of these; without it one for the range
--   time_zone  text = UTC                                IANA time zone of the buckets
--
-- Grain: group value, bucket, those without calls included where the group has some in the range.
--
-- Columns
--   group_value  text       what the calls have in common; null for calls that have no such value
--   bucket_at    timestamp  start of the bucket
--   numerator    decimal    seconds occupied, to the microsecond
--   denominator  decimal    seconds of the bucket that lie in the range
--   erlangs      decimal    rounded half up to 4 places
--   excluded     int        calls started in the bucket whose end is not known
WITH spans AS (
    SELECT
        group_value,
        greatest(started_at, $from) AS starts_at,
        least(ended_at, $to) AS ends_at
    FROM calls_by($group_by)
    WHERE started_at < $to
        AND ended_at > $from
        AND ended_at > started_at
        AND ($direction IS NULL OR direction = $direction)
),
-- By how much the number of calls changes at an instant: by 0 at the start of a bucket, which must have a level, too.
steps AS (
    SELECT group_value, at, sum(step) AS step
    FROM (
        SELECT group_value, starts_at AS at, 1 AS step
        FROM spans
        UNION ALL
        SELECT group_value, ends_at AS at, -1 AS step
        FROM spans
        UNION ALL
        SELECT group_value, starts_at AS at, 0 AS step
        FROM (SELECT DISTINCT group_value FROM spans)
        CROSS JOIN time_buckets($from, $to, $bucket, $time_zone)
    )
    WHERE at < $to
    GROUP BY group_value, at
),
levels AS (
    SELECT
        group_value,
        date_trunc($bucket, at, $time_zone) AS bucket_at,
        at,
        coalesce(lead(at) OVER (PARTITION BY group_value ORDER BY at), $to) AS until,
        sum(step) OVER (PARTITION BY group_value ORDER BY at) AS calls
    FROM steps
),
open_calls AS (
    SELECT group_value, date_trunc($bucket, started_at, $time_zone) AS bucket_at, count(*) AS calls
    FROM calls_by($group_by)
    WHERE started_at >= $from
        AND started_at < $to
        AND ended_at IS NULL
        AND ($direction IS NULL OR direction = $direction)
    GROUP BY group_value, bucket_at
),
occupied AS (
    SELECT
        group_value,
        bucket_at,
        sum(calls * (arrow_cast(until, 'Int64') - arrow_cast(at, 'Int64'))) AS occupied_micros,
        sum(arrow_cast(until, 'Int64') - arrow_cast(at, 'Int64')) AS bucket_micros
    FROM levels
    GROUP BY group_value, bucket_at
)
SELECT
    occupied.group_value,
    occupied.bucket_at,
    arrow_cast(CAST(occupied_micros AS DECIMAL(20, 6)) / 1000000, 'Decimal128(20, 6)') AS numerator,
    arrow_cast(CAST(bucket_micros AS DECIMAL(20, 6)) / 1000000, 'Decimal128(20, 6)') AS denominator,
    round(CAST(occupied_micros AS DECIMAL(26, 6)) / bucket_micros, 4) AS erlangs,
    coalesce(open_calls.calls, 0) AS excluded
FROM occupied
LEFT JOIN open_calls
    ON (occupied.group_value IS NOT DISTINCT FROM open_calls.group_value)
    AND (occupied.bucket_at IS NOT DISTINCT FROM open_calls.bucket_at)
ORDER BY occupied.group_value, occupied.bucket_at
