//! The doors through the real router, over a real lake in a folder of its own.

mod bad_input;
mod credentials;
mod events;
mod house;
mod json_rpc;
mod methods;
mod operate;
mod queries;
mod sql;
mod tenancy;
mod webhook_log;
mod webhooks;
