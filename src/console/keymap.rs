//! The one table of keys: dispatch, footer, `?` help, `:` palette and the table in docs/keys.md are all read from it.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::{Action, Tab};
use crate::domain::Right;

/// A section of the table of keys: where the operator is. The innermost is asked first, then [`Section::Everywhere`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Any screen, unless a text is being typed or a dialog is open.
    Everywhere,
    /// Any list.
    List,
    Dashboard,
    Connections,
    Customers,
    /// Suggested mappings, within tab 3.
    Suggestions,
    /// All about one customer, within tab 3.
    CustomerPage,
    /// Changes on one customer's contract, within tab 3.
    ContractHistory,
    Products,
    /// Tab 5, the list of runs.
    Runs,
    Run,
    RunCustomer,
    RunSubscription,
    Live,
    Plan,
    Retries,
    Invoices,
    /// One invoice with its ledger.
    Invoice,
    /// Plans that wait for approval, within tab 5.
    Approvals,
    WaitingPlan,
    /// What went wrong, at the head of a run or the retry list.
    Causes,
    /// What is blocked, at the head of a plan: nothing of it was tried yet.
    PlanCauses,
    Chart,
    /// Tab 6.
    Support,
    Form,
    /// The form of a connection, which can be tried before it is stored.
    ConnectionForm,
    /// The link form of a customer, where saving can sync at once.
    LinkForm,
    /// A list to choose from by typing.
    Picker,
    /// A question before a write.
    Confirm,
    /// A text being typed: filter, search, remark.
    Prompt,
    /// Help, palette and past errors.
    Overlay,
}

impl Section {
    /// All, outermost first.
    pub(crate) const ALL: [Self; 31] = [
        Everywhere,
        List,
        Dashboard,
        Connections,
        Customers,
        Suggestions,
        CustomerPage,
        ContractHistory,
        Products,
        Runs,
        Run,
        RunCustomer,
        RunSubscription,
        Live,
        Plan,
        Retries,
        Invoices,
        Invoice,
        Approvals,
        WaitingPlan,
        Causes,
        PlanCauses,
        Chart,
        Support,
        Form,
        ConnectionForm,
        LinkForm,
        Picker,
        Confirm,
        Prompt,
        Overlay,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Everywhere => "Everywhere",
            List => "Any list",
            Dashboard => "Dashboard",
            Connections => "Connections",
            Customers => "Customers",
            Suggestions => "Suggestions",
            CustomerPage => "Customer",
            ContractHistory => "Contract history",
            Products => "Products",
            Runs => "Sync",
            Run => "Run",
            RunCustomer => "Customer of a run",
            RunSubscription => "Subscription of a run",
            Live => "Running sync",
            Plan => "Plan",
            Retries => "Retry list",
            Invoices => "Invoices",
            Invoice => "Invoice",
            Approvals => "Waiting plans",
            WaitingPlan => "Waiting plan",
            Causes => "Causes",
            PlanCauses => "Causes in a plan",
            Chart => "Chart",
            Support => "Support",
            Form => "Any form",
            ConnectionForm => "Connection form",
            LinkForm => "Link form",
            Picker => "Picker",
            Confirm => "Question",
            Prompt => "Text prompt",
            Overlay => "Help and texts",
        }
    }
}

/// A key with what it means in some sections.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    pub sections: &'static [Section],
    /// Which keys; the first is shown in the footer.
    pub keys: &'static [Press],
    /// What they mean.
    pub action: Action,
    /// One or two words for the footer.
    pub label: &'static str,
    /// A sentence for help and palette.
    pub help: &'static str,
    /// Place in the footer: smaller is further left, 0 is not shown there.
    pub rank: u8,
    /// Changes something: not offered, and refused, with `--read-only`.
    pub writes: bool,
    /// What a client of a daemon needs for it: whoever lacks that is not offered it.
    pub right: Right,
}

impl Binding {
    /// The same, where it needs another right than most that read or write.
    const fn by(self, right: Right) -> Self {
        Self { right, ..self }
    }
}

/// A key press: code and modifiers. Shifted letters are written as capitals, without the modifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Press(pub KeyCode, pub KeyModifiers);

const fn key(code: KeyCode) -> Press {
    Press(code, KeyModifiers::NONE)
}

const fn letter(letter: char) -> Press {
    key(KeyCode::Char(letter))
}

const fn ctrl(letter: char) -> Press {
    Press(KeyCode::Char(letter), KeyModifiers::CONTROL)
}

