-- What did calls to each destination cost, and how much a minute?
--
-- Cost per minute = charged / billed minutes. Amounts of different currencies are never added.
--
-- Parameters
--   from       timestamp                                 calls started at this instant or later
--   to         timestamp                                 calls started before this instant
--   direction  text(inbound|outbound), optional          calls of this direction only
--   bucket     text(minute|hour|day|week|month), optional
--                                                        a row for each of these; without it one for the range
--   time_zone  text = UTC                                IANA time zone of the buckets
--   limit      int = 100                                 most rows wanted
--
-- Grain: bucket, destination, currency; the dearest first.
--
-- Columns
--   bucket_at        timestamp  start of the bucket
--   destination      text       name of the billing destination; null where the rating names none
--   currency         text       ISO 4217
--   calls            int        rated calls
--   credit           decimal    credited, in currency units
--   numerator        decimal    charged, in currency units
--   denominator      int        seconds billed
--   cost_per_minute  decimal    in currency units, rounded half up to 6 places; null when no seconds were billed
--   excluded         int        calls to the destination without a charge
SELECT
    bucket_at,
    destination,
    currency,
    calls,
    credit,
    numerator,
    denominator,
    round(60 * numerator / nullif(denominator, 0), 6) AS cost_per_minute,
    excluded
FROM (
    SELECT
        date_trunc($bucket, started_at, $time_zone) AS bucket_at,
        cost_label AS destination,
        currency,
        count(debit) AS calls,
        coalesce(sum(credit) FILTER (WHERE debit IS NOT NULL), CAST(0 AS DECIMAL(18, 6))) AS credit,
        coalesce(sum(debit), CAST(0 AS DECIMAL(18, 6))) AS numerator,
        coalesce(sum(billed_seconds) FILTER (WHERE debit IS NOT NULL), 0) AS denominator,
        count(*) - count(debit) AS excluded
    FROM calls
    WHERE started_at >= $from
        AND started_at < $to
        AND ($direction IS NULL OR direction = $direction)
    GROUP BY bucket_at, destination, currency
)
ORDER BY bucket_at, numerator DESC, destination, currency
LIMIT $limit
