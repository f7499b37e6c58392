//! Rows to the client as a copy.

use pgwire::messages::copy::{CopyDone, CopyOutResponse};
use pgwire::messages::response::CommandComplete;

use super::Session;
use crate::copy::CopyOut;
use crate::cursor::{Broken, Cursor};

impl Session {
    pub(super) async fn copy(&mut self, copy: &CopyOut) -> Result<(), Broken> {
        let CopyOut { query, form } = copy;
        let answer = self.open(query, &[]).await?;
        let names: Vec<String> = answer.schema().fields().iter().map(|field| field.name().clone()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let columns = i16::try_from(names.len()).unwrap_or(i16::MAX);
        let format = form.number();
        let overall = i8::try_from(format).unwrap_or_default();
        self.wire.put(&CopyOutResponse::new(overall, columns, vec![format; names.len()]));
        form.begin(&names, self.wire.output());
        let mut cursor = Cursor::copying(answer, form.clone());
        let portion = self.send(&mut cursor, None, false).await?;
        form.end(portion.rows == 0, self.wire.output());
        self.wire.put(&CopyDone::new());
        self.wire.put(&CommandComplete::new(format!("COPY {}", portion.rows)));
        Ok(())
    }
}
