//! Lookup indexes: what is in a file is found, damage is noticed. Most of it with calls; `tests/sms.rs` has messages.

mod sms;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::datatypes::DataType;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::file::FileWriter;
use crate::file::attachment::Attachment;
use crate::folder::DataFolder;
use crate::rows::calls::CallColumn;
use crate::table::{Role, Table};

const NONE: [(usize, usize); 0] = [];

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Call {
    call_id: String,
    callid: i64,
    from: Option<String>,
    to: Option<String>,
}

impl Call {
    fn lookups(&self) -> Vec<Lookup> {
        let numbers = self.from.iter().map(|number| text("from_number", number));
        let numbers = numbers.chain(self.to.iter().map(|number| text("to_number", number)));
        numbers.chain([text("call_id", &self.call_id), callid(self.callid)]).collect()
    }
}

/// What is looked for in files of calls.
fn text(column: &str, text: &str) -> Lookup {
    text_of(Table::Calls, column, text)
}

fn callid(number: i64) -> Lookup {
    spec(Table::Calls).number("callid", number).expect("numbers of the column are found")
}

fn text_of(table: Table, column: &str, text: &str) -> Lookup {
    spec(table).text(column, text).expect("texts of the column are found")
}

fn spec(table: Table) -> &'static LookupSpec {
    table.lookup().expect("files of the table have an index")
}

/// Few different values, many of them in many blocks; of every fifth call the id is text.
fn calls(count: u32) -> Vec<Call> {
    let call = |n: u32| Call {
        call_id: if n.is_multiple_of(5) { format!("sip-{n}@host") } else { (1_000 + n).to_string() },
        callid: 1_000 + i64::from(n),
        // Every other number is of one call alone, the others are shared by neighbours.
        from: (!n.is_multiple_of(7))
            .then(|| format!("+331{:08}", if n.is_multiple_of(2) { n / 3 } else { 1_000_000 + n })),
        to: (!n.is_multiple_of(11)).then(|| format!("+324{:08}", n % 13)),
    };
    (0..count).map(call).collect()
}

fn batch(calls: &[Call]) -> RecordBatch {
    let texts = |of: &dyn Fn(&Call) -> Option<String>| -> ArrayRef {
        Arc::new(calls.iter().map(of).collect::<StringArray>())
    };
    let schema = Table::Calls.schema();
    let column = |(index, column): (usize, &CallColumn)| match column {
        CallColumn::Account | CallColumn::Status => texts(&|_| Some("a".to_owned())),
        CallColumn::CallId => texts(&|call| Some(call.call_id.clone())),
        CallColumn::FromNumber => texts(&|call| call.from.clone()),
        CallColumn::ToNumber => texts(&|call| call.to.clone()),
        CallColumn::Callid => Arc::new(calls.iter().map(|call| call.callid).collect::<Int64Array>()),
        CallColumn::FirstEventAt | CallColumn::LastEventAt => {
            Arc::new(TimestampMicrosecondArray::from(vec![0; calls.len()]).with_timezone("UTC"))
        }
        _ => new_null_array(schema.field(index).data_type(), calls.len()),
    };
    let columns = CallColumn::ALL.iter().enumerate().map(column).collect();
    RecordBatch::try_new(Arc::clone(&schema), columns).expect("rows of calls")
}

/// A file and what looks into it.
struct Written {
    folder: DataFolder,
    file: DataFile,
    _temporary: TempDir,
}

impl Written {
    fn new(table: Table, calls: &[Call]) -> Self {
        Self::of(table, &calls.chunks(100).map(batch).collect::<Vec<_>>())
    }

    fn of(table: Table, batches: &[RecordBatch]) -> Self {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = DataFolder::new(temporary.path());
        let new = FileWriter::new(folder.clone()).write(table, None, batches).expect("a file");
        let file = DataFile {
            data_file_id: 1,
            table,
            path: new.path,
            record_count: new.record_count,
            file_size_bytes: new.file_size_bytes,
            footer_size: new.footer_size,
            month: None,
            begin_snapshot: 1,
            columns: HashMap::new(),
        };
        Self { folder, file, _temporary: temporary }
    }

