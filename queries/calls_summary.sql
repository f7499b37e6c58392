-- How many calls did the account receive and make, how long did they last and what did they cost?
--
-- Parameters
--   from  timestamp  calls started at this instant or later
--   to    timestamp  calls started before this instant
--
-- Grain: direction. A direction without calls has no row.
--
-- Columns
--   direction       text     inbound or outbound
--   calls           int      calls started in the range, open ones included
--   answered_calls  int      those of them that were answered
--   talk_seconds    int      answered seconds of the ended ones, summed
--   aloc            int      answered seconds per answered call, rounded half up; 0 without answered calls
--   debit           decimal  charged, in currency units
--   credit          decimal  earned, in currency units
--   unique_callers  int      different calling numbers (E.164, or as the source wrote them), withheld ones not
--                            counted; inbound only, else 0
SELECT
    direction,
    calls,
    answered_calls,
    talk_seconds,
    CASE WHEN answered_calls = 0 THEN 0 ELSE (2 * talk_seconds + answered_calls) / (2 * answered_calls) END AS aloc,
    debit,
    credit,
    CASE WHEN direction = 'inbound' THEN callers ELSE 0 END AS unique_callers
FROM (
    SELECT
        direction,
        sum(calls) AS calls,
        sum(answered_calls) AS answered_calls,
        sum(talk_seconds) AS talk_seconds,
        sum(debit) AS debit,
        sum(credit) AS credit
    FROM call_sums('total', $from, $to)
    WHERE direction IN ('inbound', 'outbound')
    GROUP BY direction
    HAVING sum(calls) > 0
)
CROSS JOIN unique_callers($from, $to)
ORDER BY direction
