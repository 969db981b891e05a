//! The manual: a page for the program and one for each of its commands, with what no parser knows: exit codes,
//! environment and files. It must not say anything about a command that its own help does not say.

use std::{
    io,
    path::{Path, PathBuf},
};

use chrono::DateTime;
use clap::{Command, CommandFactory};
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use super::{Cli, exit::Exit, failure::Failure, output::Output};
use crate::config;

/// Which pages, and where to.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The command whose page is printed, such as `customers import`; the program's own where none is named
    command: Vec<String>,
    /// Write all pages into this directory instead, as man(1) looks for them (below its `man1`)
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    dir: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, out: &mut Output) -> Result<Exit, Failure> {
    let program = program();
    if let Some(dir) = &arguments.dir {
        let pages = write_all(&program, dir)?;
        return out.done(&format!("{pages} pages written to {}", dir.display()));
    }
    let page = page(find(&program, &arguments.command)?)?;
    super::extras::printed(&page, "page", out)
}

/// All commands with the names of their pages: `prism-connect-customers-import`.
fn program() -> Command {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    program
}

fn find<'a>(program: &'a Command, words: &[String]) -> Result<&'a Command, Failure> {
    words.iter().try_fold(program, |command, word| {
        command.find_subcommand(word).ok_or_else(|| {
            let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            let among = match names.as_slice() {
                [] => format!("`{}` has no commands of its own", command.get_name()),
                names => format!("there are: {}", names.join(", ")),
            };
            Failure::typed(&format!("There is no page for “{word}”; {among}."))
        })
    })
}

fn write_all(program: &Command, dir: &Path) -> Result<usize, Failure> {
    let failed = |error: io::Error| Failure::file(dir, "written", &error);
    // Whoever reads it need not be whoever wrote it, and there is nothing in it to be kept from anybody.
    super::hardening::let_others_read();
    std::fs::create_dir_all(dir).map_err(failed)?;
    let mut waiting = vec![program];
    let mut pages = 0;
    while let Some(command) = waiting.pop() {
        let name = Man::new(command.clone()).get_filename();
        std::fs::write(dir.join(name), page(command)?).map_err(failed)?;
        waiting.extend(command.get_subcommands());
        pages += 1;
    }
    Ok(pages)
}

/// The guides, which lie in `docs` of the source and are pages of section 7 in the packages.
const GUIDES: [&str; 4] = ["bills", "data", "keys", "unattended"];
/// The hour of the source that this was built from, where whoever built it has said so: packages do.
const SOURCE_DATE: Option<&str> = option_env!("SOURCE_DATE_EPOCH");

fn page(command: &Command) -> Result<Vec<u8>, Failure> {
    let man = Man::new(command.clone())
        .date(date_of_source())
        .source(concat!("prism-connect ", env!("CARGO_PKG_VERSION")))
        .manual("prism-connect");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    section("EXIT STATUS", &exit_codes()).to_writer(&mut page)?;
    section("ENVIRONMENT", &environment()).to_writer(&mut page)?;
    section("FILES", &files()).to_writer(&mut page)?;
    man.render_version_section(&mut page)?;
    guides().to_writer(&mut page)?;
    Ok(with_single_breaks(&page))
}

/// A blank where nobody knows: without anything, what follows it in the title would stand in its place.
fn date_of_source() -> String {
    let seconds = SOURCE_DATE.and_then(|seconds| seconds.parse().ok());
    let time = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    time.map_or_else(|| " ".to_owned(), |time| time.format("%Y-%m-%d").to_string())
}

/// What is parted by a line break, an empty line and a line break again is a paragraph of its own.
fn with_single_breaks(page: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(page).replace("\n.br\n\n.br\n", "\n.sp\n").into_bytes()
}

fn guides() -> Roff {
    let names = GUIDES.map(|guide| format!("prism-connect-{guide}(7)"));
    let text = format!("{}, in the packages; `docs` of the source has the same.", names.join(", "));
    let mut page = Roff::new();
    page.control("SH", ["SEE ALSO"]).text([roman(text)]);
    page
}

/// Terms with what they mean.
type Terms = Vec<(String, String)>;

fn section(title: &str, terms: &Terms) -> Roff {
    let mut page = Roff::new();
    page.control("SH", [title]);
    for (term, meaning) in terms {
        page.control("TP", []).text([bold(term.as_str())]).text([roman(meaning.as_str())]);
    }
    page
}

fn exit_codes() -> Terms {
    Exit::ALL.iter().map(|exit| (exit.code().to_string(), exit.meaning().to_owned())).collect()
}

fn environment() -> Terms {
    let others = config::variables_beside_settings();
    let mut terms: Terms =
        others.map(|(name, meaning)| (name.to_owned(), meaning.to_owned())).collect();
    let settings = "Every setting, by its key: limits.tries is PRISM_CONNECT_LIMITS_TRIES. \
                    `prism-connect config show` lists them with what they mean.";
    let colour = "Where it is set and not empty, nothing is coloured.";
    terms.push(("PRISM_CONNECT_…".to_owned(), settings.to_owned()));
    terms.push(("NO_COLOR".to_owned(), colour.to_owned()));
    terms
}

fn files() -> Terms {
    [
        ("$XDG_CONFIG_HOME/prism-connect/config.toml", "Settings; `prism-connect config path`."),
        ("$XDG_DATA_HOME/prism-connect/", "Store, vault and backups; --data-dir, data_dir."),
        ("$XDG_STATE_HOME/prism-connect/", "The log, a file a day, without secrets; state_dir."),
    ]
    .map(|(path, meaning)| (path.to_owned(), meaning.to_owned()))
    .into()
}

#[cfg(test)]
mod tests {
    use super::GUIDES;

    #[test]
    fn every_guide_is_named() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");
        let names =
            std::fs::read_dir(folder).expect("there").map(|file| file.expect("there").path());
        let mut guides: Vec<String> =
            names.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
        guides.sort();
        assert_eq!(guides, GUIDES);
    }
}
