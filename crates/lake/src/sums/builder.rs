//! The sums of a file, made account by account while its rows are written.
//!
//! The attachment is the blobs of all accounts, then the directory ([`Directory`] in `postcard` form), then the length
//! of the directory as four bytes, least first. Memory: the sums of one account, and the bytes of those before it.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Decimal128Type, Int64Type, TimestampMicrosecondType};
use callhouse_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::blob::{Key, Sum, encode};
use super::fold::Sign;
use super::{ATTACHMENT, Dimension};
use crate::error::Error;
use crate::file::attachment::AttachmentBuilder;
use crate::rows::{CallColumn, typed};

/// Where the blobs of an account are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) account: String,
    /// Of the first blob, from the beginning of the attachment.
    pub(super) offset: u64,
    /// Bytes by dimension; the blobs follow each other.
    pub(super) lengths: [u32; Dimension::ALL.len()],
}

/// In order of account.
pub(super) type Directory = Vec<Entry>;

#[derive(Debug, Default)]
pub(crate) struct SumsBuilder {
    account: Option<AccountSums>,
    bytes: Vec<u8>,
    directory: Directory,
}

#[derive(Debug)]
struct AccountSums {
    account: String,
    texts: Vec<Box<str>>,
    ids: HashMap<Box<str>, u32>,
    sums: [BTreeMap<Key, Sum>; Dimension::ALL.len()],
}

impl AttachmentBuilder for SumsBuilder {
    fn push(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let accounts = typed::<arrow::array::StringArray>(batch, CallColumn::Account.index());
        let mut start = 0;
        while start < batch.num_rows() {
            let account = accounts.value(start);
            let same = (start..batch.num_rows()).take_while(|row| accounts.value(*row) == account).count();
            self.add(account, &batch.slice(start, same))?;
            start += same;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Option<(&'static str, Vec<u8>)>, Error> {
        self.close_account()?;
        let directory = postcard::to_stdvec(&self.directory)
            .map_err(|error| Error::Invalid { what: format!("sums could not be encoded: {error}") })?;
        let length = u32::try_from(directory.len())
            .map_err(|_| Error::Invalid { what: "a file has too many accounts for its sums".to_owned() })?;
        self.bytes.extend(directory);
        self.bytes.extend(length.to_le_bytes());
        Ok(Some((ATTACHMENT, self.bytes)))
    }
}

impl SumsBuilder {
    fn add(&mut self, account: &str, calls: &RecordBatch) -> Result<(), Error> {
        if self.account.as_ref().is_none_or(|open| open.account != account) {
            self.close_account()?;
        }
        let open = self.account.get_or_insert_with(|| AccountSums {
            account: account.to_owned(),
            texts: Vec::new(),
            ids: HashMap::new(),
            sums: Default::default(),
        });
        for (dimension, index) in Dimension::ALL.into_iter().zip(0..) {
            let all: Vec<usize> = (0..dimension.schema().fields().len()).collect();
            let terms = dimension.terms(calls, Timestamp(i64::MIN), Timestamp(i64::MAX), Sign::Plus, &all);
            let terms = terms.map_err(|source| Error::Arrow { operation: "summing of calls", source })?;
            open.add(dimension, index, &terms);
        }
        Ok(())
    }

    fn close_account(&mut self) -> Result<(), Error> {
        let Some(open) = self.account.take() else { return Ok(()) };
        let offset = u64::try_from(self.bytes.len()).expect("memory fits 64 bits");
        let mut lengths = [0; Dimension::ALL.len()];
        for ((dimension, sums), length) in Dimension::ALL.into_iter().zip(&open.sums).zip(&mut lengths) {
            let blob = encode(dimension, &open.texts, sums)?;
            *length = u32::try_from(blob.len()).map_err(|_| Error::Invalid {
                what: format!("the sums of {} outgrow a file", open.account),
            })?;
            self.bytes.extend(blob);
        }
        self.directory.push(Entry { account: open.account, offset, lengths });
        Ok(())
    }
}

impl AccountSums {
    fn add(&mut self, dimension: Dimension, index: usize, terms: &RecordBatch) {
        let values = dimension.value_names().len();
        let started = terms.column(1).as_primitive::<TimestampMicrosecondType>();
        let int = |at: usize| terms.column(2 + values + at).as_primitive::<Int64Type>();
        let money = |at: usize| terms.column(5 + values + at).as_primitive::<Decimal128Type>();
        let calls = int(0);
        let summed = (!dimension.is_only_counted()).then(|| (int(1), int(2), money(0), money(1)));
        for row in 0..terms.num_rows() {
            let mut key = Key {
                bucket: dimension.bucket().of(Timestamp(started.value(row))),
                direction: self.id(terms.column(0).as_string::<i32>().value(row)),
                values: [None; 3],
            };
            for (value, column) in key.values.iter_mut().zip(&terms.columns()[2..2 + values]) {
                let texts = column.as_string::<i32>();
                *value = texts.is_valid(row).then(|| self.id(texts.value(row)));
            }
            let sum = self.sums[index].entry(key).or_default();
            sum.calls += calls.value(row);
            if let Some((answered, talk, debits, credits)) = summed {
                sum.answered_calls += answered.value(row);
                sum.talk_seconds += talk.value(row);
                sum.debit += debits.value(row);
                sum.credit += credits.value(row);
            }
        }
    }

    fn id(&mut self, text: &str) -> u32 {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = u32::try_from(self.texts.len()).expect("a file has fewer rows than 32 bits can number");
        self.texts.push(text.into());
        self.ids.insert(text.into(), id);
        id
    }
}
