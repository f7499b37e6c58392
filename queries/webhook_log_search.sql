-- Which attempts to deliver webhooks match? A parameter that is null switches its filter off.
--
-- Parameters
--   event_id    text, optional       id of the webhook event
--   event_type  text, optional       its type, for example call.inbound_hangup
--   event_from  timestamp, optional  what it announces happened at this instant or later
--   event_to    timestamp, optional  it happened before this instant
--   from        timestamp, optional  attempted at this instant or later
--   to          timestamp, optional  attempted before this instant
--   about       text, optional       the source's id of the call, the id of the job
--   hook_hash   text, optional       CALLR hash of the subscription
--   endpoint    text, optional       exact
--   status      text, optional       SUCCESS, or the kind of failure
--   http_code   int, optional        HTTP status of the reply
--   try_number  int, optional        from 0
--
-- Grain: attempt. Order and page are the caller's.
--
-- Columns: all columns of webhook_deliveries.
SELECT *
FROM webhook_deliveries
WHERE ($event_id IS NULL OR event_id = $event_id)
    AND ($event_type IS NULL OR event_type = $event_type)
    AND ($event_from IS NULL OR event_at >= $event_from)
    AND ($event_to IS NULL OR event_at < $event_to)
    AND ($from IS NULL OR attempted_at >= $from)
    AND ($to IS NULL OR attempted_at < $to)
    AND ($about IS NULL OR about = $about)
    AND ($hook_hash IS NULL OR hook_hash = $hook_hash)
    AND ($endpoint IS NULL OR endpoint = $endpoint)
    AND ($status IS NULL OR status = $status)
    AND ($http_code IS NULL OR http_code = $http_code)
    AND ($try_number IS NULL OR try_number = $try_number)
