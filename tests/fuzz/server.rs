//! A server that answers one hostile body after the other, whatever it is asked, and what must hold of every error.

use std::sync::{
    Arc, Mutex, Once,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Response, Uri},
};
use prism_connect::{
    clock::Clock,
    domain::{ReadError, outcome::Finding},
    http::{Http, HttpSettings},
};
use tokio::runtime::Runtime;

static PANICS: AtomicU64 = AtomicU64::new(0);
static WATCH: Once = Once::new();

/// Panics so far, on any thread: those of decoding threads reach nobody otherwise.
pub fn panics() -> u64 {
    WATCH.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            before(panic);
        }));
    });
    PANICS.load(Ordering::SeqCst)
}

/// What is answered: status and body.
pub type Script = Arc<Mutex<(u16, Vec<u8>)>>;

/// What has to work for a case to get anywhere, by path.
pub type Good = fn(&str) -> Option<&'static str>;

/// A server with the client for it.
pub struct Server {
    pub runtime: Runtime,
    pub origin: String,
    pub http: Http,
    script: Script,
}

impl Server {
    /// Starts it; `good` answers the paths that have to work for a case to get anywhere.
    pub fn start(good: Good) -> Self {
        panics();
        let runtime = Runtime::new().unwrap();
        let script: Script = Arc::new(Mutex::new((200, Vec::new())));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state((Arc::clone(&script), good));
        runtime.spawn(async move { axum::serve(listener, router).await });
        let settings = HttpSettings { tries: 1, ..HttpSettings::default() };
        let http = Http::new(&settings, Clock::system().scaled(0.000_01), 7).unwrap();
        Self { runtime, origin, http, script }
    }

    /// From now on this is answered.
    pub fn say(&self, status: u16, body: Vec<u8>) {
        *self.script.lock().unwrap() = (status, body);
    }
}

async fn answer(State((script, good)): State<(Script, Good)>, uri: Uri) -> Response<Body> {
    let (status, body) = match good(uri.path()) {
        Some(text) => (200, text.as_bytes().to_vec()),
        None => script.lock().unwrap().clone(),
    };
    Response::builder().status(status).body(Body::from(body)).unwrap()
}

/// An error can be shown: it is short, without control characters, and says what to do. A read that is cancelled by nobody
/// has lost its thread.
pub fn assert_decent<T>(read: Result<T, ReadError>) {
    let Err(error) = read else { return };
    assert_ne!(error, ReadError::Cancelled);
    assert_shown(&error.finding());
}

/// The same for a finding.
pub fn assert_shown(finding: &Finding) {
    let Finding { text, advice, .. } = finding;
    assert!(!text.is_empty() && text.chars().count() < 2_500, "{text}");
    assert!(!text.chars().any(char::is_control), "{text:?}");
    assert!(!advice.chars().any(char::is_control), "{advice:?}");
}
