-- At which hours of the week do calls come?
--
-- Parameters
--   from       timestamp                                 calls started at this instant or later
--   to         timestamp                                 calls started before this instant
--   direction  text(inbound|outbound), optional          calls of this direction only
--   group_by   text(account|app|did|direction|from_country|to_country|destination|trunk|source), optional
--                                                        a row for each value of this; without it one for all calls
--   time_zone  text = UTC                                IANA time zone of the hours
--
-- Grain: group value, day of the week, hour. One without calls has no row.
--
-- Columns
--   group_value  text     what the calls have in common; null for calls that have no such value
--   iso_weekday  int      1 Monday to 7 Sunday
--   hour         int      0 to 23 on the clock of the time zone; an hour the clock repeats counts once more
--   calls        int      calls started
--   numerator    int      answered calls
--   denominator  int      calls that were answered or have ended
--   abr          decimal  answer-bid ratio, percent, rounded half up to 2 places; null without such calls
--   excluded     int      calls that are open and unanswered
SELECT
    group_value,
    iso_weekday,
    hour,
    calls,
    numerator,
    denominator,
    round(CAST(100 * numerator AS DECIMAL(20, 4)) / nullif(denominator, 0), 2) AS abr,
    calls - denominator AS excluded
FROM (
    SELECT
        group_value,
        date_part('isodow', timezone($time_zone, started_at)) AS iso_weekday,
        date_part('hour', timezone($time_zone, started_at)) AS hour,
        count(*) AS calls,
        count(answered_at) AS numerator,
        count(coalesce(answered_at, ended_at)) AS denominator
    FROM calls_by($group_by)
    WHERE started_at >= $from
        AND started_at < $to
        AND ($direction IS NULL OR direction = $direction)
    GROUP BY group_value, iso_weekday, hour
)
ORDER BY group_value, iso_weekday, hour
