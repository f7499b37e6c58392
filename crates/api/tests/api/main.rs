//! The doors through the real router, over a real lake in a folder of its own.

mod access;
mod audit;
mod bad_input;
mod credentials;
mod events;
mod exports;
mod house;
mod json_rpc;
mod limits;
mod lists;
mod methods;
mod operate;
mod queries;
mod sms;
mod sms_analytics;
mod sql;
mod sub_account_sums;
mod sub_accounts;
mod tenancy;
mod webhook_log;
mod webhooks;
