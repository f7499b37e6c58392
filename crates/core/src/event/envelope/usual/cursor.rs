//! Steps through JSON text token by token. Every step answers `None` at what it does not expect.

/// A place in JSON text.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// Bytes of white space passed so far.
    spaces: usize,
}

impl<'a> Cursor<'a> {
    pub(in crate::event) fn new(text: &'a str) -> Self {
        Self { text, at: 0, spaces: 0 }
    }

    pub(in crate::event) fn position(&self) -> usize {
        self.at
    }

    pub(in crate::event) fn spaces(&self) -> usize {
        self.spaces
    }

    pub(in crate::event) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// The text from a position to here.
    pub(in crate::event) fn since(&self, start: usize) -> Option<&'a str> {
        self.text.get(start..self.at)
    }

    pub(in crate::event) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, expected: u8) -> Option<()> {
        (self.peek()? == expected).then(|| self.at += 1)
    }

    fn take_if(&mut self, expected: u8) -> bool {
        self.take(expected).is_some()
    }

    pub(in crate::event) fn word(&mut self, word: &str) -> Option<()> {
        self.text.as_bytes().get(self.at..)?.starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
            self.spaces += 1;
        }
    }

    /// Passes an object; `member` is called with the cursor at each value and leaves it behind that.
    pub(in crate::event) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, &'a str) -> Option<()>,
    ) -> Option<()> {
        self.take(b'{')?;
        self.skip_space();
        if self.take_if(b'}') {
            return Some(());
        }
        loop {
            let name = self.string()?;
            self.skip_space();
            self.take(b':')?;
            self.skip_space();
            member(self, name)?;
            self.skip_space();
            if self.take_if(b'}') {
                return Some(());
            }
            self.take(b',')?;
            self.skip_space();
        }
    }

    fn array(&mut self, mut element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.take(b'[')?;
        self.skip_space();
        if self.take_if(b']') {
            return Some(());
        }
        loop {
            element(self)?;
            self.skip_space();
            if self.take_if(b']') {
                return Some(());
            }
            self.take(b',')?;
            self.skip_space();
        }
    }

    /// A string without escapes.
    pub(in crate::event) fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let start = self.at;
        let length = plain_length(self.text.as_bytes().get(start..)?);
        self.at = start + length;
        let string = self.since(start)?;
        // What ended it is a quote, or it is no plain string.
        self.take(b'"')?;
        Some(string)
    }

    /// Digits of a number that is not negative.
    pub(in crate::event) fn digits(&mut self) -> Option<&'a str> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then(|| self.since(start))?
    }

    /// A whole number as JSON writes it, without sign, fraction and exponent, of at most 18 digits.
    pub(in crate::event) fn whole_number(&mut self) -> Option<i64> {
        let digits = self.digits()?;
        if digits.len() > 18 || (digits.len() > 1 && digits.starts_with('0')) {
            return None;
        }
        Some(digits.bytes().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
    }

    /// Passes any value, nested at most so deep.
    pub(in crate::event) fn pass_over(&mut self, deepest: u8) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            b'{' => {
                let deeper = deepest.checked_sub(1)?;
                self.object(|cursor, _| cursor.pass_over(deeper))
            }
            b'[' => {
                let deeper = deepest.checked_sub(1)?;
                self.array(|cursor| cursor.pass_over(deeper))
            }
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }
    }

    /// Passes a number (RFC 8259 §6).
    fn number(&mut self) -> Option<()> {
        self.take_if(b'-');
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            return None;
        }
        if self.take_if(b'.') {
            self.digits()?;
        }
        if self.take_if(b'e') || self.take_if(b'E') {
            let _has_sign = self.take_if(b'+') || self.take_if(b'-');
            self.digits()?;
        }
        Some(())
    }
}

/// How many bytes come before a quote, a backslash or a control character, the end of the text included.
fn plain_length(bytes: &[u8]) -> usize {
    const WORD: usize = size_of::<u64>();
    let mut length = 0;
    while let Some(word) = bytes.get(length..length + WORD).and_then(|word| word.try_into().ok()) {
        let ends = ends(u64::from_le_bytes(word));
        if ends != 0 {
            return length + ends.trailing_zeros() as usize / 8;
        }
        length += WORD;
    }
    let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
    length + bytes.get(length..).unwrap_or_default().iter().take_while(|byte| is_plain(byte)).count()
}

/// The highest bit of each byte that ends a plain string, found for eight bytes at once. Bits above the lowest one
/// found may be wrong: a subtraction borrows.
const fn ends(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let quotes = word ^ (ONES * b'"' as u64);
    let backslashes = word ^ (ONES * b'\\' as u64);
    let is_quote = quotes.wrapping_sub(ONES) & !quotes;
    let is_backslash = backslashes.wrapping_sub(ONES) & !backslashes;
    let is_control = word.wrapping_sub(ONES * 0x20) & !word;
    (is_quote | is_backslash | is_control) & HIGH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_plain_string_ends_where_a_byte_by_byte_look_says(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let expected = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            prop_assert_eq!(plain_length(&bytes), expected.unwrap_or(bytes.len()));
        }
    }

    #[test]
    fn numbers_are_those_of_json() {
        for (text, is_number) in [
            ("0", true),
            ("-0.50", true),
            ("12e+3", true),
            ("1E-05", true),
            ("01", false),
            ("1.", false),
            (".5", false),
            ("+1", false),
            ("-", false),
            ("1e", false),
        ] {
            let mut cursor = Cursor::new(text);
            let passed = cursor.pass_over(0).is_some() && cursor.is_at_end();
            assert_eq!(passed, is_number, "{text}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(text).is_ok(), is_number, "{text}");
        }
    }
}