impl Press {
    /// The press behind a terminal event: the shift of a letter is in the letter already.
    pub(crate) fn of(event: KeyEvent) -> Self {
        let mut modifiers =
            event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        if matches!(event.code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers -= KeyModifiers::SHIFT;
        }
        Self(event.code, modifiers)
    }

    /// How it is written for people: `Ctrl-d`, `Space`, `↑` (or `Up` without Unicode).
    pub(crate) fn name(self, unicode: bool) -> String {
        let plain = match self.0 {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(letter) => letter.to_string(),
            KeyCode::Up => if unicode { "↑" } else { "Up" }.to_owned(),
            KeyCode::Down => if unicode { "↓" } else { "Down" }.to_owned(),
            KeyCode::Left => if unicode { "←" } else { "Left" }.to_owned(),
            KeyCode::Right => if unicode { "→" } else { "Right" }.to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::F(number) => format!("F{number}"),
            other => format!("{other:?}"),
        };
        if self.1.contains(KeyModifiers::CONTROL) { format!("Ctrl-{plain}") } else { plain }
    }
}

use Section::{
    Approvals, Causes, Chart, Confirm, ConnectionForm, Connections, ContractHistory, CustomerPage,
    Customers, Dashboard, Everywhere, Form, Invoice, Invoices, LinkForm, List, Live, Overlay,
    Picker, Plan, PlanCauses, Products, Prompt, Retries, Run, RunCustomer, RunSubscription, Runs,
    Suggestions, Support, WaitingPlan,
};

const fn reads(
    sections: &'static [Section],
    keys: &'static [Press],
    action: Action,
    label: &'static str,
    help: &'static str,
    rank: u8,
) -> Binding {
    Binding { sections, keys, action, label, help, rank, writes: false, right: Right::View }
}

const fn writes(
    sections: &'static [Section],
    keys: &'static [Press],
    action: Action,
    label: &'static str,
    help: &'static str,
    rank: u8,
) -> Binding {
    Binding { sections, keys, action, label, help, rank, writes: true, right: Right::Operate }
}