    /// What an index says, and says again without waiting.
    fn rows(&self, conditions: &[Vec<Lookup>]) -> Result<Option<Vec<Range<usize>>>, Error> {
        let lookups = Lookups::new(self.folder.clone(), 1 << 20);
        assert_eq!(lookups.rows_near(&self.file, conditions, 0).expect("an answer"), None, "nothing is kept");
        let rows = lookups.rows(&self.file, conditions, 0)?;
        let near = lookups.rows_near(&self.file, conditions, 0).expect("an answer");
        // Where the file system cannot tell what is in memory, nothing is.
        assert!(near.is_none_or(|near| near == rows));
        Ok(rows)
    }

    fn all_of(&self, conditions: &[Vec<Lookup>]) -> Vec<(usize, usize)> {
        let ranges = self.rows(conditions).expect("an answer").expect("an index");
        ranges.into_iter().map(|range| (range.start, range.end)).collect()
    }

    fn found(&self, lookup: Lookup) -> Vec<(usize, usize)> {
        self.all_of(&[vec![lookup]])
    }

    fn path(&self) -> PathBuf {
        self.folder.file_path(self.file.table, &self.file.path)
    }

    /// The bytes of the index.
    fn index(&self) -> Vec<u8> {
        let attachment = Attachment::open(&self.folder, &self.file, NAME).expect("opens").expect("is there");
        attachment.read(0, usize::try_from(attachment.length()).expect("small")).expect("reads")
    }
}

fn has(ranges: &[(usize, usize)], row: usize) -> bool {
    ranges.iter().any(|(start, end)| (*start..*end).contains(&row))
}

#[test]
fn every_value_of_every_row_is_found() {
    let calls = calls(3_001);
    let written = Written::new(Table::Calls, &calls);
    for (row, call) in calls.iter().enumerate() {
        for lookup in call.lookups() {
            assert!(has(&written.found(lookup.clone()), row), "{row} {lookup:?}");
        }
    }
    // An id is in one block, and a number of every block in all of them, as one range.
    assert_eq!(written.found(callid(1_600)), [(512, 768)]);
    assert_eq!(written.found(text("to_number", "+32400000001")), [(0, 3_001)]);
}

/// `verify` compares the indexes of files of earlier versions with what is made of their rows today.
#[test]
fn the_index_of_calls_is_what_it_always_was() {
    let index = Written::new(Table::Calls, &calls(3_001)).index();
    assert_eq!((index.len(), XxHash64::oneshot(0, &index)), (10_440, 2_473_458_535_653_618_010));
}

#[test]
fn few_blocks_are_named_in_vain() {
    let written = Written::new(Table::Calls, &calls(3_000));
    let absent =
        |n: i64| [callid(-n), text("call_id", &format!("no-{n}")), text("from_number", &n.to_string())];
    let named = (1..1_000).flat_map(absent).filter(|lookup| !written.found(lookup.clone()).is_empty());
    let named = named.count();
    assert!(named < 40, "{named} of 3,000");
}

#[test]
fn conditions_are_met_together_and_each_by_any_of_its_values() {
    let written = Written::new(Table::Calls, &calls(3_000));
    let from = |n: u32| text("from_number", &format!("+331{n:08}"));
    // Calls 300 to 302 and 900 to 902.
    let either = vec![from(100), from(300)];
    let rows = |conditions: &[Vec<Lookup>]| written.all_of(conditions);
    assert_eq!(rows(std::slice::from_ref(&either)), [(256, 512), (768, 1_024)]);
    assert_eq!(rows(&[either.clone(), vec![callid(1_901)]]), [(768, 1_024)]);
    assert_eq!(rows(&[either.clone(), vec![callid(1_600)]]), NONE);
    assert_eq!(rows(&[either, Vec::new()]), NONE);
    assert_eq!(rows(&[]), [(0, 3_000)]);
}

#[test]
fn an_id_in_decimal_is_found_whether_or_not_it_is_the_callid() {
    let call = |call_id: &str, callid| Call { call_id: call_id.into(), callid, ..Call::default() };
    let calls = [
        call("7", 7),
        call("8", 9),
        call("007", 7),
        call("+7", 7),
        call("0", 0),
        call("", 3),
        call("-5", -5),
    ];
    let written = Written::new(Table::Calls, &calls);
    for call in &calls {
        for lookup in call.lookups() {
            assert_eq!(written.found(lookup), [(0, 7)], "{call:?}");
        }
    }
    assert_eq!(written.found(text("call_id", "9")), [(0, 7)], "the callid of a call with another id");
    assert_eq!(written.found(text("call_id", "10")), NONE);
}

