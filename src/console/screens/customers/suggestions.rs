//! Suggested companies and contracts for tenants that are not linked, taken one by one or all above a score.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use ratatui::{Frame, layout::Rect, text::Line};

use crate::{
    console::{
        action::Action,
        dialog::{Confirm, confirm::Then},
        fold::by_letters,
        keymap::Section,
        list_tools,
        listing::{Listing, Row},
        namesakes::Namesakes,
        pane::{Jump, Pane, keys_move_in},
        purpose::Purpose,
        shell::Shell,
        theme::Theme,
        widgets::{
            detail::rows_with_detail,
            frame,
            table::{Cell, Column, Columns, Table, told},
            text::{counted, short_domain},
        },
    },
    domain::{ContractId, TenantId, namesakes::ShownName, terms::Terms},
    engine::{
        protocol::{MapDraft, command},
        views::{CustomerView, SuggestionView},
    },
};

/// Lines below the table: why the selected one.
const DETAIL: u16 = 6;

#[derive(Debug, Default)]
pub(crate) struct Suggestions {
    list: Listing<SuggestionView>,
    /// Whose contracts are linked already.
    linked: BTreeMap<ContractId, Vec<String>>,
}

impl Suggestions {
    pub(crate) fn set(
        &mut self,
        mut rows: Vec<SuggestionView>,
        linked: BTreeMap<ContractId, Vec<String>>,
        namesakes: &Namesakes,
    ) {
        self.linked = linked;
        let names = rows.iter_mut();
        namesakes.tell_apart(
            names.map(|row| ShownName { name: &mut row.customer_name, domain: &row.domain }),
        );
        self.list.set(rows);
    }

    /// Mappings were stored: what is mapped now needs no suggestion any more.
    pub(crate) fn mapped(&mut self, rows: &[CustomerView]) {
        let done = |one: &SuggestionView| {
            rows.iter().any(|row| row.tenant == one.tenant && row.mapping.is_some())
        };
        self.list.set(self.list.all().iter().filter(|one| !done(one)).cloned().collect());
    }

    /// Those of at least the selected score that leave nothing to choose.
    fn sure(&self) -> Vec<&SuggestionView> {
        let Some(score) = self.list.selected().map(|row| row.score) else { return Vec::new() };
        let sure = |row: &&SuggestionView| row.score >= score && is_chosen(row);
        self.list.all().iter().filter(sure).collect()
    }

    pub(crate) fn selected(&self) -> Option<&SuggestionView> {
        self.list.selected()
    }

    fn accept_all(&self, shell: &mut Shell) {
        let Some(score) = self.list.selected().map(|row| row.score) else { return };
        let mut fit = self.sure();
        // Who reads only the first lines reads those that may be wrong.
        fit.sort_by_key(|row| (row.doubt.is_none(), row.score));
        if fit.is_empty() {
            return shell
                .decline("None of these leaves nothing to choose: link them by hand with c");
        }
        let what = counted(fit.len() as u64, "suggestion", "suggestions");
        let question = format!("Accept {what} with a score of at least {score}?");
        let then = Then::change(command::AutoMap { min_score: score, sync: None });
        let named = || fit.iter().take(NAMED);
        let mut body: Vec<String> = named().map(|row| pair(row, &shell.theme)).collect();
        if fit.len() > body.len() {
            body.push(format!("and {} more", fit.len() - body.len()));
        }
        let doubts = named().filter_map(|row| Some((&row.customer_name, row.doubt.as_ref()?)));
        let warning = shell.theme.glyphs.warning;
        body.extend(doubts.map(|(name, doubt)| format!("{warning} {name}: {doubt}")));
        body.extend(self.shared(&fit, &shell.theme));
        body.extend(self.left_out(score, shell.theme.terms));
        body.extend(self.hidden(&fit));
        body.push("Sync stays off until you switch it on.".to_owned());
        shell.open(Confirm::new(question, "Accept", then).with_body(body));
    }

