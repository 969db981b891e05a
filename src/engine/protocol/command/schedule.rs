//! What is done while nobody looks.

use chrono::{DateTime, Utc};

use crate::{
    domain::schedule::course::Attempt,
    engine::views::{LookView, ScheduleView},
};

family! {
    /// About the schedule.
    ScheduleCommand in Schedule {
        /// When it looks next, what it did last, and why it did not look.
        Schedule => Schedule(Box<ScheduleView>),

        /// No look takes place until then, or until it is resumed.
        PauseSchedule {
            /// None for until it is resumed.
            until: Option<DateTime<Utc>>,
        } => Schedule(Box<ScheduleView>),

        /// It looks again when something is due; what was due in the meantime is passed over.
        ResumeSchedule => Schedule(Box<ScheduleView>),

        /// One look at once, as the schedule would take it.
        RunNow {
            /// What it is for, where the schedule itself asks. Nobody can send it.
            #[serde(skip)]
            attempt: Option<Attempt>,
        } => Looked(Box<LookView>),
    }
}
