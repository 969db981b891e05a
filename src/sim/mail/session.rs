//! One SMTP connection, by the letter of RFC 5321: lines end in CRLF and nothing else, none is longer than it may be, and
//! nothing is taken that was not announced.

use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::certificates::{Shown, acceptor};
use super::office::{Letter, Office, Trouble};
use super::{PASSWORD, USER, decode};

/// A command with its CRLF (RFC 5321, 4.5.3.1.4); with AUTH more (RFC 4954, 4).
const LONGEST_COMMAND: usize = 512;
const LONGEST_AUTH: usize = 12_288;

/// A line of text without its CRLF.
const LONGEST_LINE: usize = 998;

/// What `SIZE` says.
const LARGEST: usize = 1 << 20;

/// A connection, before and after STARTTLS.
trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

/// What is next.
enum Next {
    Go(String),
    StartTls,
    Close(String),
    /// No word more, and the line stays open.
    Silence,
}

fn go(text: &str) -> Next {
    Next::Go(text.to_owned())
}

/// What was said on a connection so far.
pub(super) struct Session {
    office: Arc<Office>,
    tls: bool,
    greeted: bool,
    user: Option<String>,
    from: Option<String>,
    eight_bit: bool,
    to: Vec<String>,
}

impl Session {
    pub(super) fn new(office: Arc<Office>) -> Self {
        let (user, from) = (None, None);
        let to = Vec::new();
        Self { office, tls: false, greeted: false, user, from, eight_bit: false, to }
    }

    /// Serves it to its end.
    pub(super) async fn over(mut self, stream: TcpStream, wrapped: bool) -> io::Result<()> {
        if wrapped {
            return self.secured(stream).await;
        }
        let mut stream = stream;
        if self.talk(&mut stream, true).await? {
            return self.secured(stream).await;
        }
        Ok(())
    }

    /// Whatever was said in the clear is forgotten.
    async fn secured(self, stream: TcpStream) -> io::Result<()> {
        let other = self.office.has(Trouble::Certificate, "");
        let shown = if other { Shown::OfAnother } else { Shown::Own };
        let greets = !self.greeted;
        let mut stream = acceptor(shown)?.accept(stream).await?;
        let mut anew = Self { tls: true, ..Self::new(self.office) };
        anew.talk(&mut stream, greets).await.map(drop)
    }

    /// Whether TLS is to begin.
    async fn talk(&mut self, stream: &mut impl Line, greets: bool) -> io::Result<bool> {
        let mut heard = Vec::new();
        if greets {
            say(stream, "220 localhost ESMTP of the simulated world").await?;
        }
        loop {
            let line = match line(stream, &mut heard, LONGEST_AUTH).await? {
                Heard::Line(line) => line,
                Heard::Bare => {
                    return say(stream, "500 5.5.2 a line ends in CRLF").await.map(|()| false);
                }
                Heard::TooLong => return say(stream, "500 5.5.2 too long").await.map(|()| false),
                Heard::End => return Ok(false),
            };
            match self.command(&line, stream, &mut heard).await? {
                Next::Go(reply) => say(stream, &reply).await?,
                Next::StartTls => {
                    // What was sent ahead of TLS would be taken as said under it (CVE-2011-0411).
                    if !heard.is_empty() {
                        return say(stream, "501 5.5.2 nothing may follow STARTTLS")
                            .await
                            .map(|()| false);
                    }
                    say(stream, "220 2.0.0 go on").await?;
                    self.greeted = true;
                    return Ok(true);
                }
                Next::Close(reply) => return say(stream, &reply).await.map(|()| false),
                Next::Silence => std::future::pending().await,
            }
        }
    }

