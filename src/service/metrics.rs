//! Metrics over HTTP, for whoever scrapes them: one path, on the address that the settings name.
//!
//! Whoever reaches that address may read them: nobody is named there. It must not answer anything else, and nothing that
//! is sent to it may end it.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
    sync::Semaphore,
};

use crate::{
    clock::Clock,
    engine::{Handle, protocol::command::Metrics},
};

/// So many are answered at once.
const AT_ONCE: usize = 8;

/// A question is shorter.
const LONGEST_HEAD: usize = 8 << 10;

/// So long one may take to ask.
const TO_ASK: Duration = Duration::from_secs(10);

/// After an error of the host nobody is let in for a moment.
const NO_ROOM: Duration = Duration::from_millis(200);

/// Listens there.
///
/// # Errors
/// Where the address cannot be had.
pub async fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(at).await
}

/// Answers until it is dropped.
pub async fn serve(listener: TcpListener, engine: Handle) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok((mut stream, _)) = listener.accept().await else {
            Clock::sleep_by_the_servers(NO_ROOM).await;
            continue;
        };
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let engine = engine.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = answer(&mut stream, &engine) => {}
                () = Clock::sleep_by_the_servers(TO_ASK) => {}
            }
            drop(place);
        });
    }
}

async fn answer(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    engine: &Handle,
) -> io::Result<()> {
    let Some(first) = first_line(stream).await? else {
        return say(stream, "431 Request Header Fields Too Large", "too long\n").await;
    };
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = path.split('?').next().unwrap_or_default();
    match (method, path) {
        ("GET", "/metrics") => match engine.ask(Metrics).await {
            Ok(text) => say(stream, "200 OK", &text).await,
            Err(refusal) => say(stream, "503 Service Unavailable", &format!("{refusal}\n")).await,
        },
        ("GET", _) => say(stream, "404 Not Found", "GET /metrics\n").await,
        _ => say(stream, "405 Method Not Allowed", "GET /metrics\n").await,
    }
}

/// None where the head is longer than any; an empty one where nobody asked to the end.
async fn first_line(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    loop {
        let mut some = [0; 1024];
        let read = stream.read(&mut some).await?;
        head.extend_from_slice(&some[..read]);
        let whole = head.windows(4).any(|four| four == b"\r\n\r\n");
        if whole || read == 0 {
            let text = String::from_utf8_lossy(&head).into_owned();
            return Ok(Some(text.lines().next().unwrap_or_default().to_owned()));
        }
        if head.len() > LONGEST_HEAD {
            return Ok(None);
        }
    }
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), status: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}