#[test]
fn a_file_without_values_has_an_empty_index_and_another_table_has_none() {
    let nameless = vec![Call { call_id: "1".into(), callid: 1, ..Call::default() }; 300];
    let written = Written::new(Table::Calls, &nameless);
    assert_eq!(written.found(text("from_number", "+3310")), NONE);
    assert_eq!(written.found(text("call_id", "1")), [(0, 300)]);
    let recent = Written::new(Table::CallsRecent, &nameless);
    assert_eq!(recent.rows(&[vec![callid(1)]]).expect("an answer"), None);
}

#[test]
fn values_of_another_table_are_refused() {
    let written = Written::new(Table::Calls, &calls(10));
    let of_sms = text_of(Table::Sms, "hash", "AAAAAAAA");
    assert!(matches!(written.rows(&[vec![of_sms]]), Err(Error::Invalid { .. })));
}

/// What a table says in its spec is checked when a file of it is begun.
#[test]
fn specs_are_of_columns_of_their_tables() {
    for table in Table::ALL {
        let Some(spec) = table.lookup() else { continue };
        assert!(matches!(table.role(), Role::Settled(_)), "files of {table:?} are not merged any more");
        let schema = table.schema();
        for section in spec.sections {
            let column = schema.field_with_name(section.column).expect("a column of the table");
            let wanted = match section.values {
                spec::Values::Numbers => DataType::Int64,
                spec::Values::Texts => DataType::Utf8,
            };
            assert_eq!(column.data_type(), &wanted, "{section:?}");
            let other = section.said_by.map(|other| spec.position(other).expect("has a section"));
            assert!(other.is_none_or(|other| spec.sections[other].said_by.is_none()), "{section:?}");
        }
        let columns: BTreeSet<&str> = spec.columns().collect();
        assert_eq!(columns.len(), spec.sections.len(), "{table:?} has a section for each column");
    }
}

#[test]
fn damage_is_an_error_wherever_it_is() {
    let calls = calls(300);
    let written = Written::new(Table::Calls, &calls);
    let path = written.path();
    let whole = std::fs::read(&path).expect("the file");
    let bytes = written.index();
    let start = whole.windows(bytes.len()).position(|window| window == bytes).expect("in the file");
    let probes: Vec<Lookup> = calls.iter().step_by(50).flat_map(Call::lookups).collect();
    let answer = |lookup: &Lookup| written.rows(&[vec![lookup.clone()]]);
    let right: Vec<_> = probes.iter().map(|lookup| answer(lookup).expect("an answer")).collect();
    for at in 0..bytes.len() {
        let mut damaged = whole.clone();
        damaged[start + at] ^= 1 << (at % 8);
        std::fs::write(&path, damaged).expect("written");
        let answers: Vec<_> = probes.iter().map(answer).collect();
        let wrong =
            answers.iter().zip(&right).any(|(answer, right)| answer.as_ref().is_ok_and(|rows| rows != right));
        assert!(!wrong, "byte {at}");
        assert!(answers.iter().any(Result::is_err), "byte {at} of {} is not noticed", bytes.len());
    }
}

#[test]
fn an_index_of_another_number_of_rows_is_refused() {
    let mut written = Written::new(Table::Calls, &calls(600));
    written.file.record_count = 599;
    assert!(matches!(written.rows(&[vec![callid(1)]]), Err(Error::Invalid { .. })));
}

/// Blocks of each hash, as the buckets of one section tell.
fn blocks_of(buckets: &[Vec<u8>], hash: u64, block_count: u32) -> Vec<u32> {
    let count = u32::try_from(buckets.len()).expect("few");
    let mut blocks = Vec::new();
    let bucket = &buckets[index(section::bucket_of(hash, count))];
    section::find(bucket, hash, count, block_count, &mut blocks).expect("a bucket");
    blocks
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_section_gives_back_its_entries(
        pairs in prop::collection::btree_set((any::<u64>(), 0..5_000_u32), 1..2_500),
        crowded in any::<u64>(),
    ) {
        let mut pairs: Vec<(u64, u32)> = pairs.into_iter().collect();
        pairs.extend((0..1_200).map(|block| (crowded, block)));
        let mut entries: Vec<u64> = pairs.iter().map(|(hash, block)| section::entry(*hash, *block)).collect();
        entries.sort_unstable();
        entries.dedup();
        let buckets: Vec<Vec<u8>> = section::encode(&entries, 5_000).collect();
        for (hash, block) in pairs {
            prop_assert!(blocks_of(&buckets, hash, 5_000).contains(&block));
        }
    }
}
