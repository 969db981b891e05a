//! An answer that is read while it arrives: the socket's side pours, the reader's side drinks on a thread of its own.

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use reqwest::Response;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::wire::Cut;

/// Chunks between the two sides.
const WAITING: usize = 16;

/// Bytes kept of the beginning, for a message.
const KEPT: usize = 1024;

/// The socket's side.
pub(super) struct Spout {
    chunks: Sender<Vec<u8>>,
    whole: Arc<AtomicBool>,
}

/// The reader's side.
pub(super) struct Cup {
    chunks: Receiver<Vec<u8>>,
    whole: Arc<AtomicBool>,
    chunk: Vec<u8>,
    drunk: usize,
}

/// The two sides.
pub(super) fn pipe() -> (Spout, Cup) {
    let (sender, receiver) = channel(WAITING);
    let whole = Arc::new(AtomicBool::new(false));
    let spout = Spout { chunks: sender, whole: Arc::clone(&whole) };
    (spout, Cup { chunks: receiver, whole, chunk: Vec::new(), drunk: 0 })
}

impl Spout {
    /// Pours the whole body, unless the reader has had enough; gives its beginning.
    pub(super) async fn pour(self, mut body: Response, largest: usize) -> Result<Vec<u8>, Cut> {
        let (mut beginning, mut poured) = (Vec::new(), 0);
        while let Some(chunk) = body.chunk().await.map_err(Cut::Broken)? {
            poured += chunk.len();
            if poured > largest {
                return Err(Cut::TooLarge);
            }
            let room = KEPT.saturating_sub(beginning.len()).min(chunk.len());
            beginning.extend_from_slice(&chunk[..room]);
            if self.chunks.send(chunk.to_vec()).await.is_err() {
                return Ok(beginning);
            }
        }
        self.whole.store(true, Ordering::Release);
        Ok(beginning)
    }
}

impl Read for Cup {
    /// An end before the whole was poured is an error: a part must not pass for the whole.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.drunk == self.chunk.len() {
            match self.chunks.blocking_recv() {
                Some(chunk) => (self.chunk, self.drunk) = (chunk, 0),
                None if self.whole.load(Ordering::Acquire) => return Ok(0),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        let count = into.len().min(self.chunk.len() - self.drunk);
        into[..count].copy_from_slice(&self.chunk[self.drunk..self.drunk + count]);
        self.drunk += count;
        Ok(count)
    }
}
