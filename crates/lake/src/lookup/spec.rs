//! Which columns of a table the lookup indexes of its files find. Each table says so in its own file below `table/`.

use super::{Lookup, Probe, hash_of_number, hash_of_text, plain_number};

/// The sections of a table's indexes, one a column, in the order in which they are stored. Files of one attachment name
/// have the same ones: whoever changes them gives the attachment another name.
#[derive(Debug)]
pub struct LookupSpec {
    pub(crate) sections: &'static [Section],
}

/// The values of one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Section {
    pub(super) column: &'static str,
    pub(super) values: Values,
    /// The column of another section whose entry stands for this one's, where both say the same of a row.
    pub(super) said_by: Option<&'static str>,
}

/// What the values of a section are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// `int64`.
    Numbers,
    /// `text`.
    Texts,
}

impl Section {
    pub(crate) const fn numbers(column: &'static str) -> Self {
        Self { column, values: Values::Numbers, said_by: None }
    }

    pub(crate) const fn texts(column: &'static str) -> Self {
        Self { column, values: Values::Texts, said_by: None }
    }

    /// Leaves out the texts of rows whose value in the section of `column` is the same text, or the number this is the
    /// decimal text of. They are found there.
    pub(crate) const fn unless_said_by(self, column: &'static str) -> Self {
        Self { said_by: Some(column), ..self }
    }
}

impl LookupSpec {
    /// The columns whose values are found.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.sections.iter().map(|section| section.column)
    }

    /// Whether values of a column are found.
    #[must_use]
    pub fn finds(&self, column: &str) -> bool {
        self.section(column).is_some()
    }

    /// A number to be looked for in a column; `None` when numbers of it are not found.
    #[must_use]
    pub fn number(&self, column: &str, number: i64) -> Option<Lookup> {
        let section = self.section(column).filter(|section| section.values == Values::Numbers)?;
        let own = Probe { column: section.column, hash: hash_of_number(number) };
        Some(Lookup { own, other: None })
    }

    /// A text to be looked for in a column; `None` when texts of it are not found.
    #[must_use]
    pub fn text(&self, column: &str, text: &str) -> Option<Lookup> {
        let section = self.section(column).filter(|section| section.values == Values::Texts)?;
        let own = Probe { column: section.column, hash: hash_of_text(text) };
        let other = section.said_by.and_then(|column| self.section(column)).and_then(|other| {
            let hash = match other.values {
                Values::Texts => own.hash,
                Values::Numbers => hash_of_number(plain_number(text)?),
            };
            Some(Probe { column: other.column, hash })
        });
        Some(Lookup { own, other })
    }

    /// Which section a column has.
    pub(super) fn position(&self, column: &str) -> Option<usize> {
        self.sections.iter().position(|section| section.column == column)
    }

    fn section(&self, column: &str) -> Option<&'static Section> {
        self.sections.get(self.position(column)?)
    }
}
