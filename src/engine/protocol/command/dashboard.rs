//! What the dashboard shows.

use crate::engine::views::StatusView;

family! {
    /// About the dashboard.
    DashboardCommand in Dashboard {
        /// What cards and header show. Local, immediate.
        Status => Status(Box<StatusView>),

        /// Marks an entry, or all of a cause, as looked at.
        Acknowledge {
            /// Which, as the attention list or its causes name it.
            id: String,
        } => Done(String),

        /// Puts back on the attention list what was marked as looked at.
        ShowAgain {
            /// Which, as it was named when it was marked.
            id: String,
        } => Done(String),
    }
}
