//! Files that somebody names: read whole, up to a size, since what is in them was made by anybody.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::Failure;

/// The text of a file, or of stdin where its name is `-`.
pub(super) fn text(path: &Path, largest_mib: u64) -> Result<String, Failure> {
    let failed = |error| Failure::file(path, "read", &error);
    let source: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(failed)?)
    };
    let (largest, mut bytes) = (largest_mib << 20, Vec::new());
    source.take(largest + 1).read_to_end(&mut bytes).map_err(failed)?;
    let refused = |what: String| {
        let text = format!("{} {what}.", path.display());
        Failure::because("file", text, "Nothing was changed. Check that it is the file you mean.")
    };
    if bytes.len() as u64 > largest {
        return Err(refused(format!("is larger than {largest_mib} MiB")));
    }
    String::from_utf8(bytes).map_err(|_| refused("is not text in UTF-8".to_owned()))
}
