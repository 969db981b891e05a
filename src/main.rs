//! Wires the pieces together and does nothing else.

use std::process::ExitCode;

use prism_connect::{cli, heap, http, store};

fn main() -> ExitCode {
    heap::share_one();
    cli::keep_to_itself();
    http::install_tls();
    // A second install is all that can fail; reports then stay plain.
    let _ = color_eyre::install();
    log_panics();
    cli::run(std::env::args_os().collect())
}

/// The report goes to the terminal as ever; the log keeps it too, for a support bundle. What the database says
/// of a damaged file is told by the store in other words.
fn log_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!(%panic, "panicked");
        if !store::is_on_its_thread() {
            report(panic);
        }
    }));
}
