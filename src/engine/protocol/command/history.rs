//! What happened, and what is still to be tried again.

use crate::{
    domain::{
        RunId, ServiceId,
        run::{RunHeader, RunReport},
    },
    engine::{
        protocol::{about::About, command::customer::TenantText},
        views::{ChartView, CustomerPageView, HistoryView, RetryView, RunSoFar as RunSoFarView},
    },
};

family! {
    /// About earlier runs.
    HistoryCommand in History {
        /// History, newest first.
        Runs {
            /// At most so many.
            limit: usize,
        } => Runs(Vec<RunHeader>),

        /// One run with all its rows; the newest where none is named.
        Run {
            /// Which.
            id: Option<RunId>,
        } => Run(Box<RunReport>),

        /// All that was told of the run that is on, for whoever begins to listen now; none where none is on.
        RunSoFar => RunSoFar(Option<Box<RunSoFarView>>),

        /// Every change on a tenant's contract across runs.
        History {
            /// Which tenant.
            tenant: TenantText,
            /// Only services whose name or SKU contains this.
            service: Option<String>,
        } => History(About<History, Vec<HistoryView>>),

        /// Quantity of one service over a month: invoice above, contract below (reads the target).
        Chart {
            /// Which run.
            run: RunId,
            /// Which tenant.
            tenant: TenantText,
            /// Which service.
            service: ServiceId,
        } => Chart(About<Chart, Box<ChartView>>),

        /// All there is to say about one customer: its bill beside the last, what is open, what changed.
        CustomerPage {
            /// Which tenant.
            tenant: TenantText,
            /// Whether to read what its contract says now as well.
            contract: bool,
        } => CustomerPage(About<CustomerPage, Box<CustomerPageView>>),

        /// The retry list.
        Retries => Retries(Vec<RetryView>),

        /// Takes an entry off the retry list.
        DismissRetry {
            /// Which entry, as `RetryView::id` names it; also an unsettled or doubled invoice.
            id: String,
            /// Why.
            reason: String,
        } => Done(String),

        /// Puts back what was taken off the retry list, while no run has gone by since.
        RestoreRetry {
            /// Which entry, as it was named.
            id: String,
        } => Done(String),
    }
}
