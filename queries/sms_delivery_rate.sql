-- How many of the text messages sent were delivered?
--
-- Delivery rate = messages delivered / messages of which it is known what became of them, in percent: delivered, failed,
-- expired, or not sent for an error. Those still under way have no outcome yet. Carriers that send no delivery reports
-- leave their messages at SENT, which is no outcome either: see `excluded`.
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
--   group_value    text       what the messages have in common; null for messages that have no such value
--   bucket_at      timestamp  start of the bucket
--   numerator      int        messages delivered
--   denominator    int        messages of which it is known what became of them
--   delivery_rate  decimal    percent, rounded half up to 2 places; null without such messages
--   excluded       int        messages without an outcome
SELECT
    group_value,
    bucket_at,
    numerator,
    denominator,
    round(CAST(100 * numerator AS DECIMAL(20, 4)) / nullif(denominator, 0), 2) AS delivery_rate,
    messages - denominator AS excluded
FROM (
    SELECT
        group_value,
        date_trunc($bucket, created_at, $time_zone) AS bucket_at,
        count(*) AS messages,
        count(*) FILTER (WHERE status = 'RECEIVED') AS numerator,
        count(*) FILTER (WHERE status IN ('RECEIVED', 'FAILED', 'EXPIRED', 'ERROR')) AS denominator
    FROM sms_by($group_by)
    WHERE created_at >= $from
        AND created_at < $to
        AND direction = 'outbound'
    GROUP BY group_value, bucket_at
)
ORDER BY group_value, bucket_at
