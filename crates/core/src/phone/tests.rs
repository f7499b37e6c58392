//! Numbers as they are written, and what they are. Expected values are libphonenumber's own.

use proptest::prelude::*;

use super::*;

#[test]
fn numbers_are_normalised_with_country_and_type() {
    let cases = [
        ("+33600000596", "+33600000596", Some("FR"), Some("mobile")),
        ("0033 6 00 00 05 96", "+33600000596", Some("FR"), Some("mobile")),
        ("+33 (0)6 12-34.56 78", "+33612345678", Some("FR"), Some("mobile")),
        ("+33800123456", "+33800123456", Some("FR"), Some("toll-free")),
        ("+33899123456", "+33899123456", Some("FR"), Some("premium-rate")),
        ("+33123456789", "+33123456789", Some("FR"), Some("fixed-line")),
        // Not valid in France, yet of France by its calling code.
        ("+331393105", "+331393105", Some("FR"), None),
        ("+444791409", "+444791409", Some("GB"), None),
        ("+44 (0)20 7946 0958", "+442079460958", Some("GB"), Some("fixed-line")),
        ("+49 (0)15123456789", "+4915123456789", Some("DE"), Some("mobile")),
        ("+447400123456", "+447400123456", Some("GB"), Some("mobile")),
        ("+447911123456", "+447911123456", Some("GG"), Some("mobile")),
        ("+441624675663", "+441624675663", Some("IM"), Some("fixed-line")),
        ("tel:+1-646-982-0800", "+16469820800", Some("US"), Some("fixed-line-or-mobile")),
        ("+14165550123", "+14165550123", Some("CA"), Some("fixed-line-or-mobile")),
        ("+18765230123", "+18765230123", Some("JM"), Some("fixed-line-or-mobile")),
        ("+14161234567", "+14161234567", Some("CA"), None),
        ("+12121234567", "+12121234567", Some("US"), None),
        ("+18007233456", "+18007233456", Some("US"), Some("toll-free")),
        ("+390236618300", "+390236618300", Some("IT"), Some("fixed-line")),
        ("+390669812345", "+390669812345", Some("VA"), Some("fixed-line")),
        ("+77012345678", "+77012345678", Some("KZ"), Some("mobile")),
        ("+79161234567", "+79161234567", Some("RU"), Some("mobile")),
        ("+4915123456789", "+4915123456789", Some("DE"), Some("mobile")),
        ("+80012345678", "+80012345678", None, Some("toll-free")),
        ("+883510012345", "+883510012345", None, Some("voip")),
        ("+262692123456", "+262692123456", Some("RE"), Some("mobile")),
        ("+5491123456789", "+5491123456789", Some("AR"), Some("mobile")),
    ];
    for (raw, e164, country, number_type) in cases {
        let number = normalise(raw);
        assert_eq!(number.e164.as_deref(), Some(e164), "{raw}");
        assert_eq!((number.country.as_deref(), number.number_type), (country, number_type), "{raw}");
    }
}

#[test]
fn what_is_no_international_number_gives_nothing() {
    let cases = [
        "",
        "+",
        "00",
        "alice",
        "BLOCKED",
        "anonymous",
        "100",
        "0612345678",
        "33612345678",
        "+12",
        "+043000",
        "+7870000000000000",
        "+3312",
        "+33x612345678",
        "+999123456789",
        "+3361234567890123456",
        "sip:+33612345678@example.net",
        "+33612345678;ext=2",
        "+٣٣٦١٢٣٤٥٦٧٨",
    ];
    for raw in cases {
        assert_eq!(normalise(raw), PhoneNumber::default(), "{raw}");
    }
}

#[test]
fn a_full_book_forgets_and_answers_the_same() {
    let mut book = PhoneBook::with_capacity(2);
    for _ in 0..2 {
        for raw in ["+33600000596", "+14165550123", "junk", "+447911123456"] {
            assert_eq!(*book.look_up(raw), normalise(raw));
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_looked_up_without_harm(raw in "\\PC{0,24}", digits in "(\\+|00)[0-9]{0,18}") {
        for text in [raw, digits] {
            let number = normalise(&text);
            if let Some(e164) = number.e164 {
                prop_assert!((7..=16).contains(&e164.len()), "{}", e164);
                prop_assert!(e164.starts_with('+') && e164.bytes().skip(1).all(|byte| byte.is_ascii_digit()));
                // Normalising is idempotent: a stored number looks itself up.
                let again = normalise(&e164);
                prop_assert_eq!(again.e164.as_deref(), Some(&*e164));
                prop_assert_eq!((again.country, again.number_type), (number.country, number.number_type));
            }
        }
    }
}
