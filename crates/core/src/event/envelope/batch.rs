//! Takes a JSON array apart without parsing its elements, so that a broken one harms no neighbour.
//!
//! For well-formed JSON the pieces are exactly the elements. An element whose own brackets or quotes do
//! not match takes what follows it along, which then is one rejection with all those bytes.

/// A piece of the array, trimmed, with what is wrong with the array around it.
pub(super) struct Piece<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) fault: Option<&'static str>,
}

/// The pieces of an array whose first byte is `[`.
pub(super) struct Elements<'a> {
    /// What follows the bracket or comma last passed; `None` behind the closing bracket.
    rest: Option<&'a [u8]>,
    is_first: bool,
}

impl<'a> Elements<'a> {
    pub(super) fn of(array: &'a [u8]) -> Self {
        Self { rest: array.get(1..), is_first: true }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let rest = self.rest.take()?;
        let is_first = std::mem::replace(&mut self.is_first, false);
        let Some(end) = end_of_element(rest) else {
            return Some(Piece { bytes: rest.trim_ascii(), fault: Some("the batch has no end") });
        };
        let (bytes, behind) = (rest.get(..end)?.trim_ascii(), rest.get(end + 1..)?);
        if rest.get(end) == Some(&b',') {
            self.rest = Some(behind);
            return Some(Piece { bytes, fault: None });
        }
        if !behind.trim_ascii().is_empty() {
            return Some(Piece {
                bytes: rest.trim_ascii(),
                fault: Some("something follows the end of the batch"),
            });
        }
        // `[]` has no element; `[{…},]` has an empty last one, which is refused by the caller.
        (!is_first || !bytes.is_empty()).then_some(Piece { bytes, fault: None })
    }
}

/// Where the comma or bracket stands that ends the element `rest` starts with.
fn end_of_element(rest: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'"' => at += end_of_string(rest.get(at + 1..)?)? + 1,
            b'[' | b'{' => depth += 1,
            b',' | b']' if depth == 0 => return Some(at),
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the quote stands that ends the string `inside` starts in.
fn end_of_string(inside: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match inside.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}
