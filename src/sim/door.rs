//! The door before each simulated system: journal, limits, faults, latency. Every request goes on in a
//! task of its own, so that a client that hangs up does not undo what it asked for.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde_json::json;

use super::assumptions::{SlotRelease, TooManyStatus};
use super::autotask::{self, SharedTenant};
use super::behaviour::Behaviour;
use super::connectwise::{self, Pace, SharedSite};
use super::faults::{Fault, Faults};
use super::journal::{Asked, Changed, Journal, System, shape};
use super::limits::{Limiter, Place, TooMany};
use super::wire::Line;

/// Bodies beyond this are not taken.
const LARGEST_BODY: usize = 8 * 1024 * 1024;

/// How late a slot is freed where that is not with the answer.
const LATE_RELEASE: Duration = Duration::from_millis(50);

/// What the doors of one simulation share.
#[derive(Debug)]
pub(super) struct Hall {
    pub(super) journal: Arc<Journal>,
    pub(super) faults: Arc<Faults>,
    pub(super) limiter: Arc<Limiter>,
    pub(super) tenant: SharedTenant,
    pub(super) site: SharedSite,
    pub(super) pace: Arc<Pace>,
    pub(super) behaviour: Behaviour,
    pub(super) latency: Duration,
}

/// One system's door.
#[derive(Clone, Debug)]
pub(super) struct Door {
    pub(super) system: System,
    pub(super) hall: Arc<Hall>,
}

/// What one request is about to go through.
struct Passage {
    door: Door,
    number: u64,
    place: Option<Place>,
    fault: Option<Fault>,
}

pub(super) async fn pass(
    State(door): State<Door>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
    next: Next,
) -> Response {
    let asked = asked(door.system, &request);
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_BODY).await;
    // What is sent for a token is a secret.
    let sent = body.as_deref().ok().filter(|_| door.system != System::Prism);
    let number = door.hall.journal.arrive(&asked, sent.unwrap_or_default());
    let fault = door.hall.faults.choose(&asked);
    let Ok(body) = body else {
        return answered(&door, number, StatusCode::PAYLOAD_TOO_LARGE.into_response());
    };
    let place = match door.enter(&asked) {
        Ok(place) => place,
        Err(refusal) => return answered(&door, number, *refusal),
    };
    let passage = Passage { door, number, place, fault };
    let request = Request::from_parts(parts, Body::from(body));
    let task = tokio::spawn(passage.go(request, next));
    if let Ok(Some(response)) = task.await {
        return response;
    }
    line.cut();
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn asked(system: System, request: &Request) -> Asked {
    let path = request.uri().path().to_owned();
    let entity = match system {
        System::Autotask => autotask::entity_of(&path).unwrap_or_else(|| shape(&path)),
        System::Connectwise => connectwise::entity_of(&path),
        System::Prism => shape(&path),
    };
    let query = request.uri().query().unwrap_or_default().to_owned();
    Asked { system, method: request.method().clone(), path, query, entity }
}

fn answered(door: &Door, number: u64, response: Response) -> Response {
    door.hall.journal.note(number, |entry| entry.status = response.status().as_u16());
    response
}

impl Door {
    /// Counts a request against the limits of its system.
    fn enter(&self, asked: &Asked) -> Result<Option<Place>, Box<Response>> {
        match self.system {
            System::Prism => Ok(None),
            System::Autotask => self.enter_autotask(asked),
            System::Connectwise if connectwise::is_open_to_all(&asked.path) => Ok(None),
            System::Connectwise => self.hall.pace.enter().map(|()| None),
        }
    }

