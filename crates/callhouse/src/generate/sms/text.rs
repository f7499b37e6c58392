//! What generated messages say. How many parts a text makes is known from how it is put together, so that it can be held
//! against the code that counts.

use crate::generate::draw::Draw;

/// Texts of the GSM alphabet, all in characters of one septet.
const PLAIN: &[&str] = &[
    "Your code is 482913. It is valid for 10 minutes.",
    "Rappel: votre rendez-vous est demain à 14:30. Répondez NON pour l'annuler.",
    "Ihr Paket kommt heute zwischen 10 und 12 Uhr. Grüße, Ihr Zusteller",
    "Su cita es el lunes. ¿Puede venir?",
    "Order 7741 has been shipped.\nTrack it in the app.",
    "STOP",
];
/// Texts with characters of two septets, short enough for one part whatever they count.
const WITH_PAIRS: &[&str] =
    &["Total: 49,90 € [paid]", "{\"code\": 1183}", "Solde: 12 €. Détails ~ 3 jours", "Menu: 1|2|3 \\ 0"];
/// Texts beyond the GSM alphabet, short enough for one part.
const UNICODE: &[&str] = &[
    "Ваш код: 5521",
    "ご予約を承りました",
    "Merci 🎉 à bientôt !",
    "Oui, être à l'heure 👍",
    "\u{1f469}\u{200d}\u{1f4bb} ok",
];

/// A text and the parts it makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::generate) struct Text {
    pub(in crate::generate) body: String,
    parts: i64,
    pub(in crate::generate) is_unicode: bool,
}

impl Text {
    pub(in crate::generate) fn parts(&self) -> i64 {
        self.parts
    }

    pub(super) fn draw(draw: &mut Draw) -> Self {
        let short = |body: &&str, is_unicode| Self { body: (*body).to_owned(), parts: 1, is_unicode };
        match draw.below(100) {
            0..60 => short(draw.pick(PLAIN), false),
            60..70 => short(draw.pick(WITH_PAIRS), false),
            70..84 => short(draw.pick(UNICODE), true),
            84..94 => {
                // One character a septet: 160 in one part, 153 in each of several.
                let length = draw.between(150, 480);
                let parts = if length <= 160 { 1 } else { (length + 152) / 153 };
                Self { body: repeated(PLAIN[0], length), parts, is_unicode: false }
            }
            _ => {
                // One character a unit: 70 in one part, 67 in each of several.
                let length = draw.between(60, 210);
                let parts = if length <= 70 { 1 } else { (length + 66) / 67 };
                Self { body: repeated(UNICODE[0], length), parts, is_unicode: true }
            }
        }
    }
}

/// So many characters of a text said again and again.
fn repeated(text: &str, length: i64) -> String {
    text.chars().cycle().take(usize::try_from(length).unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use callhouse_core::gsm::{self, Encoding};

    use super::*;

    #[test]
    fn texts_make_the_parts_they_are_said_to_make() {
        let mut draw = Draw::new(3, 1);
        let mut most = 0;
        for _ in 0..3_000 {
            let text = Text::draw(&mut draw);
            let counted = gsm::count(&text.body);
            assert_eq!(i64::try_from(counted.parts), Ok(text.parts()), "{}", text.body);
            assert_eq!(counted.encoding == Encoding::Unicode, text.is_unicode, "{}", text.body);
            most = most.max(text.parts());
        }
        assert_eq!(most, 4);
    }
}
