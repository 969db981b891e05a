//! Everything an operator can mean by a key press. Keys become one of these before they touch any state.

#![expect(missing_docs, reason = "what has no sentence is what its name says")]

/// The six tabs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tab {
    /// Cards, attention, recent runs.
    #[default]
    Dashboard,
    /// Source, targets, program options.
    Connections,
    /// Tenants and their mappings.
    Customers,
    /// Preview of the product sync.
    Products,
    /// History, drill-down, live run, plan.
    Sync,
    /// Searchable help.
    Support,
}

impl Tab {
    /// All, in the order of their numbers.
    pub(crate) const ALL: [Self; 6] = [
        Self::Dashboard,
        Self::Connections,
        Self::Customers,
        Self::Products,
        Self::Sync,
        Self::Support,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Dashboard => "Dashboard",
            Self::Connections => "Connections",
            Self::Customers => "Customers",
            Self::Products => "Products",
            Self::Sync => "Sync",
            Self::Support => "Support",
        }
    }

    /// The tab `steps` further on, round and round.
    pub(crate) fn moved(self, steps: isize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        Self::ALL[at.saturating_add_signed(steps + 6) % 6]
    }
}

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Up,
    Down,
    /// One step left: a column, a day, a choice.
    Left,
    Right,
    PageUp,
    PageDown,
    HalfUp,
    HalfDown,
    /// The first row.
    Top,
    /// The last row.
    Bottom,
    /// Into the selected thing; never writes.
    Open,
    /// Back one level; nothing at the top.
    Back,
    Go(Tab),
    NextTab,
    PreviousTab,
    /// The keys of this place.
    Help,
    /// All enabled actions.
    Palette,
    /// Past errors and notices.
    Errors,
    /// To another target, where there are several.
    OtherTarget,
    /// Leaves the program; asks while a sync runs.
    Quit,
    /// Cancels what runs; twice leaves.
    Interrupt,
    /// To the shell, until `fg`.
    Suspend,
    /// Draws everything anew.
    Redraw,
    /// Copies what is selected to the terminal's clipboard.
    Copy,
    /// Saves what is shown to a file.
    Export,
    /// Asks again.
    Refresh,
    /// Narrows the list while typing.
    Filter,
    /// Shows only the rows of one state, then of the next, then all again.
    NextState,
    NextMatch,
    /// The match before.
    PreviousMatch,
    /// Sorts by the next column.
    Sort,
    /// Turns the order round.
    Reverse,
    /// To the other of two parts of the screen.
    OtherSide,
    /// From what happened in a run to its causes, and back.
    OtherView,
    Mark,
    /// Marks every row shown, or none.
    MarkAll,
    /// Changes the connection or the link of the row.
    Edit,
    /// Creates credentials by device sign-in.
    Generate,
    /// Tries the connection.
    Test,
    Program,
    /// What an administrator prepares in the target, with what the last test found.
    Checklist,
    Agreement,
    /// Switches sync on or off for the marked rows, or the selected one.
    ToggleSync,
    Suggest,
    /// Takes the selected suggestion.
    Accept,
    /// Takes all suggestions above a score.
    AcceptAll,
    /// Removes a mapping.
    Unmap,
    /// The operator's remark.
    Note,
    /// Every change on the customer's contract.
    History,
    /// Pins a product to a service.
    Pin,
    /// Chooses one of several rows of a contract that bill the same service.
    ChooseRow,
    /// Removes a pin.
    Unpin,
    /// Takes over a colliding service.
    Adopt,
    /// Works out what a sync would write.
    Plan,
    /// Plans, for the marked or selected customers only.
    PlanThese,
    /// Plans the last applied invoice again.
    Recheck,
    /// Writes what the plan lists, after a confirmation.
    Apply,
    /// Plans what failed.
    RetryFailed,
    /// Stops the running sync between two writes.
    CancelRun,
    Retries,
    /// Every invoice.
    Invoices,
    /// Plans that wait for approval.
    Approvals,
    /// Lets a plan pass that waits, and applies it.
    Approve,
    /// Lets it pass alone, though nobody else has looked at it.
    BreakGlass,
    /// Turns it down.
    Reject,
    /// The invoice of what is selected.
    OpenInvoice,
    /// Says that an invoice is its month's.
    TreatAsStandard,
    /// Says that an invoice stays left out.
    LeaveOut,
    /// Takes an entry off the list, or a warning off the attention list.
    Dismiss,
    /// Puts back what was taken off last.
    Undo,
    Chart,
    NextField,
    /// The field before.
    PreviousField,
    /// Turns a switch, moves a choice.
    Toggle,
    /// Stores a form.
    Save,
    /// Stores a link and syncs this customer now.
    SaveAndSync,
    Confirm,
    /// Locks the vault.
    LogOut,
    SupportBundle,
    /// Takes the filter, the choice or the text.
    Submit,
}

impl Action {
    /// Whether it means the same whatever is shown: it is about the program, and not about what stands on the screen.
    pub(crate) const fn is_of_the_program(self) -> bool {
        matches!(self, Self::Interrupt | Self::Suspend | Self::Redraw)
    }
}