    /// Zone discovery is outside Autotask's limits.
    fn enter_autotask(&self, asked: &Asked) -> Result<Option<Place>, Box<Response>> {
        if autotask::is_open_to_all(&asked.path) {
            return Ok(None);
        }
        let endpoint = autotask::entity_of(&asked.path);
        let assumed = self.hall.behaviour.assumed();
        let lag = match assumed.slot_release {
            SlotRelease::AtOnce => Duration::ZERO,
            SlotRelease::Late => LATE_RELEASE,
        };
        self.hall.limiter.enter(endpoint, lag).map(Some).map_err(|refusal| {
            let body = axum::Json(json!({"errors": [refusal.text()]}));
            let status = match refusal {
                TooMany::Threads => assumed.thread_refusal,
                TooMany::Hourly(_) => assumed.hourly_refusal,
            };
            let wait = [(header::RETRY_AFTER, HeaderValue::from_static("5"))];
            Box::new(match status {
                TooManyStatus::TooMany => {
                    (StatusCode::TOO_MANY_REQUESTS, wait, body).into_response()
                }
                TooManyStatus::ServerError => {
                    (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
                }
            })
        })
    }
}

impl Door {
    /// Nobody comes in any more with what was given out.
    fn lock_user(&self) {
        match self.system {
            System::Connectwise => connectwise::locked(&self.hall.site).lock_keys(true),
            System::Autotask | System::Prism => {
                autotask::locked(&self.hall.tenant).lock_user(true);
            }
        }
    }
}

impl Passage {
    /// The reply to send, or none where the connection is to break.
    async fn go(self, request: Request, next: Next) -> Option<Response> {
        let slowed = self.place.as_ref().map_or(Duration::ZERO, |place| place.delay);
        pause(self.door.hall.latency + slowed).await;
        match &self.fault {
            Some(Fault::CutBefore) => return None,
            Some(Fault::Status { status, body, retry_after }) => {
                let plain = match self.door.system {
                    System::Connectwise => "text/plain; charset=utf-8",
                    System::Autotask | System::Prism => "text/html",
                };
                let response = canned(*status, body.clone(), retry_after.as_deref(), plain);
                return Some(answered(&self.door, self.number, response));
            }
            Some(Fault::Delay(delay)) => pause(Duration::from_millis(*delay)).await,
            Some(Fault::LockUser) => self.door.lock_user(),
            Some(Fault::DelayReply(_) | Fault::CutAfter | Fault::Truncate | Fault::Garble)
            | None => {}
        }
        let response = next.run(request).await;
        self.executed(&response);
        self.reply(response).await
    }

    fn executed(&self, response: &Response) {
        let changed = response.extensions().get::<Changed>().is_some();
        let status = match self.fault {
            Some(Fault::CutAfter) => 0,
            _ => response.status().as_u16(),
        };
        self.door.hall.journal.note(self.number, |entry| {
            entry.changed = changed;
            entry.status = status;
        });
    }

    async fn reply(&self, response: Response) -> Option<Response> {
        match &self.fault {
            Some(Fault::CutAfter) => None,
            Some(Fault::DelayReply(delay)) => {
                pause(Duration::from_millis(*delay)).await;
                Some(response)
            }
            Some(Fault::Truncate) => Some(cut_short(response).await),
            Some(Fault::Garble) => Some(garbled(response)),
            Some(Fault::CutBefore | Fault::Status { .. } | Fault::Delay(_) | Fault::LockUser)
            | None => Some(response),
        }
    }
}

async fn pause(stretch: Duration) {
    if !stretch.is_zero() {
        tokio::time::sleep(stretch).await;
    }
}

/// A reply with a body of any kind; `plain` is the type of one that is neither JSON nor a page.
fn canned(
    status: u16,
    body: Option<String>,
    retry_after: Option<&str>,
    plain: &'static str,
) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = match body.as_deref().map(str::trim_start) {
        Some(text) if text.starts_with(['{', '[']) => "application/json; charset=utf-8",
        Some(text) if text.starts_with('<') => "text/html",
        Some(_) => plain,
        None => "",
    };
    let mut response = (status, body.unwrap_or_default()).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if !kind.is_empty() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    if let Some(value) = retry_after.and_then(|text| HeaderValue::from_str(text).ok()) {
        headers.insert(header::RETRY_AFTER, value);
    }
    response
}

/// The header promises the whole body; half of it comes, then the connection breaks.
async fn cut_short(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len().max(2)));
    let half = bytes.slice(..bytes.len() / 2);
    let first = futures_util::stream::iter([Ok::<Bytes, std::io::Error>(half)]);
    let broken = futures_util::stream::once(async {
        // One pause lets the server send what it has before it learns of the end.
        tokio::task::yield_now().await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    });
    Response::from_parts(parts, Body::from_stream(first.chain(broken)))
}

fn garbled(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from("{\"items\":[{\u{fffd}\u{1b}[31m<html>not JSON"))
}
