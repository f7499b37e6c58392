//! Events in: `POST /v1/events`.
//!
//! Owns what an HTTP producer sees. What an event is lies in `core`, keeping it in `log`. Keeps LOG-1 (answered
//! only when durable) and ING-3 (also the elements that will be rejected go to the log).

mod answer;
mod check;
mod events;
mod split;

pub(crate) use events::post;
