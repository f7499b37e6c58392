-- How many text messages did the account send, in how many parts, and what did they cost?
--
-- Parameters
--   from  timestamp  messages created at this instant or later
--   to    timestamp  messages created before this instant
--
-- Grain: one row.
--
-- Columns
--   messages  int      outbound messages created in the range, whatever became of them
--   parts     int      parts they were sent in, summed; messages whose parts are not known count none
--   debit     decimal  charged, in currency units
--   credit    decimal  earned, in currency units
SELECT
    coalesce(sum(messages), 0) AS messages,
    coalesce(sum(parts), 0) AS parts,
    coalesce(sum(debit), 0) AS debit,
    coalesce(sum(credit), 0) AS credit
FROM sms_sums('total', $from, $to)
WHERE direction = 'outbound'
