-- How many text messages of a direction were there?
--
-- Parameters
--   direction  text(inbound|outbound)  which messages
--   from       timestamp               messages created at this instant or later
--   to         timestamp               messages created before this instant
--   status     text(CREATED|PENDING|REMOTE_QUEUED|SENT|RECEIVED|ERROR|FAILED|EXPIRED), optional
--                                      where the messages stand now
--
-- Grain: one row.
--
-- Columns
--   messages  int  messages created in the range; null for none
SELECT sum(messages) AS messages
FROM sms_sums('status', $from, $to)
WHERE direction = $direction
    AND ($status IS NULL OR status = $status)
