//! A client's line to the daemon: requests go out, answers find whoever asked, events reach whoever listens; and where the
//! line is lost, it is looked for again.
//!
//! It must not ask anything by itself but what it is given.

use std::{collections::BTreeMap, io::Write as _, path::PathBuf, time::Duration};

use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    sync::{broadcast, mpsc, oneshot},
    task::JoinHandle,
};

use super::{
    frame::{self, FrameError},
    gather::{LARGEST_REQUEST, PIECE, pieces},
    refusals,
    talk::{Asked as Question, Hello, PROTOCOL, Sent, Told, Welcome},
    way::{Line, Way},
};
use crate::{
    clock::Clock,
    domain::secret,
    engine::{
        Asked,
        protocol::{
            Command, Event, Happened, Happening, Refusal, RefusalKind, Reply, Trigger,
            command::{Backup, MaintenanceCommand},
        },
    },
    files,
};

/// So long a daemon has to say who it is. A password may have to be typed before that.
const GREETING: Duration = Duration::from_secs(120);
/// So long what was asked last is handed over, where nobody waits for the answer.
const PARTING: Duration = Duration::from_secs(5);
/// So long between two looks for one that is gone.
const LOOKS: Duration = Duration::from_secs(1);

/// A line that is greeted.
pub(super) struct Greeted {
    from: BufReader<Box<dyn AsyncRead + Send + Unpin>>,
    line: Sending,
    pub welcome: Welcome,
}

/// The outgoing half, with what carries both.
struct Sending {
    to: Box<dyn AsyncWrite + Send + Unpin>,
    _carrier: Option<tokio::process::Child>,
}

/// Opens a way and says who comes.
pub(super) async fn greet(way: &Way, hello: &Hello, again: bool) -> Result<Greeted, Refusal> {
    let Line { from, mut to, carrier } = way.open(again).await?;
    let broken = |error: FrameError| refusals::broken(&error.to_string());
    let line = frame::line(hello).map_err(broken)?;
    to.write_all(&line).await.map_err(|error| broken(error.into()))?;
    to.flush().await.map_err(|error| broken(error.into()))?;
    let mut from = BufReader::new(from);
    let welcome = tokio::time::timeout(GREETING, frame::read_line::<Welcome>(&mut from)).await;
    let welcome = welcome.map_err(|_| refusals::broken("it did not say who it is"))?;
    let welcome = welcome.map_err(broken)?;
    match &welcome.refusal {
        Some(refusal) => Err(refusal.clone()),
        None if welcome.protocol != PROTOCOL => {
            Err(refusals::unlike(welcome.protocol, &crate::http::clean(&welcome.version), true))
        }
        None => Ok(Greeted { from, line: Sending { to, _carrier: carrier }, welcome }),
    }
}

/// What is asked and not answered yet.
struct Open {
    reply: oneshot::Sender<Reply>,
    /// What came of its answer so far, where that comes in pieces.
    pieces: String,
    /// A file that the answer's lines go to.
    file: Option<Writing>,
}

/// A file that is written on behalf of the operator, by this process.
struct Writing {
    path: PathBuf,
    force: bool,
    part: Result<NamedTempFile, std::io::Error>,
}

impl Writing {
    fn begin(backup: &Backup) -> Self {
        let path = backup.file.clone();
        let part = NamedTempFile::new_in(files::folder_of(&path));
        Self { path, force: backup.force, part }
    }

    fn take(&mut self, lines: &str) {
        if let Ok(part) = &mut self.part
            && let Err(error) = part.write_all(lines.as_bytes())
        {
            self.part = Err(error);
        }
    }

    /// Puts it in its place, once all of it is there.
    fn end(self, reply: Reply) -> Reply {
        let answer = reply?;
        let failed = |error: &std::io::Error| refusals::file(&self.path, error);
        let part = self.part.map_err(|error| failed(&error))?;
        part.as_file().sync_all().map_err(|error| failed(&error))?;
        let kept = if self.force {
            part.persist(&self.path).map(|_| ())
        } else {
            part.persist_noclobber(&self.path).map(|_| ())
        };
        kept.map_err(|error| failed(&error.error))?;
        Ok(answer)
    }
}

/// A client's side of what it asks.
pub(super) struct Link {
    pub way: Way,
    pub hello: Hello,
    pub clock: Clock,
    pub requests: mpsc::UnboundedReceiver<Asked>,
    pub events: broadcast::Sender<Event>,
    /// Whether a lost line is looked for again.
    pub lasting: bool,
    /// The number of the event that came last.
    pub heard: Option<u64>,
}

/// Why a line is not served any more.
enum End {
    /// Nobody can ask any more.
    Left,
    Lost(FrameError),
}

impl Link {
    /// Serves requests until nobody can ask any more.
    pub(super) async fn serve(mut self, first: Greeted) {
        let mut line = first;
        loop {
            match self.on(line).await {
                End::Left => return,
                End::Lost(why) => tracing::info!("the daemon was lost: {why}"),
            }
            self.tell(Happening::DaemonLost);
            line = match self.again().await {
                Some(line) => line,
                None => return,
            };
            self.tell(Happening::DaemonBack { version: line.welcome.version.clone() });
        }
    }

