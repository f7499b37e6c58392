-- How did calls spread over time?
--
-- Counted by quarter of an hour, because the hours, days and months of every time zone are made of whole ones;
-- the engine sums them into the buckets of the zone asked for.
--
-- Parameters
--   from  timestamp  calls started at this instant or later
--   to    timestamp  calls started before this instant
--
-- Grain: direction, quarter of an hour. A quarter without calls has no row.
--
-- Columns
--   direction       text       inbound or outbound
--   quarter_at      timestamp  start of the quarter
--   calls           int        calls started in the quarter, open ones included
--   answered_calls  int        those of them that were answered
--   talk_seconds    int        answered seconds of the ended ones, summed
--   debit           decimal    charged, in currency units
--   credit          decimal    earned, in currency units
SELECT
    direction,
    -- date_bin answers in nanoseconds; every instant of callhouse is in microseconds.
    arrow_cast(date_bin(INTERVAL '15 minutes', started_at), 'Timestamp(Microsecond, Some("UTC"))') AS quarter_at,
    count(*) AS calls,
    count(answered_at) AS answered_calls,
    coalesce(sum(talk_seconds), 0) AS talk_seconds,
    coalesce(sum(debit), 0) AS debit,
    coalesce(sum(credit), 0) AS credit
FROM calls
WHERE started_at >= $from
    AND started_at < $to
    AND direction IN ('inbound', 'outbound')
GROUP BY direction, quarter_at
ORDER BY direction, quarter_at
