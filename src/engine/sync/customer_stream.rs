//! A customers run: the cheap look, then invoice after invoice, oldest first, group after group of contracts.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};

use crate::{
    domain::{
        ContractId, TenantId, UsageMonth,
        invoice::{Invoice, Line},
        outcome::{Disposition, Finding, Outcome},
        policy::GuardMode,
        run::{CustomerRow, RunKind},
    },
    engine::{
        protocol::{Happening, ItemState, Phase},
        sync::{
            closing::{Said, close},
            contract_group::{Prepared, Scene, TOGETHER},
            due::{
                Stored,
                held::{Unsettled, keep_headers, remember_held},
                invoice_file::{InvoiceFile, invoice_file},
                left_out::list_left_out,
                look,
                remarks::{NotInPlan, is_held, said_of, unbalanced},
                stored,
                unlisted::unlisted,
            },
            guards::{Facts, LastApplied, Watch, watch},
            left_behind::{Leaving, leavings},
            lifecycle::Course,
            outcome::{
                begun_ledgers::begin_ledger,
                record::{Places, Recorded},
            },
            records::InvoiceState,
            saved_plan::Saved,
            snapshot::Observed,
            unreached,
            work_list::{Item, Wanted, agenda},
            writing::{
                crash_point::crash_point,
                writer::{Desk, Halt},
            },
        },
        tables::{
            CUSTOMER_ROWS, INVOICES, LEDGERS, LINES, PENDING, of_invoice, of_ledger,
            of_run as rows_of,
        },
    },
    planning::{
        ContractGroup,
        invoices::{Due, Settled, difference, evidence, settled},
        ledger::{accepting, ledger},
        outcomes::count,
        triage::{PlacedLine, Triage, TriageRequest, triage},
    },
    prism::InvoiceList,
    store::Batch,
};

/// A customers run at work.
pub struct Customers<'a, 'c> {
    course: &'c mut Course<'a>,
    stored: Stored,
    observed: Observed,
    wanted: Wanted,
    said: Said,
    /// Contracts of which an invoice could not be applied: their later ones wait.
    blocked: BTreeSet<ContractId>,
    /// What this run has applied so far.
    applied: LastApplied,
    guard: Option<Saved>,
    /// What is due, and not in the saved plan.
    left: NotInPlan,
    done: u64,
}

/// Carries out a customers run, if what was left open is settled; its rows are stored, its header is ready to be finished.
pub async fn run(course: &mut Course<'_>, settled: Result<(), Halt>) -> Result<(), Halt> {
    let mut said = Said::new();
    let ended = match settled {
        Ok(()) => carry_out(course, &mut said).await,
        halted => halted,
    };
    let closed = close(course, said, ended.as_ref().err()).await;
    let ended = ended.and(closed);
    let (equipment, request) = (course.desk.equipment, &course.unfinished.request);
    if ended.is_ok() {
        unreached::forget(equipment, request).await?;
    } else if let Err(halt) = unreached::remember(equipment, request, course.header.id).await {
        // Why the run broke off is what matters; a plain sync comes to everybody.
        tracing::warn!("who was not reached is not remembered: {}", halt.finding().text);
    }
    ended
}

async fn carry_out(course: &mut Course<'_>, said: &mut Said) -> Result<(), Halt> {
    let equipment = course.desk.equipment;
    let mut known = stored(equipment).await?;
    if course.unfinished.request.left_behind {
        return left_behind(course, known, said).await;
    }
    phase(course, Phase::Observing, "reading the invoice list");
    let InvoiceList { invoices: headers, left_out } = equipment.source.invoices().await?;
    let due = look(equipment, &mut known, &headers).await?;
    keep_headers(equipment, &headers).await?;
    remember_held(equipment, &mut known, &due, course.header.id).await?;
    list_left_out(course, &mut known, &due).await?;
    let wanted = Wanted::new(&course.unfinished.request, &known);
    let mut items = agenda(&known, &headers, &due, &course.unfinished.request, &wanted);
    again_for_ledgers(&mut items, &headers, &course.unfinished.invoices);
    *said = said_of(&due);
    said.extend(left_out.into_iter().map(|finding| (Outcome::Warning, finding)));
    said.extend(unlisted(&known, &headers, &wanted, course.unfinished.request.recheck));
    if items.is_empty() {
        return Ok(());
    }
    let mut customers = Customers {
        stored: known,
        observed: Observed::default(),
        wanted,
        said: std::mem::take(said),
        blocked: BTreeSet::new(),
        applied: LastApplied::new(),
        guard: guard(course),
        left: NotInPlan::default(),
        done: 0,
        course,
    };
    let ended = customers.work(due, items).await;
    *said = customers.said;
    ended
}

