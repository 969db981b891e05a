//! Questions and messages of the product's guide, answered in our own words (R62–R72).

use self::TopicKind::{Message, Question};
use crate::domain::target::TargetKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TopicKind {
    /// How something works.
    Question,
    /// An error or warning as it is shown, with the cure.
    Message,
    Keys,
}

impl TopicKind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Message => "message",
            Self::Keys => "keys",
        }
    }
}

/// Kind, question or message, answer.
const TOPICS: &[(TopicKind, &str, &str)] = &[
    (
        Question,
        "What is synced?",
        "Two streams, kept apart. The price list becomes services: created once, then only \
         price and cost follow. The standard monthly invoice becomes dated changes of quantity \
         on the contracts of linked customers, so that the PSA bills what the distributor \
         billed, prorated to the day.",
    ),
    (
        Question,
        "When does a sync write?",
        "When a new approved invoice is there: between invoices nothing is written. You plan \
         and apply it here, or the schedule of `prism-connect serve` has it done. A new customer gets \
         its services with the first invoice that includes it.",
    ),
    (
        Question,
        "Which prices are used?",
        "Cost is what you pay the distributor; price is the recommended retail price of the \
         price list. Each link can keep your own sell price (cost only) or all prices \
         (quantities only).",
    ),
    (
        Question,
        "Are services overwritten that were there before?",
        "No. A service that was not created by prism-connect is never touched. If one carries the name we would use, \
         the preview says name already used: rename it, or take it over with A on tab 4. Of our own only \
         price and cost are changed; name, texts and everything else are yours after the first sync.",
    ),
    (
        Question,
        "Why is the service named after a SKU?",
        "The PSA wants unique names of limited length. Rename it as you like after the first \
         sync: from then on it is known by its id.",
    ),
    (
        Question,
        "Can I edit many services at once?",
        "Not through this program. The PSA's own CSV export and import changes many at once; \
         matching is by id, so any field may be changed.",
    ),
    (
        Question,
        "Can I remove all services again?",
        "The PSA offers no way to delete services in bulk; deactivate them with its CSV export \
         and import. An inactive service stays inactive and still follows prices.",
    ),
    (
        Question,
        "A product is off the price list but still invoiced",
        "It is retired. If its service is there it is used as before. If not, make a service by \
         hand and choose it with P on tab 4, or on the subscription of the run that \
         failed.",
    ),
    (
        Question,
        "A service was deleted in the PSA",
        "The next product sync makes an equal one. A service whose product is gone from the \
         price list is left alone.",
    ),
    (
        Question,
        "Do I need new contracts?",
        "No. Any active Recurring Service contract of the customer will do. Its start should be \
         the first of a month, or the PSA prorates its periods differently from the invoice. A \
         contract service is added with the first invoice that needs it.",
    ),
    (
        Question,
        "A company or contract is missing in the picker",
        "Contracts that cannot work are shown greyed with the reason: ended, not active, not of \
         the type Recurring Service. If the company itself is missing, the API user may not see \
         it: press i on tab 2 for the rights.",
    ),
    (
        Question,
        "Can I change quantities by hand?",
        "Yes, but the next invoice sets the usage month back to what was invoiced, and says so. \
         A change dated after the month keeps its quantity. v on tab 5 shows what differs since \
         the last invoice.",
    ),
    (
        Question,
        "How are mid-month changes prorated?",
        "Each change is dated on the day it happened; the PSA prorates price and cost by \
         itself. Enter on a run, a customer and a subscription, then c, shows the month as a \
         chart.",
    ),
    (
        Question,
        "What if we bill in advance?",
        "It is not recommended. Sync the newest invoice, correct the quantities of the contract \
         services by hand, and set them again at the start of the period before you generate \
         invoices. A quantity dated after the usage month is kept.",
    ),
    (
        Question,
        "How do I stop syncing?",
        "For a customer with s on tab 3, for the whole program in its options (m). Switching on \
         again later tells which invoices became due in between, with their amounts: the next sync \
         applies them in order, unless you skip them with a reason.",
    ),
    (
        Question,
        "Are credits, adjustments and annual invoices synced?",
        "No. They are listed as not synced with reason and amount; book them by hand. Annual \
         terms billed monthly are synced like monthly ones.",
    ),
    (
        Question,
        "How is Azure billed?",
        "Only if the option is on: one unit at the price of the invoice line, dated in the \
         usage month, and set to zero for the month after, because its usage is different every \
         month.",
    ),
    (
        Question,
        "We have several Microsoft CSP agreements",
        "Choose with a on tab 2 which of them are synced. Until one is chosen nothing is \
         planned.",
    ),
    (
        Question,
        "How do we start safely?",
        "Look at the product preview first. Link one to three customers, look at the plan before \
         each sync, and check each customer's first two bills before they go out.",
    ),
    (
        Question,
        "What do the outcomes mean?",
        "No Change: nothing new. Success: written as planned. Warning: written, but something \
         may want your hand. Failure: something of it was not sent; the rest was. The date \
         on a card is that of the last run without a failure; its counts are those of the last \
         run.",
    ),
    (
        Question,
        "What is the retry list?",
        "What failed waits there, by customer and service. Mend the cause, then r plans exactly \
         that. d takes an entry off with a reason, if you booked it by hand.",
    ),
    (
        Question,
        "The API user is locked: how do I unlock it?",
        "In the PSA: Admin, Resources (Users), the API user, Edit, uncheck Locked, Save & \
         Close. Then t on tab 2. Find out who locked it: a wrong secret tried often does.",
    ),
    (
        Message,
        "ContractServiceAdjustment effectiveDate must be between the start date and end date of \
         the Contract referenced by contractID.",
        "The change falls outside the contract. Only active Recurring Service contracts that \
         cover the usage month can take it: extend the contract or link the customer to another \
         one, then retry.",
    ),
    (
        Message,
        "Violation of UNIQUE KEY constraint 'IX_service'. Cannot insert duplicate key in object \
         'dbo.Service'.",
        "A service that was not created by prism-connect has the name already. Rename or delete it in the PSA, or \
         take it over with A on tab 4, then sync products again. Afterwards any field, also the \
         name, may be changed: the sync goes on to the same service.",
    ),
    (
        Message,
        "Error executing AutoTask POST request … Status code: Unauthorized.",
        "The credentials were refused, perhaps in the middle of a run: changed, locked, or \
         without the right security level. What was written stays. Mend the user, test on tab \
         2, and sync again: exactly the rest is written.",
    ),
    (
        Message,
        "Could not find source product or multiple matches",
        "The subscription's product is not on the price list, or several fit its name. Choose \
         the service it is billed as: P on the subscription, or on tab 4. Other subscriptions of the customer \
         are synced all the same.",
    ),
    (
        Message,
        "An unexpected error occurred",
        "The server failed in a way that says nothing. Try again with r; if it stays, b writes \
         a bundle without secrets, and the code in the details names the place.",
    ),
    (
        Message,
        "Subscription cost unit price changed from … to … on …",
        "The cost changed inside the month. Quantities were synced, the price was left: prices \
         are not prorated. The new one applies from the next invoice; look at this month's bill \
         before it goes out.",
    ),
    (
        Message,
        "Subscription retail unit price changed from … to … on …",
        "The recommended price changed inside the month. Quantities were synced, the price was \
         left. The new one applies from the next invoice; look at this month's bill before it \
         goes out.",
    ),
    (
        Question,
        "How are colours changed, for a light or a dark terminal?",
        "`theme` under `[console]` in config.toml: auto, 16, rgb, light (to be read on a light ground) or none. \
         `prism-connect config path` says where that file is. NO_COLOR=1 takes all colours away, --ascii all that is \
         no plain letter.",
    ),
    (
        Message,
        "An adjustment exists on that day already",
        "The PSA takes one change a day. Ours was dated to the next free day, and the warning \
         says what that costs.",
    ),
    (
        Message,
        "Waits for Autotask's hourly budget",
        "The PSA allows so many requests an hour to all integrations together. The run goes on \
         by itself at the hour shown; x stops it between two changes, and a later sync finishes \
         the rest.",
    ),
];

