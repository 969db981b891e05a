//! What an administrator prepares in a target (R1–R7, wire/connectwise 12.1), and what a test found of it, right by right.

use std::fmt::Write as _;

use crate::{
    console::{
        advice::in_keys,
        shell::Shell,
        theme::Theme,
        widgets::text::{ago, counted},
    },
    domain::{Code, outcome::Finding},
    engine::views::{ConnectionView, SystemKind, TestView},
    psa::{Probe, Right},
};

const STEPS: &str = "Once, by an administrator:

1. Security level. Copy “API User (system) (API-only)”, name the copy, take every right away, then give back:
   - Contracts: View All, Add No; “Can modify Service/Bundle on contract changes”; visibility Full
   - CRM: Customer & Cancelation All. Vendor & Partners only if you want to choose a vendor
   - Admin: Products, Services & Inventory
   - Web Services API: can login
   - the right to see internal costs, or costs cannot be synced
2. API user. Admin, Resources (Users), New, New API User: active, not locked, with this security level, an e-mail \
address that somebody reads, and the tracking identifier (it cannot be changed later). Keep user name and secret: \
the secret is shown once.
3. Contracts. Each customer needs an active Recurring Service contract that starts on the first of a month.
4. Billing code. One that is active, of use type Recurring Contract Service.
";

const CONNECTWISE_STEPS: &str = "Once, by an administrator:

1. Security role. Make one with every right none, then give:
   - Companies: Company Maintenance, inquire all
   - Finance: Agreements, add, edit and inquire all, or by “customize” the agreement type in use
   - Procurement: Product Catalog and Products, add, edit and inquire all
   - System: Table Setup, inquire all, by “customize” Company Status, Category, Subcategories, Product Type, UOM
   Nothing is ever deleted: that right is not needed.
2. API member. System, Members, API Members, New Item, with this role; then API Keys, New Item: keep public and private \
key, the private one is shown once.
3. Client id. The integration's own, a GUID from ConnectWise's developer pages.
4. Agreements. Each customer needs an active one with a monthly billing cycle and Prorate Agreement ticked.
5. Catalog. The Miscellaneous category, subcategory and product type active: new products are filed there, unless you \
choose others.
";

/// The steps of a target, then what its last test found.
pub(crate) fn checklist(system: SystemKind, row: Option<&ConnectionView>, shell: &Shell) -> String {
    let mut text = match system {
        SystemKind::Prism | SystemKind::Autotask => STEPS,
        SystemKind::Connectwise => CONNECTWISE_STEPS,
    }
    .to_owned();
    let probe = row.and_then(|row| row.probe.as_ref());
    let Some(probe) = probe.filter(|probe| !probe.rights.is_empty()) else {
        let next = shell.theme.keys.hint_to_set_up(
            "c on its card connects it, t shows which rights are there.",
            "t shows which rights are there, once it is connected.",
        );
        _ = writeln!(text, "\nNot tested yet: {next}");
        return text;
    };
    let when = row.and_then(|row| row.checked_at);
    let when = when.map_or_else(String::new, |at| format!(" ({})", ago(at, shell.now)));
    _ = writeln!(text, "\nWhat the last test found{when}:");
    text.push_str(&probe_text(probe, &shell.theme));
    text
}

/// A test whole: what it said, then each right.
pub(crate) fn test_text(test: &TestView, theme: &Theme) -> String {
    let glyph = if test.ok { theme.glyphs.success } else { theme.glyphs.failure };
    let mut told = format!("{glyph} {}: {}\n", test.name, test.text);
    if let Some(finding) = test.finding.as_ref().filter(|finding| !finding.advice.is_empty()) {
        _ = writeln!(told, "  {}", in_keys(&finding.advice, theme.keys));
    }
    if let Some(probe) = &test.probe {
        told.push_str(&probe_text(probe, theme));
    }
    told
}

/// A test in a line or two, for the form it was asked from.
pub(crate) fn in_short(test: &TestView) -> Finding {
    if let Some(finding) = &test.finding {
        return finding.clone();
    }
    let rights = test.probe.iter().flat_map(|probe| &probe.rights);
    let missing: Vec<&str> =
        rights.filter(|right| right.granted == Some(false)).map(|r| r.name.as_str()).collect();
    let advice = if missing.is_empty() {
        String::new()
    } else {
        let count = counted(missing.len() as u64, "right is missing", "rights are missing");
        format!(
            "{count}: {}. Once saved, i on the card says where to give them.",
            missing.join(", ")
        )
    };
    Finding::new(Code::Ok, test.text.clone(), advice)
}

/// Missing rights first, each with where it is given.
fn probe_text(probe: &Probe, theme: &Theme) -> String {
    let mut told = String::new();
    let rank = |right: &&Right| match right.granted {
        Some(false) => 0,
        None => 1,
        Some(true) => 2,
    };
    let mut rights: Vec<&Right> = probe.rights.iter().collect();
    rights.sort_by_key(rank);
    for right in rights {
        let (glyph, word) = match right.granted {
            Some(true) => (theme.glyphs.success, "granted"),
            Some(false) => (theme.glyphs.failure, "MISSING"),
            None => (theme.glyphs.hollow, "not told"),
        };
        _ = writeln!(told, "  {glyph} {word:<8}  {}", right.name);
        if right.granted != Some(true) && !right.advice.is_empty() {
            _ = writeln!(told, "      {}", in_keys(&right.advice, theme.keys));
        }
    }
    if let Some(note) = &probe.note {
        _ = writeln!(told, "  {note}");
    }
    if let Some((left, whole)) = probe.budget {
        _ = writeln!(told, "  {left} of {whole} requests left this hour");
    }
    told
}
