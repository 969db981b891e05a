//! One client of the daemon, from its first line to its end.
//!
//! It must not wait for a client: one that reads too slowly is left. It must not believe what a client says of itself
//! beyond what is only written down.

use std::{path::Path, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{OwnedSemaphorePermit, Semaphore, broadcast, mpsc},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    frame::{self, FrameError},
    gather::{Gathered, LARGEST_REQUEST, PIECE, pieces},
    peer,
    refusals::{full, not_in_the_group, too_many, unlike},
    server::{House, MOST_CLIENTS},
    talk::{Asked, Hello, PROTOCOL, Sent, Told, Welcome},
};
use crate::{
    domain::Role,
    engine::{
        Handle,
        protocol::{
            Actor, Ask as _, ClientId, Command, Happened, Refusal, Reply, Trigger,
            command::{Backup, Leave, MaintenanceCommand},
        },
    },
};

/// So long a client has for its first line. Real time, as all of these: they belong to a socket.
const GREETING: Duration = Duration::from_secs(10);
/// So long a client may take nothing in.
const STALL: Duration = Duration::from_secs(10);
/// So many questions of a client are open at once.
const MOST_OPEN: usize = 64;
/// So many bytes are handed to the kernel at once: events have their turn between the parts of a long answer.
const CHUNK: usize = 64 << 10;
/// So long a note of where somebody sits may be.
const LONGEST_ORIGIN: usize = 64;
/// So long it is believed that somebody is in their group.
const BELIEVED: Duration = Duration::from_secs(10);

/// What a client is told, ready to be written.
enum Part {
    Reply(u64, Box<Reply>),
    Lines(u64, String),
}

fn scratch_name() -> String {
    format!("backup-{}.part", uuid::Uuid::now_v7())
}

/// Takes away what a daemon that was killed had begun to hand to a client.
pub(super) fn sweep(scratch: &Path) {
    let files = std::fs::read_dir(scratch).into_iter().flatten().flatten();
    let begun = files.filter(|file| {
        let name = file.file_name();
        let name = name.to_string_lossy();
        name.starts_with("backup-") && name.ends_with(".part")
    });
    for file in begun {
        if let Err(error) = std::fs::remove_file(file.path()) {
            tracing::warn!("{} stays: {error}", file.path().display());
        }
    }
}

/// Whom the kernel let in, through which door.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entrant {
    pub role: Role,
    pub uid: u32,
    pub group: Option<nix::unistd::Gid>,
}

/// Serves one client until it leaves, or must; `stranger` is its place in the door until it is known who it is.
pub(super) async fn attend(
    stream: UnixStream,
    entrant: Entrant,
    client: ClientId,
    house: Arc<House>,
    stranger: OwnedSemaphorePermit,
) {
    let (from, mut to) = stream.into_split();
    let mut from = BufReader::new(from);
    let hello = match timeout(GREETING, frame::read_line::<Hello>(&mut from)).await {
        Ok(Ok(hello)) => hello,
        Ok(Err(FrameError::Ended)) => return,
        Ok(Err(error)) => return tracing::info!(uid = entrant.uid, "a client was left: {error}"),
        Err(_) => return tracing::info!(uid = entrant.uid, "a client was left: it said nothing"),
    };
    let place = house.places.clone().try_acquire_owned();
    let refusal = if hello.protocol == PROTOCOL {
        place.is_err().then(|| full(MOST_CLIENTS))
    } else {
        Some(unlike(hello.protocol, &clean(&hello.version), false))
    };
    let refused = refusal.is_some();
    if !said(&mut to, &house.welcome(entrant.role, refusal)).await || refused {
        return;
    }
    drop(stranger);
    let origin = hello.origin.as_deref().map(clean).filter(|origin| !origin.is_empty());
    let actor = Actor {
        name: peer::name_of(entrant.uid),
        read_only: hello.read_only,
        uid: Some(entrant.uid),
        role: entrant.role,
        origin,
    };
    tracing::info!(uid = entrant.uid, role = %entrant.role, "{} is attached", actor.name);
    let handle = house.handle.clone().of_client(client, actor);
    let session = Session { handle, entrant, house, stop: CancellationToken::new() };
    session.run(from, to).await;
    drop(place);
}

/// Whether a first line could be written.
async fn said(to: &mut OwnedWriteHalf, welcome: &Welcome) -> bool {
    let Ok(line) = frame::line(welcome) else { return false };
    matches!(timeout(STALL, to.write_all(&line)).await, Ok(Ok(())))
}

/// What somebody says of themselves goes into the trail: on one line, and short.
fn clean(text: &str) -> String {
    crate::http::clean(text).chars().take(LONGEST_ORIGIN).collect()
}

