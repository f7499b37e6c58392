-- How many of the calls that got a circuit were answered (answer-seizure ratio)?
--
-- ASR = answered calls / seizures, in percent (ITU-T E.425, E.411).
-- A seizure is a call that got a circuit: it was answered, it rang, or it ended neither undialled (NODIAL) nor for want
-- of resources (Q.850 causes 32 to 47). Calls that are open and unanswered have no outcome yet and are no seizures.
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
--   denominator  int        seizures
--   asr          decimal    percent, rounded half up to 2 places; null without seizures
--   excluded     int        calls that were no seizures
SELECT
    group_value,
    bucket_at,
    numerator,
    denominator,
    round(CAST(100 * numerator AS DECIMAL(20, 4)) / nullif(denominator, 0), 2) AS asr,
    calls - denominator AS excluded
FROM (
    SELECT
        group_value,
        date_trunc($bucket, started_at, $time_zone) AS bucket_at,
        count(*) AS calls,
        count(answered_at) AS numerator,
        count(*) FILTER (
            WHERE
                answered_at IS NOT NULL
                OR ended_at IS NOT NULL AND (
                    ringing_at IS NOT NULL
                    OR NOT (coalesce(release_cause BETWEEN 32 AND 47, false) OR coalesce(dial_status = 'NODIAL', false))
                )
        ) AS denominator
    FROM calls_by($group_by)
    WHERE started_at >= $from
        AND started_at < $to
        AND ($direction IS NULL OR direction = $direction)
    GROUP BY group_value, bucket_at
)
ORDER BY group_value, bucket_at
