//! The store thread: the one place where the database is touched, and where commits become groups.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, Sender, channel, sync_channel},
    thread::JoinHandle,
};

use tokio::sync::oneshot;
use uuid::Uuid;

use super::{batch::Changes, database::Database, error::StoreError};

/// At most so many requests are answered by one commit.
const LARGEST_GROUP: usize = 256;

/// Name of the thread on which the database is called.
pub(super) const THREAD: &str = "prism-store";

/// Whether the work went through without a panic.
type Sound = bool;
/// Something to do with the database, or with the news that it is gone.
type DatabaseCall = Box<dyn FnOnce(Result<&Database, StoreError>) -> Sound + Send>;
type Opening = Box<dyn FnOnce() -> Result<Database, StoreError> + Send>;

enum Job {
    Commit(Changes, oneshot::Sender<Result<(), StoreError>>),
    Work(DatabaseCall),
    Close(Option<oneshot::Sender<()>>),
}

/// The way to the thread. The thread ends, and the database is closed, when this is dropped.
#[derive(Debug)]
pub(super) struct Worker {
    requests: Sender<Job>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Opens the database on its own thread, and waits for the result.
    pub(super) fn start(open: Opening) -> Result<(Self, Uuid), StoreError> {
        let (requests, received) = channel();
        let (opened, result) = sync_channel(1);
        let run = move || match catch_unwind(AssertUnwindSafe(open))
            .unwrap_or_else(|_| Err(panicked()))
        {
            Ok(database) => {
                let _ = opened.send(Ok(database.installation));
                serve(database, &received);
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        };
        let thread = std::thread::Builder::new().name(THREAD.to_owned()).spawn(run);
        let thread = thread.map_err(|error| StoreError::Other(error.to_string()))?;
        let installation = result.recv().unwrap_or_else(|_| Err(panicked()))?;
        Ok((Self { requests, thread: Some(thread) }, installation))
    }

    /// Commits, together with whatever else waits.
    pub(super) async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Job::Commit(changes, reply)).map_err(|_| closed())?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Does something with the database.
    pub(super) async fn ask<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let (reply, answer) = oneshot::channel();
        let work: DatabaseCall = Box::new(move |database| {
            let result = catch_unwind(AssertUnwindSafe(|| database.and_then(work)));
            let sound = result.is_ok();
            let _ = reply.send(result.unwrap_or_else(|_| Err(panicked())));
            sound
        });
        self.requests.send(Job::Work(work)).map_err(|_| closed())?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Answers what waits, then closes the database for every holder of this way to it.
    pub(super) async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        let _ = self.requests.send(Job::Close(Some(reply)));
        // An error says that it was closed before.
        let _ = closed.await;
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.requests.send(Job::Close(None));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(database: Database, requests: &Receiver<Job>) {
    let mut owner = DatabaseOwner { database, lost: None, closing: Vec::new() };
    while let Ok(first) = requests.recv() {
        let waiting = std::iter::once(first).chain(requests.try_iter()).take(LARGEST_GROUP);
        if owner.answer(waiting.collect()) {
            break;
        }
    }
    let DatabaseOwner { database, closing, .. } = owner;
    // Closing a database that is damaged or full may panic, too.
    let _ = catch_unwind(AssertUnwindSafe(move || database.close()));
    for reply in closing {
        let _ = reply.send(());
    }
}

/// The database, why it is lost if it is, and who waits for its end.
struct DatabaseOwner {
    database: Database,
    lost: Option<StoreError>,
    closing: Vec<oneshot::Sender<()>>,
}

impl DatabaseOwner {
    /// Commits as one group, then does the rest. Says whether to end.
    fn answer(&mut self, requests: Vec<Job>) -> bool {
        let mut changes = Changes::new();
        let mut replies = Vec::new();
        let mut rest = Vec::new();
        for request in requests {
            match request {
                Job::Commit(more, reply) => {
                    changes.extend(more);
                    replies.push(reply);
                }
                other => rest.push(other),
            }
        }
        if !replies.is_empty() {
            let result = self.commit(&changes);
            for reply in replies {
                let _ = reply.send(result.clone());
            }
        }
        let mut ended = false;
        for request in rest {
            ended |= self.work(request);
        }
        ended
    }

    fn commit(&mut self, changes: &Changes) -> Result<(), StoreError> {
        self.sound()?;
        catch_unwind(AssertUnwindSafe(|| self.database.commit(changes))).unwrap_or_else(|_| {
            self.lose();
            Err(panicked())
        })
    }

    fn work(&mut self, request: Job) -> bool {
        match request {
            Job::Close(reply) => {
                self.closing.extend(reply);
                return true;
            }
            Job::Work(work) => {
                let database = self.sound().map(|()| &self.database);
                if !work(database) {
                    self.lose();
                }
            }
            Job::Commit(..) => {}
        }
        false
    }

    fn sound(&self) -> Result<(), StoreError> {
        self.lost.clone().map_or(Ok(()), Err)
    }

    /// After a panic inside the database nothing it says can be relied on.
    fn lose(&mut self) {
        self.lost = Some(panicked());
    }
}

fn panicked() -> StoreError {
    StoreError::Damaged("the database stopped at something it cannot read".to_owned())
}

fn closed() -> StoreError {
    StoreError::Other("it is closed already".to_owned())
}