    /// Which contracts several of these are for, or one of these and somebody who is linked to it already: whoever shares one
    /// is planned and applied together.
    fn shared(&self, rows: &[&SuggestionView], theme: &Theme) -> Vec<String> {
        let mut by_contract: BTreeMap<ContractId, Vec<&str>> = BTreeMap::new();
        for row in rows {
            if let Some(contract) = contract_of(row) {
                let linked = || self.linked.get(&contract).into_iter().flatten();
                let sharing = by_contract
                    .entry(contract)
                    .or_insert_with(|| linked().map(String::as_str).collect());
                sharing.push(&row.customer_name);
            }
        }
        by_contract.retain(|_, sharing| sharing.len() > 1);
        let more = by_contract.len().saturating_sub(SHARED_NAMED);
        let told = by_contract.into_values().take(SHARED_NAMED).map(|names| {
            let (contract, many) = (theme.terms.say("contract"), names.len());
            let names = names.join(", ");
            format!("{} {many} share one {contract}: {names}", theme.glyphs.warning)
        });
        let more = (more > 0).then(|| format!("and {more} more that are shared"));
        told.chain(more).collect()
    }

    /// That a filter hides some of those that are accepted, if one does.
    fn hidden(&self, accepted: &[&SuggestionView]) -> Option<String> {
        let shown: BTreeSet<&TenantId> = self.list.shown().map(|row| &row.tenant).collect();
        let hidden = accepted.iter().filter(|row| !shown.contains(&row.tenant)).count();
        let filter = self.list.filter();
        let text = format!("The filter “{filter}” hides {hidden} of these: accepted all the same");
        (hidden > 0).then_some(text)
    }

