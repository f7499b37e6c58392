//! A row of `calls` as CALLR's `CDR.In` and `CDR.Out`: the same properties in the same order.
//!
//! Text that is not known is null, a number that is not known is 0 (typed SDKs have no null integers), an amount
//! that is not known is "0.00". An open call has no `hangup` and durations of 0.

use arrow::array::RecordBatch;
use callhouse_core::event::call::Direction;
use callhouse_core::money::format_cents;
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use crate::callr::error::Error;
use crate::callr::fields::{Amount, Instant, Int, Text, columns};
use crate::callr::format::datetime;
use crate::callr::method::{Pieces, array};

/// Decimals of a cent in the format `amount`.
const AMOUNT_DECIMALS: u32 = 2;

#[derive(Serialize)]
struct CdrIn<'a> {
    answer: Option<String>,
    billing_customer_cost_label: Option<&'a str>,
    billing_customer_credit_eur: String,
    billing_customer_debit_eur: String,
    callid: i64,
    cli_country_code: Option<&'a str>,
    cli_name: Option<&'a str>,
    cli_number: Option<&'a str>,
    cli_number_type: Option<&'a str>,
    cli_pres: Option<&'static str>,
    customer_field: Option<&'a str>,
    did_hash: Option<&'a str>,
    did_intl_number: Option<&'a str>,
    duration: i64,
    duration_answered: i64,
    duration_billed: i64,
    hangup: Option<String>,
    hangupcause: i64,
    hangupsource: Option<String>,
    package_name: Option<&'a str>,
    scenario_hash: Option<&'a str>,
    scenario_name: Option<&'a str>,
    start: Option<String>,
}

#[derive(Serialize)]
struct CdrOut<'a> {
    answer: Option<String>,
    billing_customer_cost_label: Option<&'a str>,
    billing_customer_credit_eur: String,
    billing_customer_debit_eur: String,
    callid: i64,
    callid_in: Option<i64>,
    cli_name: Option<&'a str>,
    cli_number: Option<&'a str>,
    cli_pres: Option<&'static str>,
    customer_field: Option<&'a str>,
    dialstatus: Option<&'a str>,
    duration: i64,
    duration_answered: i64,
    duration_billed: i64,
    hangup: Option<String>,
    hangupcause: i64,
    hangupsource: Option<String>,
    number: Option<&'a str>,
    number_country_code: Option<&'a str>,
    number_type: Option<&'a str>,
    package_name: Option<&'a str>,
    scenario_hash: Option<&'a str>,
    scenario_name: Option<&'a str>,
    start: Option<String>,
}

/// Batches of `calls` that serialize as an array of CDRs of one direction.
pub(super) struct Records {
    direction: Direction,
    batches: Vec<Columns>,
}

impl Records {
    pub(super) fn new(direction: Direction, batches: &[RecordBatch]) -> Result<Self, Error> {
        let batches = batches.iter().map(Columns::of).collect::<Result<_, _>>()?;
        Ok(Self { direction, batches })
    }
}

/// The pieces of an array of CDRs.
pub(super) fn pieces(direction: Direction, batches: Vec<RecordBatch>) -> Pieces {
    array(batches, move |batch| {
        let columns = Columns::of(batch)?;
        Ok((columns.rows, move |row, piece: &mut Vec<u8>| columns.write(direction, row, piece)))
    })
}

impl Serialize for Records {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.batches.iter().map(|columns| columns.rows).sum();
        let mut records = serializer.serialize_seq(Some(rows))?;
        for columns in &self.batches {
            for row in 0..columns.rows {
                match self.direction {
                    Direction::Inbound => records.serialize_element(&columns.inbound(row))?,
                    Direction::Outbound => records.serialize_element(&columns.outbound(row))?,
                }
            }
        }
        records.end()
    }
}

columns! {
    started_at: Instant instant,
    answered_at: Instant instant,
    ended_at: Instant instant,
    callid: Int int,
    parent_callid: Int int,
    from_number: Text text,
    from_number_raw: Text text,
    from_country: Text text,
    from_number_type: Text text,
    from_name: Text text,
    from_presentation: Text text,
    to_number: Text text,
    to_number_raw: Text text,
    to_country: Text text,
    to_number_type: Text text,
    did_hash: Text text,
    did_number: Text text,
    app_hash: Text text,
    app_name: Text text,
    app_package: Text text,
    customer_field: Text text,
    dial_status: Text text,
    duration_seconds: Int int,
    talk_seconds: Int int,
    billed_seconds: Int int,
    release_cause: Int int,
    release_source: Text text,
    cost_label: Text text,
    debit: Amount amount,
    credit: Amount amount,
}

impl Columns {
    /// Writes the CDR of a row.
    pub(in crate::callr) fn write(
        &self,
        direction: Direction,
        row: usize,
        piece: &mut Vec<u8>,
    ) -> Result<(), Error> {
        match direction {
            Direction::Inbound => serde_json::to_writer(piece, &self.inbound(row)),
            Direction::Outbound => serde_json::to_writer(piece, &self.outbound(row)),
        }
        .map_err(Error::Encode)
    }

