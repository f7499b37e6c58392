-- Which text messages match? A parameter that is null switches its filter off.
--
-- Parameters
--   direction        text(inbound|outbound), optional  which messages
--   from             timestamp, optional               created at this instant or later
--   to               timestamp, optional               created before this instant
--   hash             text, optional                    the id CALLR shows
--   sms_id           text, optional                    the source's own id
--   from_number      text, optional                    sender, E.164
--   from_number_raw  text, optional                    sender as the source wrote it
--   to_number        text, optional                    recipient, E.164
--   to_number_raw    text, optional                    recipient as the source wrote it
--   nature           text(ALERTING|MARKETING), optional
--                                                      what the message is for
--   status           text(CREATED|PENDING|REMOTE_QUEUED|SENT|RECEIVED|ERROR|FAILED|EXPIRED), optional
--                                                      where the message stands now
--   user_data        text, optional                    exact
--   text             text, optional                    contained in the text of the message, in any letter case
--
-- Grain: message. Order and page are the caller's.
--
-- Columns: all columns of sms.
SELECT *
FROM sms
WHERE ($direction IS NULL OR direction = $direction)
    AND ($from IS NULL OR created_at >= $from)
    AND ($to IS NULL OR created_at < $to)
    AND ($hash IS NULL OR hash = $hash)
    AND ($sms_id IS NULL OR sms_id = $sms_id)
    AND ($from_number IS NULL OR from_number = $from_number)
    AND ($from_number_raw IS NULL OR from_number_raw = $from_number_raw)
    AND ($to_number IS NULL OR to_number = $to_number)
    AND ($to_number_raw IS NULL OR to_number_raw = $to_number_raw)
    AND ($nature IS NULL OR nature = $nature)
    AND ($status IS NULL OR status = $status)
    AND ($user_data IS NULL OR user_data = $user_data)
    AND ($text IS NULL OR contains(lower(text), lower($text)))
