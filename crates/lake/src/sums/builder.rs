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
use super::dimension::{MOST_DIMENSIONS, MOST_VALUES};
use super::fold::Sign;
use super::{ATTACHMENT, Dimension};
use crate::error::Error;
use crate::family::Family;
use crate::file::attachment::AttachmentBuilder;
use crate::rows::typed;

/// Where the blobs of an account are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) account: String,
    /// Of the first blob, from the beginning of the attachment.
    pub(super) offset: u64,
    /// Bytes by dimension, 0 where the family has no more; the blobs follow each other.
    pub(super) lengths: [u32; MOST_DIMENSIONS],
}

/// In order of account.
pub(super) type Directory = Vec<Entry>;

#[derive(Debug)]
pub(crate) struct SumsBuilder {
    family: Family,
    account: Option<AccountSums>,
    bytes: Vec<u8>,
    directory: Directory,
}

#[derive(Debug)]
struct AccountSums {
    account: String,
    texts: Vec<Box<str>>,
    ids: HashMap<Box<str>, u32>,
    /// By dimension.
    sums: Vec<BTreeMap<Key, Sum>>,
}

impl AttachmentBuilder for SumsBuilder {
    fn push(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        // The first column of every record.
        let accounts = typed::<arrow::array::StringArray>(batch, 0);
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
    pub(crate) const fn new(family: Family) -> Self {
        Self { family, account: None, bytes: Vec::new(), directory: Vec::new() }
    }

    fn add(&mut self, account: &str, records: &RecordBatch) -> Result<(), Error> {
        let dimensions = self.family.sums().dimensions;
        if self.account.as_ref().is_none_or(|open| open.account != account) {
            self.close_account()?;
        }
        let open = self.account.get_or_insert_with(|| AccountSums {
            account: account.to_owned(),
            texts: Vec::new(),
            ids: HashMap::new(),
            sums: vec![BTreeMap::new(); dimensions.len()],
        });
        for (index, dimension) in dimensions.iter().enumerate() {
            let all: Vec<usize> = (0..dimension.schema().fields().len()).collect();
            let terms = dimension.terms(records, Timestamp(i64::MIN), Timestamp(i64::MAX), Sign::Plus, &all);
            let terms = terms.map_err(|source| Error::Arrow { operation: "summing of records", source })?;
            open.add(dimension, index, &terms);
        }
        Ok(())
    }

    fn close_account(&mut self) -> Result<(), Error> {
        let Some(open) = self.account.take() else { return Ok(()) };
        let offset = u64::try_from(self.bytes.len()).expect("memory fits 64 bits");
        let mut lengths = [0; MOST_DIMENSIONS];
        let dimensions = self.family.sums().dimensions.iter();
        for ((dimension, sums), length) in dimensions.zip(&open.sums).zip(&mut lengths) {
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
    fn add(&mut self, dimension: &Dimension, index: usize, terms: &RecordBatch) {
        let (values, counts) = (dimension.values.len(), dimension.counts().len());
        let instants = terms.column(1).as_primitive::<TimestampMicrosecondType>();
        let columns = &terms.columns()[2 + values..];
        let counted: Vec<_> =
            columns[..counts].iter().map(|column| column.as_primitive::<Int64Type>()).collect();
        let amounts: Vec<_> =
            columns[counts..].iter().map(|column| column.as_primitive::<Decimal128Type>()).collect();
        for row in 0..terms.num_rows() {
            let mut key = Key {
                bucket: dimension.bucket.of(Timestamp(instants.value(row))),
                direction: self.id(terms.column(0).as_string::<i32>().value(row)),
                values: [None; MOST_VALUES],
            };
            for (value, column) in key.values.iter_mut().zip(&terms.columns()[2..2 + values]) {
                let texts = column.as_string::<i32>();
                *value = texts.is_valid(row).then(|| self.id(texts.value(row)));
            }
            let sum = self.sums[index].entry(key).or_default();
            for (sum, count) in sum.counts.iter_mut().zip(&counted) {
                *sum += count.value(row);
            }
            for (sum, amount) in sum.amounts.iter_mut().zip(&amounts) {
                *sum += amount.value(row);
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