/// Takes away the seats that customers left behind.
async fn left_behind(course: &mut Course<'_>, known: Stored, said: &mut Said) -> Result<(), Halt> {
    let equipment = course.desk.equipment;
    let leavings = leavings(equipment, &known, &course.unfinished.request.tenants).await?;
    let mut customers = Customers {
        stored: known,
        observed: Observed::default(),
        wanted: Wanted::default(),
        said: Vec::new(),
        blocked: BTreeSet::new(),
        applied: LastApplied::new(),
        guard: guard(course),
        left: NotInPlan::default(),
        done: 0,
        course,
    };
    let ended = customers.take_away(leavings).await;
    *said = customers.said;
    ended
}

/// The saved plan that this run carries out, in every attempt, and nothing else (sync-rules 8.6).
fn guard(course: &Course<'_>) -> Option<Saved> {
    Saved::read(course.unfinished.request.plan.as_ref()?).ok()
}

fn phase(course: &Course<'_>, phase: Phase, text: &str) {
    let (run, text) = (Some(course.header.id), text.to_owned());
    course.desk.equipment.emit(Happening::Phase { run, phase, text });
}

/// A resumed run gives every invoice it had begun its ledger, also one whose contracts are all recorded.
fn again_for_ledgers(
    items: &mut Vec<Item>,
    headers: &[Invoice],
    begun: &[(crate::domain::InvoiceId, UsageMonth)],
) {
    for (id, month) in begun {
        let listed = items.iter().any(|item| item.invoice.id == *id);
        if let Some(invoice) = headers.iter().find(|known| known.id == *id && !listed) {
            items.push(Item::new(invoice.clone(), *month, invoice.kind_text.is_some()));
        }
    }
    items.sort_by_key(|item| item.month);
}

impl Customers<'_, '_> {
    async fn work(&mut self, mut due: Due, items: Vec<Item>) -> Result<(), Halt> {
        self.observed = Observed::new(self.course.desk.equipment).await?;
        for item in items {
            if is_held(&due, &item) || self.is_left(&item) {
                continue;
            }
            if let Some(unsettled) = self.invoice(item).await? {
                due.hold_behind(&unsettled);
                let waiting = said_of(&due);
                self.said.extend(waiting);
                self.said.sort();
                self.said.dedup();
            }
        }
        self.said.extend(self.left.finding().map(|finding| (Outcome::NoChange, finding)));
        Ok(())
    }

    /// Whether an invoice is left for the next run: it came after the saved plan was made.
    fn is_left(&mut self, item: &Item) -> bool {
        let covers = |plan: &Saved| plan.covers_invoice(&item.invoice.id);
        let left = self.guard.as_ref().is_some_and(|plan| !covers(plan));
        if left {
            self.left.invoices.push(item.invoice.number.clone());
        }
        left
    }

    /// Contracts of this invoice that the saved plan does not speak of are left for the next run.
    fn bind(&mut self, item: &Item, triage: &mut Triage) {
        let Some(plan) = &self.guard else { return };
        let covered = |group: &ContractGroup| plan.covers(group.contract, &item.invoice.id);
        let (mine, others) = triage.groups.drain(..).partition(covered);
        triage.groups = mine;
        for group in others {
            self.left
                .contracts
                .extend(group.tenants.first().map(|tenant| tenant.contract_name.clone()));
            triage.placed.extend(out_of_scope(group));
        }
        triage.placed.sort_by_key(|spot| spot.line.number);
    }

    async fn take_away(&mut self, leavings: Vec<Leaving>) -> Result<(), Halt> {
        if leavings.is_empty() {
            return Ok(());
        }
        self.observed = Observed::new(self.course.desk.equipment).await?;
        for Leaving { item, group } in leavings {
            let plan = self.guard.as_ref();
            if plan.is_some_and(|plan| !plan.covers(group.contract, &item.invoice.id)) {
                continue;
            }
            let groups = std::slice::from_ref(&group);
            self.announce(groups);
            self.groups((&item, None), groups, &mut Places::new()).await?;
        }
        Ok(())
    }

