//! The simulated mail server: strict SMTP on loopback, in the clear, with STARTTLS and over TLS, and troubles on demand.
//!
//! ```text
//!   client ── listener (clear) ──┐
//!   client ── listener (TLS) ────┴─→ session ─→ post office: what was taken, and what goes wrong
//!                                                   ↑
//!                                      control: GET /mail, POST /mail/troubles
//! ```
//! It knows only the wire contract and shares nothing with the client.

mod certificates;
mod decode;
mod office;
mod session;

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use self::certificates::AUTHORITY;
pub(super) use self::office::{Office, Rule};
use self::session::Session;

/// Who may send.
pub(super) const USER: &str = "notifier";

/// What the server asks them for.
pub(super) const PASSWORD: &str = "sim-mail-secret-71c2";

/// Takes connections until it is stopped; over TLS from the first byte where that is said.
pub(super) fn serve(
    listener: TcpListener,
    office: &Arc<Office>,
    wrapped: bool,
    stop: &CancellationToken,
) -> JoinHandle<io::Result<()>> {
    let (office, stop) = (Arc::clone(office), stop.clone());
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else { continue };
            office.connections.fetch_add(1, Ordering::Relaxed);
            if office.is_down() {
                continue;
            }
            let (office, stop) = (Arc::clone(&office), stop.clone());
            tokio::spawn(async move {
                let session = Session::new(office);
                let ended = stop.run_until_cancelled(session.over(stream, wrapped)).await;
                if let Some(Err(error)) = ended {
                    tracing::debug!(%error, "a mail connection ended badly");
                }
            });
        }
    })
}
