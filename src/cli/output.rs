//! Where a command prints: answers to stdout, remarks to stderr. A reader that goes away is no error.

use std::io::{self, ErrorKind, IsTerminal, Write};

use serde::Serialize;

use super::{
    exit::Exit,
    failure::{self, Failure},
    globals::Globals,
    table::Table,
};
use crate::domain::{outcome::Outcome, text::visible_lines};

/// The two streams and how to write on them.
#[expect(clippy::struct_excessive_bools, reason = "independent facts about two streams")]
pub struct Output {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    json: bool,
    colour: bool,
    columns: Option<usize>,
    live: bool,
    closed: bool,
    /// An interrupt came: the exit code says so.
    pub interrupted: bool,
}

impl Output {
    /// The process's own streams.
    #[must_use]
    pub fn standard(globals: &Globals) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            colour: stdout.is_terminal() && !plain,
            columns: stdout.is_terminal().then(|| columns(&stdout)).flatten(),
            live: stderr.is_terminal(),
            out: Box::new(io::BufWriter::new(stdout)),
            err: Box::new(stderr),
            json: globals.json,
            closed: false,
            interrupted: false,
        }
    }

    /// Other streams, without colour and progress bar.
    #[must_use]
    pub fn to(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>, json: bool) -> Self {
        let (colour, columns, live) = (false, None, false);
        Self { out, err, json, colour, columns, live, closed: false, interrupted: false }
    }

    /// Whether a program reads it.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether somebody watches: progress is drawn in place.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live && !self.json
    }

    /// One line of the answer.
    pub fn line(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.print(text.as_ref().as_bytes())?;
        self.print(b"\n")
    }

    /// A table of the answer.
    pub fn table(&mut self, table: &Table) -> Result<(), Failure> {
        let text = table.render(self.colour, self.columns);
        self.print(text.as_bytes())
    }

    /// The whole answer as JSON.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
        text.push('\n');
        self.print(text.as_bytes())
    }

    /// What was done: as JSON `{"done": …}`.
    pub fn done(&mut self, text: &str) -> Result<Exit, Failure> {
        let text = visible_lines(text);
        if self.json {
            self.json(&serde_json::json!({ "done": text }))?;
        } else {
            self.line(&text)?;
        }
        Ok(Exit::Done)
    }

    /// Bytes of the answer as they are.
    pub fn print(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.closed {
            return Ok(());
        }
        let written = self.out.write_all(bytes);
        self.settle(written)
    }

    /// Everything printed so far leaves now.
    pub fn finish(&mut self) -> Result<(), Failure> {
        if self.closed {
            return Ok(());
        }
        let flushed = self.out.flush();
        self.settle(flushed)
    }

    /// A line beside the answer.
    pub fn remark(&mut self, text: &str) -> Result<(), Failure> {
        match writeln!(self.err, "{}", visible_lines(text)) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// An outcome's word, coloured where that is wanted.
    #[must_use]
    pub fn word(&self, outcome: Outcome) -> String {
        self.word_as(outcome, outcome.word())
    }

    /// Another word for it, coloured likewise.
    pub(crate) fn word_as(&self, outcome: Outcome, word: &str) -> String {
        if self.colour { super::table::painted(outcome, word) } else { word.to_owned() }
    }

    /// Says why it failed; gives the exit code.
    pub fn failure(&mut self, failure: &Failure) -> Exit {
        // The answer so far belongs before the error.
        let _ = self.out.flush();
        let _ = self.err.write_all(failure::text(failure).as_bytes());
        if self.interrupted { Exit::Failure } else { failure.into() }
    }

    /// A reader that went away wants no more, and the run it watched has gone well or not all the same.
    fn settle(&mut self, written: io::Result<()>) -> Result<(), Failure> {
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            written => Ok(written?),
        }
    }
}

/// How wide the terminal is; some say 0 when they do not know.
fn columns(stdout: &io::Stdout) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stdout).ok()?;
    (size.ws_col > 0).then(|| size.ws_col.into())
}
