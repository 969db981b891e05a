//! The plan of what guards held back in a run, for whoever is to approve of it: it is kept together with the run's end.
//!
//! It must not decide what is held.

use std::collections::BTreeSet;

use crate::{
    domain::{
        approval::{ApprovalMode, Author, Person},
        run::Trigger,
    },
    engine::{
        approvals::waiting::NewPlan,
        protocol::{Scope, SyncRequest},
        sync::{lifecycle::Course, pipeline::preview, writing::writer::Halt},
        tables::{HELD, MAPPINGS, of_connection, of_tenant},
        views::WaitsBecause,
    },
};

/// Plans what this run held back, if that is to wait. Where it cannot be planned, it is held all the same, and the next sync
/// tries again.
pub(crate) async fn make(course: &mut Course<'_>) {
    if course.desk.equipment.approvals.mode == ApprovalMode::None {
        return;
    }
    match planned(course).await {
        Ok(plan) => course.waits = plan,
        Err(halt) => {
            tracing::warn!("what guards hold is not planned: {}", halt.finding().text);
        }
    }
}

async fn planned(course: &Course<'_>) -> Result<Option<NewPlan>, Halt> {
    let tenants = held_by(course).await?;
    if tenants.is_empty() {
        return Ok(None);
    }
    let (equipment, asked) = (course.desk.equipment, &course.unfinished.request);
    let request = SyncRequest { scope: Scope::Customers, tenants, ..SyncRequest::default() };
    let sheet = preview::plan(equipment, &request, &course.desk.cancel).await?;
    let (plan, saved) = sheet.view(equipment);
    Ok(Some(NewPlan {
        target: equipment.connection.clone(),
        author: course.unfinished.author.clone().unwrap_or_else(|| of_old(course)),
        because: WaitsBecause::Guards,
        run: Some(course.header.id),
        whole: asked.tenants.is_empty() && asked.plan.is_none() && !asked.retry_failed,
        seal: saved.checksum.clone(),
        speaks_of: saved.speaks_of(),
        plan,
    }))
}

/// Customers on the contracts that this run held.
async fn held_by(course: &Course<'_>) -> Result<Vec<String>, Halt> {
    let (store, target) = (&course.desk.equipment.store, &course.desk.connection);
    let mut tenants = BTreeSet::new();
    for (_, held) in store.scan(HELD, of_connection(target)).await? {
        for (tenant, _) in held.customers.iter().filter(|_| held.run == course.header.id) {
            let mapping = store.get(MAPPINGS, of_tenant(target, tenant)).await?;
            if mapping.is_some_and(|one| one.sync && one.contract == held.contract) {
                tenants.insert(tenant.to_string());
            }
        }
    }
    Ok(tenants.into_iter().collect())
}

/// Of a run that an older version began.
fn of_old(course: &Course<'_>) -> Author {
    match course.header.trigger {
        Trigger::Schedule => Author::Schedule,
        _ => Author::Person(Person { name: course.header.actor.clone(), uid: None }),
    }
}
