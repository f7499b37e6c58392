//! `sms.get_gsm_charset_mapping`: the characters that GSM can write, and what it writes for each.

use std::collections::BTreeMap;

use callhouse_core::gsm::{BASIC, ESCAPE, EXTENSION};

use crate::callr::error::Error;
use crate::callr::method::{Answer, Method};
use crate::callr::params::Params;

pub(in crate::callr) const METHOD: Method = Method {
    name: "sms.get_gsm_charset_mapping",
    needs: None,
    run: |_, params| Box::pin(std::future::ready(mapping(params))),
};

fn mapping(params: Params) -> Result<Answer, Error> {
    params.finish()?;
    Answer::of(&septets())
}

/// The septets of every character in hexadecimal: one of the default alphabet, two of the extension table.
fn septets() -> BTreeMap<char, String> {
    let basic = (0_u8..).zip(BASIC).filter(|(code, _)| *code != ESCAPE);
    let basic = basic.map(|(code, character)| (character, format!("{code:02X}")));
    let extension = EXTENSION.iter().map(|(code, character)| (*character, format!("{ESCAPE:02X}{code:02X}")));
    basic.chain(extension).collect()
}

#[cfg(test)]
mod tests {
    use callhouse_core::gsm;

    use super::*;

    #[test]
    fn every_character_has_as_many_septets_as_it_is_counted() {
        let septets = septets();
        assert_eq!(septets.len(), 137);
        for (character, hex) in &septets {
            assert_eq!(gsm::septets(*character), Some(hex.len() / 2), "{character:?}");
        }
        let of = |character| septets.get(&character).map(String::as_str);
        // 3GPP TS 23.038 §6.2.1.
        assert_eq!([of('@'), of('à'), of('\n'), of('€')], [Some("00"), Some("7F"), Some("0A"), Some("1B65")]);
        assert_eq!((of('ê'), of('\u{1b}')), (None, None));
    }
}
