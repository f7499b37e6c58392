//! The real program, end to end: every test runs the binary in a folder of its own, on a port of its own.

mod accounts;
mod commands;
mod crash;
mod demo;
mod exports;
mod flight;
mod generated;
mod gsm;
mod import;
mod jdbc;
mod kafka;
mod named_queries;
mod openapi;
mod pg;
mod readers;
mod sdk;
mod settings;
mod stored;
mod support;
mod terminal;
mod webhooks;
