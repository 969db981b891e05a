//! What answers carry: everything a screen or a printer needs, worked out, so that neither holds rules.

pub mod connections;
pub mod customers;
pub mod history;
pub mod invoices;
pub mod plan;
pub mod products;
pub mod status;
pub mod support;

pub use self::connections::{
    AgreementView, ConnectionState, ConnectionView, DeviceSignIn, EnvironmentsView, ProgramView,
    TestView,
};
pub use self::customers::{
    ContractChoice, CustomerView, ImportReport, MappingView, RowChoice, SuggestionView,
};
pub use self::history::{ChartView, HistoryView, LineView, RetryView};
pub use self::invoices::{
    InvoiceAct, InvoiceDetail, InvoiceProgress, InvoiceStanding, InvoiceView,
};
pub use self::plan::{Mark, PlanBasis, PlanMoney, PlanView, PlannedView, RefusedView};
pub use self::products::{PricedService, ProductAction, ProductView};
pub use self::status::{AttentionView, CardView, Place, RunningView, SetupStep, StatusView};
pub use self::support::{DoctorCheck, DoctorView, RestoredView, SettingView, VaultView};
