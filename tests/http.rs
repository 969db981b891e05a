//! The HTTP client against a server that misbehaves (sync-rules 8).

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{TimeDelta, Utc};
use prism_connect::{
    clock::Clock,
    domain::{ReadError, secret::Secret},
    http::{
        Body, Call, Http, HttpSettings, Look, Method, NextPage, Pace, Read, Redactor, Text,
        WaitNotice, WriteReply, clean, first_characters, same_origin_next,
    },
};
use proptest::prelude::*;
use rstest::rstest;
use tokio_util::sync::CancellationToken;
use url::Url;

#[path = "support/stub.rs"]
mod stub;

use stub::{Answer, Stub, json, text};

fn settings() -> HttpSettings {
    HttpSettings { timeout: Duration::from_secs(20), ..HttpSettings::default() }
}

fn http_with(settings: &HttpSettings) -> Http {
    Http::new(settings, Clock::system().scaled(0.001), 1).unwrap()
}

fn http() -> Http {
    http_with(&settings())
}

fn get(stub: &Stub) -> Call {
    Call::new("PRISM", "test", Method::GET, stub.url.join("/list").unwrap())
}

fn post(stub: &Stub) -> Call {
    let call = Call::new("PRISM", "test", Method::POST, stub.url.join("/rows").unwrap());
    call.json(serde_json::json!({"units": 1}))
}

#[rstest]
#[case::too_many(429)]
#[case::bad_gateway(502)]
#[case::unavailable(503)]
#[case::gateway_time_out(504)]
#[tokio::test]
async fn a_read_is_tried_again(#[case] status: u16) {
    let stub = Stub::start(move |_, n| if n < 2 { text(status, "no") } else { json(200, "[]") });
    let stub = stub.await;
    let reply = http().read(&get(&stub)).await.unwrap();
    assert_eq!((reply.status, stub.count()), (200, 3));
}

#[tokio::test]
async fn a_read_is_given_up_after_all_tries_and_says_what_came() {
    let stub = Stub::start(|_, _| text(503, "<b>down for maintenance</b>")).await;
    let error = http().read(&get(&stub)).await.unwrap_err();
    assert_eq!(stub.count(), 5);
    let ReadError::Unreachable(finding) = error else { panic!("{error:?}") };
    assert!(finding.text.contains("GET /list answered 503: <b>down"), "{}", finding.text);
}

#[rstest]
#[case(400)]
#[case(401)]
#[case(404)]
#[case(500)]
#[case(302)]
#[tokio::test]
async fn other_statuses_are_the_callers_to_judge(#[case] status: u16) {
    let stub = Stub::start(move |_, _| text(status, "x")).await;
    assert_eq!(http().read(&get(&stub)).await.unwrap().status, status);
    assert_eq!(stub.count(), 1);
}

#[tokio::test]
async fn a_500_is_tried_again_where_the_call_says_so() {
    let stub = Stub::start(|_, n| if n == 0 { text(500, "x") } else { json(200, "{}") }).await;
    let call = get(&stub).again_when(|reply| reply.status == 500);
    assert_eq!(http().read(&call).await.unwrap().status, 200);
}

#[rstest]
#[case::cut(Answer::Cut)]
#[case::half(Answer::Half("[1,2,3,4,5,6]".to_owned()))]
#[tokio::test]
async fn a_broken_read_is_tried_again(#[case] fault: Answer) {
    let stub = Stub::start(move |_, n| if n == 0 { fault.clone() } else { json(200, "[]") }).await;
    assert_eq!(http().read(&get(&stub)).await.unwrap().body, b"[]");
}

