-- Which calls match? A parameter that is null switches its filter off.
--
-- Parameters
--   direction       text(inbound|outbound), optional  which calls
--   from            timestamp, optional               started at this instant or later
--   to              timestamp, optional               started before this instant
--   app_hash        text, optional                    CALLR hash of the voice app
--   did_hash        text, optional                    CALLR hash of the account's number
--   did_number      text, optional                    the account's number, E.164
--   callid          int, optional                     64-bit id
--   call_id         text, optional                    the source's own id
--   number          text, optional                    called number, E.164
--   number_raw      text, optional                    called number as the source wrote it
--   cli_number      text, optional                    calling number, E.164
--   cli_number_raw  text, optional                    calling number as the source wrote it
--   cli_prefix      text, optional                    start of the calling number, either form
--   customer_field  text, optional                    exact
--   release_cause   int, optional                     ITU-T Q.850
--   dial_status     text, optional                    CALLR word, for example NOANSWER
--   duration_min    int, optional                     total seconds, this many or more; open calls have none
--   duration_max    int, optional                     total seconds, this many or fewer
--
-- Grain: call, open ones included. Order and page are the caller's: the engine orders by any column of a CDR.
--
-- Columns: all columns of calls.
SELECT *
FROM calls
WHERE ($direction IS NULL OR direction = $direction)
    AND ($from IS NULL OR started_at >= $from)
    AND ($to IS NULL OR started_at < $to)
    AND ($app_hash IS NULL OR app_hash = $app_hash)
    AND ($did_hash IS NULL OR did_hash = $did_hash)
    AND ($did_number IS NULL OR did_number = $did_number)
    AND ($callid IS NULL OR callid = $callid)
    AND ($call_id IS NULL OR call_id = $call_id)
    AND ($number IS NULL OR to_number = $number)
    AND ($number_raw IS NULL OR to_number_raw = $number_raw)
    AND ($cli_number IS NULL OR from_number = $cli_number)
    AND ($cli_number_raw IS NULL OR from_number_raw = $cli_number_raw)
    AND ($cli_prefix IS NULL OR starts_with(from_number, $cli_prefix) OR starts_with(from_number_raw, $cli_prefix))
    AND ($customer_field IS NULL OR customer_field = $customer_field)
    AND ($release_cause IS NULL OR release_cause = $release_cause)
    AND ($dial_status IS NULL OR dial_status = $dial_status)
    AND ($duration_min IS NULL OR duration_seconds >= $duration_min)
    AND ($duration_max IS NULL OR duration_seconds <= $duration_max)
