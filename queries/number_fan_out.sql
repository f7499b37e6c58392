-- Which callers call the most different numbers?
--
-- Fan-out = different numbers called / calls. Dialling lists and number scanners come near 100 percent; people call the
-- same few numbers again.
--
-- Parameters
--   from       timestamp                                 calls started at this instant or later
--   to         timestamp                                 calls started before this instant
--   direction  text(inbound|outbound), optional          calls of this direction only
--   calls_min  int = 10                                  callers with fewer calls are left out
--   limit      int = 100                                 most rows wanted
--
-- Grain: calling number; those that call most numbers first.
--
-- Columns
--   caller       text     E.164, or as the source wrote it
--   numerator    int      different called numbers
--   denominator  int      calls
--   fan_out      decimal  percent, rounded half up to 2 places
--   answered     int      answered calls
--   short_calls  int      answered calls of at most 6 seconds
--   excluded     int      calls of the range, of all callers together, that lack a calling or a called number
WITH pairs AS (
    SELECT
        coalesce(from_number, from_number_raw) AS caller,
        coalesce(to_number, to_number_raw) AS called,
        count(*) AS calls,
        count(answered_at) AS answered,
        count(*) FILTER (WHERE answered_at IS NOT NULL AND talk_ms <= 6000) AS short_calls
    FROM calls
    WHERE started_at >= $from
        AND started_at < $to
        AND ($direction IS NULL OR direction = $direction)
    GROUP BY caller, called
)
SELECT
    caller,
    count(*) AS numerator,
    sum(calls) AS denominator,
    round(CAST(100 * count(*) AS DECIMAL(20, 4)) / sum(calls), 2) AS fan_out,
    sum(answered) AS answered,
    sum(short_calls) AS short_calls,
    (SELECT coalesce(sum(calls), 0) FROM pairs WHERE caller IS NULL OR called IS NULL) AS excluded
FROM pairs
WHERE caller IS NOT NULL AND called IS NOT NULL
GROUP BY caller
HAVING sum(calls) >= $calls_min
ORDER BY numerator DESC, denominator DESC, caller
LIMIT $limit
