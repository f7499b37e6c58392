-- How many text messages did the account receive and send, in how many parts, and what did they cost?
--
-- Parameters
--   from  timestamp  messages created at this instant or later
--   to    timestamp  messages created before this instant
--
-- Grain: direction. A direction without messages has no row.
--
-- Columns
--   direction  text     inbound or outbound
--   messages   int      messages created in the range, whatever became of them
--   parts      int      parts they were sent in, summed; messages whose parts are not known count none
--   debit      decimal  charged, in currency units
--   credit     decimal  earned, in currency units
SELECT
    direction,
    sum(messages) AS messages,
    sum(parts) AS parts,
    sum(debit) AS debit,
    sum(credit) AS credit
FROM sms_sums('total', $from, $to)
WHERE direction IN ('inbound', 'outbound')
GROUP BY direction
HAVING sum(messages) > 0
ORDER BY direction
