//! Plans that wait until somebody else has looked at them.

use crate::{
    domain::run::RunReport,
    engine::views::{WaitingPlan, WaitingPlanDetail},
};

family! {
    /// About plans that wait.
    ApprovalCommand in Approval {
        /// Those that wait or are due, the newest first.
        Approvals {
            /// Also what was decided, expired or superseded.
            all: bool,
        } => WaitingPlans(Vec<WaitingPlan>),

        /// One of them, with all that it would write and who may let it pass.
        Approval {
            /// Which.
            number: u64,
        } => WaitingPlan(Box<WaitingPlanDetail>),

        /// Lets one pass, and applies it if it still is what would be written. One that was let pass and is due is applied.
        Approve {
            /// Which.
            number: u64,
            /// Of what was looked at; none takes the one that is kept.
            #[serde(default)]
            seal: Option<String>,
            /// Why.
            #[serde(default)]
            reason: Option<String>,
            /// Without being another than those whose work it is. Everybody is told, and it stays marked for 90 days.
            #[serde(default)]
            break_glass: bool,
        } => Synced(Vec<RunReport>),

        /// Turns one down.
        Reject {
            /// Which.
            number: u64,
            /// Why.
            reason: String,
        } => WaitingPlan(Box<WaitingPlanDetail>),

        /// Applies all that was let pass and is due.
        CarryOutApproved => Done(String),
    }
}
