//! The daemon killed while it syncs for somebody: whoever starts it again has the run finished without asking, whoever was
//! attached is told and sees the truth, and nothing is written twice.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Output},
};

use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    program::{Stage, forty, forty_writes, w1, waited, was_killed, writes_of_w1},
    pty::Console,
    rig::Target,
};

/// A daemon that serves; it does not outlive a test that fails.
pub struct Serving(Option<Child>);

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Serving {
    /// What it came to, once it has ended.
    pub async fn ended(mut self) -> Output {
        waited(self.0.take().expect("it was started")).await
    }

    /// Stops it as systemd does.
    pub async fn stopped(self) {
        let id = self.0.as_ref().map(Child::id).and_then(|id| i32::try_from(id).ok());
        let pid = id.and_then(Pid::from_raw).expect("a process");
        kill_process(pid, Signal::TERM).expect("it is told");
        let done = self.ended().await;
        assert_eq!(done.status.code(), Some(0), "{done:?}");
    }
}

/// `serve` over the stage's data, once it serves; ended at a named place where one is given.
pub async fn serve(stage: &mut Stage, dies_at: Option<&str>) -> Serving {
    let mut command = stage.command(&["serve"]);
    if let Some(place) = dies_at {
        command.env("PRISM_CONNECT_CRASH", place);
    }
    let mut child = command.spawn().expect("the program starts");
    let mut said = BufReader::new(child.stderr.take().expect("its remarks"));
    let first = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        said.read_line(&mut line).expect("a line");
        // The rest is let go by, or it would wait for somebody to read it.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        line
    });
    let line = first.await.expect("no panic");
    let serving = Serving(Some(child));
    assert!(line.starts_with("Serving "), "{line}");
    serving
}

/// Syncs through the daemon; where what was cut off is still being finished, after that.
async fn synced(stage: &mut Stage, told: &str) {
    loop {
        let done = stage.sync(None).await;
        match done.status.code() {
            Some(75) => {}
            Some(0) => return,
            _ => panic!("{told}: {done:?}"),
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_that_is_killed_around_a_write_finishes_what_it_began_when_it_is_started_again(
    #[values("intent-written:1", "sent:1", "result-written:2", "before-record", "recorded")]
    place: &str,
    #[values(Target::Autotask, Target::Connectwise)] target: Target,
) {
    let mut stage = Stage::set_on(target, w1()).await;
    let serving = serve(&mut stage, Some(place)).await;
    let cut_off = stage.sync(None).await;
    assert_eq!(cut_off.status.code(), Some(1), "{place}: {cut_off:?}");
    let said = String::from_utf8_lossy(&cut_off.stderr).into_owned();
    assert!(said.contains("went away before it answered"), "{place}: {said}");
    assert!(was_killed(serving.ended().await.status), "{place} is passed");
    let serving = serve(&mut stage, None).await;
    synced(&mut stage, place).await;
    assert_eq!(stage.written(), writes_of_w1(target), "{place}");
    stage.stands_exactly(place).await;
    stage.is_settled(place).await;
    serving.stopped().await;
}

/// Of two that watch, one began it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn consoles_that_are_attached_reach_the_next_daemon_and_show_what_became_of_the_run() {
    let mut stage = Stage::set_on(Target::Autotask, forty_writes()).await;
    let serving = serve(&mut stage, Some("sent:9")).await;
    let consoles = [stage.console(), stage.console()];
    let mut consoles = consoles.map(|console| Console::start(console, (120, 36)));
    for console in &mut consoles {
        tokio::task::block_in_place(|| console.until("daemon: admin"));
    }
    let cut_off = stage.sync(None).await;
    assert_eq!(cut_off.status.code(), Some(1), "{cut_off:?}");
    assert!(was_killed(serving.ended().await.status));
    for console in &mut consoles {
        tokio::task::block_in_place(|| {
            console.until("daemon lost").until("looking for the daemon")
        });
    }
    let serving = serve(&mut stage, None).await;
    for console in &mut consoles {
        tokio::task::block_in_place(|| {
            console.until_gone("daemon lost").until("daemon: admin").until("last success")
        });
    }
    synced(&mut stage, "with consoles attached").await;
    assert_eq!(stage.written(), forty(Target::Autotask));
    stage.stands_exactly("with consoles attached").await;
    // They leave, and the daemon goes on.
    for console in &mut consoles {
        let code = tokio::task::block_in_place(|| console.send("q").end());
        assert_eq!(code, 0, "{}", console.text());
    }
    stage.is_settled("with consoles attached").await;
    serving.stopped().await;
}
