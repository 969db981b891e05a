//! `?` and `!`: the keys of this place, past errors. Keys are read from the key table.

use crate::console::{
    advice::details,
    dialog::overlay::{Lead, Overlay, OverlayEntry, OverlayKind},
    keymap::{BINDINGS, Binding, Section, working},
    shell::{Level, Notice, Shell},
};

/// The keys that work here; typing narrows, Enter runs.
pub(crate) fn open(sections: &[Section], shell: &mut Shell) {
    let known = working(sections).into_iter();
    // What would be refused is no more offered here than in the footer.
    let known = known.filter(|binding| shell.has(binding) && shell.may(binding));
    let entries = known.map(|binding| entry(binding, shell)).collect();
    shell.open(Overlay::new(OverlayKind::Help, "Keys that work here", entries));
}

/// A key with what it means.
pub(crate) fn entry(binding: &Binding, shell: &Shell) -> OverlayEntry {
    let unicode = shell.theme.glyphs.unicode;
    let keys: Vec<String> = binding.keys.iter().map(|key| key.name(unicode)).collect();
    OverlayEntry {
        left: keys.join(" "),
        text: shell.theme.terms.say(binding.help).into_owned(),
        whole: String::new(),
        also: shell.theme.terms.say(binding.label).into_owned(),
        lead: Some(Lead::Act(binding.action)),
        dimmed: false,
    }
}

/// Everything that was told, newest first.
pub(crate) fn open_errors(shell: &mut Shell) {
    let line = |notice: &Notice| {
        let mark = if notice.level == Level::Error { "error" } else { "" };
        let advice = &notice.finding.advice;
        let advice = if advice.is_empty() { String::new() } else { format!("  {advice}") };
        OverlayEntry {
            left: format!("{} {mark}", notice.at.format("%H:%M:%S")),
            text: format!("{}{advice}", notice.finding.text),
            whole: details(&notice.finding, shell.theme.keys),
            also: String::new(),
            lead: None,
            dimmed: notice.level != Level::Error,
        }
    };
    let entries = shell.notices.iter().rev().map(line).collect();
    shell.dismiss();
    shell.open(Overlay::new(OverlayKind::Errors, "Errors and notices", entries));
}

/// The key table as docs/keys.md prints it.
pub fn markdown() -> String {
    let mut table = String::from("| Where | Keys | What |\n|---|---|---|\n");
    for binding in BINDINGS {
        let sections: Vec<&str> = binding.sections.iter().map(|section| section.title()).collect();
        let keys: Vec<String> = binding
            .keys
            .iter()
            .map(|key| format!("`{}`", key.name(true).replace('|', "\\|")))
            .collect();
        table.push_str(&format!(
            "| {} | {} | {} |\n",
            sections.join(", "),
            keys.join(" "),
            binding.help
        ));
    }
    table
}
