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
    count(*) AS messages,
    coalesce(sum(parts), 0) AS parts,
    coalesce(sum(debit), 0) AS debit,
    coalesce(sum(credit), 0) AS credit
FROM sms
WHERE created_at >= $from
    AND created_at < $to
    AND direction = 'outbound'
GROUP BY status
ORDER BY status
