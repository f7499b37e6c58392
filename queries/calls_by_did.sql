-- Which of the account's numbers were called most?
--
-- Parameters
--   from   timestamp                     calls started at this instant or later
--   to     timestamp                     calls started before this instant
--   sort   text(COUNT|DURATION) = COUNT  COUNT: most calls first; DURATION: most answered seconds first
--   limit  int = 100                     most rows wanted
--
-- Grain: number of the account. Calls without one are left out.
--
-- Columns
--   did_hash        text     CALLR hash of the number
--   did_number      text     E.164
--   billing_label   text     last label in the alphabet that its calls were billed under
--   calls           int      calls started in the range, open ones included
--   answered_calls  int      those of them that were answered
--   talk_seconds    int      answered seconds of the ended ones, summed
--   aloc            int      answered seconds per answered call, rounded half up; 0 without answered calls
--   debit           decimal  charged, in currency units
--   credit          decimal  earned, in currency units
SELECT
    did_hash,
    did_number,
    billing_label,
    calls,
    answered_calls,
    talk_seconds,
    CASE WHEN answered_calls = 0 THEN 0 ELSE (2 * talk_seconds + answered_calls) / (2 * answered_calls) END AS aloc,
    debit,
    credit
FROM (
    SELECT
        did_hash,
        did_number,
        max(cost_label) AS billing_label,
        sum(calls) AS calls,
        sum(answered_calls) AS answered_calls,
        sum(talk_seconds) AS talk_seconds,
        sum(debit) AS debit,
        sum(credit) AS credit
    FROM (
        -- A label is none when corrections have left no call with it.
        SELECT
            did_hash,
            did_number,
            cost_label,
            sum(calls) AS calls,
            sum(answered_calls) AS answered_calls,
            sum(talk_seconds) AS talk_seconds,
            sum(debit) AS debit,
            sum(credit) AS credit
        FROM call_sums('did', $from, $to)
        GROUP BY did_hash, did_number, cost_label
        HAVING sum(calls) > 0
    )
    GROUP BY did_hash, did_number
)
ORDER BY CASE WHEN $sort = 'DURATION' THEN talk_seconds ELSE calls END DESC, did_hash, did_number
LIMIT $limit
