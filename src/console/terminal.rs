//! The terminal itself: entered once, left exactly as it was found, whatever happens.
//!
//! No state and no screens here. Every way out (return, error, panic, signal, suspension) goes through [`leave`].

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsFd as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, ThreadId},
};

use crossterm::{
    cursor, event, queue,
    terminal::{self, ClearType, EnterAlternateScreen, LeaveAlternateScreen},
};
use ratatui::{Terminal, layout::Rect};
use rustix::process::{Signal, getpid, kill_process};

use super::surface::{self, Surface};

/// The terminal, without a buffer between: a frame is one write already.
pub(crate) type Screen = surface::Screen<File>;

static ENTERED: AtomicBool = AtomicBool::new(false);
static MOUSE: AtomicBool = AtomicBool::new(false);
static FAULTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Takes the terminal over: raw mode, alternate screen, bracketed paste, the mouse only if asked for.
pub(crate) fn enter(mouse: bool) -> io::Result<Screen> {
    crossterm::style::force_color_output(true);
    MOUSE.store(mouse, Ordering::SeqCst);
    let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    take_over()?;
    Terminal::new(Surface::new(out)).inspect_err(|_| leave())
}

fn take_over() -> io::Result<()> {
    ENTERED.store(true, Ordering::SeqCst);
    set_modes().inspect_err(|_| leave())
}

fn set_modes() -> io::Result<()> {
    terminal::enable_raw_mode()?;
    let mut out = io::stdout();
    queue!(out, EnterAlternateScreen, event::EnableBracketedPaste, cursor::Hide)?;
    // Who was killed here left a screen behind that is the alternate one already.
    queue!(out, terminal::Clear(ClearType::All))?;
    if MOUSE.load(Ordering::SeqCst) {
        queue!(out, event::EnableMouseCapture)?;
    }
    out.flush()
}

/// Gives the terminal back. Harmless when it was not taken; safe to call from a panic hook.
pub(crate) fn leave() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    if MOUSE.load(Ordering::SeqCst) {
        _ = queue!(out, event::DisableMouseCapture);
    }
    _ = queue!(
        out,
        terminal::EndSynchronizedUpdate,
        event::DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    _ = out.flush();
    _ = terminal::disable_raw_mode();
}

/// To the shell until `fg`, then back. Where no shell waits, the system lets the signal pass. Nothing happens to
/// a process whose terminal was never taken.
pub(crate) fn suspend<W: Write>(screen: &mut surface::Screen<W>) -> io::Result<()> {
    if !ENTERED.load(Ordering::SeqCst) {
        return Ok(());
    }
    leave();
    kill_process(getpid(), Signal::TSTP)?;
    take_over()?;
    redraw(screen)
}

/// Sets all modes again, and makes the next frame draw every cell: after a suspension, or after another
/// program wrote over the screen.
pub(crate) fn retake<W: Write>(screen: &mut surface::Screen<W>) -> io::Result<()> {
    if ENTERED.load(Ordering::SeqCst) {
        take_over()?;
    }
    redraw(screen)
}

/// Never by `Terminal::clear`, which asks for the cursor.
fn redraw<W: Write>(screen: &mut surface::Screen<W>) -> io::Result<()> {
    let size = screen.size()?;
    screen.backend_mut().forget_cursor();
    screen.resize(Rect::new(0, 0, size.width, size.height))
}

/// From now on a panic of this thread leaves the terminal before it is reported, so that the report is readable
/// and the shell usable. One of another thread breaks off its own work only: it is logged, and told afterwards
/// (see [`faults`]).
pub(crate) fn guard_panics() {
    let report = std::panic::take_hook();
    let console: ThreadId = thread::current().id();
    std::panic::set_hook(Box::new(move |panic| {
        if ENTERED.load(Ordering::SeqCst) && thread::current().id() != console {
            tracing::error!(%panic, "a task broke off");
            FAULTS.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
            return;
        }
        leave();
        report(panic);
    }));
}

/// What broke off in the background while the terminal was taken.
pub(crate) fn faults() -> Vec<String> {
    std::mem::take(&mut *FAULTS.lock().unwrap_or_else(PoisonError::into_inner))
}