#[rstest]
#[case::seconds("2")]
#[case::date_in_the_past("Sun, 06 Nov 1994 08:49:37 GMT")]
#[tokio::test]
async fn retry_after_is_obeyed_and_shown(#[case] value: &'static str) {
    let stub = Stub::start(move |_, n| match n {
        0 => Answer::Whole(429, vec![("retry-after", value.to_owned())], Vec::new()),
        _ => json(200, "[]"),
    });
    let stub = stub.await;
    let told: Arc<Mutex<Vec<WaitNotice>>> = Arc::default();
    let log = Arc::clone(&told);
    let http = http().with_notices(Arc::new(move |notice| log.lock().unwrap().push(notice)));
    http.read(&get(&stub)).await.unwrap();
    let told = told.lock().unwrap();
    assert!(
        matches!(&told[0], WaitNotice::Waiting { for_what, until: Some(_) } if for_what.contains("PRISM"))
    );
    assert_eq!(told[1..], [WaitNotice::WaitOver]);
}

#[test]
fn retry_after_as_a_date_counts_from_the_servers_own_clock() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let reply = runtime.block_on(async {
        let stub = Stub::start(|_, _| {
            let headers = vec![
                ("date", "Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
                ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT".to_owned()),
            ];
            Answer::Whole(400, headers, Vec::new())
        });
        http().read(&get(&stub.await)).await.unwrap()
    });
    assert_eq!(reply.retry_after(Utc::now()), Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn a_retry_after_beyond_all_patience_ends_the_read() {
    let stub =
        Stub::start(|_, _| Answer::Whole(429, vec![("retry-after", "86400".into())], Vec::new()));
    let stub = stub.await;
    let error = http().read(&get(&stub)).await.unwrap_err();
    assert!(error.to_string().contains("1440 minutes"), "{error}");
    assert_eq!(stub.count(), 1);
}

#[rstest]
#[case::unavailable(text(503, "x"))]
#[case::too_many(text(429, "x"))]
#[case::fault(text(500, "x"))]
#[tokio::test]
async fn a_write_is_sent_once_whatever_is_answered(#[case] answer: Answer) {
    let stub = Stub::start(move |_, _| answer.clone()).await;
    assert!(matches!(http().write(&post(&stub)).await, WriteReply::Answered(_)));
    let seen: Vec<_> = stub.seen().into_iter().map(|seen| (seen.method, seen.path)).collect();
    assert_eq!(seen, [("POST".to_owned(), "/rows".to_owned())]);
}

#[rstest]
#[case::cut(Answer::Cut)]
#[case::half(Answer::Half("{\"itemId\":12345}".to_owned()))]
#[case::silence(Answer::Silence)]
#[tokio::test]
async fn a_write_without_a_whole_answer_is_lost_and_not_sent_again(#[case] answer: Answer) {
    let stub = Stub::start(move |_, _| answer.clone()).await;
    let quick = HttpSettings { timeout: Duration::from_millis(300), ..settings() };
    let reply = http_with(&quick).write(&post(&stub)).await;
    assert!(matches!(reply, WriteReply::Lost(_)), "{reply:?}");
    assert_eq!(stub.count(), 1);
}

#[tokio::test]
async fn a_write_to_a_closed_port_was_never_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url: Url = format!("http://{}/rows", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let reply = http().write(&Call::new("PRISM", "test", Method::POST, url)).await;
    let WriteReply::NotSent(finding) = reply else { panic!("{reply:?}") };
    assert_eq!(finding.code.as_str(), "unreachable");
}

#[tokio::test]
async fn a_cancelled_client_neither_reads_nor_begins_a_write() {
    let stub = Stub::start(|_, _| Answer::Silence).await;
    let token = CancellationToken::new();
    let http = http().with_cancel(token.clone());
    token.cancel();
    assert_eq!(http.read(&get(&stub)).await.unwrap_err(), ReadError::Cancelled);
    assert!(matches!(http.write(&post(&stub)).await, WriteReply::NotSent(_)));
    assert_eq!(stub.count(), 0);
}

#[tokio::test]
async fn a_read_under_way_ends_when_it_is_cancelled() {
    let token = CancellationToken::new();
    let on_request = token.clone();
    let stub = Stub::start(move |_, _| {
        on_request.cancel();
        Answer::Silence
    });
    let stub = stub.await;
    let http = http().with_cancel(token);
    assert_eq!(http.read(&get(&stub)).await.unwrap_err(), ReadError::Cancelled);
}

#[tokio::test]
async fn a_write_under_way_is_awaited_although_it_is_cancelled() {
    let token = CancellationToken::new();
    let on_request = token.clone();
    let stub = Stub::start(move |_, _| {
        on_request.cancel();
        json(200, "{\"itemId\":7}")
    });
    let stub = stub.await;
    let reply = http().with_cancel(token).write(&post(&stub)).await;
    assert!(matches!(reply, WriteReply::Answered(reply) if reply.body == b"{\"itemId\":7}"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Stub::start(|_, _| json(200, "[]")).await;
    let target = elsewhere.url.to_string();
    let stub =
        Stub::start(move |_, _| Answer::Whole(307, vec![("location", target.clone())], Vec::new()));
    let stub = stub.await;
    let call = get(&stub).header("Authorization", Secret::new("Bearer abcdefgh"));
    assert_eq!(http().read(&call).await.unwrap().status, 307);
    assert_eq!(elsewhere.count(), 0);
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_refused_without_another_try() {
    let stub = Stub::start(|_, _| text(200, &"x".repeat(5_000))).await;
    let small = HttpSettings { largest_answer: 1_000, ..settings() };
    let error = http_with(&small).read(&get(&stub)).await.unwrap_err();
    assert!(matches!(error, ReadError::Unreadable(_)), "{error:?}");
    assert_eq!(stub.count(), 1);
}

#[tokio::test]
async fn no_more_requests_are_in_flight_than_allowed() {
    let most = Arc::new(Mutex::new((0_usize, 0_usize)));
    let counter = Arc::clone(&most);
    let app = axum::Router::new().route(
        "/list",
        axum::routing::get(move || {
            let counter = Arc::clone(&counter);
            async move {
                {
                    let mut now = counter.lock().unwrap();
                    now.0 += 1;
                    now.1 = now.1.max(now.0);
                }
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
                counter.lock().unwrap().0 -= 1;
                "[]"
            }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("http://{}/list", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let http = http();
    let calls = (0..40).map(|_| {
        let (http, url) = (http.clone(), url.clone());
        async move { http.read(&Call::new("PRISM", "one", Method::GET, url)).await.unwrap() }
    });
    futures_util::future::join_all(calls).await;
    assert!((1..=3).contains(&most.lock().unwrap().1), "{most:?}");
    assert_eq!(http.requests(), 40);
}

/// A look that finds so many of ten thousand requests used.
fn observe(http: &Http, used: u64) {
    http.budget().observe(10_000, used, Utc::now(), &http.begin_look());
}

#[tokio::test]
async fn a_used_up_budget_is_waited_for_visibly() {
    let stub = Stub::start(|_, _| json(200, "[]")).await;
    let told: Arc<Mutex<Vec<WaitNotice>>> = Arc::default();
    let (log, token) = (Arc::clone(&told), CancellationToken::new());
    let on_wait = token.clone();
    let http = http().with_cancel(token).with_notices(Arc::new(move |notice| {
        log.lock().unwrap().push(notice);
        on_wait.cancel();
    }));
    observe(&http, 9_997);
    let call = get(&stub).budgeted();
    assert!(http.read(&call).await.is_ok());
    assert!(http.read(&call).await.is_ok());
    assert_eq!(http.read(&call).await.unwrap_err(), ReadError::Cancelled);
    assert_eq!(stub.count(), 2, "of the three that were left the look may have been one");
    let told = told.lock().unwrap();
    assert!(
        matches!(&told[0], WaitNotice::Waiting { for_what, .. } if for_what.contains("budget"))
    );
    assert_eq!(told[1..], [WaitNotice::WaitOver]);
}

#[tokio::test]
async fn while_the_budget_is_used_up_one_of_those_who_wait_looks_for_room() {
    let stub = Stub::start(|_, _| json(200, "[]")).await;
    let http = http();
    observe(&http, 10_000);
    let (looks, eye) = (Arc::new(AtomicU64::new(0)), http.clone());
    let counted = Arc::clone(&looks);
    let look = Look::new(move || {
        let (seen, eye) = (counted.fetch_add(1, Ordering::SeqCst) + 1, eye.clone());
        Box::pin(async move {
            // Others leave room by and by: nothing at the first look, ten at the second.
            observe(&eye, if seen == 1 { 10_000 } else { 9_990 });
        })
    });
    let call = get(&stub).budgeted().looking(look);
    let waiting = (0..4).map(|_| http.read(&call));
    assert!(futures_util::future::join_all(waiting).await.iter().all(Result::is_ok));
    assert_eq!((stub.count(), looks.load(Ordering::SeqCst)), (4, 2));
}

#[tokio::test]
async fn a_cancel_ends_the_wait_for_the_budget_even_in_a_look() {
    let stub = Stub::start(|_, _| json(200, "[]")).await;
    let token = CancellationToken::new();
    let http = http().with_cancel(token.clone());
    observe(&http, 10_000);
    let look = Look::new(move || {
        token.cancel();
        Box::pin(std::future::pending())
    });
    let call = get(&stub).budgeted().looking(look);
    assert_eq!(http.read(&call).await.unwrap_err(), ReadError::Cancelled);
}

fn patient(call: Call) -> Call {
    call.patient(|reply| reply.status == 429, Duration::from_secs(600))
}

#[tokio::test]
async fn being_turned_away_is_no_failed_try_for_the_patient() {
    let stub = Stub::start(|_, n| match n {
        0..20 => text(429, "later"),
        _ => json(200, "[]"),
    });
    let stub = stub.await;
    let call = get(&stub).patient(|reply| reply.status == 429, Duration::from_secs(3_600));
    assert_eq!(http().read(&call).await.unwrap().status, 200);
    assert_eq!(stub.count(), 21);
}

#[tokio::test]
async fn the_patient_wait_as_long_as_they_are_asked_to() {
    let asked = |seconds: &str| {
        let headers = vec![("retry-after", seconds.to_owned())];
        Answer::Whole(429, headers, Vec::new())
    };
    let stub = Stub::start(move |_, n| match n {
        0 => asked("599"),
        _ => json(200, "[]"),
    });
    let stub = stub.await;
    let hasty = HttpSettings { longest_pause: Duration::from_secs(60), ..settings() };
    assert!(http_with(&hasty).read(&patient(get(&stub))).await.is_ok());
    let stub = Stub::start(move |_, _| asked("601")).await;
    assert!(http_with(&hasty).read(&patient(get(&stub))).await.is_err());
    assert_eq!(stub.count(), 1);
}

#[tokio::test]
async fn patience_has_an_end_and_other_faults_count_as_ever() {
    let stub = Stub::start(|_, _| text(429, "later")).await;
    let error = http().read(&patient(get(&stub))).await.unwrap_err();
    assert!(matches!(error, ReadError::Unreachable(_)), "{error:?}");
    assert!((10..60).contains(&stub.count()), "{}", stub.count());
    let stub = Stub::start(|_, n| text(if n % 2 == 0 { 429 } else { 503 }, "no")).await;
    assert!(http().read(&patient(get(&stub))).await.is_err());
    assert_eq!(stub.count(), 10, "five of them 503");
}

/// Seconds that an answer asks to wait.
fn asking(seconds: &'static str) -> Answer {
    Answer::Whole(429, vec![("retry-after", seconds.to_owned())], Vec::new())
}

#[rstest]
#[case::a_day("86400")]
#[case::the_longest_number("18446744073709551615")]
#[case::a_date_far_away("Fri, 31 Dec 9999 23:59:59 GMT")]
#[tokio::test]
async fn a_retry_after_that_is_not_believed_ends_no_patience(#[case] asked: &'static str) {
    let stub = Stub::start(move |_, n| if n < 3 { asking(asked) } else { json(200, "[]") }).await;
    let call = get(&stub).patient(|reply| reply.status == 429, Duration::from_secs(3_600));
    assert!(http().read(&call.believing(Duration::from_secs(3_600))).await.is_ok());
    assert_eq!(stub.count(), 4);
}

#[tokio::test]
async fn one_that_asks_for_no_pause_again_and_again_is_not_asked_without_one() {
    let stub = Stub::start(|_, _| asking("0")).await;
    let error = http().read(&patient(get(&stub))).await.unwrap_err();
    assert!(error.to_string().contains("minutes"), "{error}");
    assert!((10..60).contains(&stub.count()), "{}", stub.count());
}

#[tokio::test]
async fn a_read_that_is_to_be_sent_once_is_sent_once() {
    let stub = Stub::start(|_, _| text(429, "later")).await;
    assert!(http().read(&get(&stub).once()).await.is_err());
    assert_eq!(stub.count(), 1);
}

#[tokio::test]
async fn a_budget_that_is_never_free_is_not_waited_for_for_ever() {
    let stub = Stub::start(|_, _| json(200, "[]")).await;
    let told: Arc<Mutex<Vec<WaitNotice>>> = Arc::default();
    let log = Arc::clone(&told);
    let clock = Clock::system().scaled(0.000_01);
    let http = Http::new(&settings(), clock, 1).unwrap();
    let http = http.with_notices(Arc::new(move |notice| log.lock().unwrap().push(notice)));
    observe(&http, 10_000);
    let eye = http.clone();
    let look = Look::new(move || {
        observe(&eye, 10_000);
        Box::pin(std::future::ready(()))
    });
    let error = http.read(&get(&stub).budgeted().looking(look)).await.unwrap_err();
    assert!(matches!(&error, ReadError::Unreachable(why) if why.code.as_str() == "budget_used_up"));
    assert!(error.to_string().contains("GET /list was not sent"), "{error}");
    assert_eq!(stub.count(), 0);
    assert_eq!(told.lock().unwrap().last(), Some(&WaitNotice::WaitOver));
}

#[tokio::test]
async fn an_answer_without_an_end_is_refused_at_the_limit() {
    let small = HttpSettings { largest_answer: 1 << 20, ..settings() };
    let stub = Stub::start(|_, _| Answer::Endless(vec![b' '; 64 << 10])).await;
    let error = http_with(&small).read(&get(&stub)).await.unwrap_err();
    assert!(matches!(&error, ReadError::Unreadable(_)), "{error:?}");
    assert!(error.to_string().contains("more than 1048576 bytes"), "{error}");
    let reader = |body: &mut dyn std::io::Read| {
        std::io::copy(body, &mut std::io::sink()).map_err(|error| error.to_string())
    };
    let error = http_with(&small).read_through(&get(&stub), reader).await.unwrap_err();
    assert!(error.to_string().contains("more than 1048576 bytes"), "{error}");
}

#[tokio::test]
async fn a_packed_answer_is_measured_unpacked() {
    // A million blanks in a thousand bytes.
    let packed = include_bytes!("fuzz/corpus/blanks.gz");
    let stub = Stub::start(|_, _| {
        let headers = vec![("content-encoding", "gzip".to_owned())];
        Answer::Whole(200, headers, packed.to_vec())
    });
    let stub = stub.await;
    let reply = http().read(&get(&stub)).await.unwrap();
    assert_eq!(reply.body.len(), 1_000_000);
    let small = HttpSettings { largest_answer: 100_000, ..settings() };
    let error = http_with(&small).read(&get(&stub)).await.unwrap_err();
    assert!(error.to_string().contains("more than 100000 bytes"), "{error}");
    let error = http().read(&get(&stub).at_most(200_000)).await.unwrap_err();
    assert!(error.to_string().contains("more than 200000 bytes"), "{error}");
}

#[tokio::test]
async fn after_an_hour_the_budget_is_full_again() {
    let stub = Stub::start(|_, _| json(200, "[]")).await;
    let http = http();
    http.budget().observe(10_000, 10_000, Utc::now() - TimeDelta::minutes(61), &http.begin_look());
    assert!(http.read(&get(&stub).budgeted()).await.is_ok());
}

#[test]
fn the_budget_says_when_to_look_and_what_is_left() {
    let http = http();
    let (budget, now) = (http.budget(), Utc::now());
    assert!(budget.wants_look(now));
    budget.observe(10_000, 4_000, now, &http.begin_look());
    assert!(!budget.wants_look(now));
    assert_eq!(budget.left(now), Some((5_999, 10_000)));
    assert!(budget.wants_look(now + TimeDelta::minutes(11)));
}

#[rstest]
#[case::page("<html><body>Sign in</body></html>", "<html>")]
#[case::empty("", "(empty)")]
#[case::cut("{\"Records\":[\"a\",", "EOF")]
#[case::other_type("{\"Records\":7}", "Records")]
#[case::more("[] []", "something follows")]
#[tokio::test]
async fn what_is_no_json_is_said_with_place_and_beginning(#[case] body: &str, #[case] says: &str) {
    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    #[expect(dead_code, reason = "only its decoding is looked at")]
    struct Page {
        records: Vec<String>,
    }
    let body = body.to_owned();
    let stub = Stub::start(move |_, _| json(200, &body)).await;
    let reply = http().read(&get(&stub)).await.unwrap();
    let error = match says {
        "something follows" => reply.json::<Vec<u8>>().unwrap_err(),
        _ => reply.json::<Page>().unwrap_err(),
    };
    let text = error.to_string();
    assert!(text.contains("GET /list answered 200") && text.contains(says), "{text}");
}

#[tokio::test]
async fn a_secret_that_the_server_echoes_is_not_shown() {
    let secret = "hunter2-&\"very=secret/+";
    let stub = Stub::start(|seen, _| {
        let echo =
            format!("{} | {} | {:?}", seen.body, seen.header("secret").unwrap(), seen.headers);
        text(400, &echo)
    });
    let stub = stub.await;
    let call = post(&stub)
        .header("Secret", Secret::new(secret))
        .header("Authorization", Secret::new("Bearer tok-12345678"))
        .form(vec![("client_secret", Text::Secret(Secret::new(secret)))]);
    assert!(matches!(call.body, Body::Form(_)));
    let WriteReply::Answered(reply) = http().write(&call).await else { panic!("no answer") };
    let shown = format!("{} {reply:?} {call:?}", reply.finding(&call).text);
    for part in ["hunter2", "very", "tok-12345678"] {
        assert!(!shown.contains(part), "{shown}");
    }
}

#[tokio::test]
async fn a_confidential_answer_is_not_quoted() {
    let stub = Stub::start(|_, _| json(200, "{\"access_token\":\"unseen-token\",\"x\":")).await;
    let reply = http().read(&get(&stub).confidential()).await.unwrap();
    let error = reply.json::<serde_json::Value>().unwrap_err();
    assert!(!error.to_string().contains("unseen"), "{error}");
}

fn whole(body: &mut dyn std::io::Read) -> Result<String, String> {
    std::io::read_to_string(body).map_err(|error| error.to_string())
}

#[rstest]
#[case::half(Answer::Half("0123456789".to_owned()))]
#[case::cut(Answer::Cut)]
#[case::unavailable(text(503, ""))]
#[tokio::test]
async fn a_streamed_answer_is_read_again_from_the_start(#[case] fault: Answer) {
    let stub =
        Stub::start(move |_, n| if n == 0 { fault.clone() } else { text(200, "0123456789") });
    let stub = stub.await;
    let read = http().read_through(&get(&stub), whole).await.unwrap();
    assert!(matches!(read, Read::Understood(body) if body == "0123456789"));
}

#[tokio::test]
async fn a_streamed_answer_that_cannot_be_understood_is_said_and_not_asked_for_again() {
    let stub = Stub::start(|_, _| text(200, "<html>Sign in</html>")).await;
    let refuse = |_: &mut dyn std::io::Read| Err::<(), _>("no header".to_owned());
    let read = http().read_through(&get(&stub), refuse).await.unwrap();
    let Read::Garbled(reply, why) = read else { panic!("{read:?}") };
    let told = reply.unreadable_file(&why);
    assert!(told.text.contains("(no header): <html>Sign in"), "{told:?}");
    assert_eq!(stub.count(), 1);
}

#[tokio::test]
async fn a_streamed_answer_with_another_status_is_the_callers_to_judge() {
    let stub = Stub::start(|_, _| text(404, "gone")).await;
    let read = http().read_through(&get(&stub), whole).await.unwrap();
    assert!(matches!(read, Read::Answered(reply) if reply.status == 404 && reply.body == b"gone"));
}

#[tokio::test]
async fn a_streamed_answer_beyond_the_limit_is_refused() {
    let stub = Stub::start(|_, _| text(200, &"x".repeat(50_000))).await;
    let small = HttpSettings { largest_answer: 1_000, ..settings() };
    let error = http_with(&small).read_through(&get(&stub), whole).await.unwrap_err();
    assert!(matches!(error, ReadError::Unreadable(_)), "{error:?}");
}

#[test]
fn a_missing_or_wrong_file_of_certificates_is_said() {
    let absent = HttpSettings { ca_file: Some("/nowhere/ca.pem".into()), ..settings() };
    let finding = Http::new(&absent, Clock::system(), 1).unwrap_err();
    assert!(finding.text.contains("/nowhere/ca.pem"), "{finding:?}");
    let file = tempfile::NamedTempFile::new().unwrap();
    let empty = HttpSettings { ca_file: Some(file.path().into()), ..settings() };
    assert_eq!(Http::new(&empty, Clock::system(), 1).unwrap_err().code.as_str(), "ca_file");
}

#[rstest]
#[case::same("https://a.example/V1.0/", "https://a.example/V1.0/next?x=1", true)]
#[case::default_port("https://a.example/", "https://a.example:443/next", true)]
#[case::relative("https://a.example/v1/", "/v1/next", true)]
#[case::host("https://a.example/", "https://b.example/next", false)]
#[case::scheme("https://a.example/", "http://a.example/next", false)]
#[case::port("https://a.example/", "https://a.example:8443/next", false)]
#[case::user("https://a.example/", "https://a.example@b.example/", false)]
#[case::user_here("https://a.example/", "https://u:p@a.example/", false)]
#[case::protocol_relative("https://a.example/", "//b.example/next", false)]
#[case::file("https://a.example/", "file:///etc/passwd", false)]
fn a_next_page_is_followed_only_at_home(
    #[case] configured: Url,
    #[case] next: &str,
    #[case] followed: bool,
) {
    assert_eq!(same_origin_next(&configured, next).is_ok(), followed);
}

#[test]
fn remote_text_loses_what_moves_the_terminal() {
    assert_eq!(clean("a\u{1b}[31mb\nc\u{202e}d\u{9b}e\u{7}"), "a[31mb cde");
    assert_eq!(clean("Müller & Söhne — 日本"), "Müller & Söhne — 日本");
    assert_eq!(first_characters("Müller", 2), "Mü…");
    assert_eq!(first_characters("Mü", 2), "Mü");
}

#[test]
fn a_secret_hidden_by_control_characters_is_found_after_cleaning() {
    let redactor = Redactor::default();
    redactor.remember("opensesame");
    assert!(!redactor.safe("x open\u{200b}sesame y").contains("opensesame"));
}

proptest! {
    #[test]
    fn cleaning_leaves_no_control_character(text in "\\PC*|.*") {
        prop_assert!(!clean(&text).chars().any(char::is_control));
    }

    #[test]
    fn a_remembered_secret_never_stands_in_safe_text(secret in "[a-zA-Z0-9+/=&\"\\\\ ]{6,40}", around in ".{0,20}") {
        let redactor = Redactor::default();
        redactor.remember(&secret);
        let safe = redactor.safe(&format!("{around}{secret}{around}{secret}"));
        prop_assert!(!safe.contains(&secret));
    }
}

type Told = Arc<Mutex<Vec<WaitNotice>>>;

fn told_of(http: &Http) -> (Http, Told) {
    let told = Told::default();
    let log = Arc::clone(&told);
    (http.with_notices(Arc::new(move |notice| log.lock().unwrap().push(notice))), told)
}

fn waits(told: &Told) -> Vec<(String, i64)> {
    let told = told.lock().unwrap();
    let waits = told.iter().filter_map(|notice| match notice {
        WaitNotice::Waiting { for_what, until } => {
            let seconds = (until.unwrap() - Utc::now()).num_seconds();
            Some((for_what.clone(), seconds))
        }
        WaitNotice::WaitOver => None,
    });
    waits.collect()
}

#[tokio::test]
async fn a_paced_system_is_asked_so_often_a_minute_and_the_wait_is_shown() {
    let stub = Stub::start(|_, _| json(200, "[]")).await;
    let http = Http::new(&settings(), Clock::system().scaled(0.000_01), 1).unwrap();
    let (http, told) = told_of(&http.paced(Pace { in_flight: 4, a_minute: 3 }));
    for _ in 0..3 {
        http.read(&get(&stub)).await.unwrap();
    }
    assert_eq!(waits(&told), []);
    http.write(&post(&stub)).await;
    let waits = waits(&told);
    assert_eq!(waits.len(), 1);
    let (for_what, seconds) = &waits[0];
    assert_eq!(for_what, "PRISM's requests a minute");
    assert!((50..=60).contains(seconds), "{seconds}");
    assert_eq!(stub.count(), 4);
}

#[tokio::test]
async fn a_cancelled_wait_for_the_pace_sends_no_write() {
    let stub = Stub::start(|_, _| json(200, "[]")).await;
    let cancel = CancellationToken::new();
    let http = Http::new(&settings(), Clock::system(), 1).unwrap();
    let http = http.paced(Pace { in_flight: 1, a_minute: 1 }).with_cancel(cancel.clone());
    http.read(&get(&stub)).await.unwrap();
    let call = post(&stub);
    let (reply, ()) = tokio::join!(http.write(&call), async { cancel.cancel() });
    assert!(matches!(reply, WriteReply::NotSent(_)), "{reply:?}");
    assert_eq!(stub.count(), 1);
}

#[tokio::test]
async fn the_pace_of_one_system_leaves_the_others_alone() {
    let stub = Stub::start(|_, _| json(200, "[]")).await;
    let (http, told) = told_of(&http());
    let paced = http.paced(Pace { in_flight: 1, a_minute: 1 });
    for _ in 0..3 {
        http.read(&get(&stub)).await.unwrap();
    }
    paced.read(&get(&stub)).await.unwrap();
    assert_eq!(waits(&told), []);
    assert_eq!((http.busiest(), paced.busiest()), ((0, 3), (0, 1)));
}

#[rstest]
#[case::named(Some("7"), 7)]
#[case::not_named(None, 30)]
#[tokio::test]
async fn a_429_without_a_time_is_waited_out_for_the_calls_own(
    #[case] named: Option<&'static str>,
    #[case] expected: i64,
) {
    let stub = Stub::start(move |_, n| match n {
        0 => {
            let named = named.map(|seconds| ("retry-after", seconds.to_owned()));
            Answer::Whole(429, named.into_iter().collect(), Vec::new())
        }
        _ => json(200, "[]"),
    });
    let stub = stub.await;
    let (http, told) = told_of(&http());
    let call = get(&stub).pausing_unasked(Duration::from_secs(30));
    http.read(&call).await.unwrap();
    let waits = waits(&told);
    assert_eq!(waits.len(), 1);
    assert!((expected - 1..=expected + 1).contains(&waits[0].1), "{waits:?}");
}

#[tokio::test]
async fn an_answer_tells_its_headers_and_its_next_page() {
    let stub = Stub::start(|_, _| {
        let headers = vec![
            ("link", "<https://h/x?page=1>; rel=\"first\"".to_owned()),
            ("link", "<https://h/x?page=3>; rel=\"next\"".to_owned()),
            ("x-request", "17".to_owned()),
        ];
        Answer::Whole(200, headers, b"[]".to_vec())
    });
    let reply = http().read(&get(&stub.await)).await.unwrap();
    assert_eq!(reply.next_page(), NextPage::At("https://h/x?page=3".to_owned()));
    assert_eq!((reply.header("X-Request"), reply.header("y")), (Some("17"), None));
}
