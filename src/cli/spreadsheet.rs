//! CSV for spreadsheets: a remote text that a spreadsheet would run as a formula is made harmless.

use std::io;

use super::{failure::Failure, output::Output};
use crate::domain::text;

/// Writes rows to the answer.
pub(super) struct Spreadsheet {
    writer: csv::Writer<Vec<u8>>,
}

impl Spreadsheet {
    pub(super) fn new(head: &[&str]) -> Result<Self, Failure> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(head).map_err(io::Error::from)?;
        Ok(Self { writer })
    }

    pub(super) fn row(&mut self, fields: &[String]) -> Result<(), Failure> {
        self.writer.write_record(fields).map_err(io::Error::from)?;
        Ok(())
    }

    pub(super) fn print(self, out: &mut Output) -> Result<(), Failure> {
        let bytes = self.writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        out.print(&bytes)
    }
}

/// A text field, without what cannot be seen, that no spreadsheet runs.
pub(super) fn text(field: impl AsRef<str>) -> String {
    text::cell(&text::visible_lines(field.as_ref()))
}

/// A figure, id or date of ours; nothing where there is none.
pub(super) fn value(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
