//! Lookup indexes of text messages.

use callhouse_core::record::sms::Parties;
use callhouse_core::record::{Group, Stamp};
use callhouse_core::{AccountId, SmsRecord};

use super::*;
use crate::rows::encode_sms;
use crate::testing::BASE;

/// A message that CALLR's own ids name, or, as every third, an id of another form. Some have no sender, some no recipient.
fn message(n: u32) -> SmsRecord {
    let sms_id = if n.is_multiple_of(3) { format!("sms-{n:x}") } else { format!("{:08X}", 0xA000_0000 + n) };
    let account = AccountId::new(["acme", "beta"][index(n % 2)]).expect("valid");
    let mut message = SmsRecord::empty(account, sms_id.into(), BASE);
    let content = Parties {
        source: "smsc".into(),
        from_number: (!n.is_multiple_of(7)).then(|| format!("+337{:08}", n / 3).into()),
        to_number: (!n.is_multiple_of(11)).then(|| format!("+324{:08}", n % 13).into()),
        ..Parties::default()
    };
    message.parties = Some(Group { stamp: Stamp::new(1, BASE), content });
    message
}

fn messages(numbers: Range<u32>) -> Vec<SmsRecord> {
    numbers.map(message).collect()
}

fn written(table: Table, messages: &[SmsRecord]) -> Written {
    let batches = messages.chunks(100).map(|some| encode_sms(some).expect("rows"));
    Written::of(table, &batches.collect::<Vec<_>>())
}

fn of_sms(column: &str, text: &str) -> Lookup {
    text_of(Table::Sms, column, text)
}

fn lookups(message: &SmsRecord) -> Vec<Lookup> {
    let parties = &message.parties.as_ref().expect("has them").content;
    let numbers = [("from_number", &parties.from_number), ("to_number", &parties.to_number)];
    let numbers = numbers.into_iter().filter_map(|(column, number)| Some(of_sms(column, number.as_deref()?)));
    numbers.chain([of_sms("hash", &message.hash()), of_sms("sms_id", &message.sms_id)]).collect()
}

#[test]
fn every_value_of_every_message_is_found() {
    let messages = messages(0..3_001);
    let written = written(Table::Sms, &messages);
    for (row, message) in messages.iter().enumerate() {
        for lookup in lookups(message) {
            assert!(has(&written.found(lookup.clone()), row), "{row} {lookup:?}");
        }
    }
    assert_eq!(written.found(of_sms("sms_id", "sms-258")), [(512, 768)]);
    assert_eq!(written.found(of_sms("hash", &message(600).hash())), [(512, 768)]);
    assert_eq!(written.found(of_sms("to_number", "+32400000001")), [(0, 3_001)]);
    assert_eq!(written.found(of_sms("from_number", "+32400000001")), NONE);
}

/// How many buckets each section has, as the layout says.
fn buckets(written: &Written) -> Vec<u32> {
    let index = written.index();
    let counts = index[4..].chunks_exact(4).take(spec(Table::Sms).sections.len());
    counts.map(|count| u32::from_le_bytes(count.try_into().expect("four bytes"))).collect()
}

#[test]
fn an_id_that_is_the_hash_of_its_message_takes_no_room() {
    let named_by_hash: Vec<_> =
        messages(0..3_000).into_iter().filter(|some| some.hash() == *some.sms_id).collect();
    assert_eq!(named_by_hash.len(), 2_000);
    let written = written(Table::Sms, &named_by_hash);
    assert_eq!(buckets(&written)[..2], [4, 0]);
    assert_eq!(written.found(of_sms("sms_id", &named_by_hash[300].sms_id)), [(256, 512)]);
    assert_eq!(buckets(&self::written(Table::Sms, &messages(0..3_000)))[..2], [6, 2]);
}

#[test]
fn only_settled_files_have_an_index() {
    let recent = written(Table::SmsRecent, &messages(0..10));
    assert_eq!(recent.rows(&[vec![of_sms("sms_id", "sms-0")]]).expect("an answer"), None);
}

/// As files of messages were written at first.
#[test]
fn a_file_without_an_index_says_nothing() {
    let written = written(Table::Sms, &messages(0..10));
    let mut bytes = std::fs::read(written.path()).expect("the file");
    let name = format!("callhouse.{NAME}");
    let at =
        bytes.windows(name.len()).position(|window| window == name.as_bytes()).expect("named in the footer");
    bytes[at + name.len() - 1] = b'0';
    std::fs::write(written.path(), bytes).expect("written");
    assert_eq!(written.rows(&[vec![of_sms("hash", "AAAAAAAA")]]).expect("an answer"), None);
}
