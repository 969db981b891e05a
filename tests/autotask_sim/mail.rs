//! The simulated mail server by hand: what it takes, and what it does not.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

use prism_connect::sim::{SimSettings, Simulation, world::WorldSettings};
use rstest::rstest;

async fn started() -> Simulation {
    let world = WorldSettings { customers: 1, subscriptions: 1, ..WorldSettings::default() };
    Simulation::start(SimSettings { world, ..SimSettings::default() }).await.unwrap()
}

/// A client that says what it is told to.
struct Line(BufReader<TcpStream>);

impl Line {
    fn open(simulation: &Simulation) -> Self {
        let address = simulation.addresses().mail.smtp.replace("localhost", "127.0.0.1");
        let mut line = Self(BufReader::new(TcpStream::connect(address).unwrap()));
        assert!(line.reply().starts_with("220 "));
        line
    }

    /// The last line of a reply.
    fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            assert!(line.is_empty() || line.ends_with("\r\n"), "{line:?}");
            if line.as_bytes().get(3) != Some(&b'-') {
                return line;
            }
        }
    }

    fn say(&mut self, bytes: &str) -> String {
        self.0.get_mut().write_all(bytes.as_bytes()).unwrap();
        self.reply()
    }

    /// Up to the text.
    fn to_the_text(simulation: &Simulation) -> Self {
        let mut line = Self::open(simulation);
        assert!(line.say("EHLO here\r\n").starts_with("250 "));
        assert!(line.say("MAIL FROM:<a@example.com> SIZE=100\r\n").starts_with("250 "));
        assert!(line.say("RCPT TO:<b@example.com>\r\n").starts_with("250 "));
        assert!(line.say("DATA\r\n").starts_with("354 "));
        line
    }
}

async fn letters(simulation: &Simulation) -> serde_json::Value {
    let url = format!("{}/mail", simulation.addresses().control_url);
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let text = client.get(url).send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}

#[rstest]
#[case::bare_lf("EHLO here\n", "500")]
#[case::bare_cr("EH\rLO here\r\n", "500")]
#[case::nobody("EHLO \r\n", "501")]
#[case::too_soon("MAIL FROM:<a@example.com>\r\n", "503")]
#[case::unknown("VRFY us\r\n", "503")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_smtp_is_refused(#[case] said: &str, #[case] code: &str) {
    prism_connect::http::install_tls();
    let simulation = started().await;
    let reply = Line::open(&simulation).say(said);
    assert!(reply.starts_with(code), "{reply}");
    simulation.stop().await;
}

#[rstest]
#[case::bare_lf("Subject: x\r\n\r\na\nb\r\n.\r\n", "554")]
#[case::long("Subject: x\r\n\r\nLONG\r\n.\r\n", "500")]
#[case::eight_bits("Subject: x\r\n\r\né\r\n.\r\n", "554")]
#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_none_is_not_taken(#[case] text: &str, #[case] code: &str) {
    prism_connect::http::install_tls();
    let simulation = started().await;
    let text = text.replace("LONG", &"x".repeat(999));
    let reply = Line::to_the_text(&simulation).say(&text);
    assert!(reply.starts_with(code), "{reply}");
    assert_eq!(letters(&simulation).await.as_array().map(Vec::len), Some(0));
    simulation.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_kept_as_it_was_meant() {
    prism_connect::http::install_tls();
    let simulation = started().await;
    let mut line = Line::to_the_text(&simulation);
    let text = "Subject: =?utf-8?b?w6k=?=\r\n =?utf-8?q?_=C3=A9?=\r\nMessage-ID: <1@x>\r\n\r\n..dot\r\nend\r\n.\r\n";
    assert!(line.say(text).starts_with("250 "));
    assert!(line.say("QUIT\r\n").starts_with("221 "));
    let letters = letters(&simulation).await;
    let letter = &letters[0];
    assert_eq!(
        (letter["subject"].as_str(), letter["text"].as_str()),
        (Some("é é"), Some(".dot\nend\n"))
    );
    assert_eq!(
        (letter["message_id"].as_str(), letter["tls"].as_bool()),
        (Some("<1@x>"), Some(false))
    );
    simulation.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_larger_than_announced_or_follows_starttls_is_refused() {
    prism_connect::http::install_tls();
    let simulation = started().await;
    let mut line = Line::open(&simulation);
    line.say("EHLO here\r\n");
    assert!(line.say("MAIL FROM:<a@example.com> SIZE=99999999\r\n").starts_with("552 "));
    assert!(line.say("MAIL FROM:<a@example.com> SMTPUTF8\r\n").starts_with("555 "));
    assert!(line.say("AUTH LOGIN\r\n").starts_with("334 "));
    assert!(line.say("bm90aWZpZXI=\r\n").starts_with("334 "));
    assert!(line.say("d3Jvbmc=\r\n").starts_with("535 "));
    assert!(line.say("STARTTLS\r\nMAIL FROM:<evil@example.com>\r\n").starts_with("501 "));
    simulation.stop().await;
}
