//! What screens with a list do alike: title, filter, clipboard, export, pickers. It must not know any screen.

use crate::{
    console::{
        dialog::{
            Dialog, Picker, Prompt,
            picker::{Choice, Choosing},
            prompt::Asking,
        },
        effect::Effect,
        listing::AnyList,
        purpose::Purpose,
        shell::Shell,
    },
    domain::text,
    engine::protocol::command,
};

/// The place in a border title, with what narrows its list and how many rows that leaves: `Customers, needs review / harb
/// (12 of 340)`; and what all of its rows say, which no column repeats: `, invoice INV0104233`.
pub(crate) fn title(place: &str, list: &dyn AnyList) -> String {
    title_telling(place, list, list.rows_told())
}

/// The same where what is counted is not the rows.
pub(crate) fn title_telling(place: &str, list: &dyn AnyList, told: Option<String>) -> String {
    let state = list.only().map_or_else(String::new, |state| format!(", {}", state.name()));
    let filter = match list.filter() {
        "" => String::new(),
        filter => format!(" / {filter}"),
    };
    let rows = told.map_or_else(String::new, |told| format!(" ({told})"));
    let mut title = format!("{place}{state}{filter}{rows}");
    if let Some(unknown) = list.unknown_column() {
        title.push_str(&format!(", no column {unknown}"));
    }
    for told in list.said_once() {
        title.push_str(", ");
        title.push_str(told);
    }
    title
}

/// Opens the filter of a list on what it is now.
pub(crate) fn open_filter(shell: &mut Shell, text: &str) {
    shell.open(Prompt::new(Asking::Filter(text.to_owned()), "/", text));
}

/// Puts a text on the terminal's clipboard, and says so.
pub(crate) fn copy(shell: &mut Shell, text: String) {
    if text.is_empty() {
        return;
    }
    let Some(path) = shell.copied_to.clone() else {
        shell.effect(Effect::Copy(text));
        return shell.done("Sent to the terminal's clipboard");
    };
    let place = path.display().to_string();
    shell.effect(Effect::Keep { path, text: text.clone() });
    shell.effect(Effect::Copy(text));
    shell.inform(format!("Sent to tmux, which needs `set-clipboard on`; also saved: {place}"));
}

/// Saves a text under a name with the hour in it: `prism-connect-plan-20261005-090000.json`.
pub(crate) fn save(shell: &mut Shell, what: &str, ending: &str, text: String) {
    let name = format!("prism-connect-{what}-{}.{ending}", shell.now.format("%Y%m%d-%H%M%S"));
    shell.effect(Effect::Save { name, text });
}

pub(crate) fn save_csv<const N: usize>(
    shell: &mut Shell,
    what: &str,
    head: &[&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer
        .write_record(head)
        .and_then(|()| rows.into_iter().try_for_each(|row| writer.write_record(row.map(harmless))));
    let (Ok(()), Ok(bytes)) = (written, writer.into_inner()) else {
        return shell.decline("Nothing to save");
    };
    save(shell, what, "csv", String::from_utf8_lossy(&bytes).into_owned());
}

/// A field that no spreadsheet runs as a formula. Figures with a sign stay figures.
fn harmless(field: String) -> String {
    let figure = field.parse::<rust_decimal::Decimal>().is_ok();
    if figure { field } else { text::cell(&text::visible_lines(&field)) }
}

/// Choices arrived: they go into the picker on top, if it is one for this and waits for them.
pub(crate) fn fill_picker(
    shell: &mut Shell,
    is_for: impl Fn(&Choosing) -> bool,
    choices: Vec<Choice>,
) {
    if let Some(Dialog::Picker(picker)) = shell.dialogs.last_mut()
        && is_for(&picker.choosing)
    {
        picker.fill(choices);
    }
}

/// The picker of a service for a product, or for what an invoice calls one.
pub(crate) fn pick_service(shell: &mut Shell, product: String, name: String) {
    let title = format!("{} for {name}", shell.theme.terms.say("Service"));
    let invoiced = command::InvoicedPrices { product: product.clone(), name: name.clone() };
    let choosing = Choosing::Service { product, name };
    shell.open(Picker::new(choosing, &title, Vec::new(), None).loading());
    shell.ask(Purpose::Services, command::Services);
    shell.ask(Purpose::InvoicedPrices, invoiced);
}
