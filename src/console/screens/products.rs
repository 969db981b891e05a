//! Tab 4: what a product sync would do, product by product.

use std::cmp::Ordering;

use ratatui::{Frame, layout::Rect, text::Line};

use crate::{
    console::{
        action::Action,
        dialog::{Confirm, Prompt, confirm::Then, prompt::Asking},
        listing::{Listing, Row},
        shell::{Purpose, Shell},
        theme::Theme,
        widgets::{
            frame,
            table::{Cell, Column, TableLook, draw_table},
        },
    },
    domain::Money,
    engine::{
        protocol::{Command, Scope, SyncRequest},
        views::{Place, ProductAction, ProductView},
    },
};

impl Row for ProductView {
    fn key(&self) -> String {
        self.key.clone()
    }

    fn text(&self) -> String {
        let service = self.service_name.as_deref().unwrap_or_default();
        format!("{} {} {service}", self.key, self.name)
    }

    fn compare(&self, other: &Self, column: usize) -> Ordering {
        match column {
            1 => self.name.to_lowercase().cmp(&other.name.to_lowercase()),
            2 => self.service_name.cmp(&other.service_name),
            3 => self.cost.cmp(&other.cost),
            4 => self.retail.cmp(&other.retail),
            5 => self.action.cmp(&other.action),
            _ => self.key.cmp(&other.key),
        }
    }
}

/// The screen.
#[derive(Debug, Default)]
pub struct Products {
    /// Its rows.
    pub list: Listing<ProductView>,
    /// Whether they must be asked for again.
    pub stale: bool,
    loaded: bool,
    failed: bool,
}

impl Products {
    /// The tab was opened.
    pub fn enter(&mut self, shell: &mut Shell) {
        if !self.loaded || self.stale {
            self.reload(shell);
        }
    }

    /// Asks again.
    pub fn reload(&mut self, shell: &mut Shell) {
        self.failed = false;
        shell.ask(Purpose::Products, Command::Products);
    }

    /// New rows.
    pub fn told(&mut self, rows: Vec<ProductView>) {
        self.loaded = true;
        self.stale = false;
        self.list.set(rows);
    }

    /// They could not be had.
    pub fn failed(&mut self) {
        self.failed = true;
    }

    /// How much room its list has.
    pub fn fit(&mut self, (_, rows): (u16, u16)) {
        self.list.fit(usize::from(rows.saturating_sub(4)));
    }

    /// Carries an action out.
    pub fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Place> {
        match action {
            Action::Refresh => self.reload(shell),
            Action::Program => return Some(Place::Program),
            Action::Filter => super::forms::open_filter(shell, self.list.filter()),
            Action::Back => self.list.set_filter(""),
            Action::Plan => {
                let request = SyncRequest { scope: Scope::Products, ..SyncRequest::default() };
                shell.ask(Purpose::Plan, Command::Plan { request });
                shell.inform("Planning the product sync: see Sync");
            }
            Action::Export => self.export(shell),
            Action::Copy | Action::Open | Action::Pin | Action::Unpin | Action::Adopt => {
                self.act_on_row(action, shell);
            }
            action => _ = self.list.act(action, COLUMNS.len()),
        }
        None
    }

    fn act_on_row(&self, action: Action, shell: &mut Shell) {
        let Some(row) = self.list.selected() else { return };
        let product = row.key.clone();
        match action {
            Action::Copy => super::forms::copy(shell, format!("{}\t{}", row.key, row.name)),
            Action::Open => {
                shell.open(crate::console::dialog::Overlay::text(&row.name, &details(row)));
            }
            Action::Pin => {
                let label = "Pin to service id: ";
                shell.open(Prompt::new(Asking::Pin(product), label, ""));
            }
            Action::Unpin => {
                let then = Then::Ask(Purpose::Change, Box::new(Command::Unpin { product }));
                let question = format!("Remove the pin of {}?", row.name);
                shell.open(Confirm::new(question, "Unpin", then));
            }
            _ if row.action == ProductAction::Collision => {
                let then = Then::Ask(Purpose::Change, Box::new(Command::Adopt { product }));
                let question = format!("Take over the service that is named {}?", row.key);
                let body = row.remark.clone().unwrap_or_default();
                let after = "From then on its price and cost follow the price list.".to_owned();
                shell.open(Confirm::new(question, "Adopt", then).with_body([body, after]));
            }
            _ => shell.inform("Only a product whose name collides with a service can be adopted"),
        }
    }

    fn export(&self, shell: &mut Shell) {
        let rows = self.list.shown().map(|row| {
            [
                row.key.clone(),
                row.name.clone(),
                row.service_name.clone().unwrap_or_default(),
                money(row.cost),
                money(row.retail),
                word(row.action).to_owned(),
            ]
        });
        let head = ["sku", "prism_name", "service_name", "cost", "retail", "action"];
        super::forms::save_csv(shell, "products", &head, rows);
    }

