//! Tab 4: what a product sync would do, product by product, as a difference.

mod rows;

use std::{cmp::Reverse, collections::BTreeSet};

use ratatui::{Frame, layout::Rect};

pub(crate) use self::rows::in_short;
use self::rows::{COLUMNS, details, is_named_by_sku, remark, word};
use crate::{
    console::{
        action::Action,
        advice::not_connected,
        dialog::{
            Confirm, Dialog, Overlay,
            confirm::Then,
            picker::{Choice, Choosing},
        },
        keymap::Section,
        list_tools,
        listing::{AnyList, Listing},
        named_product::NamedProduct,
        pane::{Jump, Pane, keys_move_in},
        purpose::Purpose,
        shell::Shell,
        theme::Theme,
        widgets::{
            detail::rows_with_detail,
            frame,
            table::Table,
            text::{amounts_in, price, separated},
        },
    },
    domain::{
        Money, ServiceId, Side,
        product::{LinkOrigin, Service},
    },
    engine::{
        protocol::{
            About, Scope, SyncRequest,
            command::{self, InvoicedPrices},
        },
        views::{
            Invoiced, Place, ProductAction, ProductView, ServiceNames, SystemKind, is_same_offer,
            unlike_service,
        },
    },
};

/// Lines below the table: the selected product whole.
const DETAIL: u16 = 3;

#[derive(Debug, Default)]
pub(crate) struct Products {
    list: Listing<ProductView>,
    /// Whether they must be asked for again.
    pub(crate) stale: bool,
    loaded: bool,
    failed: bool,
    /// What is to be selected when the rows arrive.
    wanted: Option<String>,
    /// Services as they were read for the last choice.
    services: Vec<Service>,
    /// What invoices ask for the product whose service is being chosen.
    invoiced: Option<About<InvoicedPrices, Option<Invoiced>>>,
    /// The product of which it is asked whether its service is taken over, when the rows arrive.
    taking_over: Option<NamedProduct>,
}

impl Products {
    pub(crate) fn set_rows(&mut self, rows: Vec<ProductView>, shell: &mut Shell) {
        self.loaded = true;
        self.stale = false;
        self.list.set(rows);
        if let Some(key) = self.wanted.take() {
            self.list.select_key(Some(&key));
        }
        if is_choosing(shell) && !self.services.is_empty() {
            self.offer_services(shell);
        }
        if let Some(product) = self.taking_over.take().filter(|_| shell.dialogs.is_empty()) {
            shell.clear_info();
            self.ask_to_take_over(&product, shell);
        }
    }

    pub(crate) fn failed(&mut self) {
        self.failed = true;
        self.taking_over = None;
    }

    /// Asks whether the service that has this product's name is taken over, wherever that stands: now, or when the rows are
    /// there that name both with their prices.
    pub(crate) fn take_over(&mut self, product: NamedProduct, shell: &mut Shell) {
        if self.loaded && !self.stale {
            return self.ask_to_take_over(&product, shell);
        }
        self.taking_over = Some(product);
        shell.inform(shell.theme.terms.say("Reading the price list and the services"));
        self.reload(shell);
    }

    fn ask_to_take_over(&self, product: &NamedProduct, shell: &mut Shell) {
        let is_it = |row: &&ProductView| {
            row.taken_by.is_some() && product.is(&row.key, &row.sku, &row.name)
        };
        match self.list.all().iter().find(is_it) {
            Some(row) => self.ask_to_adopt(row, shell),
            None => shell.decline(
                shell.theme.terms.say("No service has this product's name any more: r tries again"),
            ),
        }
    }

    fn ask_to_adopt(&self, row: &ProductView, shell: &mut Shell) {
        let service = row.taken_by.as_ref().map(|service| service.id);
        ask_to_adopt(row, service.and_then(|service| self.also_billed(service, &row.key)), shell);
    }

    /// Which other products are billed as a service, and whose customers so have it too; nothing where none is known.
    fn also_billed(&self, service: ServiceId, product: &str) -> Option<String> {
        let other = |row: &&ProductView| row.service == Some(service) && row.key != product;
        let others = self.list.all().iter().filter(other);
        let names: Vec<String> = others.map(|row| format!("“{}”", row.name)).collect();
        let (last, first) = names.split_last()?;
        Some(if first.is_empty() {
            format!("{last} is billed as it too")
        } else {
            format!("{} and {last} are billed as it too", first.join(", "))
        })
    }