    /// Writes the CDR of a row as it was when the call had started: without answer, end and price.
    pub(in crate::callr) fn write_started(
        &self,
        direction: Direction,
        row: usize,
        piece: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let nothing = || format_cents(0, AMOUNT_DECIMALS);
        match direction {
            Direction::Inbound => {
                let started = CdrIn {
                    answer: None,
                    billing_customer_cost_label: None,
                    billing_customer_credit_eur: nothing(),
                    billing_customer_debit_eur: nothing(),
                    duration: 0,
                    duration_answered: 0,
                    duration_billed: 0,
                    hangup: None,
                    hangupcause: 0,
                    hangupsource: None,
                    ..self.inbound(row)
                };
                serde_json::to_writer(piece, &started)
            }
            Direction::Outbound => {
                let started = CdrOut {
                    answer: None,
                    billing_customer_cost_label: None,
                    billing_customer_credit_eur: nothing(),
                    billing_customer_debit_eur: nothing(),
                    dialstatus: None,
                    duration: 0,
                    duration_answered: 0,
                    duration_billed: 0,
                    hangup: None,
                    hangupcause: 0,
                    hangupsource: None,
                    ..self.outbound(row)
                };
                serde_json::to_writer(piece, &started)
            }
        }
        .map_err(Error::Encode)
    }

    fn inbound(&self, row: usize) -> CdrIn<'_> {
        CdrIn {
            answer: self.answered_at.get(row).map(datetime),
            billing_customer_cost_label: self.cost_label.get(row),
            billing_customer_credit_eur: amount(&self.credit, row),
            billing_customer_debit_eur: amount(&self.debit, row),
            callid: self.callid.or_zero(row),
            cli_country_code: self.from_country.get(row),
            cli_name: self.from_name.get(row),
            cli_number: self.cli_number(row),
            cli_number_type: self.from_number_type.get(row),
            cli_pres: self.from_presentation.get(row).and_then(presentation),
            customer_field: self.customer_field.get(row),
            did_hash: self.did_hash.get(row),
            did_intl_number: self.did_number.get(row),
            duration: self.duration_seconds.or_zero(row),
            duration_answered: self.talk_seconds.or_zero(row),
            duration_billed: self.billed_seconds.or_zero(row),
            hangup: self.ended_at.get(row).map(datetime),
            hangupcause: self.release_cause.or_zero(row),
            hangupsource: self.release_source.get(row).map(str::to_ascii_uppercase),
            package_name: self.app_package.get(row),
            scenario_hash: self.app_hash.get(row),
            scenario_name: self.app_name.get(row),
            start: self.started_at.get(row).map(datetime),
        }
    }

    fn outbound(&self, row: usize) -> CdrOut<'_> {
        CdrOut {
            answer: self.answered_at.get(row).map(datetime),
            billing_customer_cost_label: self.cost_label.get(row),
            billing_customer_credit_eur: amount(&self.credit, row),
            billing_customer_debit_eur: amount(&self.debit, row),
            callid: self.callid.or_zero(row),
            callid_in: self.parent_callid.get(row),
            cli_name: self.from_name.get(row),
            cli_number: self.cli_number(row),
            cli_pres: self.from_presentation.get(row).and_then(presentation),
            customer_field: self.customer_field.get(row),
            dialstatus: self.dial_status.get(row),
            duration: self.duration_seconds.or_zero(row),
            duration_answered: self.talk_seconds.or_zero(row),
            duration_billed: self.billed_seconds.or_zero(row),
            hangup: self.ended_at.get(row).map(datetime),
            hangupcause: self.release_cause.or_zero(row),
            hangupsource: self.release_source.get(row).map(str::to_ascii_uppercase),
            number: self.to_number.get(row).or_else(|| self.to_number_raw.get(row)),
            number_country_code: self.to_country.get(row),
            number_type: self.to_number_type.get(row),
            package_name: self.app_package.get(row),
            scenario_hash: self.app_hash.get(row),
            scenario_name: self.app_name.get(row),
            start: self.started_at.get(row).map(datetime),
        }
    }

    /// E.164 where the number has such a form, else as the source wrote it.
    fn cli_number(&self, row: usize) -> Option<&str> {
        self.from_number.get(row).or_else(|| self.from_number_raw.get(row))
    }
}

fn amount(amounts: &Amount, row: usize) -> String {
    format_cents(amounts.micros_or_zero(row), AMOUNT_DECIMALS)
}

fn presentation(stored: &str) -> Option<&'static str> {
    match stored {
        "allowed" => Some("allowed_passed_screen"),
        "prohibited" => Some("prohib_passed_screen"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use callhouse_core::{AccountId, CallRecord, Timestamp};
    use callhouse_lake::rows::encode_calls;
    use serde_json::Value;

    use super::*;

    /// The call ids of what the pieces of these batches make together.
    fn callids(batches: &[&[&str]]) -> Vec<i64> {
        let account = AccountId::new("acme").expect("a name");
        let record = |id: &&str| CallRecord::empty(account.clone(), (*id).into(), Timestamp(0));
        let batch =
            |ids: &&[&str]| encode_calls(&ids.iter().map(record).collect::<Vec<_>>()).expect("encodes");
        let pieces = pieces(Direction::Outbound, batches.iter().map(batch).collect());
        let whole: Vec<u8> = pieces.flat_map(|piece| piece.expect("a piece")).collect();
        let rows: Vec<Value> = serde_json::from_slice(&whole).expect("an array");
        rows.iter().map(|row| row["callid"].as_i64().expect("an id")).collect()
    }

    #[test]
    fn pieces_make_one_array_wherever_the_batches_end() {
        assert_eq!(callids(&[]), [0; 0]);
        assert_eq!(callids(&[&[]]), [0; 0]);
        assert_eq!(callids(&[&["1"]]), [1]);
        assert_eq!(callids(&[&[], &["1", "2"], &[], &["3"], &[]]), [1, 2, 3]);
    }
}
