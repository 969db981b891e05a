//! What answers carry: everything a screen or a printer needs, worked out, so that neither holds rules.

pub(crate) mod approvals;
pub(crate) mod audit;
pub(crate) mod causes;
pub(crate) mod connections;
pub(crate) mod customer_page;
pub(crate) mod customers;
pub(crate) mod history;
pub mod invoices;
pub(crate) mod mail;
pub(crate) mod packed;
pub(crate) mod plan;
pub(crate) mod products;
pub(crate) mod schedule;
pub(crate) mod status;
pub(crate) mod support;

pub use crate::engine::views::approvals::{
    ApprovalsView, ApprovedBy, BillChangeView, BrokenGlassView, HeldView, MovedView, Standing,
    WaitingPlan, WaitingPlanDetail, WaitsBecause,
};
pub use crate::engine::views::audit::{AuditVerdict, AuditView};
pub(crate) use crate::engine::views::packed::rows::Glance;
pub use crate::engine::views::packed::{quantities::PlannedQuantities, rows::PlannedRows};
pub(crate) use crate::engine::views::{
    customers::unlike,
    products::{ServiceNames, is_same_offer, unlike_service},
};
pub use crate::{
    engine::views::connections::AgreementView, engine::views::connections::ChoiceView,
    engine::views::connections::ConnectionState, engine::views::connections::ConnectionView,
    engine::views::connections::DeviceSignIn, engine::views::connections::EnvironmentsView,
    engine::views::connections::ProgramView, engine::views::connections::SystemKind,
    engine::views::connections::TestView, engine::views::connections::connection_title,
};
pub use crate::{
    engine::views::customer_page::BillReason, engine::views::customer_page::CustomerPageView,
    engine::views::customer_page::MonthBill, engine::views::customer_page::OpenView,
    engine::views::customer_page::Quantity, engine::views::customer_page::ServiceChart,
    engine::views::customer_page::SubscriptionBill,
};
pub use crate::{
    engine::views::customers::AcceptedView, engine::views::customers::CompanyChoice,
    engine::views::customers::ContractChoice, engine::views::customers::CustomerView,
    engine::views::customers::ImportReport, engine::views::customers::LeftOutView,
    engine::views::customers::MappingView, engine::views::customers::RowChoice,
    engine::views::customers::SkippedView, engine::views::customers::SuggestionView,
};
pub use crate::{
    engine::views::history::ChartView, engine::views::history::HistoryView,
    engine::views::history::LineView, engine::views::history::PlannedStep,
    engine::views::history::RetryView,
};
pub use crate::{
    engine::views::invoices::InvoiceAct, engine::views::invoices::InvoiceDecision,
    engine::views::invoices::InvoiceDetail, engine::views::invoices::InvoiceProgress,
    engine::views::invoices::InvoiceStanding, engine::views::invoices::InvoiceView,
    engine::views::invoices::LeftOutCustomer, engine::views::invoices::MonthLeftOut,
    engine::views::invoices::MonthSum, engine::views::invoices::Treatment,
};
pub use crate::{
    engine::views::mail::DeliveryView, engine::views::mail::HookView,
    engine::views::mail::MailView, engine::views::mail::MessageView,
    engine::views::mail::RouteView,
};
pub use crate::{
    engine::views::plan::Mark, engine::views::plan::PlanBasis, engine::views::plan::PlanContract,
    engine::views::plan::PlanMoney, engine::views::plan::PlanView,
    engine::views::plan::PlannedQuantity, engine::views::plan::PlannedView,
    engine::views::plan::RefusedView, engine::views::plan::SwitchedOff,
};
pub use crate::{
    engine::views::products::Invoiced, engine::views::products::PricedService,
    engine::views::products::ProductAction, engine::views::products::ProductView,
};
pub use crate::{
    engine::views::schedule::DueView, engine::views::schedule::LookView,
    engine::views::schedule::Moment, engine::views::schedule::NextLook,
    engine::views::schedule::PassedOverView, engine::views::schedule::PauseView,
    engine::views::schedule::ScheduleView,
};
pub use crate::{
    engine::views::status::AmountView, engine::views::status::AttentionView,
    engine::views::status::CardView, engine::views::status::CauseMember,
    engine::views::status::CauseView, engine::views::status::Mend, engine::views::status::Place,
    engine::views::status::RunSoFar, engine::views::status::RunningView,
    engine::views::status::SetupStep, engine::views::status::StatusView,
};
pub use crate::{
    engine::views::support::DoctorCheck, engine::views::support::DoctorView,
    engine::views::support::RestoredView, engine::views::support::SettingView,
    engine::views::support::VaultView,
};
