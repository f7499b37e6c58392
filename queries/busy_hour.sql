-- Which hour was the busiest, and how many calls were attempted in it (BHCA)?
--
-- The busy hour is the 60 minutes, beginning at a quarter of an hour, with the most attempts (ITU-T E.500); of several
-- the first that has a call in its first quarter. It belongs to the bucket it begins in, and does not leave the range.
--
-- Parameters
--   from       timestamp                                 calls started at this instant or later
--   to         timestamp                                 calls started before this instant
--   direction  text(inbound|outbound), optional          calls of this direction only
--   group_by   text(account|app|did|direction|from_country|to_country|destination|trunk|source), optional
--                                                        a row for each value of this; without it one for all calls
--   bucket     text(day|week|month), optional
--                                                        a row for each of these; without it one for the range
--   time_zone  text = UTC                                IANA time zone of the buckets
--
-- Grain: group value, bucket. One without calls has no row.
--
-- Columns
--   group_value  text       what the calls have in common; null for calls that have no such value
--   bucket_at    timestamp  start of the bucket
--   busy_hour_at timestamp  start of the busy hour
--   numerator    int        attempts in the busy hour (BHCA)
--   denominator  int        all attempts of the bucket
--   share        decimal    percent of the bucket's attempts, rounded half up to 2 places; more than 100 where the busy
--                           hour reaches into the next bucket with more calls
WITH quarters AS (
    SELECT
        group_value,
        date_trunc($bucket, started_at, $time_zone) AS bucket_at,
        date_bin(INTERVAL '15 minutes', started_at) AS quarter_at,
        count(*) AS attempts
    FROM calls_by($group_by)
    WHERE started_at >= $from
        AND started_at < $to
        AND ($direction IS NULL OR direction = $direction)
    GROUP BY group_value, bucket_at, quarter_at
),
hours AS (
    SELECT
        group_value,
        bucket_at,
        quarter_at,
        sum(attempts) OVER (
            PARTITION BY group_value
            ORDER BY quarter_at
            RANGE BETWEEN CURRENT ROW AND INTERVAL '45 minutes' FOLLOWING
        ) AS in_hour,
        sum(attempts) OVER (PARTITION BY group_value, bucket_at) AS in_bucket
    FROM quarters
),
ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY group_value, bucket_at ORDER BY in_hour DESC, quarter_at) AS place
    FROM hours
)
SELECT
    group_value,
    bucket_at,
    arrow_cast(quarter_at, 'Timestamp(Microsecond, Some("UTC"))') AS busy_hour_at,
    in_hour AS numerator,
    in_bucket AS denominator,
    round(CAST(100 * in_hour AS DECIMAL(20, 4)) / in_bucket, 2) AS share
FROM ranked
WHERE place = 1
ORDER BY group_value, bucket_at