    async fn command(
        &mut self,
        line: &[u8],
        stream: &mut impl Line,
        heard: &mut Vec<u8>,
    ) -> io::Result<Next> {
        let Some(text) = std::str::from_utf8(line).ok().filter(|text| text.is_ascii()) else {
            return Ok(go("500 5.5.2 not ASCII"));
        };
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let verb = verb.to_ascii_uppercase();
        if verb != "AUTH" && line.len() + 2 > LONGEST_COMMAND {
            return Ok(go("500 5.5.2 too long"));
        }
        Ok(match verb.as_str() {
            "EHLO" | "HELO" if rest.trim().is_empty() => go("501 5.5.4 who is there?"),
            "HELO" => {
                self.reset();
                self.greeted = true;
                go("250 localhost")
            }
            "EHLO" => {
                self.reset();
                self.greeted = true;
                let tls = if self.tls { "" } else { "250-STARTTLS\r\n" };
                Next::Go(format!(
                    "250-localhost\r\n250-SIZE {LARGEST}\r\n250-8BITMIME\r\n{tls}250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES"
                ))
            }
            "STARTTLS" if self.tls => go("503 5.5.1 it is on already"),
            "STARTTLS" => Next::StartTls,
            "NOOP" => go("250 2.0.0 ok"),
            "RSET" => {
                self.reset();
                go("250 2.0.0 ok")
            }
            "QUIT" => Next::Close("221 2.0.0 bye".to_owned()),
            _ if !self.greeted => go("503 5.5.1 say EHLO first"),
            "AUTH" => self.auth(rest, stream, heard).await?,
            "MAIL" => self.mail(rest),
            "RCPT" => self.recipient(rest),
            "DATA" if self.to.is_empty() => go("503 5.5.1 to whom?"),
            "DATA" => {
                say(stream, "354 end it with a dot on a line of its own").await?;
                self.data(stream, heard).await?
            }
            _ => go("502 5.5.1 not known"),
        })
    }

    fn reset(&mut self) {
        (self.from, self.eight_bit) = (None, false);
        self.to.clear();
    }

    async fn auth(
        &mut self,
        rest: &str,
        stream: &mut impl Line,
        heard: &mut Vec<u8>,
    ) -> io::Result<Next> {
        if self.user.is_some() || self.from.is_some() {
            return Ok(go("503 5.5.1 not now"));
        }
        let (how, first) = rest.split_once(' ').unwrap_or((rest, ""));
        let mut ask = async |question: &str| -> io::Result<Vec<u8>> {
            say(stream, &format!("334 {}", STANDARD.encode(question))).await?;
            match line(stream, heard, LONGEST_AUTH).await? {
                Heard::Line(line) => Ok(STANDARD.decode(line).unwrap_or_default()),
                _ => Err(io::ErrorKind::UnexpectedEof.into()),
            }
        };
        let (user, password) = match how.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let told = match first {
                    "" => ask("").await?,
                    first => STANDARD.decode(first).unwrap_or_default(),
                };
                let mut parts = told.split(|byte| *byte == 0).map(<[u8]>::to_vec).skip(1);
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
            }
            "LOGIN" => {
                let user = match first {
                    "" => ask("Username:").await?,
                    first => STANDARD.decode(first).unwrap_or_default(),
                };
                (user, ask("Password:").await?)
            }
            _ => return Ok(go("504 5.5.4 not that way")),
        };
        let known =
            (user.as_slice(), password.as_slice()) == (USER.as_bytes(), PASSWORD.as_bytes());
        if self.office.has(Trouble::Auth, "") || !known {
            return Ok(go("535 5.7.8 user or password are wrong"));
        }
        self.user = Some(USER.to_owned());
        Ok(go("235 2.7.0 welcome"))
    }

    fn mail(&mut self, rest: &str) -> Next {
        if self.from.is_some() {
            return go("503 5.5.1 one at a time");
        }
        if self.user.is_none() && self.office.has(Trouble::NeedsAuth, "") {
            return go("530 5.7.0 sign in first");
        }
        let Some((from, parameters)) = address(rest, "FROM:") else {
            return go("501 5.5.4 MAIL FROM:<address>");
        };
        let mut eight_bit = false;
        for parameter in parameters.split_ascii_whitespace() {
            match parameter.to_ascii_uppercase().split_once('=') {
                Some(("SIZE", size)) => match size.parse::<usize>() {
                    Ok(size) if size <= LARGEST => {}
                    Ok(_) => return go("552 5.3.4 too large"),
                    Err(_) => return go("501 5.5.4 SIZE is a number"),
                },
                Some(("BODY", "8BITMIME")) => eight_bit = true,
                Some(("BODY", "7BIT")) => {}
                _ => return go("555 5.5.4 that was not offered"),
            }
        }
        (self.from, self.eight_bit) = (Some(from), eight_bit);
        go("250 2.1.0 ok")
    }

    fn recipient(&mut self, rest: &str) -> Next {
        let Some(from) = &self.from else { return go("503 5.5.1 from whom?") };
        let Some((to, parameters)) = address(rest, "TO:").filter(|(to, _)| !to.is_empty()) else {
            return go("501 5.5.4 RCPT TO:<address>");
        };
        if !parameters.trim().is_empty() {
            return go("555 5.5.4 that was not offered");
        }
        if self.office.has(Trouble::Refuse, &to) {
            return go("550 5.1.1 nobody of that name");
        }
        if self.office.has(Trouble::Full, &to) {
            return go("552 5.2.2 the mailbox is full");
        }
        if self.office.greylists(from, &to) {
            return go("450 4.2.0 not known yet; come again later");
        }
        self.to.push(to);
        go("250 2.1.5 ok")
    }

    async fn data(&mut self, stream: &mut impl Line, heard: &mut Vec<u8>) -> io::Result<Next> {
        let (mut data, mut wrong) = (Vec::new(), None);
        loop {
            let line = match line(stream, heard, LARGEST).await? {
                Heard::Line(line) => line,
                Heard::Bare => return Ok(Next::Close("554 5.6.0 a line ends in CRLF".to_owned())),
                Heard::TooLong => return Ok(Next::Close("552 5.3.4 too large".to_owned())),
                Heard::End => return Err(io::ErrorKind::UnexpectedEof.into()),
            };
            if line == b"." {
                break;
            }
            let line = line.strip_prefix(b".").unwrap_or(&line);
            if line.len() > LONGEST_LINE {
                wrong = wrong.or(Some("500 5.5.2 a line is longer than 998"));
            }
            if !self.eight_bit && !line.is_ascii() {
                wrong = wrong.or(Some("554 5.6.1 8 bits were not announced"));
            }
            data.extend_from_slice(line);
            data.extend_from_slice(b"\r\n");
            if data.len() > LARGEST {
                wrong = wrong.or(Some("552 5.3.4 too large"));
                data.clear();
            }
        }
        let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
        if let Some(wrong) = wrong {
            return Ok(go(wrong));
        }
        let whom = to.first().cloned().unwrap_or_default();
        let data = String::from_utf8_lossy(&data).into_owned();
        let n = self.office.take(Letter {
            n: 0,
            from,
            to,
            tls: self.tls,
            user: self.user.clone(),
            answered: false,
            subject: decode::words(&decode::header(&data, "Subject")),
            message_id: decode::header(&data, "Message-ID"),
            text: decode::body(&data),
            data,
        });
        if self.office.has(Trouble::Hang, &whom) {
            return Ok(Next::Silence);
        }
        self.office.answered(n);
        Ok(Next::Go(format!("250 2.0.0 taken as {n}")))
    }
}

