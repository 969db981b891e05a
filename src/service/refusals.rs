//! What is said where one side cannot go on.

use crate::{
    domain::{Code, outcome::Finding},
    engine::protocol::{Refusal, RefusalKind},
    service::{frame::FrameError, gather::LARGEST_REQUEST, talk::PROTOCOL},
};

fn refusal(kind: RefusalKind, code: Code, text: impl Into<String>, advice: &str) -> Refusal {
    Refusal::new(kind, Finding::new(code, text, advice))
}

/// Client and daemon are of unlike versions: the older side is to be updated.
pub(super) fn unlike(theirs: u32, version: &str, they_serve: bool) -> Refusal {
    let (they, we) = if they_serve { ("daemon", "client") } else { ("client", "daemon") };
    let ours = env!("CARGO_PKG_VERSION");
    let text = format!(
        "This {we} ({ours}, protocol {PROTOCOL}) and that {they} ({version}, protocol {theirs}) do not understand each other."
    );
    let older = if theirs < PROTOCOL { they } else { we };
    let advice = match older {
        "daemon" => {
            "Restart the daemon, so that it is the version that is installed; a run goes on after that."
        }
        _ => {
            "Close this console and start `prism-connect` again, or install the daemon's version here."
        }
    };
    refusal(RefusalKind::Failed, Code::DaemonProtocol, text, advice)
}

/// The daemon is not there any more, or not yet.
pub(super) fn gone() -> Refusal {
    let text = "The daemon is not there; this console goes on trying to reach it.";
    let advice =
        "What runs goes on in it, or once it is started again: nothing is lost or done twice.";
    refusal(RefusalKind::Failed, Code::DaemonGone, text, advice)
}

/// It went away before it answered.
pub(super) fn left_without_answer() -> Refusal {
    let text =
        "The daemon went away before it answered; whether it was done shows once it is back.";
    let advice =
        "Look at `prism-connect status` then. A sync goes on by itself, and nothing is done twice.";
    refusal(RefusalKind::Failed, Code::DaemonGone, text, advice)
}

/// What came is not understood, or too much.
pub(super) fn broken(why: &str) -> Refusal {
    let advice =
        "Both sides should be of one version; `prism-connect --version` says which this is.";
    refusal(RefusalKind::Failed, Code::DaemonGone, format!("The daemon was left: {why}."), advice)
}

/// What was asked cannot be handed over.
pub(super) fn not_sent(why: &FrameError) -> Refusal {
    match why {
        FrameError::TooLarge(bytes) => {
            let text = format!(
                "This is too large for the way to the daemon: {} MiB, of {} at the most.",
                bytes >> 20,
                LARGEST_REQUEST >> 20
            );
            let advice = "Plan or import for fewer customers at a time; nothing was done.";
            refusal(RefusalKind::Failed, Code::DaemonProtocol, text, advice)
        }
        why => broken(&why.to_string()),
    }
}

/// So many questions at once are none of ours.
pub(super) fn too_many(most: usize) -> Refusal {
    let text = format!("More than {most} questions are open at once.");
    refusal(RefusalKind::Busy, Code::Busy, text, "Wait for the answers.")
}

/// So many clients at once.
pub(super) fn full(most: usize) -> Refusal {
    let text = format!("{most} consoles and commands are attached already.");
    refusal(RefusalKind::Busy, Code::Busy, text, "Close some, or try again later.")
}

/// Whoever came through the socket of a group is not in it any more.
pub(super) fn not_in_the_group(role: crate::domain::Role) -> Refusal {
    let text = format!("You are not in the group of the role “{role}” any more.");
    let advice = "Start again with what you may do now; whoever administers this host decides who is in which group.";
    refusal(RefusalKind::NoRight, Code::NoRight, text, advice)
}

/// A file that the client is to write cannot be written.
pub(super) fn file(path: &std::path::Path, error: &std::io::Error) -> Refusal {
    let text = format!("{} cannot be written: {error}", path.display());
    let advice = "Check the name, its directory, and your rights there.";
    refusal(RefusalKind::Failed, Code::File, text, advice)
}
