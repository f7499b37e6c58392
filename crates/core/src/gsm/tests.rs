//! Counts at the boundaries, and that a split is what is counted.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Encoding, units and parts.
fn counted(text: &str) -> (Encoding, usize, usize) {
    let Count { encoding, units, parts, .. } = count(text);
    (encoding, units, parts)
}

#[test]
fn septets_are_those_of_the_tables() {
    let basic = BASIC.into_iter().filter(|character| *character != char::from(ESCAPE)).map(|one| (one, 1));
    let tables: BTreeMap<char, usize> = basic.chain(EXTENSION.map(|(_, two)| (two, 2))).collect();
    assert_eq!(tables.len(), 127 + 10, "no character has two codes");
    for character in '\0'..=char::MAX {
        assert_eq!(septets(character), tables.get(&character).copied(), "{character:?}");
    }
}

#[test]
fn codes_are_those_of_the_standard() {
    let code = |character: char| BASIC.iter().position(|known| *known == character);
    // A corner of each column of the table in TS 23.038 §6.2.1.
    let cases = [
        ('@', 0x00),
        ('å', 0x0f),
        ('Δ', 0x10),
        ('É', 0x1f),
        (' ', 0x20),
        ('¤', 0x24),
        ('?', 0x3f),
        ('¡', 0x40),
        ('O', 0x4f),
        ('P', 0x50),
        ('§', 0x5f),
        ('¿', 0x60),
        ('o', 0x6f),
        ('p', 0x70),
        ('à', 0x7f),
    ];
    for (character, expected) in cases {
        assert_eq!(code(character), Some(expected), "{character}");
    }
    assert_eq!(BASIC[usize::from(ESCAPE)], char::from(ESCAPE));
}

#[test]
fn texts_are_cut_where_a_message_is_full() {
    use Encoding::{Gsm, Unicode};
    let cases = [
        (String::new(), (Gsm, 0, 1)),
        ("a".repeat(160), (Gsm, 160, 1)),
        ("a".repeat(161), (Gsm, 161, 2)),
        ("a".repeat(306), (Gsm, 306, 2)),
        ("a".repeat(307), (Gsm, 307, 3)),
        ("é".repeat(160), (Gsm, 160, 1)),
        ("€".repeat(80), (Gsm, 160, 1)),
        // 153 septets hold 76 pairs.
        ("€".repeat(81), (Gsm, 162, 2)),
        ("€".repeat(152), (Gsm, 304, 2)),
        ("€".repeat(153), (Gsm, 306, 3)),
        ("я".repeat(70), (Unicode, 70, 1)),
        ("я".repeat(71), (Unicode, 71, 2)),
        ("я".repeat(134), (Unicode, 134, 2)),
        ("я".repeat(135), (Unicode, 135, 3)),
        ("😀".repeat(35), (Unicode, 70, 1)),
        // 67 units hold 33 pairs.
        ("😀".repeat(36), (Unicode, 72, 2)),
        ("😀".repeat(66), (Unicode, 132, 2)),
        ("😀".repeat(67), (Unicode, 134, 3)),
        // One character beyond the alphabet, and all of the text is UCS-2.
        (format!("{}ê", "a".repeat(70)), (Unicode, 71, 2)),
        // The escape is a code and no character of a text.
        ("\u{1b}".to_owned(), (Unicode, 1, 1)),
    ];
    for (text, expected) in cases {
        assert_eq!(counted(&text), expected, "{} of {:?}", text.chars().count(), text.chars().next());
    }
}

#[test]
fn an_encoding_insisted_on_counts_what_replaces_a_character_as_one() {
    let forced = count_as("😀ê€", Encoding::Gsm);
    assert_eq!((forced.characters, forced.units, forced.parts), (3, 4, 1));
    let forced = count_as(&"a".repeat(71), Encoding::Unicode);
    assert_eq!((forced.units, forced.parts), (71, 2));
}

#[test]
fn pairs_are_not_divided() {
    let text = format!("{}€{}", "a".repeat(152), "b".repeat(20));
    let parts = split(&text, Encoding::Gsm);
    assert_eq!(parts, ["a".repeat(152), format!("€{}", "b".repeat(20))]);
    let text = format!("{}😀{}", "я".repeat(66), "b".repeat(20));
    assert_eq!(split(&text, Encoding::Unicode), ["я".repeat(66), format!("😀{}", "b".repeat(20))]);
}

fn character() -> impl Strategy<Value = char> {
    prop_oneof![
        8 => prop::sample::select(&BASIC[..]).prop_filter("no character", |one| *one != char::from(ESCAPE)),
        3 => prop::sample::select(&EXTENSION[..]).prop_map(|(_, character)| character),
        1 => prop_oneof![Just('ê'), Just('я'), Just('😀'), Just('\u{200d}'), any::<char>()],
    ]
}

proptest! {
    #[test]
    fn a_split_is_the_whole_text_in_the_parts_counted(
        characters in prop::collection::vec(character(), 0..700), gsm in any::<bool>()
    ) {
        let text: String = characters.into_iter().collect();
        let encoding = if gsm { Encoding::of(&text) } else { Encoding::Unicode };
        let counted = count_as(&text, encoding);
        let parts = split(&text, encoding);
        prop_assert_eq!(parts.concat(), text.as_str());
        prop_assert_eq!(parts.len(), counted.parts);
        let units = |part: &&str| part.chars().map(|character| encoding.units(character)).sum::<usize>();
        prop_assert_eq!(parts.iter().map(units).sum::<usize>(), counted.units);
        let room = encoding.room();
        let most = if parts.len() == 1 { room.alone } else { room.part };
        prop_assert!(parts.iter().all(|part| units(part) <= most));
        // No part could have taken in the next character, so there are not more of them than needed.
        for pair in parts.windows(2) {
            let next = pair[1].chars().next().map_or(0, |character| encoding.units(character));
            prop_assert!(units(&pair[0]) + next > room.part);
        }
    }
}
