//! How a text goes into short messages: the GSM 7-bit default alphabet, UCS-2, and the parts a long text makes.
//!
//! Alphabets: 3GPP TS 23.038 §6.2.1 (default alphabet and its extension table) and §6.2.3 (UCS-2). Lengths: a message
//! carries 140 bytes, that is 160 septets or 70 units; of a concatenated one six bytes are the header that numbers the
//! parts (TS 23.040 §9.2.3.24.1, with a reference of 8 bits), which leaves 153 septets or 67 units. A character that takes
//! two septets or two units is never divided between parts. The national language tables of §6.2.1.2 are left out:
//! networks use them only where sender and source agreed on them, and then the source knows how many parts there were.
//!
//! No crate for Rust that counts parts was found which is both maintained and keeps pairs together.

mod alphabet;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::event::words::text_enum;

pub use alphabet::{BASIC, ESCAPE, EXTENSION, septets};

text_enum!(
    /// How the characters of a message are written, in CALLR's words.
    Encoding {
        /// The GSM 7-bit default alphabet.
        Gsm = "GSM",
        /// UCS-2, with characters beyond it as surrogate pairs.
        Unicode = "UNICODE",
    }
);

/// Room for text in a message that stands alone and in a part of a longer one.
#[derive(Debug, Clone, Copy)]
struct Room {
    alone: usize,
    part: usize,
}

impl Encoding {
    /// The encoding a text needs.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if text.chars().all(|character| septets(character).is_some()) { Self::Gsm } else { Self::Unicode }
    }

    /// Septets or UCS-2 units of a character. A character the alphabet does not have is replaced by one that it has
    /// when the sender insists on it, so it counts as one septet.
    #[must_use]
    pub fn units(self, character: char) -> usize {
        match self {
            Self::Gsm => septets(character).unwrap_or(1),
            Self::Unicode => character.len_utf16(),
        }
    }

    const fn room(self) -> Room {
        match self {
            Self::Gsm => Room { alone: 160, part: 153 },
            Self::Unicode => Room { alone: 70, part: 67 },
        }
    }
}

/// What a text takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub encoding: Encoding,
    /// Characters as Unicode counts them.
    pub characters: usize,
    /// Septets of GSM, units of 16 bits of UCS-2.
    pub units: usize,
    /// Messages it is sent in, at least 1.
    pub parts: usize,
}

/// Counts a text in the encoding it needs.
#[must_use]
pub fn count(text: &str) -> Count {
    count_as(text, Encoding::of(text))
}

/// Counts a text in an encoding the sender insists on.
#[must_use]
pub fn count_as(text: &str, encoding: Encoding) -> Count {
    let (mut characters, mut units, mut parts, mut filled) = (0, 0, 1, 0);
    let room = encoding.room();
    for character in text.chars() {
        let more = encoding.units(character);
        characters += 1;
        units += more;
        filled += more;
        if filled > room.part {
            parts += 1;
            filled = more;
        }
    }
    if units <= room.alone {
        parts = 1;
    }
    Count { encoding, characters, units, parts }
}

/// The texts of the parts; one, empty, of an empty text.
#[must_use]
pub fn split(text: &str, encoding: Encoding) -> Vec<&str> {
    if count_as(text, encoding).parts == 1 {
        return vec![text];
    }
    let mut parts = Vec::new();
    let (mut rest, mut filled, mut end) = (text, 0, 0);
    for character in text.chars() {
        let more = encoding.units(character);
        filled += more;
        if filled > encoding.room().part {
            let (part, others) = rest.split_at(end);
            parts.push(part);
            (rest, filled, end) = (others, more, 0);
        }
        end += character.len_utf8();
    }
    parts.push(rest);
    parts
}