#[derive(Clone)]
struct Session {
    handle: Handle,
    entrant: Entrant,
    house: Arc<House>,
    stop: CancellationToken,
}

impl Session {
    async fn run(self, from: BufReader<OwnedReadHalf>, to: OwnedWriteHalf) {
        let (parts, waiting) = mpsc::channel(MOST_OPEN);
        // Before anything is answered: what happens after an answer is never missed.
        let events = self.house.told.subscribe();
        let (stop, house) = (self.stop.clone(), self.house.clone());
        let mut writing = tokio::spawn(async move {
            let tell_all = || house.tell_gathered();
            let written = write(Hand { to, patience: STALL }, waiting, events, tell_all).await;
            stop.cancel();
            written
        });
        let why = tokio::select! {
            why = self.listen(from, parts) => why,
            () = self.stop.cancelled() => None,
        };
        if self.house.closing.is_cancelled() {
            // How what it asked for was ended is still on its way.
            let _ = timeout(STALL, &mut writing).await;
        }
        if let Some(why) = why {
            tracing::info!(uid = self.entrant.uid, "a client was left: {why}");
        }
        // What it waits for is given up; a run goes on.
        let _ = self.handle.ask(Leave).await;
        writing.abort();
    }

    /// Takes questions until there are no more; why, where that is no leave-taking. Ended by being dropped, with all that
    /// is asked.
    async fn listen(
        &self,
        mut from: BufReader<OwnedReadHalf>,
        parts: mpsc::Sender<Part>,
    ) -> Option<FrameError> {
        let (open, mut tasks) = (Arc::new(Semaphore::new(MOST_OPEN)), JoinSet::new());
        let mut trusted = None;
        loop {
            while tasks.try_join_next().is_some() {}
            let asked = tokio::select! {
                asked = self.next(&mut from) => asked,
                () = self.house.closing.cancelled() => {
                    // The engine has ended, and with it all that was asked.
                    let all = async { while tasks.join_next().await.is_some() {} };
                    let _ = timeout(STALL, all).await;
                    return None;
                }
            };
            let asked = match asked {
                Ok(asked) => asked,
                Err(FrameError::Ended) => return None,
                Err(error) => return Some(error),
            };
            let Ok(place) = open.clone().try_acquire_owned() else {
                let reply = Part::Reply(asked.id, Box::new(Err(too_many(MOST_OPEN))));
                if parts.send(reply).await.is_err() {
                    return None;
                }
                continue;
            };
            if !self.is_still_let_in(&mut trusted) {
                let reply = Box::new(Err(not_in_the_group(self.entrant.role)));
                let _ = parts.send(Part::Reply(asked.id, reply)).await;
                tracing::warn!(
                    uid = self.entrant.uid,
                    "no longer in the group of {}",
                    self.entrant.role
                );
                return None;
            }
            let parts = parts.clone();
            // Asked here and not in the task: requests reach the engine in the order in which they were sent.
            match asked.command {
                Command::Maintenance(MaintenanceCommand::Backup(backup)) => {
                    let backup = self.backup(asked.id, backup, parts);
                    tasks.spawn(async move {
                        backup.await;
                        drop(place);
                    });
                }
                command => {
                    let trigger = if asked.by_signal { Trigger::Signal } else { Trigger::Operator };
                    let reply = self.handle.ask_because(trigger, command);
                    tasks.spawn(async move {
                        let reply = Part::Reply(asked.id, Box::new(reply.await));
                        let _ = parts.send(reply).await;
                        drop(place);
                    });
                }
            }
        }
    }

    /// The next request, whole.
    async fn next(&self, from: &mut BufReader<OwnedReadHalf>) -> Result<Asked, FrameError> {
        let mut first: Sent = frame::read(from).await?;
        if let Some(asked) = first.take_request() {
            return Ok(asked);
        }
        // One at a time of all clients, so that many large ones at once do not fill the memory; and each soon.
        let turn = self.house.large.acquire().await;
        let (mut gathered, mut sent) = (Gathered::of_at_most(LARGEST_REQUEST), first);
        let text = loop {
            let Sent { id, piece, .. } = sent;
            match piece {
                Some(piece) => gathered.take(id, &piece)?,
                None => break gathered.end(id)?,
            }
            let next = timeout(STALL, frame::read(from)).await;
            sent = next.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
        };
        let whole = tokio::task::spawn_blocking(move || frame::of_text::<Sent>(&text)).await;
        drop(turn);
        let mut whole = whole.map_err(|error| FrameError::Garbage(error.to_string()))??;
        whole.take_request().ok_or_else(|| FrameError::Garbage("pieces of no request".to_owned()))
    }

