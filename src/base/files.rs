//! Files without surprises: those that somebody named are read as files and nothing else, and those of ours are
//! nobody else's.
//!
//! It must not know what is in a file.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

/// What others than the owner may do with a file or folder.
const OTHERS: u32 = 0o077;

/// What happens to a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is written.
    Kept,
    /// It is replaced as a whole. Where its name is a link, the link is replaced and not what it leads to.
    Replaced,
}

/// Opens a file to read it. A pipe, device, socket or folder is refused, and none of them is waited for.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // A pipe would be waited for, and a terminal would become ours.
    let file =
        options.read(true).custom_flags(bits(OFlags::NONBLOCK | OFlags::NOCTTY)).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(no_file()) }
}

/// The same with everything in it, which may be so many bytes.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("it is larger than {}", size(most))));
    }
    Ok(bytes)
}

fn size(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}

fn no_file() -> io::Error {
    io::Error::other("it is not a regular file")
}

/// Opens a file of ours to read and write, and makes it where it is not there. A link in its place is refused.
pub fn open_own(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = options.custom_flags(bits(OFlags::NOFOLLOW | OFlags::NONBLOCK)).open(path);
    let file = file.map_err(|error| linked(path, error))?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(no_file()) }
}

fn linked(path: &Path, error: io::Error) -> io::Error {
    let link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    if link { io::Error::other("it is a link, and is not followed") } else { error }
}

/// Whether something has this name, a link that leads nowhere included.
#[must_use]
pub fn is_taken(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// A new file that only its owner can read.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Writes a file that only its owner can read, and makes it outlast a power cut.
pub fn write(path: &Path, bytes: &[u8], existing: Existing) -> io::Result<()> {
    match existing {
        Existing::Kept => {
            let mut file = create_new(path)?;
            file.write_all(bytes)?;
            file.sync_all()
        }
        Existing::Replaced => {
            let mut part = tempfile::NamedTempFile::new_in(folder_of(path))?;
            part.write_all(bytes)?;
            part.as_file().sync_all()?;
            part.persist(path).map_err(|error| error.error)?;
            Ok(())
        }
    }
}

/// The folder that a file is in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a folder and those above it, each its owner's alone; one that is there already stays as it is.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Takes a folder of ours, with everything in it, from all others. Links in it are left alone.
pub fn keep_from_others(path: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(path)?;
    if found.is_symlink() {
        return Ok(());
    }
    if found.mode() & OTHERS != 0 {
        fs::set_permissions(path, Permissions::from_mode(found.mode() & 0o7777 & !OTHERS))?;
    }
    if found.is_dir() {
        for entry in fs::read_dir(path)? {
            match keep_from_others(&entry?.path()) {
                // Something that was there a moment ago is somebody's scratch file.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                kept => kept?,
            }
        }
    }
    Ok(())
}

/// The mode of a folder that others can enter, or list, or change; none where it is its owner's alone.
#[must_use]
pub fn open_to_others(folder: &Path) -> Option<u32> {
    let mode = fs::metadata(folder).ok()?.mode() & 0o7777;
    (mode & OTHERS != 0).then_some(mode)
}

/// Whether nothing can be written in a folder by this user: its mode, or a file system that is only read.
#[must_use]
pub fn is_read_only(folder: &Path) -> bool {
    folder.is_dir()
        && rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_err_and(|error| {
            [rustix::io::Errno::ACCESS, rustix::io::Errno::ROFS].contains(&error)
        })
}

/// A name beside this one that nothing has yet: `name-2.csv` for `name.csv`.
#[must_use]
pub fn next_name(path: &Path, number: u32) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
    path.with_file_name(format!("{stem}-{number}{}", ending.unwrap_or_default()))
}

fn bits(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").mode() & 0o777
    }

    #[test]
    fn a_pipe_a_device_and_a_folder_are_no_files_and_not_waited_for() {
        let dir = tempfile::tempdir().expect("a folder");
        let pipe = dir.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0)
            .expect("a pipe");
        for path in [pipe.as_path(), dir.path(), Path::new("/dev/zero")] {
            let refused = read(path, 10).expect_err("refused").to_string();
            assert!(refused.contains("not a regular file"), "{}: {refused}", path.display());
        }
    }

    #[test]
    fn what_is_too_large_is_refused_and_not_cut() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("file");
        fs::write(&file, vec![b'x'; 1025]).expect("written");
        let refused = read(&file, 1024).expect_err("refused").to_string();
        assert!(refused.contains("larger than 1 KiB"), "{refused}");
        assert_eq!(read(&file, 1025).expect("read").len(), 1025);
    }

    #[test]
    fn a_file_that_is_there_is_kept_and_a_link_is_never_written_through() {
        let dir = tempfile::tempdir().expect("a folder");
        let (file, link, lost) =
            (dir.path().join("file"), dir.path().join("link"), dir.path().join("lost"));
        fs::write(&file, "kept").expect("written");
        symlink(&file, &link).expect("linked");
        symlink(dir.path().join("nowhere"), &lost).expect("linked");
        for taken in [&file, &link, &lost] {
            assert!(is_taken(taken));
            let refused = write(taken, b"new", Existing::Kept).expect_err("refused");
            assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
        }
        let refused = open_own(&link).expect_err("refused").to_string();
        assert!(refused.contains("is a link"), "{refused}");
        write(&link, b"new", Existing::Replaced).expect("written");
        assert_eq!(fs::read_to_string(&file).expect("text"), "kept");
        assert!(!fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(
            (fs::read_to_string(&link).expect("text").as_str(), mode(&link)),
            ("new", 0o600)
        );
    }

    #[test]
    fn a_folder_of_ours_is_taken_from_others_with_all_that_is_in_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let ours = dir.path().join("ours");
        let file = ours.join("in/file");
        fs::create_dir_all(ours.join("in")).expect("made");
        fs::write(&file, "").expect("written");
        for path in [&ours, &ours.join("in"), &file] {
            fs::set_permissions(path, Permissions::from_mode(0o777)).expect("opened");
        }
        assert_eq!(open_to_others(&ours), Some(0o777));
        keep_from_others(&ours).expect("kept");
        assert_eq!((open_to_others(&ours), mode(&ours.join("in"))), (None, 0o700));
        assert_eq!(mode(&file), 0o700, "only the bits of others are taken");
    }
}