    /// Works through one invoice. Gives its id where it does not add up, and nothing of it is written.
    async fn invoice(&mut self, item: Item) -> Result<Option<crate::domain::InvoiceId>, Halt> {
        let equipment = self.course.desk.equipment;
        let text = format!("reading invoice {}", item.invoice.number);
        phase(self.course, Phase::Observing, &text);
        let lines = match invoice_file(&*equipment.source, &item.invoice).await? {
            InvoiceFile::Lines(lines) => lines,
            InvoiceFile::Unreadable(finding) => {
                self.hold(&item, &[], finding).await?;
                return Ok(Some(item.invoice.id));
            }
        };
        let state = self.stored.invoices.get(&item.invoice.id);
        let accepted = state.and_then(InvoiceState::accepted);
        let settled = match settled(&item.invoice, &lines, accepted) {
            Ok(settled) => settled,
            Err(finding) => {
                self.hold(&item, &lines, finding).await?;
                return Ok(Some(item.invoice.id));
            }
        };
        self.let_go(&item).await?;
        let month_end = item.month.last_day();
        self.observed.add(equipment, &mut self.stored, &item.invoice, month_end).await?;
        let odd = self.observed.odd_tenants().into_iter();
        self.said.extend(odd.map(|finding| (Outcome::Warning, finding)));
        self.said.dedup();
        let mut triage = self.triage(&item, &lines).await?;
        self.bind(&item, &mut triage);
        begin_ledger(&self.course.desk, (&item.invoice, settled.accepted), &triage).await?;
        self.course.begin_invoice(&item.invoice.id, item.month).await?;
        let watch = self.watch(&item, &triage, &lines).await?;
        self.announce(&triage.groups);
        let mut places = Places::new();
        let ended = self.groups((&item, watch.as_ref()), &triage.groups, &mut places).await;
        let closed = self.close_invoice(&item, triage, places, settled).await;
        ended.and(closed).map(|()| None)
    }

    async fn triage(&self, item: &Item, lines: &[Line]) -> Result<Triage, Halt> {
        let desk = &self.course.desk;
        let mapped = item.standings(&self.stored);
        let mut contracts = item.contracts(&mapped, &self.wanted);
        contracts.retain(|contract| !self.blocked.contains(contract));
        if desk.attempt > 1 {
            let recorded = self.recorded(item).await?;
            contracts.retain(|contract| !recorded.contains(contract));
        }
        Ok(triage(&TriageRequest {
            month: item.month,
            lines,
            tenants: &self.observed.tenants,
            catalogue: &self.observed.catalogue(),
            mappings: &mapped,
            contracts: &contracts,
            failed: &item.failed_lines(&self.stored),
            azure: desk.equipment.options.azure,
            policies: &desk.equipment.policies,
        }))
    }

    /// Contracts that an earlier attempt of this run recorded with this invoice, and that are not due any more.
    async fn recorded(&self, item: &Item) -> Result<BTreeSet<ContractId>, Halt> {
        let (desk, number) = (&self.course.desk, &item.invoice.number);
        let rows = desk.equipment.store.scan(CUSTOMER_ROWS, rows_of(desk.run)).await?;
        let tenants: BTreeSet<TenantId> = rows
            .into_iter()
            .filter(|(_, row)| row.invoice == *number)
            .map(|(_, row)| row.tenant_id)
            .filter(|tenant| !item.due.contains(tenant))
            .collect();
        let mappings = tenants.iter().filter_map(|tenant| self.stored.mappings.get(tenant));
        Ok(mappings.map(|mapping| mapping.contract).collect())
    }

    fn announce(&self, groups: &[ContractGroup]) {
        let desk = &self.course.desk;
        for tenant in groups.iter().flat_map(|group| &group.tenants) {
            desk.equipment.emit(Happening::Item {
                run: desk.run,
                kind: RunKind::Customers,
                key: tenant.tenant.to_string(),
                name: tenant.customer_name.clone(),
                state: ItemState::Queued,
            });
        }
    }