    /// Whether this host still says that they may do what the kernel let them in for.
    fn is_still_let_in(&self, trusted: &mut Option<tokio::time::Instant>) -> bool {
        let Some(group) = self.entrant.group else { return true };
        if self.house.owners.contains(&self.entrant.uid)
            || trusted.is_some_and(|at| at.elapsed() < BELIEVED)
        {
            return true;
        }
        let is_in = peer::is_in(self.entrant.uid, group);
        *trusted = is_in.then(tokio::time::Instant::now);
        is_in
    }

    /// The daemon's user has no business in a client's folders: it writes the backup beside its own, and the client gets
    /// the lines.
    fn backup(
        &self,
        id: u64,
        backup: Backup,
        parts: mpsc::Sender<Part>,
    ) -> impl Future<Output = ()> + Send + use<> {
        let own = self.house.scratch.join(scratch_name());
        let asked = self.handle.ask(Backup { file: own.clone(), force: false });
        async move {
            let reply = match asked.await {
                Ok(text) => {
                    let theirs = backup.file.display().to_string();
                    let text = text.replace(&own.display().to_string(), &theirs);
                    handed_over(id, &own, &parts).await.map(|()| Backup::put(text))
                }
                Err(refusal) => Err(refusal),
            };
            let _ = tokio::fs::remove_file(&own).await;
            let _ = parts.send(Part::Reply(id, Box::new(reply))).await;
        }
    }
}

/// Sends a file of ours, lines at a time.
async fn handed_over(id: u64, file: &Path, parts: &mpsc::Sender<Part>) -> Result<(), Refusal> {
    let failed = |error: std::io::Error| super::refusals::file(file, &error);
    let mut lines = BufReader::new(tokio::fs::File::open(file).await.map_err(failed)?);
    loop {
        let mut some = String::new();
        while some.len() < PIECE && lines.read_line(&mut some).await.map_err(failed)? > 0 {}
        // Where nobody takes them any more the answer is not needed either.
        if some.is_empty() || parts.send(Part::Lines(id, some)).await.is_err() {
            return Ok(());
        }
    }
}

/// Writes answers and what happens until the client is gone, or takes nothing in any more. An answer comes after what came
/// about before it: `tell_all` has that sent which is still gathered.
async fn write(
    mut to: Hand<impl AsyncWrite + Unpin>,
    mut parts: mpsc::Receiver<Part>,
    mut events: broadcast::Receiver<Arc<[u8]>>,
    tell_all: impl Fn(),
) -> Result<(), FrameError> {
    loop {
        tokio::select! {
            part = parts.recv() => match part {
                Some(part) => {
                    tell_all();
                    waiting_events(&mut to, &[], &mut events).await?;
                    reply(&mut to, part, &mut events).await?;
                }
                None => return Ok(()),
            },
            event = events.recv() => match event {
                Ok(event) => waiting_events(&mut to, &event, &mut events).await?,
                // The numbers of what comes next tell the client that it missed some.
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            },
        }
    }
}

async fn reply(
    to: &mut Hand<impl AsyncWrite + Unpin>,
    part: Part,
    events: &mut broadcast::Receiver<Arc<[u8]>>,
) -> Result<(), FrameError> {
    let (id, told) = match part {
        Part::Reply(id, reply) => (id, Told::reply(id, *reply)),
        Part::Lines(id, lines) => return to.put(&frame::sealed(&Told::lines(id, lines))?).await,
    };
    // A plan of a whole installation takes its time: not on the threads that others are served by.
    let text = tokio::task::spawn_blocking(move || serde_json::to_string(&told)).await;
    let text = text.map_err(|error| FrameError::Garbage(error.to_string()))?;
    let text = text.map_err(|error| FrameError::Garbage(error.to_string()))?;
    if text.len() <= PIECE {
        return to.put(&frame::raw(&text)?).await;
    }
    for piece in pieces(&text) {
        to.put(&frame::sealed(&Told::piece(id, piece.to_owned()))?).await?;
        while let Ok(event) = events.try_recv() {
            to.put(&event).await?;
        }
    }
    to.put(&frame::sealed(&Told::whole(id))?).await
}

/// One event with those that wait already, in one write.
async fn waiting_events(
    to: &mut Hand<impl AsyncWrite + Unpin>,
    first: &[u8],
    events: &mut broadcast::Receiver<Arc<[u8]>>,
) -> Result<(), FrameError> {
    let mut all = Vec::with_capacity(CHUNK / 4);
    all.extend_from_slice(first);
    while all.len() < CHUNK
        && let Ok(event) = events.try_recv()
    {
        all.extend_from_slice(&event);
    }
    to.put(&all).await
}

