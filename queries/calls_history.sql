-- How did calls spread over time?
--
-- Counted by quarter of an hour, because the hours, days and months of every time zone are made of whole ones, or by
-- hour; the engine sums them into the buckets of the zone asked for.
--
-- Parameters
--   from  timestamp                     calls started at this instant or later
--   to    timestamp                     calls started before this instant
--   step  text(total|quarter) = quarter total: every bucket wanted begins at a whole hour of UTC, so calls may be
--                                       counted by hour; quarter: some begin at a quarter of an hour
--
-- Grain: direction, quarter of an hour or hour. One without calls has no row.
--
-- Columns
--   direction       text       inbound or outbound
--   quarter_at      timestamp  start of the quarter, or of the hour
--   calls           int        calls started in the quarter, open ones included
--   answered_calls  int        those of them that were answered
--   talk_seconds    int        answered seconds of the ended ones, summed
--   debit           decimal    charged, in currency units
--   credit          decimal    earned, in currency units
SELECT
    direction,
    -- date_bin answers in nanoseconds; every instant of callhouse is in microseconds.
    arrow_cast(date_bin(INTERVAL '15 minutes', at), 'Timestamp(Microsecond, Some("UTC"))') AS quarter_at,
    sum(calls) AS calls,
    sum(answered_calls) AS answered_calls,
    sum(talk_seconds) AS talk_seconds,
    sum(debit) AS debit,
    sum(credit) AS credit
FROM call_sums($step, $from, $to)
WHERE direction IN ('inbound', 'outbound')
GROUP BY direction, quarter_at
HAVING sum(calls) > 0
ORDER BY direction, quarter_at