    /// All rows, once they are there.
    pub(crate) fn rows(&self) -> Option<&[ProductView]> {
        self.loaded.then(|| self.list.all())
    }

    /// Selects a product, now or when its rows arrive.
    pub(crate) fn show(&mut self, key: &str) {
        self.list.show_all();
        self.list.select_key(Some(key));
        self.wanted = (!self.loaded || self.stale).then(|| key.to_owned());
    }

    pub(crate) fn set_invoiced(&mut self, found: About<InvoicedPrices, Option<Invoiced>>) {
        self.invoiced = Some(found);
    }

    fn act_on_row(&self, action: Action, shell: &mut Shell) {
        let Some(row) = self.list.selected() else { return };
        let product = row.key.clone();
        match action {
            Action::Copy => list_tools::copy(shell, format!("{}\t{}", row.key, row.name)),
            Action::Open => {
                shell.open(Overlay::text(&row.name, &details(row, &shell.theme)));
            }
            Action::Pin => list_tools::pick_service(shell, product, row.name.clone()),
            Action::Unpin => {
                let then = Then::change(command::Unpin { product });
                let terms = shell.theme.terms;
                let question = match row.origin {
                    Some(LinkOrigin::Adopted) => "Give back the service of {}?",
                    _ => "Bill {} as a service of its own again?",
                };
                let question = terms.fill(question, &[&row.name]);
                let after = "The next product sync makes a service for it; this one's prices stay as they are now.";
                let after = terms.say(after).into_owned();
                let now = row.service_name.as_ref();
                let now = now.map(|name| format!("Now it is billed as “{name}”{}", prices(row)));
                let body = row.listed_at().into_iter().chain(now).chain([after]);
                let own = terms.say("Own service");
                shell.open(Confirm::new(question, &own, then).with_body(body));
            }
            _ if row.taken_by.is_some() => self.ask_to_adopt(row, shell),
            _ => shell.decline(
                shell
                    .theme
                    .terms
                    .say("Only a service whose name is the product's can be taken over"),
            ),
        }
    }

    /// Services to choose from. One that is named by a SKU goes by what the price list calls that: where it was not read
    /// yet, it is read beside them.
    pub(crate) fn fill_services(&mut self, services: Vec<Service>, shell: &mut Shell) {
        self.services = services;
        self.offer_services(shell);
        if is_choosing(shell) && (!self.loaded || self.stale) {
            self.reload(shell);
        }
    }

    /// Those that may be meant stand first, and say why.
    fn offer_services(&self, shell: &mut Shell) {
        let Some(Dialog::Picker(picker)) = shell.dialogs.last_mut() else { return };
        let Choosing::Service { product, name } = &picker.choosing else { return };
        let meant = NamedProduct { product: product.clone(), name: name.clone() };
        let mut choices: Vec<(Option<&str>, Choice)> = Vec::new();
        for service in &self.services {
            let fits = self.fits(&meant, service);
            choices.push((fits, self.choice(service, fits)));
        }
        // Of two that fit, as for two terms of one SKU, neither is certain.
        let certain = choices.iter().filter(|(fits, _)| fits.is_some()).count() == 1;
        // Behind them those that share most of its words.
        choices.sort_by_cached_key(|(fits, choice)| {
            (fits.is_none(), Reverse(words_shared(&meant.name, &choice.name)))
        });
        picker.offer(choices.into_iter().map(|(_, choice)| choice).collect(), certain);
    }

    fn choice(&self, service: &Service, fits: Option<&str>) -> Choice {
        let taken = self.list.all().iter().find(|row| row.service == Some(service.id));
        let named = self.list.all().iter().find(|row| is_named_by_sku(row, &service.name));
        service_choice(service, taken.map(|row| row.name.as_str()), named, fits)
    }