/// What is asked of Autotask alone, by how it begins.
const OF_AUTOTASK: &[&str] = &[
    "The API user is locked",
    "ContractServiceAdjustment",
    "Violation of UNIQUE KEY",
    "Error executing AutoTask",
    "An adjustment exists on that day",
    "Waits for Autotask's",
];

/// What is answered otherwise, or asked at all, of ConnectWise.
const OF_CONNECTWISE: &[(TopicKind, &str, &str)] = &[
    (
        Question,
        "Do I need new contracts?",
        "No. Any active agreement of the customer that is billed monthly will do. It should prorate, or a \
         change inside a month bills the whole month. Additions are made with the first invoice that needs \
         them; those that were made by hand before are used.",
    ),
    (
        Question,
        "A company or contract is missing in the picker",
        "Agreements that cannot work are shown greyed with the reason: ended, not active, not billed monthly. \
         If the company itself is missing, the API member may not see it: press i on tab 2 for the rights.",
    ),
    (
        Question,
        "What if we bill in advance?",
        "It works, and agreements that are billed afterwards fit better: what changes in a period that was \
         invoiced already comes with the next agreement invoice, as a charge or as a credit. Where a credit \
         must come the run says which: look at that invoice.",
    ),
    (
        Question,
        "How is Azure billed?",
        "Only if the option is on: one addition of quantity 1 at the price of the invoice line, from the first \
         to the last day of the usage month, because its usage is different every month.",
    ),
    (
        Message,
        "effectiveDate cannot be less than the agreement billing start date",
        "The change lies before the agreement's billing starts. Set the agreement's billing start date back, or \
         link the customer to another one, then retry.",
    ),
    (
        Message,
        "Since this period has already been invoiced …",
        "The agreement does not prorate, and the change lies in a period that was invoiced. Have the agreement \
         prorate, or set `unprorated = \"next\"` under `[policies]`, which writes it on the first day that is \
         not invoiced, with a warning of what that costs.",
    ),
];

/// What is asked and answered of a target, each question in the words that it is known by.
pub(crate) fn of(
    target: TargetKind,
) -> impl Iterator<Item = &'static (TopicKind, &'static str, &'static str)> {
    let own = match target {
        TargetKind::Autotask => &[][..],
        TargetKind::Connectwise => OF_CONNECTWISE,
    };
    let is_elsewhere = move |question: &str| {
        let otherwise = own.iter().any(|(_, asked, _)| *asked == question);
        let foreign = target != TargetKind::Autotask
            && OF_AUTOTASK.iter().any(|start| question.starts_with(start));
        otherwise || foreign
    };
    TOPICS.iter().filter(move |(_, question, _)| !is_elsewhere(question)).chain(own)
}
