//! The terminal itself: entered once, left exactly as it was found, whatever happens.
//!
//! No state and no screens here. Every way out (return, error, panic, signal, suspension) goes through [`leave`].

use std::{
    io::{self, BufWriter, Stdout, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

use crossterm::{
    cursor, event, execute, queue,
    terminal::{self, EnterAlternateScreen, LeaveAlternateScreen},
};
use ratatui::{Terminal, backend::CrosstermBackend};

/// One write call a frame: a frame of 200 columns by 60 rows fits.
const BUFFER: usize = 64 * 1024;

/// What is drawn on.
pub type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

static ENTERED: AtomicBool = AtomicBool::new(false);
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Takes the terminal over: raw mode, alternate screen, bracketed paste, the mouse only if asked for.
pub fn enter(mouse: bool) -> io::Result<Screen> {
    crossterm::style::force_color_output(true);
    MOUSE.store(mouse, Ordering::SeqCst);
    take_over()?;
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(BUFFER, io::stdout())))
}

fn take_over() -> io::Result<()> {
    terminal::enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    execute!(out, EnterAlternateScreen, event::EnableBracketedPaste, cursor::Hide)?;
    if MOUSE.load(Ordering::SeqCst) {
        execute!(out, event::EnableMouseCapture)?;
    }
    Ok(())
}

/// Gives the terminal back. Harmless when it was not taken; safe to call from a panic hook.
pub fn leave() {
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

/// To the shell until `fg`, then back; everything is drawn anew.
pub fn suspend(screen: &mut Screen) -> io::Result<()> {
    leave();
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
    take_over()?;
    redraw(screen)
}

/// Makes the next frame draw every cell. Never `Terminal::clear`, which asks the terminal for the cursor and
/// waits for an answer that the event stream has eaten.
pub fn redraw(screen: &mut Screen) -> io::Result<()> {
    let size = screen.size()?;
    execute!(screen.backend_mut(), terminal::Clear(terminal::ClearType::All))?;
    screen.resize(ratatui::layout::Rect::new(0, 0, size.width, size.height))
}

/// Leaves the terminal before a panic is reported, so that the report is readable and the shell usable.
pub fn leave_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        leave();
        report(panic);
    }));
}
