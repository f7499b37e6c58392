-- Which text message has this id?
--
-- Parameters
--   hash  text  the id CALLR shows
--
-- Grain: message, the newest first. There is one, save where the ids of a source made two messages of an account share a
-- hash.
--
-- Columns: all columns of sms.
SELECT *
FROM sms
WHERE hash = $hash
ORDER BY created_at DESC NULLS LAST, sms_id