    /// Why a service may be the one for a product: it has its SKU, or its name.
    fn fits(&self, meant: &NamedProduct, service: &Service) -> Option<&'static str> {
        let rows = || {
            let all = self.list.all().iter();
            all.filter(|row| {
                meant.is(&row.key, &row.sku, &row.name) || is_same_offer(&row.name, &meant.name)
            })
        };
        let sku = service.sku.as_deref().unwrap_or_default();
        let has_sku = |of: &str| !of.is_empty() && of.eq_ignore_ascii_case(sku);
        let of_row = |row: &ProductView| {
            has_sku(&row.key) || has_sku(&row.sku) || is_named_by_sku(row, &service.name)
        };
        if has_sku(&meant.product) || rows().any(of_row) {
            return Some("same SKU");
        }
        let has_name = |name: &str| !name.is_empty() && is_same_offer(&service.name, name);
        let is_its = |row: &ProductView| {
            row.service == Some(service.id)
                || row.collides_with == Some(service.id)
                || has_name(&row.name)
        };
        (has_name(&meant.name) || rows().any(is_its)).then_some("same name")
    }

    /// Asks before a product is pinned to the service that was chosen.
    pub(crate) fn ask_pin(&self, product: String, name: &str, choice: &Choice, shell: &mut Shell) {
        let Ok(service) = choice.key.parse() else { return };
        let row = self.list.all().iter().find(|row| row.key == product);
        let now = row.and_then(|row| row.service_name.as_ref());
        let invoiced = self.invoiced.as_ref().filter(|about| about.asked.product == product);
        let invoiced = invoiced.and_then(|about| about.found.as_ref()).map(Invoiced::told);
        let listed = row.and_then(ProductView::listed_at);
        let asked = self.invoiced.as_ref().filter(|about| about.asked.product == product);
        let asked = asked.and_then(|about| about.found.as_ref()).map(|one| one.retail);
        let billed = Billed {
            invoiced: asked.or_else(|| row.and_then(|row| row.retail)),
            of_service: self.services.iter().find(|one| one.id == service).map(|one| one.price),
        };
        let mut body: Vec<String> = invoiced.into_iter().chain(listed).collect();
        body.push(format!("It will be billed as “{}” ({})", choice.name, choice.detail));
        body.push(billed.told(&shell.theme));
        let other = |row: &&ProductView| row.service == Some(service) && row.key != product;
        let other = self.list.all().iter().find(other).map(|row| row.name.as_str());
        let names = ServiceNames { service: &choice.name, product: other };
        let doubt = unlike_service(name, row.map_or(&product, |row| &row.sku), names);
        body.extend(doubt.map(|doubt| format!("{} {doubt}", shell.theme.glyphs.warning)));
        if row.is_some_and(|row| row.retail.is_some()) {
            let follows = "From then on that service's price and cost follow the price list";
            body.push(shell.theme.terms.say(follows).into_owned());
        }
        if let (Some(now), Some(row)) = (now, row) {
            let prices = prices(row);
            body.push(format!("Now it is “{now}”{prices}: its seats move with the next sync"));
        }
        let then = Then::mend(command::Pin { product, service });
        let question = shell.theme.terms.fill("Bill {} as this service?", &[&name]);
        shell.open(Confirm::new(question, "Bill as it", then).with_body(body));
    }

    fn export(&self, shell: &mut Shell) {
        let money = |amount: Option<Money>| amount.map_or_else(String::new, |one| one.to_string());
        let rows = self.list.shown().map(|row| {
            [
                row.key.clone(),
                row.name.clone(),
                row.service_name.clone().unwrap_or_default(),
                money(row.cost),
                money(row.retail),
                word(row.action).to_owned(),
                row.currency.as_ref().map_or_else(String::new, ToString::to_string),
            ]
        });
        let head = ["sku", "prism_name", "service_name", "cost", "retail", "action", "currency"];
        list_tools::save_csv(shell, "products", &head, rows);
    }

    fn summary(&self, theme: &Theme) -> String {
        let count = |action| self.list.all().iter().filter(|row| row.action == action).count();
        let parts = [
            (ProductAction::Collision, "name already used"),
            (ProductAction::Create, "create"),
            (ProductAction::Reprice, "price change"),
            (ProductAction::Retired, "retired"),
        ];
        let amounts = amounts_in(self.list.all().iter().map(|row| row.currency.as_ref()));
        let parts: Vec<String> = parts
            .into_iter()
            .map(|(action, text)| (count(action), text))
            .filter(|(count, _)| *count > 0)
            .map(|(count, text)| format!("{count} {text}"))
            .chain(amounts)
            .collect();
        parts.join(theme.glyphs.separator)
    }
}