    /// Draws it.
    pub fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = super::forms::filtered("Products", self.list.filter(), self.list.counts());
        let inside = frame::body(frame, area, (&title, &self.summary(theme)), theme);
        if !self.loaded {
            let text = if self.failed {
                "The price list could not be read. F5 tries again, ! shows why."
            } else {
                "Reading the price list and the services…"
            };
            return frame.render_widget(Line::styled(text, theme.muted()), inside);
        }
        if self.list.counts().1 == 0 {
            let text = "No products. Connect PRISM on tab 2, then press F5.";
            return frame.render_widget(Line::styled(text, theme.muted()), inside);
        }
        let [table, _, detail] = ratatui::layout::Layout::vertical([
            ratatui::layout::Constraint::Min(0),
            ratatui::layout::Constraint::Length(1),
            ratatui::layout::Constraint::Length(2),
        ])
        .areas(inside);
        let look = TableLook { columns: COLUMNS, focused: true, marks: false };
        draw_table(frame, table, (&self.list, &look), theme);
        if let Some(row) = self.list.selected() {
            let lines = remark(row, theme);
            for (line, at) in lines.into_iter().zip(detail.rows()) {
                frame.render_widget(line, at);
            }
        }
    }

    fn summary(&self, theme: &Theme) -> String {
        let count = |action| self.list.all().iter().filter(|row| row.action == action).count();
        let parts = [
            (ProductAction::Create, "to create"),
            (ProductAction::Reprice, "to reprice"),
            (ProductAction::Collision, "collide"),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .map(|(action, text)| (count(action), text))
            .filter(|(count, _)| *count > 0)
            .map(|(count, text)| format!("{count} {text}"))
            .collect();
        parts.join(theme.glyphs.separator)
    }
}

fn money(amount: Option<Money>) -> String {
    amount.map_or_else(String::new, |amount| amount.to_string())
}

/// The word for what a sync would do.
pub fn word(action: ProductAction) -> &'static str {
    match action {
        ProductAction::Create => "create",
        ProductAction::Reprice => "reprice",
        ProductAction::Unchanged => "unchanged",
        ProductAction::Collision => "collision",
        ProductAction::Retired => "retired",
        ProductAction::Excluded => "excluded",
        ProductAction::NotInUse => "not in use",
    }
}

fn details(row: &ProductView) -> String {
    let service = row.service.map_or_else(|| "none yet".to_owned(), |id| id.to_string());
    format!(
        "{}\n{}\n\nBilling: {}\nService: {service} {}\nPRISM cost {} and RRP {}\n\
         Service cost {} and price {}\nA sync would: {}\n{}",
        row.key,
        row.name,
        row.motion,
        row.service_name.as_deref().unwrap_or_default(),
        money(row.cost),
        money(row.retail),
        money(row.present_cost),
        money(row.present_price),
        word(row.action),
        row.remark.as_deref().unwrap_or_default()
    )
}

/// From → to of the selected row, and what there is to say about it.
fn remark(row: &ProductView, theme: &Theme) -> [Line<'static>; 2] {
    let arrow = theme.glyphs.arrow;
    let first = match row.action {
        ProductAction::Reprice => format!(
            "price {} {arrow} {}   cost {} {arrow} {}",
            money(row.present_price),
            money(row.retail),
            money(row.present_cost),
            money(row.cost)
        ),
        _ => format!("{}, {}", row.name, row.motion),
    };
    let second = row.remark.clone().unwrap_or_default();
    [Line::raw(first), Line::styled(second, theme.warn())]
}

const COLUMNS: &[Column<ProductView>] = &[
    Column {
        title: "SKU",
        least: 19,
        share: 1,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.key.clone()),
    },
    Column {
        title: "PRISM name",
        least: 16,
        share: 3,
        priority: 0,
        right: false,
        searched: true,
        cell: |row, _| Cell::plain(row.name.clone()),
    },
    Column {
        title: "Service name",
        least: 14,
        share: 2,
        priority: 2,
        right: false,
        searched: true,
        cell: |row, theme| match (&row.service_name, row.service_active) {
            (Some(name), Some(false)) => Cell::styled(format!("{name} (inactive)"), theme.muted()),
            (Some(name), _) => Cell::plain(name.clone()),
            (None, _) => Cell::plain(""),
        },
    },
    Column {
        title: "Cost",
        least: 9,
        share: 0,
        priority: 3,
        right: true,
        searched: false,
        cell: |row, _| Cell::plain(money(row.cost)),
    },
    Column {
        title: "RRP",
        least: 9,
        share: 0,
        priority: 1,
        right: true,
        searched: false,
        cell: |row, _| Cell::plain(money(row.retail)),
    },
    Column {
        title: "Sync would",
        least: 11,
        share: 0,
        priority: 0,
        right: false,
        searched: false,
        cell: |row, theme| {
            let style = match row.action {
                ProductAction::Create => theme.good(),
                ProductAction::Reprice => theme.accent(),
                ProductAction::Collision => theme.bad(),
                _ => theme.muted(),
            };
            Cell::styled(word(row.action), style)
        },
    },
];
