//! Suggested companies and contracts for unmapped tenants, taken one by one or all above a score.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
};

use super::columns::short;
use crate::{
    console::{
        action::Action,
        dialog::{Confirm, confirm::Then},
        list_tools,
        listing::Listing,
        purpose::Purpose,
        shell::Shell,
        widgets::{
            frame,
            table::{Cell, Column, TableLook, draw_table},
            text::counted,
        },
    },
    engine::{
        protocol::{Command, MapDraft},
        views::SuggestionView,
    },
};

/// Lines below the table: why the selected one.
pub const DETAIL: usize = 6;

/// Carries an action out; tells whether it leads back to the table of customers.
pub fn act(list: &mut Listing<SuggestionView>, action: Action, shell: &mut Shell) -> bool {
    match action {
        Action::Back if list.filter().is_empty() => {
            shell.forget(&Purpose::Suggestions);
            return true;
        }
        Action::Back => list.set_filter(""),
        Action::Filter => list_tools::open_filter(shell, list.filter()),
        Action::Refresh => _ = shell.ask(Purpose::Suggestions, Command::Suggest),
        Action::Open | Action::Accept => accept(list.selected(), shell),
        Action::AcceptAll => accept_all(list, shell),
        Action::Export => export(list, shell),
        Action::Copy => {
            if let Some(row) = list.selected() {
                let (company, score) = (&row.company.name, row.score);
                list_tools::copy(shell, format!("{}\t{company}\t{score}", row.customer_name));
            }
        }
        action => _ = list.act(action, COLUMNS.len()),
    }
    false
}

fn accept_all(list: &Listing<SuggestionView>, shell: &mut Shell) {
    let Some(score) = list.selected().map(|row| row.score) else { return };
    let fit: Vec<&SuggestionView> =
        list.all().iter().filter(|row| row.score >= score && row.contract.is_some()).collect();
    if fit.is_empty() {
        return shell.inform("None of these names one contract: link them by hand with c");
    }
    let what = counted(fit.len() as u64, "suggestion", "suggestions");
    let question = format!("Accept {what} with a score of at least {score}?");
    let then =
        Then::Ask(Purpose::Change, Box::new(Command::AutoMap { min_score: score, sync: None }));
    let pairs = fit.iter().take(8).map(|row| {
        format!("{} {} {}", row.customer_name, shell.theme.glyphs.arrow, row.company.name)
    });
    let mut body: Vec<String> = pairs.collect();
    if fit.len() > body.len() {
        body.push(format!("and {} more", fit.len() - body.len()));
    }
    body.push("Sync stays off until you switch it on.".to_owned());
    shell.open(Confirm::new(question, "Accept", then).with_body(body));
}

fn accept(row: Option<&SuggestionView>, shell: &mut Shell) {
    let Some(row) = row else { return };
    let Some(contract) = &row.contract else {
        return shell
            .inform("Several contracts could be meant: link it by hand with c on the list");
    };
    let draft = MapDraft {
        tenant: row.tenant.to_string(),
        company: row.company.id.to_string(),
        contract: contract.id.to_string(),
        sync: None,
        from: None,
        pricing: None,
    };
    let question = format!("Link {} with {}?", row.customer_name, row.company.name);
    let then = Then::Ask(Purpose::Change, Box::new(Command::Map { draft }));
    let body = [format!("Contract: {}", contract.name), row.reasons.join("; ")];
    shell.open(Confirm::new(question, "Link", then).with_body(body));
}

fn export(list: &Listing<SuggestionView>, shell: &mut Shell) {
    let rows = list.shown().map(|row| {
        [
            row.score.to_string(),
            row.customer_name.clone(),
            row.domain.clone(),
            row.company.name.clone(),
            row.contract.as_ref().map_or_else(String::new, |contract| contract.name.clone()),
            row.reasons.join("; "),
        ]
    });
    let head = ["score", "customer", "tenant", "company", "contract", "reasons"];
    list_tools::save_csv(shell, "suggestions", &head, rows);
}

/// Suggestions with the reasons of the selected one.
pub fn draw(frame: &mut Frame, area: Rect, (list, shell): (&Listing<SuggestionView>, &Shell)) {
    let theme = &shell.theme;
    let crumb = format!("Customers{}Suggestions", theme.glyphs.crumb);
    let title = list_tools::title(&crumb, list);
    let inside = frame::body(frame, area, (&title, ""), theme);
    if list.counts().1 == 0 {
        let waiting = shell.awaits(&Purpose::Suggestions);
        let text = if waiting {
            "Comparing names of customers and companies… Esc leaves it"
        } else {
            "Nothing left to suggest. Esc goes back; c on a customer links it by hand."
        };
        return frame.render_widget(Line::styled(text, theme.muted()), inside);
    }
    let [table, reasons] =
        Layout::vertical([Constraint::Min(2), Constraint::Length(6)]).areas(inside);
    let look = TableLook { columns: COLUMNS, focused: true, marks: false };
    draw_table(frame, table, (list, &look), theme);
    let Some(row) = list.selected() else { return };
    let heading = Line::styled(format!("Why {}", row.company.name), theme.heading());
    let caveat = row.caveat.iter().map(|text| Line::styled(text.clone(), theme.warn()));
    let lines = row
        .reasons
        .iter()
        .map(|reason| Line::raw(format!("{}{reason}", theme.glyphs.separator.trim_start())));
    let all = std::iter::once(heading).chain(caveat).chain(lines);
    for (line, place) in all.zip(reasons.rows().skip(1)) {
        frame.render_widget(line, place);
    }
}

const COLUMNS: &[Column<SuggestionView>] = &[
    Column {
        title: "Score",
        least: 5,
        share: 0,
        priority: 0,
        right: true,
        searched: false,
        cell: |row, theme| {
            let style = match row.score {
                90.. => theme.good(),
                70..90 => theme.warn(),
                _ => theme.muted(),
            };
            Cell::styled(row.score.to_string(), style)
        },
    },
    Column {
        title: "PRISM customer",
        least: 18,
        share: 2,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.customer_name.clone()),
    },
    Column {
        title: "Tenant",
        least: 16,
        share: 1,
        priority: 2,
        right: false,
        searched: true,
        cell: |row, theme| Cell::styled(short(&row.domain), theme.muted()),
    },
    Column {
        title: "Company",
        least: 18,
        share: 2,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.company.name.clone()),
    },
    Column {
        title: "Contract",
        least: 14,
        share: 1,
        priority: 1,
        right: false,
        searched: false,
        cell: |row, theme| match &row.contract {
            Some(contract) => Cell::plain(contract.name.clone()),
            None => Cell::styled("choose by hand", theme.warn()),
        },
    },
];