    /// Tells whoever listens here; numbered 0, since it is no word of the daemon's.
    fn tell(&self, happening: Happening) {
        let _ = self.events.send(Event { number: 0, happening });
    }

    /// One line, until it is lost.
    async fn on(&mut self, line: Greeted) -> End {
        let Greeted { from, line, .. } = line;
        let (outgoing, frames_to_write) = mpsc::unbounded_channel();
        let mut speaking = Apart(tokio::spawn(write(line, frames_to_write)));
        let (told, mut heard) = mpsc::channel(64);
        let listening = Apart(tokio::spawn(listen(from, told)));
        self.heard = None;
        let (mut open, mut next) = (BTreeMap::<u64, Open>::new(), 0);
        let end = loop {
            tokio::select! {
                asked = self.requests.recv() => {
                    let Some((request, reply)) = asked else { break End::Left };
                    let by_signal = request.trigger == Trigger::Signal;
                    let file = match writing(&request.command) {
                        Ok(file) => file,
                        Err(refusal) => {
                            let _ = reply.send(Err(refusal));
                            continue;
                        }
                    };
                    next += 1;
                    let question = Question { id: next, command: request.command, by_signal };
                    match frames(question) {
                        Ok(frames) => {
                            open.insert(next, Open { reply, pieces: String::new(), file });
                            // Where it is over with the writing, that is told below.
                            let _ = frames.into_iter().try_for_each(|frame| outgoing.send(frame));
                        }
                        Err(error) => {
                            let _ = reply.send(Err(refusals::not_sent(&error)));
                        }
                    }
                }
                written = &mut speaking.0 => break End::Lost(match written {
                    Ok(Err(error)) => error.into(),
                    Ok(Ok(())) | Err(_) => FrameError::Ended,
                }),
                told = heard.recv() => match told {
                    Some(Ok(told)) => self.take(*told, &mut open),
                    Some(Err(error)) => break End::Lost(error),
                    None => break End::Lost(FrameError::Ended),
                },
            }
        };
        drop((listening, outgoing));
        if let End::Left = end {
            // What was asked last is still handed over.
            let _ = tokio::time::timeout(PARTING, &mut speaking.0).await;
        }
        for (_, open) in open {
            let _ = open.reply.send(Err(refusals::left_without_answer()));
        }
        end
    }

    fn take(&mut self, told: Told, open: &mut BTreeMap<u64, Open>) {
        if let Some(happened) = told.happened {
            return self.happened(happened);
        }
        let Some(id) = told.id else { return };
        if told.whole {
            let pieces = open.get_mut(&id).map(|open| std::mem::take(&mut open.pieces));
            let whole = pieces.map(|pieces| serde_json::from_slice::<Told>(pieces.as_bytes()));
            let reply = match whole {
                Some(Ok(told)) => said(told),
                Some(Err(error)) => Err(refusals::broken(&error.to_string())),
                None => return,
            };
            return answer(open, id, reply);
        }
        if let Some(piece) = &told.piece {
            if let Some(open) = open.get_mut(&id) {
                open.pieces.push_str(piece);
            }
            return;
        }
        if let Some(lines) = &told.lines {
            if let Some(file) = open.get_mut(&id).and_then(|open| open.file.as_mut()) {
                file.take(lines);
            }
            return;
        }
        answer(open, id, said(told));
    }

    /// Passes on what happens; where numbers are left out, that some of it was missed.
    fn happened(&mut self, Happened { first, last, all }: Happened) {
        if self.heard.is_some_and(|heard| first != heard + 1) {
            self.tell(Happening::Missed);
        }
        self.heard = Some(last);
        for happening in all {
            // Nobody may be listening.
            let _ = self.events.send(Event { number: last, happening });
        }
    }

    /// Looks for a daemon that is gone; what is asked meanwhile is refused. None where nobody can ask any more.
    async fn again(&mut self) -> Option<Greeted> {
        if !self.lasting {
            self.requests.close();
        }
        loop {
            let look = async {
                self.clock.sleep(LOOKS).await;
                greet(&self.way, &self.hello, true).await
            };
            tokio::pin!(look);
            let found = loop {
                tokio::select! {
                    found = &mut look => break found,
                    asked = self.requests.recv() => {
                        let (_, reply) = asked?;
                        let _ = reply.send(Err(refusals::gone()));
                    }
                }
            };
            match found {
                Ok(line) => return Some(line),
                Err(refusal) => tracing::debug!("the daemon is not back: {refusal}"),
            }
        }
    }
}

/// Work beside a line: it ends with the line.
struct Apart<T>(JoinHandle<T>);

impl<T> Drop for Apart<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Reads what is told: apart from the asking, so that no frame is given up halfway.
async fn listen(
    mut from: impl AsyncRead + Unpin,
    told: mpsc::Sender<Result<Box<Told>, FrameError>>,
) {
    loop {
        let next = frame::read(&mut from).await.map(Box::new);
        let over = next.is_err();
        if told.send(next).await.is_err() || over {
            return;
        }
    }
}

