//! Writing event JSON by hand: the generator states events without the code that reads them.

use std::fmt::Write;

/// A JSON object being written.
#[derive(Debug)]
pub(super) struct Object {
    text: String,
    is_empty: bool,
}

impl Object {
    pub(super) fn new() -> Self {
        Self { text: String::from("{"), is_empty: true }
    }

    fn name(&mut self, name: &str) {
        if !self.is_empty {
            self.text.push(',');
        }
        self.is_empty = false;
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\":");
    }

    pub(super) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        self.text.push('"');
        for character in value.chars() {
            match character {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                control if control < ' ' => {
                    write!(self.text, "\\u{:04x}", u32::from(control)).expect("a string takes everything");
                }
                other => self.text.push(other),
            }
        }
        self.text.push('"');
        self
    }

    pub(super) fn optional_text(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    pub(super) fn number(&mut self, name: &str, value: i64) -> &mut Self {
        self.name(name);
        write!(self.text, "{value}").expect("a string takes everything");
        self
    }

    /// Micros of a unit as a decimal string of six places.
    pub(super) fn money(&mut self, name: &str, micros: i64) -> &mut Self {
        self.text(name, &decimal(i128::from(micros)))
    }

    /// An E.164 number, or what a network says in place of a withheld one.
    pub(super) fn phone(&mut self, name: &str, number: Option<super::numbers::Number>) -> &mut Self {
        match number {
            Some(number) => self.text(name, &format!("+{}", number.0)),
            None => self.text(name, "anonymous"),
        }
    }

    pub(super) fn object(&mut self, name: &str, value: Self) -> &mut Self {
        self.name(name);
        self.text.push_str(&value.finish());
        self
    }

    pub(super) fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

/// Micros of a unit as a decimal of six places.
pub(super) fn decimal(micros: i128) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let size = micros.unsigned_abs();
    format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000)
}
