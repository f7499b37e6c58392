//! What `callhouse generate` says of a set.

use callhouse_lake::CompactionReport;

use crate::generate::{DeliveryGroupReport, Report, SmsGroupReport};
use crate::output;

/// The control totals, account by account and direction by direction.
pub(super) fn groups(report: &Report) -> std::io::Result<()> {
    let rows: Vec<Vec<String>> = report
        .groups
        .iter()
        .map(|group| {
            vec![
                group.account.clone(),
                group.direction.to_owned(),
                group.calls.to_string(),
                group.answered.to_string(),
                group.talk_seconds.to_string(),
                group.billed_seconds.to_string(),
                group.debit.clone(),
                group.credit.clone(),
                group.unique_callers.to_string(),
            ]
        })
        .collect();
    let header = [
        "account",
        "direction",
        "calls",
        "answered",
        "talk seconds",
        "billed seconds",
        "debit EUR",
        "credit EUR",
        "unique callers",
    ];
    output::table(&header, &rows, 2)
}

/// The control totals of text messages, in the same way; nothing when there are none.
pub(super) fn sms_groups(report: &Report) -> std::io::Result<()> {
    if report.sms_groups.is_empty() {
        return Ok(());
    }
    let row = |group: &SmsGroupReport| {
        vec![
            group.account.clone(),
            group.direction.to_owned(),
            group.messages.to_string(),
            group.parts.to_string(),
            group.received.to_string(),
            group.failed.to_string(),
            group.expired.to_string(),
            group.debit.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = report.sms_groups.iter().map(row).collect();
    let header = ["account", "direction", "sms", "parts", "received", "failed", "expired", "debit EUR"];
    output::table(&header, &rows, 2)
}

/// The control totals of webhook deliveries, account by account; nothing when there are none.
pub(super) fn delivery_groups(report: &Report) -> std::io::Result<()> {
    if report.delivery_groups.is_empty() {
        return Ok(());
    }
    let row = |group: &DeliveryGroupReport| {
        vec![
            group.account.clone(),
            group.deliveries.to_string(),
            group.taken.to_string(),
            group.attempts.to_string(),
            group.duration_ms.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = report.delivery_groups.iter().map(row).collect();
    output::table(&["account", "deliveries", "taken", "attempts", "duration ms"], &rows, 1)
}

/// What was delivered as messages.
pub(super) fn messages(report: &Report) -> std::io::Result<()> {
    output::line(format!(
        "{}; {} messages: {} events with {} duplicates, {} malformed",
        calls(report),
        report.messages,
        report.events,
        report.duplicates,
        report.malformed,
    ))
}

/// What was written straight into files.
pub(super) fn settled(report: &Report, written: &CompactionReport) -> std::io::Result<()> {
    output::line(format!(
        "{}; settled in {} files of {} bytes, with no events behind them",
        calls(report),
        written.added_files,
        written.written_bytes,
    ))
}

fn calls(report: &Report) -> String {
    let Report { calls, open_calls, corrections, sms, .. } = report;
    let beside = if *sms == 0 { String::new() } else { format!("; {sms} text messages") };
    format!("{calls} calls, {open_calls} of them open, {corrections} corrected{beside}")
}
