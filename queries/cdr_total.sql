-- How many calls of a direction were there?
--
-- Parameters
--   direction  text(inbound|outbound)  which calls
--   from       timestamp               calls started at this instant or later
--   to         timestamp               calls started before this instant
--
-- Grain: one row.
--
-- Columns
--   calls  int  calls started in the range, open ones included; null for none
SELECT sum(calls) AS calls
FROM call_sums('total', $from, $to)
WHERE direction = $direction