/// What hands bytes to the kernel for one client, and how long it waits where none are taken.
struct Hand<W> {
    to: W,
    patience: Duration,
}

impl<W: AsyncWrite + Unpin> Hand<W> {
    /// One who takes nothing in for too long is left.
    async fn put(&mut self, bytes: &[u8]) -> Result<(), FrameError> {
        for chunk in bytes.chunks(CHUNK) {
            let written = timeout(self.patience, self.to.write_all(chunk)).await;
            written.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
        }
        Ok(())
    }
}

/// What happened, as all clients are sent it.
pub(super) fn told(happened: Happened) -> Option<Arc<[u8]>> {
    frame::sealed(&Told::happened(happened)).ok().map(Arc::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::protocol::{Answer, Happening};

    fn happened(number: u64) -> Arc<[u8]> {
        let all = vec![Happening::Missed];
        told(Happened { first: number, last: number, all }).expect("small")
    }

    fn number(told: &Told) -> Option<u64> {
        told.happened.as_ref().map(|happened| happened.last)
    }

    /// What the other end reads of a reply, frame by frame.
    async fn frames(sent: Reply) -> Vec<Told> {
        let (to, mut from) = tokio::io::duplex(1 << 16);
        let mut to = Hand { to, patience: STALL };
        let (told, mut events) = broadcast::channel(8);
        let _ = told.send(happened(7));
        let writing = tokio::spawn(async move {
            reply(&mut to, Part::Reply(3, Box::new(sent)), &mut events).await.expect("written");
        });
        let mut all = Vec::new();
        while let Ok(told) = frame::read::<Told>(&mut from).await {
            all.push(told);
        }
        writing.await.expect("no panic");
        all
    }

    #[tokio::test]
    async fn a_reply_that_is_too_large_for_a_frame_comes_in_pieces_and_events_between_them() {
        let text = "é“”".repeat(1 << 20);
        let all = frames(Ok(Answer::Done(text.clone()))).await;
        assert!(all.len() > 5, "{} frames", all.len());
        assert_eq!(number(&all[1]), Some(7));
        let pieces: String = all.iter().filter_map(|told| told.piece.clone()).collect();
        let whole: Told = serde_json::from_str(&pieces).expect("put together again");
        assert_eq!(whole, Told::reply(3, Ok(Answer::Done(text))));
        assert!(all.last().is_some_and(|told| told.whole && told.id == Some(3)));
    }

    #[tokio::test]
    async fn whoever_takes_nothing_in_is_left_and_nobody_waits_for_them() {
        let (to, _from) = tokio::io::duplex(1 << 10);
        let (parts, waiting) = mpsc::channel(1);
        let (_told, events) = broadcast::channel(8);
        let text = "x".repeat(PIECE);
        parts.send(Part::Lines(1, text)).await.expect("room");
        let hand = Hand { to, patience: Duration::from_millis(5) };
        let written = write(hand, waiting, events, || ()).await;
        assert!(
            matches!(&written, Err(FrameError::Broken(error)) if error.kind() == std::io::ErrorKind::TimedOut),
            "{written:?}"
        );
    }

    #[tokio::test]
    async fn an_answer_comes_after_what_came_about_before_it_though_that_is_still_gathered() {
        let (to, mut from) = tokio::io::duplex(1 << 16);
        let (parts, waiting) = mpsc::channel(1);
        let (told, events) = broadcast::channel(8);
        let hand = Hand { to, patience: STALL };
        let gathered = move || _ = told.send(happened(1));
        let writing = tokio::spawn(write(hand, waiting, events, gathered));
        let reply = Ok(Answer::Done("done".to_owned()));
        parts.send(Part::Reply(3, Box::new(reply.clone()))).await.expect("room");
        let first: Told = frame::read(&mut from).await.expect("a frame");
        assert_eq!(number(&first), Some(1));
        assert_eq!(frame::read::<Told>(&mut from).await.expect("a frame"), Told::reply(3, reply));
        drop(parts);
        writing.await.expect("no panic").expect("the client is gone");
    }

    #[tokio::test]
    async fn a_small_one_is_one_frame() {
        let all = frames(Ok(Answer::Done("done".to_owned()))).await;
        assert_eq!(all, [Told::reply(3, Ok(Answer::Done("done".to_owned())))]);
    }

    #[test]
    fn what_somebody_says_of_themselves_is_short_and_on_one_line() {
        assert_eq!(clean("ssh 192.0.2.7\n\u{1b}[31m").lines().count(), 1);
        assert_eq!(clean(&"x".repeat(500)).len(), LONGEST_ORIGIN);
    }
}