    /// How many suggestions accepting those of this score leaves out, and why, if any.
    fn left_out(&self, score: u8, terms: Terms) -> Option<String> {
        let count = |is: &dyn Fn(&SuggestionView) -> bool| {
            self.list.all().iter().filter(|row| is(row)).count() as u64
        };
        let good = |row: &SuggestionView| row.score >= score;
        let unchosen = |row: &SuggestionView| good(row) && !is_chosen(row);
        let parts = [
            (count(&|row| !good(row)), format!("below {score}")),
            (
                count(&|row| unchosen(row) && row.contracts == 0),
                terms.say("without a contract that can work").into_owned(),
            ),
            (
                count(&|row| unchosen(row) && row.contracts > 0),
                "with something to choose".to_owned(),
            ),
        ];
        let all: u64 = parts.iter().map(|(count, _)| count).sum();
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, why)| format!("{count} {why}"))
            .collect();
        let told = counted(all, "suggestion is", "suggestions are");
        (all > 0).then(|| format!("{told} left out: {}.", parts.join(", ")))
    }

    fn accept(&self, row: &SuggestionView, shell: &mut Shell) {
        let Some(contract) = &row.contract else {
            return shell.decline(shell.theme.terms.say(if row.contracts == 0 {
                "This company has no contract that can carry services: make one in the PSA first"
            } else {
                "Several contracts could be meant: c opens its link to choose one"
            }));
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
        let then = Then::change(command::Map { draft });
        let why = format!("Score {}: {}", row.score, row.reasons.join("; "));
        let contract = format!("{}: {}", shell.theme.terms.say("Contract"), contract.name);
        let against = row.doubt.iter().chain(&row.caveat).cloned();
        let of_same = self.list.all().iter().filter(|one| contract_of(one) == contract_of(row));
        let of_same: Vec<&SuggestionView> = of_same.collect();
        let shared = self.shared(&of_same, &shell.theme);
        let body = std::iter::once(contract).chain(against).chain(shared).chain([why]);
        shell.open(Confirm::new(question, "Link", then).with_body(body));
    }

    fn export(&self, shell: &mut Shell) {
        let rows = self.list.shown().map(|row| {
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
}

impl Pane for Suggestions {
    fn section(&self) -> Section {
        Section::Suggestions
    }

    keys_move_in!(self.list);

    fn reload(&mut self, shell: &mut Shell) {
        shell.ask(Purpose::Suggestions, command::Suggest);
    }

    fn fit(&mut self, room: Rect) {
        self.list.fit(rows_with_detail(room, DETAIL));
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match (action, self.list.selected()) {
            (Action::Refresh, _) => self.reload(shell),
            (Action::Accept, Some(row)) => self.accept(row, shell),
            (Action::AcceptAll, _) => self.accept_all(shell),
            (Action::Export, _) => self.export(shell),
            (Action::Copy, Some(row)) => {
                let (company, score) = (&row.company.name, row.score);
                list_tools::copy(shell, format!("{}\t{company}\t{score}", row.customer_name));
            }
            (action, _) => _ = self.list.act(action, COLUMNS.len()),
        }
        None
    }

    fn back(&mut self, shell: &mut Shell) -> Option<Jump> {
        if self.clear_filter() {
            return None;
        }
        shell.forget(&Purpose::Suggestions);
        Some(Jump::Back)
    }

    fn offers(&self, action: Action) -> bool {
        let row = self.list.selected();
        match action {
            Action::Accept => row.is_some_and(|row| row.contract.is_some()),
            Action::AcceptAll => !self.sure().is_empty(),
            // Where nothing is to be chosen it is accepted.
            Action::Edit => row.is_some_and(|row| row.contract.is_none()),
            _ => true,
        }
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let crumb = format!("Customers{}Suggestions", theme.glyphs.crumb);
        let title = list_tools::title(&crumb, &self.list);
        let inside = frame::body(frame, area, &title, "", theme);
        if self.list.is_empty() {
            let text = if shell.awaits(&Purpose::Suggestions) {
                "Comparing names of customers and companies… Esc leaves it"
            } else {
                theme.keys.hint(
                    "Nothing left to suggest. Esc goes back; c on a customer links it by hand.",
                    "Nothing left to suggest. Esc goes back.",
                )
            };
            return frame::draw_notice(frame, inside, text, theme);
        }
        let rows = Table::new(&self.list, COLUMNS);
        let Some((row, reasons)) = rows.draw_with_detail(frame, inside, DETAIL, theme) else {
            return;
        };
        let (customer, company) = (&row.customer_name, &row.company.name);
        let heading = format!("Why {customer} {} {company}", theme.glyphs.arrow);
        let heading = Line::styled(heading, theme.heading());
        let against = row.doubt.iter().chain(&row.caveat);
        let against = against.map(|text| Line::styled(text.clone(), theme.warn()));
        let bullet = theme.glyphs.separator.trim_start();
        let lines = row.reasons.iter().map(|reason| Line::raw(format!("{bullet}{reason}")));
        reasons.draw(frame, std::iter::once(heading).chain(against).chain(lines), theme);
    }
}

/// A question over several suggestions names so many of them.
const NAMED: usize = 8;

fn contract_of(row: &SuggestionView) -> Option<ContractId> {
    row.contract.as_ref().map(|contract| contract.id)
}

/// So many contracts that are shared are told one by one.
const SHARED_NAMED: usize = 3;

/// Whether it leaves nothing to choose.
fn is_chosen(row: &SuggestionView) -> bool {
    row.contract.is_some() && row.caveat.is_none()
}

/// A suggestion with its contract and what speaks against it, as a question names it.
fn pair(row: &SuggestionView, theme: &Theme) -> String {
    let (arrow, company) = (theme.glyphs.arrow, &row.company.name);
    let contract = row.contract.as_ref().map_or("", |contract| contract.name.as_str());
    let lead = if row.doubt.is_some() { theme.glyphs.warning } else { " " };
    format!("{lead} {:>3}  {} {arrow} {company}, {contract}", row.score, row.customer_name)
}

impl Row for SuggestionView {
    fn key(&self) -> String {
        self.tenant.to_string()
    }

    fn text(&self) -> String {
        format!("{} {} {}", self.customer_name, self.domain, self.company.name)
    }

    fn cells(&self) -> Vec<(&'static str, String)> {
        told(COLUMNS, self)
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        let contract = |row: &Self| row.contract.as_ref().map(|one| one.name.to_lowercase());
        match column {
            1 => by_letters(&self.customer_name, &other.customer_name),
            2 => self.domain.cmp(&other.domain),
            3 => by_letters(&self.company.name, &other.company.name),
            4 => contract(self).cmp(&contract(other)),
            _ => self.score.cmp(&other.score),
        }
    }
}

const COLUMNS: &Columns<SuggestionView> = &[
    Column::new("Score", 5).right().cell(|row, theme| {
        let style = match row.score {
            90.. => theme.good(),
            70..90 => theme.warn(),
            _ => theme.muted(),
        };
        Cell::styled(row.score.to_string(), style)
    }),
    Column::new("PRISM customer", 18)
        .grows(2)
        .searched()
        .keeps_end()
        .text(|row| row.customer_name.clone()),
    Column::new("Tenant", 16).grows(1).drops(2).searched().muted(|row| short_domain(&row.domain)),
    Column::new("Company", 18).grows(2).searched().text(|row| row.company.name.clone()),
    Column::new("Contract", 14).grows(1).drops(1).cell(|row, theme| match &row.contract {
        Some(contract) => Cell::plain(contract.name.clone()),
        None if row.contracts == 0 => Cell::styled("none that can work", theme.bad()),
        None => Cell::styled(format!("{} to choose from", row.contracts), theme.warn()),
    }),
];
