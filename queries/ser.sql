-- How many of the sessions asked for were established (session establishment ratio)?
--
-- SER = INVITEs answered 200 / INVITEs that were not redirected (3xx), in percent (RFC 6076 §4.6), over the calls whose
-- final SIP status is known.
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
--   numerator    int        calls with final status 200
--   denominator  int        calls with a final status that is no redirection
--   ser          decimal    percent, rounded half up to 2 places; null without such calls
--   excluded     int        calls that were redirected or whose SIP status is not known
SELECT
    group_value,
    bucket_at,
    numerator,
    denominator,
    round(CAST(100 * numerator AS DECIMAL(20, 4)) / nullif(denominator, 0), 2) AS ser,
    calls - denominator AS excluded
FROM (
    SELECT
        group_value,
        date_trunc($bucket, started_at, $time_zone) AS bucket_at,
        count(*) AS calls,
        count(*) FILTER (WHERE sip_status = 200) AS numerator,
        count(*) FILTER (WHERE sip_status >= 200 AND sip_status NOT BETWEEN 300 AND 399) AS denominator
    FROM calls_by($group_by)
    WHERE started_at >= $from
        AND started_at < $to
        AND ($direction IS NULL OR direction = $direction)
    GROUP BY group_value, bucket_at
)
ORDER BY group_value, bucket_at
