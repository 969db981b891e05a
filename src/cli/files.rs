//! Files that somebody names: those to read are taken whole, up to a size, since what is in them was made by anybody;
//! those to write are new, unless it is said otherwise, and their owner's alone.

use std::{
    io::{self, Read},
    path::Path,
};

use super::failure::Failure;
use crate::{
    domain::Code,
    files::{self, Existing},
};

/// What happens to a file that is there already.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Overwriting {
    /// Replace the file if it is there already
    #[arg(long)]
    pub(super) force: bool,
}

impl Overwriting {
    /// Refuses a name that is taken, before the work is done that would fill the file.
    pub(super) fn claim(self, path: &Path) -> Result<(), Failure> {
        if self.force || !files::is_taken(path) {
            return Ok(());
        }
        let text = format!("{} is there already.", path.display());
        Err(Failure::because(
            Code::FileExists,
            text,
            "Name a new file, or replace it with --force.",
        ))
    }

    /// Writes the file. Where the name is a link, what it leads to stays as it is.
    pub(super) fn write(self, path: &Path, text: &str) -> Result<(), Failure> {
        self.claim(path)?;
        let existing = if self.force { Existing::Replaced } else { Existing::Kept };
        files::write(path, text.as_bytes(), existing)
            .map_err(|error| Failure::file(path, "written", &error))
    }
}

/// The text of a file, or of stdin where its name is `-`.
pub(super) fn text(path: &Path, largest_mib: u64) -> Result<String, Failure> {
    let failed = |error| Failure::file(path, "read", &error);
    let source: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(files::open(path).map_err(failed)?)
    };
    let (largest, mut bytes) = (largest_mib << 20, Vec::new());
    source.take(largest + 1).read_to_end(&mut bytes).map_err(failed)?;
    let refused = |what: String| {
        let text = format!("{} {what}.", path.display());
        Failure::because(
            Code::File,
            text,
            "Nothing was changed. Check that it is the file you mean.",
        )
    };
    if bytes.len() as u64 > largest {
        return Err(refused(format!("is larger than {largest_mib} MiB")));
    }
    String::from_utf8(bytes).map_err(|_| refused("is not text in UTF-8".to_owned()))
}
