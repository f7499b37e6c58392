-- Why did calls end?
--
-- Causes are those of ITU-T Q.850, stated by the source or derived from the SIP status (RFC 3398 §8.2.6.1).
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
-- Grain: group value, bucket, cause.
--
-- Columns
--   group_value  text       what the calls have in common; null for calls that have no such value
--   bucket_at    timestamp  start of the bucket
--   cause        int        Q.850 cause; null for ended calls of which none is known
--   class        text       class of the cause: normal, resource unavailable, service not available, service not
--                           implemented, invalid message, protocol error, interworking
--   numerator    int        calls that ended with the cause
--   denominator  int        calls that have ended
--   share        decimal    percent, rounded half up to 2 places
--   excluded     int        calls that have not ended, of any cause to come
SELECT
    group_value,
    bucket_at,
    cause,
    CASE
        WHEN cause < 32 THEN 'normal'
        WHEN cause < 48 THEN 'resource unavailable'
        WHEN cause < 64 THEN 'service not available'
        WHEN cause < 80 THEN 'service not implemented'
        WHEN cause < 96 THEN 'invalid message'
        WHEN cause < 112 THEN 'protocol error'
        WHEN cause < 128 THEN 'interworking'
    END AS class,
    ended AS numerator,
    all_ended AS denominator,
    round(CAST(100 * ended AS DECIMAL(20, 4)) / nullif(all_ended, 0), 2) AS share,
    all_calls - all_ended AS excluded
FROM (
    SELECT
        *,
        sum(ended) OVER (PARTITION BY group_value, bucket_at) AS all_ended,
        sum(calls) OVER (PARTITION BY group_value, bucket_at) AS all_calls
    FROM (
        SELECT
            group_value,
            date_trunc($bucket, started_at, $time_zone) AS bucket_at,
            CASE WHEN ended_at IS NOT NULL THEN release_cause END AS cause,
            count(*) AS calls,
            count(ended_at) AS ended
        FROM calls_by($group_by)
        WHERE started_at >= $from
            AND started_at < $to
            AND ($direction IS NULL OR direction = $direction)
        GROUP BY group_value, bucket_at, cause
    )
)
WHERE ended > 0
ORDER BY group_value, bucket_at, numerator DESC, cause