/// `FROM:<a@b> SIZE=1` as the address and what follows it.
fn address(text: &str, word: &str) -> Option<(String, String)> {
    let begins = text.get(..word.len())?.eq_ignore_ascii_case(word);
    let rest = text.get(word.len()..).filter(|_| begins)?.strip_prefix('<')?;
    let (address, parameters) = rest.split_once('>')?;
    let sound = |text: &str| {
        let bad = |letter: char| letter.is_whitespace() || letter == '<';
        text.is_empty() || (text.contains('@') && !text.contains(bad))
    };
    sound(address).then(|| (address.to_owned(), parameters.to_owned()))
}

async fn say(stream: &mut impl Line, reply: &str) -> io::Result<()> {
    stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
    stream.flush().await
}

enum Heard {
    /// Without its CRLF.
    Line(Vec<u8>),
    /// An LF without a CR before it, or a CR without an LF after it.
    Bare,
    TooLong,
    End,
}

/// The next line; what came after it stays.
async fn line(stream: &mut impl Line, heard: &mut Vec<u8>, longest: usize) -> io::Result<Heard> {
    let mut looked_at = 0;
    loop {
        if let Some(at) = heard[looked_at..].iter().position(|byte| *byte == b'\n') {
            let at = looked_at + at;
            let mut line: Vec<u8> = heard.drain(..=at).collect();
            line.pop();
            let bare = line.pop() != Some(b'\r') || line.contains(&b'\r');
            return Ok(if bare { Heard::Bare } else { Heard::Line(line) });
        }
        if heard.len() > longest {
            return Ok(Heard::TooLong);
        }
        looked_at = heard.len();
        let mut some = [0; 4096];
        match stream.read(&mut some).await? {
            0 => return Ok(Heard::End),
            read => heard.extend_from_slice(&some[..read]),
        }
    }
}
