//! An answer being read in portions, with memory for one batch.

use arrow::datatypes::SchemaRef;
use callhouse_query::Rows as Answer;
use futures::StreamExt;

use crate::copy;
use crate::encode::Rows;
use crate::error::Failure;
use crate::wire::Wire;

/// Rows on their way.
pub(crate) struct Cursor {
    answer: Answer,
    form: Form,
    /// The batch being written and the next row of it.
    current: Option<(Rows, usize)>,
}

/// How rows are written.
pub(crate) enum Form {
    /// As messages of a result, each column in a format.
    Results(Vec<i16>),
    /// As a copy has them, with the columns that are always quoted.
    Copy(copy::Form, Vec<bool>),
}

/// How a portion ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Portion {
    pub(crate) rows: u64,
    /// No more rows.
    pub(crate) ended: bool,
}

/// Why a portion was not finished.
#[derive(Debug)]
pub(crate) enum Broken {
    Statement(Failure),
    Connection(std::io::Error),
}

impl Cursor {
    /// Rows of a result.
    pub(crate) const fn new(answer: Answer, formats: Vec<i16>) -> Self {
        Self { answer, form: Form::Results(formats), current: None }
    }

    /// Rows of a copy.
    pub(crate) fn copying(answer: Answer, form: copy::Form) -> Self {
        let names: Vec<&str> = answer.schema().fields().iter().map(|field| field.name().as_str()).collect();
        let forced = form.forced(&names);
        Self { answer, form: Form::Copy(form, forced), current: None }
    }

    /// The formats rows of a result are asked in now.
    pub(crate) fn set_formats(&mut self, formats: &[i16]) {
        self.form = Form::Results(formats.to_vec());
        if let Some((batch, _)) = &mut self.current {
            batch.set_formats(formats);
        }
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        self.answer.schema()
    }

    /// Writes at most `limit` rows; with `silent` it only goes past them.
    pub(crate) async fn portion(
        &mut self,
        limit: Option<u64>,
        silent: bool,
        wire: &mut Wire,
    ) -> Result<Portion, Broken> {
        let mut rows = 0;
        loop {
            while let Some((batch, next)) = &mut self.current {
                if limit.is_some_and(|limit| rows >= limit) {
                    return Ok(Portion { rows, ended: false });
                }
                if *next >= batch.len() {
                    self.current = None;
                    break;
                }
                match &self.form {
                    _ if silent => {}
                    Form::Results(_) => batch.write(*next, wire.output()),
                    Form::Copy(form, forced) => form.row(batch, *next, rows == 0, forced, wire.output()),
                }
                *next += 1;
                rows += 1;
                wire.flush_some().await.map_err(Broken::Connection)?;
            }
            if limit.is_some_and(|limit| rows >= limit) {
                return Ok(Portion { rows, ended: false });
            }
            let next = tokio::select! {
                next = self.answer.next() => next,
                () = wire.gone() => {
                    let gone = std::io::Error::new(std::io::ErrorKind::ConnectionAborted, "the client has gone");
                    return Err(Broken::Connection(gone));
                }
            };
            match next {
                None => return Ok(Portion { rows, ended: true }),
                Some(Err(error)) => return Err(Broken::Statement(Failure::of(error))),
                Some(Ok(batch)) => {
                    let rows = match &self.form {
                        Form::Results(formats) => Rows::new(&batch, formats),
                        Form::Copy(form, _) => Rows::new(&batch, &[form.number()]),
                    };
                    let rows = rows.map_err(|error| {
                        Broken::Statement(Failure::new("22000", format!("a value cannot be shown: {error}")))
                    })?;
                    self.current = Some((rows, 0));
                }
            }
        }
    }
}