#[rustfmt::skip]
pub const BINDINGS: &[Binding] = &[
    // Everywhere
    reads(&[Everywhere], &[letter('?'), key(KeyCode::F(1))], Action::Help, "help", "Show the keys that work here", 99),
    reads(&[Everywhere], &[letter(':'), ctrl('p')], Action::Palette, "commands", "Find a command by name", 98),
    reads(&[Everywhere], &[letter('q')], Action::Quit, "quit", "Leave; asks while a sync runs", 97),
    reads(&[Everywhere, Form, Picker, Confirm, Prompt, Overlay], &[ctrl('c')], Action::Interrupt, "cancel", "Cancel what runs; twice leaves", 0),
    reads(&[Everywhere, Form, Picker, Confirm, Prompt, Overlay], &[ctrl('z')], Action::Suspend, "suspend", "To the shell, until fg", 0),
    reads(&[Everywhere, Form, Picker, Confirm, Prompt, Overlay], &[ctrl('l')], Action::Redraw, "redraw", "Draw the screen anew", 0),
    reads(&[Everywhere], &[letter('!')], Action::Errors, "errors", "Past errors and notices", 0),
    reads(&[Everywhere], &[letter('T')], Action::OtherTarget, "other target", "Show the other target: its customers, products and runs", 50),
    reads(&[Everywhere], &[letter('1')], Action::Go(Tab::Dashboard), "dashboard", "Go to Dashboard", 0),
    reads(&[Everywhere], &[letter('2')], Action::Go(Tab::Connections), "connections", "Go to Connections", 0),
    reads(&[Everywhere], &[letter('3')], Action::Go(Tab::Customers), "customers", "Go to Customers", 0),
    reads(&[Everywhere], &[letter('4')], Action::Go(Tab::Products), "products", "Go to Products", 0),
    reads(&[Everywhere], &[letter('5')], Action::Go(Tab::Sync), "sync", "Go to Sync", 0),
    reads(&[Everywhere], &[letter('6')], Action::Go(Tab::Support), "support", "Go to Support", 0),
    reads(&[Everywhere], &[key(KeyCode::Tab), letter(']')], Action::NextTab, "next tab", "Go to the tab on the right", 0),
    reads(&[Everywhere], &[key(KeyCode::BackTab), letter('[')], Action::PreviousTab, "last tab", "Go to the tab on the left", 0),
    reads(&[Everywhere], &[key(KeyCode::Esc)], Action::Back, "back", "Back one level", 0),
    reads(&[Everywhere], &[key(KeyCode::F(5)), ctrl('r')], Action::Refresh, "refresh", "Refresh what is shown", 0),
    reads(&[Everywhere], &[letter('y'), ctrl('y')], Action::Copy, "copy", "Copy the selected row or error to the terminal's clipboard", 0),
    // Lists
    reads(&[List], &[key(KeyCode::Up), letter('k')], Action::Up, "up", "One row up", 0),
    reads(&[List], &[key(KeyCode::Down), letter('j')], Action::Down, "down", "One row down", 0),
    reads(&[List], &[key(KeyCode::PageUp)], Action::PageUp, "page up", "A page up", 0),
    reads(&[List], &[key(KeyCode::PageDown)], Action::PageDown, "page down", "A page down", 0),
    reads(&[List], &[ctrl('u')], Action::HalfUp, "half up", "Half a page up", 0),
    reads(&[List], &[ctrl('d')], Action::HalfDown, "half down", "Half a page down", 0),
    reads(&[List], &[key(KeyCode::Home), letter('g')], Action::Top, "top", "To the first row", 0),
    reads(&[List], &[key(KeyCode::End), letter('G')], Action::Bottom, "bottom", "To the last row", 0),
    reads(&[List], &[key(KeyCode::Enter)], Action::Open, "open", "Open the selected row; never writes", 1),
    reads(&[Customers, Suggestions, CustomerPage, ContractHistory, Products, Runs, Run, RunCustomer, RunSubscription, Live, Plan, WaitingPlan, Retries, Invoices, Invoice, Approvals, Support], &[letter('/')], Action::Filter, "filter", "Narrow the list while you type; Enter keeps, Esc clears", 20),
    reads(&[Customers], &[letter('f')], Action::NextState, "needs review", "Show only what needs review, then unlinked, then off, then all again", 21),
    reads(&[CustomerPage, Products, Runs, Run, RunCustomer, Live, Plan, WaitingPlan, Invoices, Approvals], &[letter('f')], Action::NextState, "needs review", "Show only what needs review, or all again", 21),
    reads(&[Customers, Suggestions, CustomerPage, ContractHistory, Products, Runs, Run, RunCustomer, RunSubscription, Live, Retries, Invoices, Approvals], &[letter('o'), key(KeyCode::Right), letter('l')], Action::Sort, "sort", "Sort by the next column", 30),
    reads(&[Customers, Suggestions, CustomerPage, ContractHistory, Products, Runs, Run, RunCustomer, RunSubscription, Live, Retries, Invoices, Approvals], &[key(KeyCode::Left), letter('h')], Action::Left, "sort back", "Sort by the column before", 0),
    reads(&[Customers, Suggestions, CustomerPage, ContractHistory, Products, Runs, Run, RunCustomer, RunSubscription, Live, Retries, Invoices, Approvals], &[letter('O')], Action::Reverse, "reverse", "Reverse order", 0),
    reads(&[Customers, Suggestions, Products, Runs, Run, RunCustomer, RunSubscription, Live, CustomerPage, ContractHistory, Retries, Invoices, Invoice, Approvals], &[letter('e')], Action::Export, "export", "Save what is shown to a file", 40),
    // Dashboard
    reads(&[Dashboard], &[letter('p')], Action::Plan, "plan", "Work out what a sync would write", 2),
    writes(&[Dashboard], &[letter('d')], Action::Dismiss, "mark as seen", "Take the selected cause, or one line of it, off the list, after a question", 6),
    writes(&[Dashboard], &[letter('z')], Action::Undo, "undo", "Put back what was marked as seen last", 7),
    // Connections
    reads(&[Connections], &[key(KeyCode::Left), letter('h')], Action::Left, "card before", "To the card above", 0),
    reads(&[Connections], &[key(KeyCode::Right), letter('l')], Action::Right, "next card", "To the card below", 0),
    reads(&[Connections], &[letter('i')], Action::Checklist, "checklist", "What to prepare in the PSA, right by right", 6),
    writes(&[Connections], &[letter('a')], Action::Agreement, "agreement", "Choose which PRISM agreements are synced", 7).by(Right::Administer),
    writes(&[Connections], &[letter('c')], Action::Edit, "configure", "Type or change the connection's settings", 2).by(Right::Administer),
    writes(&[Connections], &[letter('n')], Action::Generate, "generate", "Create PRISM credentials by signing in on any machine", 4).by(Right::Administer),
    reads(&[Connections], &[letter('t')], Action::Test, "test", "Try the saved connection and look at its rights", 3).by(Right::Operate),
    reads(&[Connections, Products, Causes, PlanCauses, Dashboard], &[letter('m')], Action::Program, "CSP options", "Microsoft CSP options", 5),
    // Customers
    writes(&[Customers, Suggestions, CustomerPage, Dashboard], &[letter('c')], Action::Edit, "link", "Link the tenant with a company and a contract", 2),
    writes(&[Customers, CustomerPage], &[letter('s')], Action::ToggleSync, "sync on/off", "Switch sync for the marked rows, or this one", 3),
    reads(&[Customers, CustomerPage, Dashboard], &[letter('u')], Action::Suggest, "suggest", "Suggested companies and contracts for tenants that are not linked", 4),
    reads(&[Customers], &[key(KeyCode::Char(' '))], Action::Mark, "mark", "Mark the row", 6),
    reads(&[Customers], &[letter('a')], Action::MarkAll, "mark all", "Mark every row shown, or none", 0),
    reads(&[Customers, CustomerPage], &[letter('p')], Action::PlanThese, "plan", "Work out what a sync of these customers would write", 5),
    reads(&[Customers, CustomerPage], &[letter('H')], Action::History, "history", "Every change on this customer's contract", 7),
    writes(&[Customers, CustomerPage], &[letter('U')], Action::Unmap, "unlink", "Unlink the customer; changes nothing in the PSA by itself", 0),
    writes(&[Customers, CustomerPage], &[letter('N')], Action::Note, "note", "A remark of your own on this customer", 0),
    reads(&[CustomerPage], &[key(KeyCode::Enter)], Action::Open, "lines", "Usage lines of the subscription, or a change whole", 1),
    reads(&[CustomerPage], &[key(KeyCode::Tab)], Action::OtherSide, "other side", "To the other part of the page: subscriptions, or changes", 8),
    writes(&[Suggestions], &[key(KeyCode::Enter), letter('a')], Action::Accept, "accept", "Take this suggestion", 2),
    writes(&[Suggestions], &[letter('A')], Action::AcceptAll, "accept this score up", "Take every suggestion of at least the selected score, after a question that names them", 3),
    // Products
    reads(&[Products], &[letter('p')], Action::Plan, "plan", "Work out what a product sync would write", 2),
    writes(&[Products, CustomerPage, RunCustomer, RunSubscription, Causes, PlanCauses, Dashboard], &[letter('P')], Action::Pin, "bill as…", "Choose the service this product is billed as", 3),
    writes(&[Products], &[letter('U')], Action::Unpin, "own service", "Bill it as a service of its own again; gives back one that was taken over", 0),
    writes(&[Products, CustomerPage, RunCustomer, RunSubscription, Causes, PlanCauses, Dashboard], &[letter('A')], Action::Adopt, "take over", "Make the service that has the product's name this product's own", 4),
    // Sync
    reads(&[Runs], &[letter('p')], Action::Plan, "plan", "Work out what a sync would write", 2),
    reads(&[Invoices, Invoice], &[letter('p')], Action::Plan, "plan", "Work out what a sync would write", 6),
    reads(&[Runs], &[letter('v')], Action::Recheck, "compare", "Compare with Autotask again (recheck): what differs since the last applied invoice", 3),
    reads(&[Runs, Run, Live, CustomerPage, Causes, Dashboard], &[letter('r')], Action::RetryFailed, "retry failed", "Plan only what failed", 4),
    reads(&[PlanCauses], &[letter('r')], Action::RetryFailed, "plan only these", "Plan only whom this cause befell, anew; Esc there goes back to the whole plan", 4),
    reads(&[Runs], &[letter('R')], Action::Retries, "retry list", "What waits to be tried again", 5),
    reads(&[Runs, Dashboard], &[letter('W')], Action::Approvals, "waiting plans", "Plans that wait until somebody else has approved them", 8),
    reads(&[Runs, Plan], &[letter('i')], Action::Invoices, "invoices", "Every invoice: what it is, where it stands, where its amount went", 6),
    reads(&[Run, RunCustomer, Live], &[letter('i')], Action::OpenInvoice, "invoice", "The invoice of this run or customer, with where its amount went", 7),
    writes(&[Invoice], &[letter('a')], Action::Accept, "accept", "Accept the difference, or the currency, that holds this invoice; asks first", 2),
    writes(&[Invoice], &[letter('t')], Action::TreatAsStandard, "treat as standard", "Treat this invoice as the month's: each of its lines is sorted by itself; asks first", 3),
    writes(&[Invoice], &[letter('x')], Action::LeaveOut, "leave out", "Leave this invoice out, and take it off the attention list; asks first", 4),
    writes(&[Invoice], &[letter('d')], Action::Dismiss, "dismiss", "Drop this invoice: later months do not wait for it; asks first", 5),
    reads(&[Run, Live], &[letter('n')], Action::NextMatch, "next to check", "To the next row that needs review: failed or warned", 6),
    reads(&[Run, Live], &[letter('N')], Action::PreviousMatch, "last to check", "To the row before that needs review", 0),
    reads(&[Chart], &[key(KeyCode::Left), letter('h')], Action::Left, "day before", "One day left", 2),
    reads(&[Chart], &[key(KeyCode::Right), letter('l')], Action::Right, "next day", "One day right", 2),
    reads(&[Chart], &[letter('n')], Action::NextMatch, "next change", "To the next day on which a quantity changes", 3),
    reads(&[Chart], &[letter('N')], Action::PreviousMatch, "last change", "To the day before on which a quantity changes", 0),
    reads(&[ContractHistory, RunCustomer, RunSubscription, Plan, WaitingPlan], &[letter('c')], Action::Chart, "chart", "Quantity of this service over the month", 2),
    writes(&[CustomerPage, RunCustomer, RunSubscription], &[letter('w')], Action::ChooseRow, "contract line", "Choose contract line: which of several bills this service", 4),
    reads(&[Live], &[key(KeyCode::Tab)], Action::OtherSide, "other side", "To the other part of the screen: customers, or subscriptions as they happen", 3),
    reads(&[RunCustomer], &[key(KeyCode::Tab)], Action::OtherSide, "what was told", "What was told of this customer while its run was watched: reasons, changes, waits", 8),
    reads(&[Run, Retries, Plan, WaitingPlan, Causes, PlanCauses], &[key(KeyCode::Tab)], Action::OtherSide, "causes", "To the causes of what went wrong, and back; Enter there shows whom one befell", 8),
    reads(&[Live], &[letter('C')], Action::OtherView, "why", "The record of the run that ended: the causes of what went wrong, and all that its rows tell", 5),
    reads(&[Run], &[letter('C')], Action::OtherView, "what happened", "What happened to each subscription, beside the same rows", 5),
    writes(&[Live], &[letter('x')], Action::CancelRun, "stop", "Stop between two changes", 2),
    writes(&[Plan], &[letter('A')], Action::Apply, "apply", "Send the changes that are marked, or all of the plan, after a confirmation", 1),
    writes(&[Plan], &[key(KeyCode::Char(' '))], Action::Mark, "mark", "Mark the customer with its whole contract: only what is marked is applied", 2),
    writes(&[Plan], &[letter('a')], Action::MarkAll, "mark all", "Mark every customer shown, or none", 3),
    reads(&[Plan, WaitingPlan], &[key(KeyCode::Enter)], Action::Open, "unfold", "Show the changes of a customer, or a change whole", 4),
    reads(&[Plan, WaitingPlan], &[letter('n')], Action::NextMatch, "next to check", "To the next row to check: blocked, to 0, doubled, held by a guard", 5),
    reads(&[Plan, WaitingPlan], &[letter('N')], Action::PreviousMatch, "last to check", "To the row before to check", 0),
    reads(&[Plan], &[letter('p')], Action::Plan, "plan anew", "Make the same plan anew, from what stands now", 25),
    reads(&[Plan, WaitingPlan], &[letter('w'), letter('e')], Action::Export, "save", "Save the plan to a file, for `sync --plan`", 6),
    writes(&[WaitingPlan], &[letter('A')], Action::Approve, "approve", "Let this plan pass and apply it, after a question: never one's own", 1).by(Right::Approve),
    writes(&[WaitingPlan], &[letter('X')], Action::Reject, "reject", "Turn this plan down, with a reason", 2).by(Right::Approve),
    writes(&[WaitingPlan], &[letter('B')], Action::BreakGlass, "break glass", "Let this plan pass alone where it cannot wait for anybody else: with a reason, and everybody is told", 3).by(Right::Administer),
    writes(&[Retries], &[letter('d')], Action::Dismiss, "dismiss", "Take this off the list, after a question and with a reason", 2),
    writes(&[Retries], &[letter('z')], Action::Undo, "undo", "Put back what was dismissed last, until the next run", 4),
    reads(&[Retries], &[letter('r')], Action::RetryFailed, "retry", "Plan only what failed", 3),
    // Support
    writes(&[Support], &[letter('b')], Action::SupportBundle, "bundle", "Write logs and state, without secrets, to a file", 2),
    writes(&[Support], &[letter('L')], Action::LogOut, "log out or in", "Lock the vault, or open it with the passphrase", 3).by(Right::Administer),
    // Forms
    reads(&[Form], &[key(KeyCode::Tab), key(KeyCode::Down)], Action::NextField, "next", "The next field", 3),
    reads(&[Form], &[key(KeyCode::BackTab), key(KeyCode::Up)], Action::PreviousField, "previous", "The field before", 0),
    reads(&[Form], &[key(KeyCode::Enter)], Action::Open, "choose", "Choose from the list, turn the switch, or press the button", 4),
    writes(&[Form], &[ctrl('s')], Action::Save, "save", "Save it", 1),
    reads(&[ConnectionForm], &[ctrl('t')], Action::Test, "test", "Try it without saving", 2).by(Right::Administer),
    writes(&[LinkForm], &[ctrl('n')], Action::SaveAndSync, "save and sync", "Save it and plan a sync of this customer now", 2),
    reads(&[Form, Picker, Confirm, Prompt, Overlay], &[key(KeyCode::Esc)], Action::Back, "close", "Close without saving", 9),
    // Pickers, prompts, overlays
    reads(&[Picker, Overlay], &[key(KeyCode::Up), ctrl('k')], Action::Up, "up", "One row up", 0),
    reads(&[Picker, Overlay], &[key(KeyCode::Down), ctrl('j')], Action::Down, "down", "One row down", 0),
    reads(&[Picker, Overlay], &[key(KeyCode::PageUp)], Action::PageUp, "page up", "A page up", 0),
    reads(&[Picker, Overlay], &[key(KeyCode::PageDown)], Action::PageDown, "page down", "A page down", 0),
    reads(&[Picker, Overlay], &[ctrl('u')], Action::HalfUp, "half up", "Half a page up", 0),
    reads(&[Picker, Overlay], &[ctrl('d')], Action::HalfDown, "half down", "Half a page down", 0),
    reads(&[Overlay], &[ctrl('y')], Action::Copy, "copy", "Copy the selected line, or the whole text", 2),
    reads(&[Form, Picker, Confirm, Prompt], &[key(KeyCode::F(1))], Action::Help, "help", "Show the keys that work here", 98),
    reads(&[Picker, Prompt, Overlay], &[key(KeyCode::Enter)], Action::Submit, "choose", "Take it", 1),
    // Confirmations: the safe button has the focus
    reads(&[Confirm], &[key(KeyCode::Tab), key(KeyCode::BackTab), key(KeyCode::Left), key(KeyCode::Right)], Action::NextField, "other button", "To the other button", 2),
    reads(&[Confirm], &[key(KeyCode::Enter)], Action::Submit, "press", "Press the button that has the focus", 3),
    writes(&[Confirm], &[letter('y')], Action::Confirm, "yes", "Do it", 1).by(Right::View),
    reads(&[Confirm], &[letter('n')], Action::Back, "no", "Leave it", 0),
];

/// What a press means, asking `sections` from the innermost to the outermost.
pub fn action(sections: &[Section], press: Press) -> Option<&'static Binding> {
    sections.iter().find_map(|section| {
        BINDINGS.iter().find(|b| b.sections.contains(section) && b.keys.contains(&press))
    })
}

/// The bindings that work in `sections`, innermost first, none shadowed by an inner one.
pub fn working(sections: &[Section]) -> Vec<&'static Binding> {
    let mut found: Vec<&'static Binding> = Vec::new();
    for section in sections {
        for binding in BINDINGS.iter().filter(|b| b.sections.contains(section)) {
            let shadowed =
                binding.keys.iter().all(|press| found.iter().any(|b| b.keys.contains(press)));
            if !shadowed {
                found.push(binding);
            }
        }
    }
    found
}
