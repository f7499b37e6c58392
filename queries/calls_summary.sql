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
    unique_callers
FROM (
    SELECT
        direction,
        count(*) AS calls,
        count(answered_at) AS answered_calls,
        coalesce(sum(talk_seconds), 0) AS talk_seconds,
        coalesce(sum(debit), 0) AS debit,
        coalesce(sum(credit), 0) AS credit,
        count(DISTINCT CASE WHEN direction = 'inbound' THEN coalesce(from_number, stated_number) END) AS unique_callers
    FROM (
        SELECT
            *,
            CASE
                WHEN lower(from_number_raw) LIKE '%anonymous%' THEN NULL
                WHEN lower(from_number_raw) IN ('', 'blocked', 'private', 'restricted', 'unavailable', 'unknown', 'withheld') THEN NULL
                ELSE from_number_raw
            END AS stated_number
        FROM calls
    )
    WHERE started_at >= $from
        AND started_at < $to
        AND direction IN ('inbound', 'outbound')
    GROUP BY direction
)
ORDER BY direction