    async fn groups(
        &mut self,
        (item, watch): (&Item, Option<&Watch>),
        groups: &[ContractGroup],
        places: &mut Places,
    ) -> Result<(), Halt> {
        let looked_at = self.course.unfinished.request.is_looked_at();
        let total = groups.iter().map(|group| group.tenants.len() as u64).sum::<u64>() + self.done;
        let mut ended = Ok(());
        for group in groups.chunks(TOGETHER) {
            let (desk, observed, guard) = (&self.course.desk, &self.observed, self.guard.as_ref());
            let scene = Scene { desk, observed, item, guard, watch, looked_at };
            let mut prepared = match &ended {
                Ok(()) => match scene.prepare(group).await {
                    Ok(prepared) => prepared,
                    Err(halt) => {
                        ended = Err(halt);
                        scene.unreached(group).await
                    }
                },
                Err(_) => scene.unreached(group).await,
            };
            if ended.is_ok() {
                ended = scene.carry_out(&mut prepared).await;
            }
            let stopped = ended.is_err();
            let blocked = scene.blocked(&prepared, stopped);
            note_applied(&mut self.applied, item, group, &blocked);
            self.blocked.extend(blocked);
            let (rows, kept) = record(&scene, &prepared, stopped, places).await;
            count(&rows, &mut self.course.header.counts);
            self.done += rows.len() as u64;
            if let Err(halt) = kept {
                self.course.unkept.customers.extend(rows);
                ended = ended.and(Err(halt));
            }
            self.course.progress(self.done, Some(total));
        }
        ended
    }

    /// The guards of an invoice, unless somebody has looked at what is written; what they find odd about it as a whole is
    /// said of the run.
    async fn watch(
        &mut self,
        item: &Item,
        triage: &Triage,
        lines: &[Line],
    ) -> Result<Option<Watch>, Halt> {
        if self.course.unfinished.request.is_looked_at() || triage.groups.is_empty() {
            return Ok(None);
        }
        let (equipment, since) = (self.course.desk.equipment, &self.applied);
        let (stored, observed) = (&self.stored, &self.observed);
        let facts = Facts { equipment, stored, observed, item, lines, triage, since };
        let watch = watch(&facts, |_| None).await?;
        if let Some(watch) = &watch
            && let Some(finding) = watch.whole(item)
        {
            let outcome = match watch.mode {
                GuardMode::Hold => Outcome::Failure,
                GuardMode::Warn | GuardMode::Off => Outcome::Warning,
            };
            self.said.push((outcome, finding));
        }
        Ok(watch)
    }

    /// The lines of no contract, and the ledger.
    async fn close_invoice(
        &mut self,
        item: &Item,
        triage: Triage,
        mut places: Places,
        settled: Settled,
    ) -> Result<(), Halt> {
        let desk = &self.course.desk;
        let observed = &self.observed;
        let scene = Scene { desk, observed, item, guard: None, watch: None, looked_at: false };
        let rest = self.by_this_run(item, triage).await?;
        let (more, commits) = scene.place(&rest);
        places.extend(more);
        let lines = places.iter().map(|(amount, place)| (*amount, place));
        let ledger = accepting(ledger(&item.invoice, lines), settled.accepted);
        self.said.extend(unbalanced(&ledger));
        let mut batch = Batch::new();
        let key = of_ledger(desk.run, &item.invoice.id);
        batch.put(LEDGERS, &key, &ledger);
        batch.remove(PENDING, &key);
        crash_point("before-ledger");
        let kept = keep(desk, commits.into_iter().chain([batch])).await;
        crash_point("ledger-recorded");
        let Invoice { number, currency, .. } = &item.invoice;
        self.course.header.looked_at(number, currency.as_ref());
        if kept.is_err() {
            self.course.unkept.ledgers.push(ledger);
        }
        kept
    }

    /// What an earlier attempt of this run synced was not synced by an earlier run.
    async fn by_this_run(&self, item: &Item, triage: Triage) -> Result<Vec<PlacedLine>, Halt> {
        let desk = &self.course.desk;
        let mut placed = triage.placed;
        if desk.attempt == 1 {
            return Ok(placed);
        }
        let prefix = of_invoice(&desk.connection, &item.invoice.id);
        let states = desk.equipment.store.scan(LINES, prefix).await?;
        let ours = states.into_iter().map(|(_, state)| state).filter(|s| s.run == desk.run);
        let ours: std::collections::BTreeMap<u32, _> =
            ours.map(|state| (state.line.number, state.disposition)).collect();
        for line in &mut placed {
            if let Some(place) = ours.get(&line.line.number) {
                line.disposition = place.clone();
            }
        }
        Ok(placed)
    }

