//! `list.*`: countries, time zones and what there is to tell of a number, from data that others keep: ISO 3166 and CLDR
//! names (`keshvar`), IANA's time zones (`chrono-tz`, `timezone-data`), libphonenumber (through `core`). The same for
//! everybody.

pub(super) mod countries;
pub(super) mod number_infos;
pub(super) mod timezones;
