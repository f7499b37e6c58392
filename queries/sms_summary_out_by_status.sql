-- What became of the text messages that the account sent?
--
-- Parameters
--   from  timestamp  messages created at this instant or later
--   to    timestamp  messages created before this instant
--
-- Grain: status. One without messages has no row.
--
-- Columns
--   status    text     where the messages stand now, in CALLR's words; RECEIVED: delivered
--   messages  int      outbound messages created in the range
--   parts     int      parts they were sent in, summed; messages whose parts are not known count none
--   debit     decimal  charged, in currency units
--   credit    decimal  earned, in currency units
SELECT
    status,
    sum(messages) AS messages,
    sum(parts) AS parts,
    sum(debit) AS debit,
    sum(credit) AS credit
FROM sms_sums('status', $from, $to)
WHERE direction = 'outbound'
GROUP BY status
HAVING sum(messages) > 0
ORDER BY status