    /// Remembers that an invoice does not add up, or cannot be read (sync-rules 2.3).
    async fn hold(&mut self, item: &Item, lines: &[Line], finding: Finding) -> Result<(), Halt> {
        let state = self.stored.invoices.entry(item.invoice.id.clone()).or_default();
        let invoice = &item.invoice;
        let unsettled = Unsettled {
            invoice,
            month: item.month,
            sum: evidence(invoice, lines).sum,
            difference: difference(invoice, lines).filter(|_| !lines.is_empty()),
            tenants: item.tenants(),
            finding: finding.clone(),
        };
        unsettled.put(state, self.course.header.id);
        let mut batch = Batch::new();
        let key = of_invoice(&self.course.desk.connection, &item.invoice.id);
        batch.put(INVOICES, &key, state);
        self.said.push((Outcome::Failure, finding));
        self.course.desk.commit(batch).await
    }

    /// An invoice that adds up now holds nothing up.
    async fn let_go(&mut self, item: &Item) -> Result<(), Halt> {
        let held = self.stored.invoices.get_mut(&item.invoice.id);
        let Some(state) = held.filter(|state| state.held.is_some()) else { return Ok(()) };
        (state.held, state.hold) = (None, None);
        let mut batch = Batch::new();
        batch.put(INVOICES, &of_invoice(&self.course.desk.connection, &item.invoice.id), state);
        self.course.desk.commit(batch).await
    }
}

/// What was applied to the contracts of a group that are not among those.
fn note_applied(
    applied: &mut LastApplied,
    item: &Item,
    groups: &[ContractGroup],
    blocked: &[ContractId],
) {
    for group in groups.iter().filter(|group| !blocked.contains(&group.contract)) {
        for tenant in group.tenants.iter().filter(|tenant| tenant.due) {
            applied.insert((group.contract, tenant.tenant.clone()), item.month);
        }
    }
}

/// The lines of a contract that this run leaves alone.
fn out_of_scope(group: ContractGroup) -> Vec<PlacedLine> {
    let customers: BTreeMap<TenantId, String> =
        group.tenants.into_iter().map(|tenant| (tenant.tenant, tenant.customer_name)).collect();
    let mut placed = Vec::new();
    for bought in group.subscriptions {
        let customer = customers.get(&bought.tenant).cloned().unwrap_or_default();
        placed.extend(bought.lines.into_iter().map(|line| PlacedLine {
            disposition: match line.disposition {
                Disposition::Synced | Disposition::Failed => Disposition::NotInScope,
                place => place,
            },
            line: line.line,
            tenant: Some(bought.tenant.clone()),
            customer: customer.clone(),
        }));
    }
    placed
}

/// Commits one after the other, as far as the store can.
async fn keep(desk: &Desk<'_>, commits: impl Iterator<Item = Batch>) -> Result<(), Halt> {
    for batch in commits {
        desk.commit(batch).await?;
    }
    Ok(())
}

/// Commits what became of each contract of a group, all at once as far as the store can. What it cannot keep is told all
/// the same.
async fn record(
    scene: &Scene<'_>,
    prepared: &[Prepared<'_>],
    stopped: bool,
    places: &mut Places,
) -> (Vec<CustomerRow>, Result<(), Halt>) {
    scene.phase(Phase::Recording, "recording");
    crash_point("before-record");
    let recorded: Vec<Recorded> =
        prepared.iter().map(|prepared| scene.record(prepared, stopped)).collect();
    let (mut rows, mut batches) = (Vec::new(), Vec::new());
    for recorded in recorded {
        rows.extend(recorded.rows);
        places.extend(recorded.places);
        batches.push(recorded.batch);
    }
    let commits = stream::iter(batches).map(|batch| async {
        let done = scene.desk.commit(batch).await;
        crash_point("contract-recorded");
        done
    });
    let done: Vec<Result<(), Halt>> = commits.buffer_unordered(TOGETHER).collect().await;
    let kept = done.into_iter().collect::<Result<(), Halt>>();
    crash_point("recorded");
    scene.tell(&rows);
    (rows, kept)
}
