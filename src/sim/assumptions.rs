//! What nobody public says of the real systems, as switches: each stands where the wire contract put it and can be turned the
//! other way. It holds and lists them; what they change is done where it happens.

mod choice;

use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;
use serde_json::Value;

use self::choice::{Choice, choices, chosen, refused};

choices! {
    /// What a missing id answers.
    MissingId {
        /// 200 with a null item.
        NullItem = "null_item",
        /// 404.
        NotFound = "not_found",
    }
    /// What is changed to 0 units.
    ZeroRows {
        /// Its rows stay, at 0.
        Keep = "keep",
        /// Its rows are there no more.
        Drop = "drop",
        /// Nothing: such a change is refused.
        Refuse = "refuse",
    }
    /// What becomes of price and cost on a create.
    OpeningPrice {
        /// They are taken.
        Take = "take",
        /// They are read over; the service's own stand.
        Ignore = "ignore",
        /// The create is refused.
        Refuse = "refuse",
    }
    /// What metadata says of a member.
    Metadata {
        /// It can be written.
        Writable = "writable",
        /// It can only be read.
        ReadOnly = "read_only",
    }
    /// What becomes of prices on an adjustment.
    Reprice {
        /// They hold from its day on.
        Apply = "apply",
        /// They are accepted and go nowhere.
        Ignore = "ignore",
    }
    /// Decimals that money keeps.
    MoneyDecimals {
        /// Four.
        Four = "4",
        /// Two.
        Two = "2",
    }
    /// The last day that a row closed by an adjustment shows.
    RowEnd {
        /// The day the adjustment takes effect.
        OnEffectiveDate = "on_effective_date",
        /// The day before it.
        DayBefore = "day_before",
    }
    /// Whether something is done or turned away.
    Acceptance {
        /// Done.
        Accept = "accept",
        /// Turned away with a reason.
        Refuse = "refuse",
    }
    /// Something that is usually turned away.
    Refusal {
        /// Turned away with a reason.
        Refuse = "refuse",
        /// Done.
        Accept = "accept",
    }
    /// The days that a contract takes adjustments on.
    DateBounds {
        /// Its first and last day too.
        Inclusive = "inclusive",
        /// Those between.
        Exclusive = "exclusive",
    }
    /// What stands in the picklists.
    Picklists {
        /// Every label once.
        Plain = "plain",
        /// An inactive value of the same label before each.
        InactiveDuplicate = "inactive_duplicate",
        /// An active value of the same label before each.
        TwoActive = "two_active",
    }
    /// How the last page says that it is the last.
    NextPageUrl {
        /// `null`.
        Null = "null",
        /// An empty text.
        Empty = "empty",
    }
}

/// How far ahead unit rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowsAhead {
    /// To the contract's end.
    #[default]
    All,
    /// For periods that begin within so many months of today.
    Months(u32),
}

impl Choice for RowsAhead {
    fn word(self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Months(months) => months.to_string(),
        }
    }

    fn of(word: &str) -> Option<Self> {
        let months = || word.parse().ok().filter(|months| *months <= 1_200).map(Self::Months);
        if word == "all" { Some(Self::All) } else { months() }
    }

    fn words() -> Vec<String> {
        ["all", "0", "1", "2", "…", "1200"].map(str::to_owned).to_vec()
    }
}

/// One switch, as `GET /assumptions` lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Switch {
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub value: Value,
    /// Where it stands unless it was turned.
    pub usual: Value,
    /// Where it may stand.
    pub allowed: Vec<Value>,
    /// The row of the gathered assumptions: a number for Autotask, A and a number for PRISM.
    pub row: &'static str,
    /// What it is about.
    pub about: String,
}

macro_rules! switches {
    ($($(#[doc = $about:literal])+ $name:ident: $kind:ty = $row:literal;)+) => {
        /// Where every switch stands.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Assumptions {
            $($(#[doc = $about])+ pub $name: $kind,)+
        }

        impl Assumptions {
            /// Every switch.
            pub fn list(&self) -> Vec<Switch> {
                let usual = Self::default();
                vec![$(switch(
                    (stringify!($name), $row, concat!($($about),+)),
                    self.$name,
                    usual.$name,
                )),+]
            }

            fn turn(&mut self, name: &str, value: &Value) -> Result<(), String> {
                match name {
                    $(stringify!($name) => self.$name = chosen(name, value)?,)+
                    _ => return Err(refused("assumption", name, &[$(stringify!($name)),+])),
                }
                Ok(())
            }
        }
    };
}

switches! {
    /// what a missing id answers
    missing_id: MissingId = "1";
    /// an adjustment dated on the contract's first or last day
    date_bounds: DateBounds = "9";
    /// the last day that a row closed by an adjustment shows
    row_end: RowEnd = "10";
    /// what a change to 0 units leaves
    zero_rows: ZeroRows = "14, 29";
    /// how many months ahead unit rows are written
    rows_ahead: RowsAhead = "13.3";
    /// values in picklists with a label of another
    picklists: Picklists = "19, 31";
    /// a second adjustment on a day that starts a billing period
    period_start_repeat: Acceptance = "26";
    /// unitPrice and unitCost on creating a contract service
    opening_price: OpeningPrice = "27";
    /// what metadata says of unitPrice and unitCost of a contract service
    opening_price_metadata: Metadata = "27";
    /// adjustedUnitPrice and adjustedUnitCost of an adjustment
    reprice: Reprice = "28";
    /// decimals that money keeps
    money_decimals: MoneyDecimals = "30";
    /// an adjustment inside a period that was approved and posted
    posted_periods: Acceptance = "32";
    /// nextPageUrl of the last page
    next_page_url: NextPageUrl = "4.3";
}

fn switch<C: Choice>(
    (name, row, about): (&'static str, &'static str, &str),
    value: C,
    usual: C,
) -> Switch {
    Switch {
        name,
        value: choice::shown(&value.word()),
        usual: choice::shown(&usual.word()),
        allowed: C::words().iter().map(|word| choice::shown(word)).collect(),
        row,
        about: about.trim().to_owned(),
    }
}

impl Assumptions {
    /// These with the members of a JSON object turned; an unknown name or value refuses all of them.
    pub fn turned(mut self, json: &Value) -> Result<Self, String> {
        let members = json.as_object().ok_or("the body must be an object of names and values")?;
        for (name, value) in members {
            self.turn(name, value)?;
        }
        Ok(self)
    }
}

/// The switches of one simulation, as its parts share them.
#[derive(Clone, Debug, Default)]
pub struct Switches(Arc<RwLock<Assumptions>>);

impl Switches {
    /// Switches that stand so.
    pub fn new(assumptions: Assumptions) -> Self {
        Self(Arc::new(RwLock::new(assumptions)))
    }

    /// How they stand.
    pub fn now(&self) -> Assumptions {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns those that a JSON object names, all or none.
    pub fn turn(&self, json: &Value) -> Result<Assumptions, String> {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *held = held.turned(json)?;
        Ok(*held)
    }

    /// All back to where they usually stand.
    pub fn reset(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Assumptions::default();
    }
}