impl Pane for Products {
    fn section(&self) -> Section {
        Section::Products
    }

    keys_move_in!(self.list);

    fn enter(&mut self, shell: &mut Shell) {
        if !self.loaded || self.stale {
            self.reload(shell);
        }
    }

    fn reload(&mut self, shell: &mut Shell) {
        self.failed = false;
        shell.ask(Purpose::Products, command::Products);
    }

    fn fit(&mut self, room: Rect) {
        self.list.fit(rows_with_detail(room, 1 + DETAIL));
    }

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump> {
        match action {
            Action::Refresh => self.reload(shell),
            Action::Program => return Some(Jump::To(Place::Program)),
            Action::Plan => {
                let scope = Scope::Products;
                return Some(Jump::Plan(SyncRequest { scope, ..SyncRequest::default() }));
            }
            Action::Export => self.export(shell),
            Action::Copy | Action::Open | Action::Pin | Action::Unpin | Action::Adopt => {
                self.act_on_row(action, shell);
            }
            action => _ = self.list.act(action, COLUMNS.len()),
        }
        None
    }

    fn offers(&self, action: Action) -> bool {
        let row = self.list.selected();
        match action {
            Action::Pin | Action::Unpin => row.is_some(),
            Action::Adopt => row.is_some_and(|row| row.taken_by.is_some()),
            _ => true,
        }
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell) {
        let theme = &shell.theme;
        let title = list_tools::title("Products", &self.list);
        let inside = frame::body(frame, area, &title, &self.summary(theme), theme);
        let reading = theme.terms.say("Reading the price list and the services…");
        let notice = match (self.loaded, self.failed) {
            (true, _) if !self.list.is_empty() => None,
            _ if !shell.is_configured(SystemKind::Prism) => {
                Some(not_connected(Side::Source, theme.keys))
            }
            _ if !shell.has_target() => Some(not_connected(Side::Target, theme.keys)),
            (true, _) => Some("No products. Connect PRISM on tab 2, then press F5."),
            (false, true) => Some("The price list could not be read. F5 tries again, ! shows why."),
            (false, false) => Some(reading.as_ref()),
        };
        if let Some(text) = notice {
            return frame::draw_notice(frame, inside, text, theme);
        }
        let rows = Table::new(&self.list, COLUMNS);
        if let Some((row, detail)) = rows.draw_with_detail(frame, inside, 1 + DETAIL, theme) {
            if detail.is_beside() {
                detail.draw(frame, details(row, theme).lines(), theme);
            } else {
                detail.draw(frame, remark(row, theme), theme);
            }
        }
    }
}

/// Asks before the service that has a product's name is taken over.
fn ask_to_adopt(row: &ProductView, others: Option<String>, shell: &mut Shell) {
    let then = Then::mend(command::Adopt { product: row.key.clone() });
    let terms = shell.theme.terms;
    let question = terms.fill("Take over this service for {}?", &[&row.name]);
    let service = row.taken_by.as_ref();
    let lines = [
        service.map(|service| terms.fill("The service today: {}", &[&service.told()])),
        row.listed_at(),
        service.and_then(|service| row.would_become(service)),
        others,
        Some(
            "From then on its price and cost follow the price list; U on Products gives it back"
                .into(),
        ),
    ];
    let body = lines.into_iter().flatten();
    shell.open(Confirm::new(question, "Take over", then).with_body(body));
}

/// Two prices of which one is billed.
struct Billed {
    /// What the invoice asks, else the price list.
    invoiced: Option<Money>,
    of_service: Option<Money>,
}

