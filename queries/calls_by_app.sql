-- Which voice apps handled most calls?
--
-- Parameters
--   direction  text(inbound|outbound)        which calls
--   from       timestamp                     calls started at this instant or later
--   to         timestamp                     calls started before this instant
--   sort       text(COUNT|DURATION) = COUNT  COUNT: most calls first; DURATION: most answered seconds first
--   limit      int = 100                     most rows wanted
--
-- Grain: voice app. Calls without one are left out.
--
-- Columns
--   app_hash        text     CALLR hash of the voice app
--   calls           int      calls started in the range, open ones included
--   answered_calls  int      those of them that were answered
--   talk_seconds    int      answered seconds of the ended ones, summed
--   aloc            int      answered seconds per answered call, rounded half up; 0 without answered calls
--   debit           decimal  charged, in currency units
--   credit          decimal  earned, in currency units
SELECT
    app_hash,
    calls,
    answered_calls,
    talk_seconds,
    CASE WHEN answered_calls = 0 THEN 0 ELSE (2 * talk_seconds + answered_calls) / (2 * answered_calls) END AS aloc,
    debit,
    credit
FROM (
    SELECT
        app_hash,
        sum(calls) AS calls,
        sum(answered_calls) AS answered_calls,
        sum(talk_seconds) AS talk_seconds,
        sum(debit) AS debit,
        sum(credit) AS credit
    FROM call_sums('app', $from, $to)
    WHERE direction = $direction
    GROUP BY app_hash
    HAVING sum(calls) > 0
)
ORDER BY CASE WHEN $sort = 'DURATION' THEN talk_seconds ELSE calls END DESC, app_hash
LIMIT $limit
