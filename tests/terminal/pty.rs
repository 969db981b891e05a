//! The real binary in a pseudo-terminal: bytes of keys in, a screen out. Waits for what the screen shows, never
//! for time to pass.

use std::{
    io::{Read, Write},
    num::NonZeroU16,
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use vt100::{MouseProtocolMode, Parser};

/// More than the console takes to be the least in which anybody reads what opened by itself.
const READING: Duration = Duration::from_millis(600);

/// Longest wait for a screen: a loaded machine is no fault.
const PATIENCE: Duration = Duration::from_secs(40);

/// Beginning and end of a synchronized update, and so of a frame.
const FRAME_BEGIN: &[u8] = b"\x1b[?2026h";
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// A program in a terminal of its own.
pub struct Console {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    bytes: Receiver<Vec<u8>>,
    parser: Parser,
    /// Whether a frame is only drawn in part.
    drawing: bool,
    /// What may be the beginning of the next mark.
    tail: Vec<u8>,
    modes: String,
    ended: Option<u32>,
}

impl Drop for Console {
    fn drop(&mut self) {
        if self.ended.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The program with a home below `home`, and nothing of this machine's environment that it looks at.
pub fn program(home: &Path) -> CommandBuilder {
    program_by(env!("CARGO_BIN_EXE_prism-connect"), home)
}

/// Another program, in the same surroundings.
pub fn program_by(binary: &str, home: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(binary);
    for variable in [
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
        "NO_COLOR",
        "COLORTERM",
        "LC_ALL",
        "LC_CTYPE",
        "RUST_BACKTRACE",
        "RUST_LIB_BACKTRACE",
    ] {
        command.env_remove(variable);
    }
    command.env("HOME", home);
    command.env("LANG", "C.UTF-8");
    command.env("TERM", "xterm-256color");
    command.cwd(home);
    command
}

impl Console {
    /// Starts a program on a screen of so many columns and rows.
    pub fn start(command: CommandBuilder, (columns, rows): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a pseudo-terminal");
        let modes = modes(&*pair.master);
        let child = pair.slave.spawn_command(command).expect("the program");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let parser = Parser::new(some(rows), some(columns), 0);
        let (master, drawing, tail) = (pair.master, false, Vec::new());
        Self { master, writer, child, bytes, parser, drawing, tail, modes, ended: None }
    }

    /// Sends bytes as the keyboard would: letters are themselves, `\x1b` is Esc, `\r` Enter.
    pub fn send(&mut self, keys: &str) -> &mut Self {
        self.writer.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self
    }

    /// Answers the question on the screen with a key. No hand is as quick as this one: where the key came while the question
    /// was still being drawn, or before anybody can have read it, it is dropped, which is told, and pressed again.
    pub fn answer(&mut self, key: &str) -> &mut Self {
        const DROPPED: &str = "this question";
        let asks = |screen: &vt100::Screen| screen.contents().contains("Tab other button");
        self.wait("a question", asks).send(key);
        self.wait("an answer", |screen| !asks(screen) || screen.contents().contains(DROPPED));
        if asks(self.parser.screen()) {
            self.read_by_a_person().send(key);
        }
        self
    }

    /// What opened by itself takes no key until a person can have read it.
    pub fn read_by_a_person(&mut self) -> &mut Self {
        let end = Instant::now() + READING;
        while let Some(left) = end.checked_duration_since(Instant::now())
            && let Ok(bytes) = self.bytes.recv_timeout(left)
        {
            self.take(&bytes);
        }
        self
    }

    /// Waits until the screen shows a text.
    pub fn until(&mut self, text: &str) -> &mut Self {
        self.wait(&format!("“{text}”"), |screen| screen.contents().contains(text))
    }

    /// Waits until the screen shows a text no more.
    pub fn until_gone(&mut self, text: &str) -> &mut Self {
        self.wait(&format!("no “{text}”"), |screen| !screen.contents().contains(text))
    }

    /// Waits until the screen is as wanted, and no frame is drawn in part.
    pub fn wait(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) -> &mut Self {
        let end = Instant::now() + PATIENCE;
        while self.drawing || !wanted(self.parser.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("never {what} ({why}):\n{}", self.text()),
            }
        }
        self
    }

    /// Every frame up to the first that shows a text, each as the screen then was.
    pub fn watch(&mut self, text: &str) -> Vec<String> {
        let (end, mut frames) = (Instant::now() + PATIENCE, vec![self.text()]);
        while !frames.last().is_some_and(|frame| frame.contains(text)) {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(mut bytes) = self.bytes.recv_timeout(left) else {
                panic!("never “{text}”:\n{}", self.text())
            };
            while let Some(at) = bytes.windows(FRAME_END.len()).position(|part| part == FRAME_END) {
                let rest = bytes.split_off(at + FRAME_END.len());
                self.take(&bytes);
                frames.push(self.text());
                bytes = rest;
            }
            self.take(&bytes);
        }
        frames
    }

    /// That it comes to rest, and then sends not a byte for as long again and again.
    pub fn assert_silent(&mut self, window: Duration) {
        let end = Instant::now() + PATIENCE;
        while let Ok(bytes) = self.bytes.recv_timeout(window) {
            self.take(&bytes);
            assert!(Instant::now() < end, "it never rests:\n{}", self.text());
        }
        if let Ok(bytes) = self.bytes.recv_timeout(window * 3) {
            panic!("{:?}:\n{}", String::from_utf8_lossy(&bytes), self.text());
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.tail.extend(bytes);
        let mut marks = self.tail.windows(FRAME_END.len());
        let last = marks.rfind(|part| [FRAME_BEGIN, FRAME_END].contains(part));
        self.drawing = last.map_or(self.drawing, |mark| mark == FRAME_BEGIN);
        // All of a mark but its last byte.
        self.tail.drain(..self.tail.len().saturating_sub(FRAME_END.len() - 1));
        // A program that asks where the cursor is waits for the answer.
        if bytes.windows(4).any(|part| part == b"\x1b[6n") {
            let (row, column) = self.parser.screen().cursor_position();
            self.send(&format!("\x1b[{};{}R", row + 1, column + 1));
        }
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// The screen itself.
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Another size, as a window manager would give it.
    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.parser.screen_mut().set_size(some(rows), some(columns));
        self.master.resize(size(columns, rows)).expect("a new size");
        self
    }

    /// Sends a signal to the program.
    pub fn signal(&mut self, signal: Signal) -> &mut Self {
        let id = self.child.process_id().expect("it runs");
        let id = Pid::from_raw(i32::try_from(id).expect("a process id")).expect("not zero");
        kill_process(id, signal).expect("the signal is taken");
        self
    }

    /// Waits until the program has ended; answers its exit code.
    pub fn end(&mut self) -> u32 {
        // All it wrote comes before the end of the terminal does.
        loop {
            match self.bytes.recv_timeout(PATIENCE) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it never ends:\n{}", self.text()),
            }
        }
        let code = self.child.wait().expect("it ends").exit_code();
        self.ended = Some(code);
        code
    }

    /// That the terminal is as it was before the program began.
    pub fn assert_given_back(&self) {
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is seen");
        assert!(!screen.bracketed_paste(), "bracketed paste is off");
        assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None, "the mouse is off");
        assert_eq!(modes(&*self.master), self.modes, "raw mode is off");
    }

    /// That the terminal is the program's.
    pub fn assert_taken(&self) {
        let screen = self.parser.screen();
        assert!(screen.alternate_screen() && screen.bracketed_paste());
        assert_ne!(modes(&*self.master), self.modes, "raw mode is on");
    }
}

fn some(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has cells")
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has modes"))
}