/// Writes what is asked, apart from the listening: while a large request goes out, answers and events come in.
async fn write(
    mut line: Sending,
    mut frames: mpsc::UnboundedReceiver<Vec<u8>>,
) -> std::io::Result<()> {
    while let Some(frame) = frames.recv().await {
        line.to.write_all(&frame).await?;
        line.to.flush().await?;
    }
    Ok(())
}

/// A request as it is sent: in one frame, or where it is large in pieces.
fn frames(question: Question) -> Result<Vec<Vec<u8>>, FrameError> {
    let id = question.id;
    let sent = Sent::asked(question);
    // The one place where a secret leaves this process for another one of this program.
    let text = secret::in_clear(|| serde_json::to_string(&sent));
    let text = text.map_err(|error| FrameError::Garbage(error.to_string()))?;
    if text.len() > LARGEST_REQUEST {
        return Err(FrameError::TooLarge(text.len() as u64));
    }
    if text.len() <= PIECE {
        return Ok(vec![frame::raw(&text)?]);
    }
    let pieces = pieces(&text).map(|piece| Sent::piece(id, piece.to_owned()));
    pieces.chain([Sent::whole(id)]).map(|sent| frame::sealed(&sent)).collect()
}

/// The file that a command has this process write; refused before anything is asked where one is there already.
fn writing(command: &Command) -> Result<Option<Writing>, Refusal> {
    let Command::Maintenance(MaintenanceCommand::Backup(backup)) = command else { return Ok(None) };
    if !backup.force && files::is_taken(&backup.file) {
        let text = format!("{} is there already.", backup.file.display());
        let advice = "Name a new file, or replace this one with --force.";
        let finding =
            crate::domain::outcome::Finding::new(crate::domain::Code::FileExists, text, advice);
        return Err(Refusal::new(RefusalKind::Failed, finding));
    }
    Ok(Some(Writing::begin(backup)))
}

fn answer(open: &mut BTreeMap<u64, Open>, id: u64, reply: Reply) {
    let Some(open) = open.remove(&id) else { return };
    let reply = match open.file {
        Some(file) => file.end(reply),
        None => reply,
    };
    // Whoever asked may have gone away.
    let _ = open.reply.send(reply);
}

fn said(told: Told) -> Reply {
    match (told.answer, told.refusal) {
        (Some(answer), _) => Ok(answer),
        (None, Some(refusal)) => Err(refusal),
        (None, None) => Err(refusals::broken("it answered nothing")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::protocol::Answer;

    fn link() -> (Link, broadcast::Receiver<Event>) {
        let (events, heard) = broadcast::channel(8);
        let (_, requests) = mpsc::unbounded_channel();
        let hello =
            Hello { protocol: PROTOCOL, version: String::new(), read_only: false, origin: None };
        let way = Way::Sockets { folder: PathBuf::new(), role: None };
        let clock = Clock::system();
        let link = Link { way, hello, clock, requests, events, lasting: true, heard: None };
        (link, heard)
    }

    fn open() -> (BTreeMap<u64, Open>, oneshot::Receiver<Reply>) {
        let (reply, answered) = oneshot::channel();
        let open = Open { reply, pieces: String::new(), file: None };
        ([(1, open)].into(), answered)
    }

    #[test]
    fn where_numbers_are_left_out_it_is_told_that_some_was_missed() {
        let (mut link, mut heard) = link();
        let mut none = BTreeMap::new();
        for (first, last) in [(4, 4), (5, 8), (9, 9), (11, 12)] {
            let all = vec![Happening::DaemonLost];
            link.take(Told::happened(Happened { first, last, all }), &mut none);
        }
        let told = std::iter::from_fn(|| heard.try_recv().ok()).map(|event| event.number);
        assert_eq!(told.collect::<Vec<_>>(), [4, 8, 9, 0, 12]);
    }

    #[test]
    fn pieces_are_put_together_and_answer_once() {
        let (mut link, _heard) = link();
        let (mut open, mut answered) = open();
        let whole = serde_json::to_string(&Told::reply(1, Ok(Answer::Done("all".to_owned()))));
        let whole = whole.expect("text");
        let (first, rest) = whole.split_at(10);
        link.take(Told::piece(1, first.to_owned()), &mut open);
        link.take(Told::piece(1, rest.to_owned()), &mut open);
        assert!(answered.try_recv().is_err(), "not before all of it is there");
        link.take(Told::whole(1), &mut open);
        assert_eq!(answered.try_recv(), Ok(Ok(Answer::Done("all".to_owned()))));
        assert!(open.is_empty());
    }

    #[test]
    fn an_answer_that_is_none_is_a_refusal() {
        let (mut link, _heard) = link();
        let (mut open, mut answered) = open();
        link.take(Told { id: Some(1), ..Told::default() }, &mut open);
        let refusal = answered.try_recv().expect("answered").expect_err("nothing");
        assert!(refusal.finding.text.contains("answered nothing"), "{refusal}");
    }
}
