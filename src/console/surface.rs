//! What frames are drawn on: bytes gather until a frame is whole, and go to the terminal in one write.
//!
//! No state of the console and no modes of the terminal here. A frame that changes nothing sends nothing.

mod ink;

use std::io::{self, Write};

use crossterm::{
    cursor, queue,
    terminal::{self, BeginSynchronizedUpdate, EndSynchronizedUpdate},
};
use ratatui::{
    Terminal,
    backend::{Backend, ClearType, CrosstermBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};

use self::ink::Ink;

/// What is drawn on.
pub type Screen<W> = Terminal<Surface<W>>;

/// A backend that knows what it sent, so that it sends nothing twice.
#[derive(Debug)]
pub struct Surface<W> {
    out: W,
    gathered: Vec<u8>,
    ink: Ink,
    cursor: Option<Position>,
    cursor_shown: Option<bool>,
    size: Option<Size>,
    sent: usize,
}

impl<W: Write> Surface<W> {
    /// On the terminal that the process has, whatever its size is by then.
    pub(crate) fn new(out: W) -> Self {
        let (gathered, ink) = (Vec::new(), Ink::default());
        Self { out, gathered, ink, cursor: None, cursor_shown: None, size: None, sent: 0 }
    }

    /// Of a size that does not change, wherever the bytes go.
    pub fn sized(out: W, size: Size) -> Self {
        Self { size: Some(size), ..Self::new(out) }
    }

    /// Bytes of the frame that was sent last.
    pub(crate) fn sent(&self) -> usize {
        self.sent
    }

    /// The terminal's cursor may be anywhere, and seen or not.
    pub(crate) fn forget_cursor(&mut self) {
        self.cursor = None;
        self.cursor_shown = None;
    }

    /// A frame begins with the mark of a synchronized update, once it has anything in it.
    fn frame(&mut self) -> io::Result<&mut Vec<u8>> {
        if self.gathered.is_empty() {
            queue!(self.gathered, BeginSynchronizedUpdate)?;
        }
        Ok(&mut self.gathered)
    }

    fn show_cursor_if(&mut self, shown: bool) -> io::Result<()> {
        if self.cursor_shown == Some(shown) {
            return Ok(());
        }
        self.cursor_shown = Some(shown);
        if shown {
            queue!(self.frame()?, cursor::Show)
        } else {
            queue!(self.frame()?, cursor::Hide)
        }
    }
}

/// What is no cell (a text for the clipboard) goes out with the next frame.
impl<W: Write> Write for Surface<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame()?.write(bytes)
    }

    /// Sends what has gathered, as one write.
    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        queue!(self.gathered, EndSynchronizedUpdate)?;
        self.sent = self.gathered.len();
        let sent = self.out.write_all(&self.gathered);
        self.gathered.clear();
        sent.and_then(|()| self.out.flush())
    }
}

impl<W: Write> Backend for Surface<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.cursor = None;
        self.frame()?;
        self.ink.write(content, &mut self.gathered)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.show_cursor_if(false)
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.show_cursor_if(true)
    }

    /// As far as it is known. The terminal is never asked: the event stream would eat its answer.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor.replace(position) == Some(position) {
            return Ok(());
        }
        queue!(self.frame()?, cursor::MoveTo(position.x, position.y))
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, part: ClearType) -> io::Result<()> {
        if part == ClearType::All {
            self.ink.cleared();
        }
        CrosstermBackend::new(self.frame()?).clear_region(part)
    }

    fn size(&self) -> io::Result<Size> {
        self.size.map_or_else(|| terminal::size().map(Size::from), Ok)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(self)
    }
}