impl Billed {
    /// Which of the two is billed, with a warning where they differ.
    fn told(&self, theme: &Theme) -> String {
        // Links that sync only quantities, or only cost, leave the price to the service.
        let billed = "Where prices are synced, the invoice's is billed";
        let (warning, terms) = (theme.glyphs.warning, theme.terms);
        match (self.invoiced, self.of_service) {
            (Some(asked), Some(own)) if asked == own => {
                terms.fill("{}: RRP {}, the same as the service's", &[&billed, &price(asked)])
            }
            (Some(asked), Some(own)) => terms.fill(
                "{} {}: RRP {}, not the service's {}",
                &[&warning, &billed, &price(asked), &price(own)],
            ),
            (None, Some(own)) => {
                terms.fill("{} {} (RRP), not the service's {}", &[&warning, &billed, &price(own)])
            }
            (_, None) => terms.fill("{} (RRP), not the service's", &[&billed]),
        }
    }
}

/// What the service that a product is billed as has now.
fn prices(row: &ProductView) -> String {
    let told = |word: &str, amount: Option<Money>| {
        amount.map(|amount| format!("{word} {}", price(amount)))
    };
    let price = told("price", row.present_price);
    let all: Vec<String> = price.into_iter().chain(told("cost", row.present_cost)).collect();
    if all.is_empty() { String::new() } else { format!(" ({})", all.join(", ")) }
}

/// How many words two names share, in whatever case; what is short tells nothing.
fn words_shared(one: &str, other: &str) -> usize {
    const TELLING: usize = 3;
    let words = |name: &str| -> BTreeSet<String> {
        let words = name.split(|letter: char| !letter.is_alphanumeric());
        words.filter(|word| word.chars().count() >= TELLING).map(str::to_lowercase).collect()
    };
    words(one).intersection(&words(other)).count()
}

/// Whether a service is being chosen.
fn is_choosing(shell: &Shell) -> bool {
    matches!(shell.dialogs.last(), Some(Dialog::Picker(picker))
        if matches!(picker.choosing, Choosing::Service { .. }))
}

/// A service that is named by the SKU of a product goes by the product's name; the code stands behind it. What makes it
/// likely stands first.
fn service_choice(
    service: &Service,
    taken: Option<&str>,
    named: Option<&ProductView>,
    fits: Option<&str>,
) -> Choice {
    let mut facts: Vec<String> = fits.map(str::to_owned).into_iter().collect();
    facts.push(format!("price {}", separated(service.price)));
    facts.extend(service.cost.map(|cost| format!("cost {}", separated(cost))));
    if !service.active {
        facts.push("inactive".to_owned());
    }
    let own = |owner: &&str| named.is_some_and(|product| product.name == *owner);
    facts.extend(taken.filter(|owner| !own(owner)).map(str::to_owned));
    // Where there is too little room it is codes that go.
    facts.push(service.id.to_string());
    facts.extend(named.map(|_| service.name.clone()));
    let sku = service.sku.as_ref().filter(|sku| !service.name.contains(sku.as_str()));
    facts.extend(sku.map(|sku| format!("SKU {sku}")));
    let name = match named {
        Some(product) if product.motion.is_empty() => product.name.clone(),
        Some(product) => format!("{} ({})", product.name, product.motion),
        None => service.name.clone(),
    };
    Choice::new(&service.id, name).with_detail(facts.join(", "))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::console::colour::Depth;

    #[rstest]
    #[case(Some("5.50"), Some("5.50"), ": RRP 5.50, the same as the service's")]
    #[case(Some("1005.50"), Some("8.40"), ": RRP 1,005.50, not the service's 8.40")]
    #[case(None, Some("8.40"), " (RRP), not the service's 8.40")]
    #[case(Some("5.50"), None, " (RRP), not the service's")]
    fn it_is_said_which_price_is_billed(
        #[case] invoiced: Option<&str>,
        #[case] of_service: Option<&str>,
        #[case] says: &str,
    ) {
        let amount = |text: Option<&str>| text.map(|text| text.parse().expect("an amount"));
        let billed = Billed { invoiced: amount(invoiced), of_service: amount(of_service) };
        let told = billed.told(&Theme::new(Depth::default(), true));
        assert!(told.ends_with(&format!("the invoice's is billed{says}")), "{told}");
        let differ = of_service.is_some() && invoiced != of_service;
        assert_eq!(told.starts_with('W'), !differ, "a warning where they differ: {told}");
    }
}
