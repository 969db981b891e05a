//! How what is said lies on the wire: one line of JSON each way to begin with, then frames of four bytes that give the
//! length (the highest first) and so much JSON.
//!
//! It must not know what is said.

use std::io;

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _};

/// The longest frame.
pub(super) const LARGEST_FRAME: usize = 16 << 20;
/// The longest first line.
const LONGEST_LINE: u64 = 16 << 10;

/// Why nothing more can be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    /// The other side left between two frames.
    #[error("the other side has left")]
    Ended,
    /// A frame that none of ours would send.
    #[error("a frame of {0} bytes was announced; the largest has {LARGEST_FRAME}")]
    TooLarge(u64),
    /// What arrived is not what this version understands.
    #[error("what arrived is not understood: {0}")]
    Garbage(String),
    /// The way broke off, perhaps in the middle of a frame.
    #[error("{0}")]
    Broken(#[from] io::Error),
}

/// The bytes of a frame.
pub(super) fn sealed(said: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    let text = serde_json::to_string(said);
    raw(&text.map_err(|error| FrameError::Garbage(error.to_string()))?)
}

/// The same of JSON that was made already.
pub(super) fn raw(text: &str) -> Result<Vec<u8>, FrameError> {
    let length = text.len();
    let told = u32::try_from(length).ok().filter(|_| length <= LARGEST_FRAME);
    let told = told.ok_or(FrameError::TooLarge(length as u64))?;
    Ok([&told.to_be_bytes(), text.as_bytes()].concat())
}

/// The next frame, as what it says.
pub(super) async fn read<T: DeserializeOwned>(
    from: &mut (impl AsyncRead + Unpin),
) -> Result<T, FrameError> {
    let mut length = [0; 4];
    match from.read_exact(&mut length).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(FrameError::Ended);
        }
        read => read?,
    };
    let length = u32::from_be_bytes(length);
    if length as usize > LARGEST_FRAME {
        return Err(FrameError::TooLarge(length.into()));
    }
    // Taken as it comes: whoever announces much and sends little costs little.
    let mut body = Vec::new();
    let read = from.take(length.into()).read_to_end(&mut body).await?;
    if read < length as usize {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    understood(&body)
}

/// The bytes of a first line.
pub(super) fn line(said: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    let text = serde_json::to_string(said);
    let text = text.map_err(|error| FrameError::Garbage(error.to_string()))?;
    Ok(format!("{text}\n").into_bytes())
}

/// The first line, as what it says.
pub(super) async fn read_line<T: DeserializeOwned>(
    from: &mut (impl AsyncBufRead + Unpin),
) -> Result<T, FrameError> {
    let mut line = Vec::new();
    from.take(LONGEST_LINE).read_until(b'\n', &mut line).await?;
    match line.last() {
        None => Err(FrameError::Ended),
        Some(b'\n') => understood(&line),
        Some(_) => Err(FrameError::Garbage("it does not begin with a line of JSON".to_owned())),
    }
}

/// The same of JSON that did not come in one frame.
pub(super) fn of_text<T: DeserializeOwned>(text: &str) -> Result<T, FrameError> {
    understood(text.as_bytes())
}

fn understood<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FrameError> {
    serde_json::from_slice(bytes).map_err(|error| FrameError::Garbage(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn back(bytes: &[u8]) -> Result<String, FrameError> {
        read(&mut &*bytes).await
    }

    #[tokio::test]
    async fn what_is_sealed_is_read_again() {
        let frame = sealed(&"Grüße").expect("small");
        assert_eq!(back(&frame).await.expect("whole"), "Grüße");
    }

    #[tokio::test]
    async fn a_frame_that_is_announced_too_large_is_refused_before_it_is_read() {
        let length = u32::try_from(17 << 20).expect("small").to_be_bytes();
        assert!(matches!(back(&length).await, Err(FrameError::TooLarge(17_825_792))));
        let text = "x".repeat(LARGEST_FRAME);
        assert!(matches!(sealed(&text), Err(FrameError::TooLarge(_))));
    }

    #[tokio::test]
    async fn an_end_between_two_frames_is_one_and_in_a_frame_it_broke_off() {
        assert!(matches!(back(&[]).await, Err(FrameError::Ended)));
        let frame = sealed(&"cut").expect("small");
        assert!(matches!(back(&frame[..6]).await, Err(FrameError::Broken(_))));
    }

    #[tokio::test]
    async fn garbage_is_told_from_an_end() {
        let garbage = read_line::<String>(&mut &b"GET / HTTP/1.1\r\n"[..]).await;
        assert!(matches!(garbage, Err(FrameError::Garbage(_))));
        let endless = vec![b'a'; 1 << 20];
        let endless = read_line::<String>(&mut &*endless).await;
        assert!(matches!(endless, Err(FrameError::Garbage(_))));
        assert!(matches!(read_line::<String>(&mut &b""[..]).await, Err(FrameError::Ended)));
    }
}
