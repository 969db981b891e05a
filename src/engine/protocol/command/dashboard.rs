//! What the dashboard shows.

use crate::engine::views::StatusView;

family! {
    /// About the dashboard.
    DashboardCommand in Dashboard {
        /// What cards and header show. Local, immediate.
        Status => Status(Box<StatusView>),

        /// Marks a warning as looked at.
        Acknowledge {
            /// Which, as the attention list names it.
            id: String,
        } => Done(String),
    }
}
