-- Which of the account's numbers were called most?
--
-- Parameters
--   from   timestamp  calls started at this instant or later
--   to     timestamp  calls started before this instant
--   sort   text       COUNT: most calls first; DURATION: most answered seconds first
--   limit  int        most rows wanted
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
        count(*) AS calls,
        count(answered_at) AS answered_calls,
        coalesce(sum(talk_seconds), 0) AS talk_seconds,
        coalesce(sum(debit), 0) AS debit,
        coalesce(sum(credit), 0) AS credit
    FROM calls
    WHERE started_at >= $from
        AND started_at < $to
        AND direction = 'inbound'
        AND coalesce(did_hash, did_number) IS NOT NULL
    GROUP BY did_hash, did_number
)
ORDER BY CASE WHEN $sort = 'DURATION' THEN talk_seconds ELSE calls END DESC, did_hash, did_number
LIMIT $limit
