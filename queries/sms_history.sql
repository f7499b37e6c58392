-- How did text messages spread over time?
--
-- Parameters
--   from       timestamp                          messages created at this instant or later
--   to         timestamp                          messages created before this instant
--   bucket     text(minute|hour|day|week|month)   how long a bucket is
--   time_zone  text = UTC                         IANA time zone of the buckets
--
-- Grain: direction, bucket. Those without messages have a row, too; the first and last count only messages of the range.
--
-- Columns
--   direction  text       inbound or outbound
--   bucket_at  timestamp  start of the bucket
--   local_at   timestamp  the same on the clock of the zone; comes twice in the hour that a zone repeats
--   messages   int        messages created in the bucket
--   parts      int        parts they were sent in, summed; messages whose parts are not known count none
--   debit      decimal    charged, in currency units
--   credit     decimal    earned, in currency units
WITH sums AS (
    SELECT
        direction,
        date_trunc($bucket, at, $time_zone) AS bucket_at,
        sum(messages) AS messages,
        sum(parts) AS parts,
        sum(debit) AS debit,
        sum(credit) AS credit
    FROM sms_sums('total', $from, $to, $bucket, $time_zone)
    GROUP BY direction, bucket_at
)
SELECT
    directions.direction,
    buckets.bucket_at,
    timezone($time_zone, buckets.bucket_at) AS local_at,
    coalesce(sums.messages, 0) AS messages,
    coalesce(sums.parts, 0) AS parts,
    coalesce(sums.debit, 0) AS debit,
    coalesce(sums.credit, 0) AS credit
FROM time_buckets($from, $to, $bucket, $time_zone) AS buckets
CROSS JOIN (VALUES ('inbound'), ('outbound')) AS directions (direction)
LEFT JOIN sums ON sums.direction = directions.direction AND sums.bucket_at = buckets.bucket_at
ORDER BY directions.direction, buckets.bucket_at
