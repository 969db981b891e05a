//! What can be asked of the engine: a type for each command, in families, with the answer that belongs to it.
//!
//! Who asks in code gives one of these types and is given its answer ([`Ask`]). What is passed on, or sent, is a
//! [`Command`].

use serde::{Deserialize, Serialize};

use crate::engine::protocol::answer::Answer;

/// A family of commands: a type for each with what it is answered by, and the enum of them all.
macro_rules! family {
    (
        $(#[$about:meta])*
        $family:ident in $place:ident {
            $( $(#[$doc:meta])* $name:ident $({ $($fields:tt)* })? => $variant:ident($answer:ty), )*
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $family {
            $( $(#[$doc])* $name($name), )*
        }

        impl $family {
            /// The names of all its commands.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// As the audit trail has it.
            pub(crate) fn name(&self) -> &'static str {
                match self {
                    $( Self::$name(_) => stringify!($name), )*
                }
            }
        }

        $(
            command! { $(#[$doc])* $name $({ $($fields)* })? }

            impl From<$name> for $crate::engine::protocol::command::Command {
                fn from(command: $name) -> Self {
                    Self::$place($family::$name(command))
                }
            }

            impl $crate::engine::protocol::command::Ask for $name {
                type Answer = $answer;

                fn put(answer: Self::Answer) -> $crate::engine::protocol::Answer {
                    $crate::engine::protocol::Answer::$variant(answer)
                }

                fn taken(answer: $crate::engine::protocol::Answer) -> Option<Self::Answer> {
                    if let $crate::engine::protocol::Answer::$variant(answer) = answer {
                        Some(answer)
                    } else {
                        None
                    }
                }
            }
        )*
    };
}

/// The type of one command.
macro_rules! command {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        pub struct $name;
    };
    ($(#[$doc:meta])* $name:ident { $( $(#[$of:meta])* $field:ident: $type:ty, )* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        pub struct $name {
            $( $(#[$of])* pub $field: $type, )*
        }
    };
}

pub(crate) mod approval;
pub(crate) mod audit;
pub(crate) mod connection;
pub(crate) mod customer;
pub(crate) mod dashboard;
pub(crate) mod history;
pub mod invoice;
pub(crate) mod mail;
pub(crate) mod maintenance;
pub mod product;
pub mod program;
pub(crate) mod schedule;
pub mod sync;

pub use {
    approval::*, audit::*, connection::*, customer::*, dashboard::*, history::*, invoice::*,
    mail::*, maintenance::*, product::*, program::*, schedule::*, sync::*,
};

/// What can be asked, with the answer that belongs to it.
pub trait Ask: Into<Command> {
    /// What it is answered by.
    type Answer;

    /// Its answer among all answers.
    fn put(answer: Self::Answer) -> Answer;

    /// Its answer again; none where that is another one's.
    fn taken(answer: Answer) -> Option<Self::Answer>;
}

/// Everything that can be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// About connections.
    Connection(ConnectionCommand),
    /// About a sign-in that waits to be approved elsewhere: what gives it up spares everything else.
    SignIn(SignInCommand),
    /// About the options of the program.
    Program(ProgramCommand),
    /// About customers.
    Customer(CustomerCommand),
    /// About products.
    Product(ProductCommand),
    /// What only looks ahead.
    Plan(PlanCommand),
    /// What has the one place for a run.
    Run(RunCommand),
    /// What ends something else that is under way.
    Stop(StopCommand),
    /// About earlier runs.
    History(HistoryCommand),
    /// About invoices.
    Invoice(InvoiceCommand),
    /// About the dashboard.
    Dashboard(DashboardCommand),
    /// About the installation.
    Maintenance(MaintenanceCommand),
    /// About the audit trail.
    Audit(AuditCommand),
    /// About the schedule.
    Schedule(ScheduleCommand),
    /// About plans that wait until somebody else has looked at them.
    Approval(ApprovalCommand),
    /// About what is told outside.
    Mail(MailCommand),
}

impl Command {
    /// The names of all commands.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let all = [
            ConnectionCommand::NAMES,
            SignInCommand::NAMES,
            ProgramCommand::NAMES,
            CustomerCommand::NAMES,
            ProductCommand::NAMES,
            PlanCommand::NAMES,
            RunCommand::NAMES,
            StopCommand::NAMES,
            HistoryCommand::NAMES,
            InvoiceCommand::NAMES,
            DashboardCommand::NAMES,
            MaintenanceCommand::NAMES,
            AuditCommand::NAMES,
            ScheduleCommand::NAMES,
            ApprovalCommand::NAMES,
            MailCommand::NAMES,
        ];
        all.into_iter().flatten().copied()
    }

    /// As the audit trail has it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Connection(command) => command.name(),
            Self::SignIn(command) => command.name(),
            Self::Program(command) => command.name(),
            Self::Customer(command) => command.name(),
            Self::Product(command) => command.name(),
            Self::Plan(command) => command.name(),
            Self::Run(command) => command.name(),
            Self::Stop(command) => command.name(),
            Self::History(command) => command.name(),
            Self::Invoice(command) => command.name(),
            Self::Dashboard(command) => command.name(),
            Self::Maintenance(command) => command.name(),
            Self::Audit(command) => command.name(),
            Self::Schedule(command) => command.name(),
            Self::Approval(command) => command.name(),
            Self::Mail(command) => command.name(),
        }
    }
}

/// What is passed on is answered by whatever there is.
impl Ask for Command {
    type Answer = Answer;

    fn put(answer: Answer) -> Answer {
        answer
    }

    fn taken(answer: Answer) -> Option<Answer> {
        Some(answer)
    }
}
