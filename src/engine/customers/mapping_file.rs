//! The file of mappings, as `export customers` writes it and `customers import` reads it.
//!
//! It must not look anything up; `import` does.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::{
    domain::{
        Code,
        mapping::{PricingStrategy, Start},
    },
    engine::{
        customers::shared_contract,
        protocol::Refusal,
        refusals::{malformed, shortened},
        views::{CustomerView, MappingView},
    },
};

/// The largest file that is taken, in bytes.
const LARGEST_FILE: usize = 64 << 20;

/// The columns as they are written; [`read`] knows them by name.
pub(crate) const COLUMNS: [&str; 12] = [
    "tenant_id",
    "tenant",
    "customer",
    "company_id",
    "company",
    "contract_id",
    "contract",
    "sync",
    "from",
    "pricing",
    "note",
    "first_month",
];

/// A customer's cells under [`COLUMNS`], before anything is done about texts that look like formulas: [`read`] takes
/// an apostrophe before those away again.
pub(crate) fn cells(customer: &CustomerView) -> [String; 12] {
    let mapping = customer.mapping.as_ref();
    let of = |cell: fn(&MappingView) -> String| mapping.map(cell).unwrap_or_default();
    [
        customer.tenant.to_string(),
        customer.domain.clone(),
        customer.customer_name.clone(),
        of(|one| one.company_id.to_string()),
        of(|one| one.company.clone()),
        of(|one| one.contract_id.to_string()),
        of(|one| one.contract.clone()),
        of(|one| shared_contract::switch(one.sync).to_owned()),
        of(|one| shared_contract::start(one.start).to_owned()),
        of(|one| shared_contract::pricing(one.pricing).to_owned()),
        of(|one| one.note.clone()),
        of(|one| one.first_month.map(|month| month.to_string()).unwrap_or_default()),
    ]
}

/// One row of the file, with its line in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MappingRow {
    /// Line number, from 1, for messages.
    pub line: u64,
    /// Tenant id or domain.
    pub tenant: String,
    /// Company id or name.
    pub company: String,
    /// Contract id or name.
    pub contract: String,
    pub sync: Option<bool>,
    /// First invoice.
    pub from: Option<Start>,
    pub pricing: Option<PricingStrategy>,
    pub note: Option<String>,
}

/// The columns that are read; others do not matter, and one of each pair is enough.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FileColumns {
    tenant_id: String,
    tenant: String,
    company_id: String,
    company: String,
    contract_id: String,
    contract: String,
    sync: String,
    from: String,
    pricing: String,
    note: String,
}

/// Reads the rows that map something; a file with any fault is refused, with the faults by line.
pub(crate) fn read(text: &str) -> Result<Vec<MappingRow>, Refusal> {
    if text.len() > LARGEST_FILE {
        let text = format!("The file is larger than {} MiB.", LARGEST_FILE >> 20);
        return Err(malformed(Code::Csv, text, "Nothing was saved. Split it."));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        let advice = "Nothing was saved. `prism-connect export customers` shows what it may hold.";
        return Err(malformed(Code::Csv, "There is nothing in the file.", advice));
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    header(&mut reader)?;
    let (mut rows, mut faults) = (Vec::new(), FileFaults::default());
    let headers = reader.headers().cloned().unwrap_or_default();
    let mut lines = LineNumbers::new(text);
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                faults.add(lines.of(error.position()), &told(&error));
                continue;
            }
        };
        let line = lines.of(record.position());
        match record.deserialize::<FileColumns>(Some(&headers)) {
            Ok(cells) => match row(line, cells) {
                Ok(found) => rows.extend(found),
                Err(fault) => faults.add(line, &fault),
            },
            Err(error) => faults.add(line, &told(&error)),
        }
    }
    faults.refuse()?;
    Ok(rows)
}

/// Line numbers as an editor shows them. The reader's own are those of the line before where lines end in CRLF, as
/// spreadsheets write them: it takes a record to begin at the LF that ends the one before it.
struct LineNumbers<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> LineNumbers<'a> {
    fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), at: 0, line: 1 }
    }

    /// The line on which a record begins; records are asked for in their order.
    fn of(&mut self, position: Option<&csv::Position>) -> u64 {
        let begins = position.and_then(|position| usize::try_from(position.byte()).ok());
        let mut begins = begins.unwrap_or(self.at).clamp(self.at, self.text.len());
        while self.text.get(begins).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            begins += 1;
        }
        let passed = &self.text[self.at..begins];
        self.line += passed.iter().filter(|byte| **byte == b'\n').map(|_| 1_u64).sum::<u64>();
        self.at = begins;
        self.line
    }
}

fn told(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} cells, the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "is not in UTF-8".to_owned(),
        _ => "cannot be read as CSV".to_owned(),
    }
}

fn header(reader: &mut csv::Reader<&[u8]>) -> Result<(), Refusal> {
    let headers = reader.headers().cloned().unwrap_or_default();
    let has = |name: &str| headers.iter().any(|column| column == name);
    let missing = [("tenant_id", "tenant"), ("company_id", "company"), ("contract_id", "contract")]
        .into_iter()
        .find(|(id, name)| !has(id) && !has(name));
    let separated = |by: char| headers.iter().any(|column| column.contains(by));
    match missing {
        None => Ok(()),
        Some(_) if separated(';') || separated('\t') => {
            let by = if separated(';') { "semicolons" } else { "tabs" };
            Err(malformed(
                Code::Csv,
                format!("The cells of the file are separated by {by}, not by commas."),
                "Nothing was saved. Save it as CSV (comma delimited, UTF-8): spreadsheets choose the separator by the \
                 region they are set to.",
            ))
        }
        Some((id, name)) => Err(malformed(
            Code::Csv,
            format!("The file has neither a column `{id}` nor `{name}` in its first line."),
            "Nothing was saved. Begin with what `prism-connect export customers --format csv` writes.",
        )),
    }
}

/// A row; none where it maps nothing.
fn row(line: u64, cells: FileColumns) -> Result<Option<MappingRow>, String> {
    let either = |id: String, name: String| if id.is_empty() { plain(&name) } else { id };
    let tenant = either(cells.tenant_id, cells.tenant);
    let company = either(cells.company_id, cells.company);
    let contract = either(cells.contract_id, cells.contract);
    if company.is_empty() && contract.is_empty() {
        return Ok(None);
    }
    for (what, text) in [("tenant", &tenant), ("company", &company), ("contract", &contract)] {
        if text.is_empty() {
            return Err(format!("names no {what}"));
        }
    }
    Ok(Some(MappingRow {
        line,
        tenant,
        company,
        contract,
        sync: switch(&cells.sync)?,
        from: word("from", &cells.from)?,
        pricing: word("pricing", &cells.pricing)?,
        note: Some(
            crate::engine::remarks::remark(&plain(&cells.note))
                .map_err(|refusal| refusal.finding.text)?,
        ),
    }))
}

/// A text without the apostrophe that keeps a spreadsheet from running it as a formula.
fn plain(text: &str) -> String {
    crate::domain::text::from_cell(text)
}

fn switch(text: &str) -> Result<Option<bool>, String> {
    match text.to_lowercase().as_str() {
        "" => Ok(None),
        "on" | "true" | "yes" => Ok(Some(true)),
        "off" | "false" | "no" => Ok(Some(false)),
        _ => Err(format!("says sync “{}”; write on or off", shortened(text))),
    }
}

fn word<T: serde::de::DeserializeOwned>(column: &str, text: &str) -> Result<Option<T>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let value = serde_json::Value::String(text.to_lowercase());
    let unknown = |_| {
        let words = if column == "from" {
            "most-recent or next"
        } else {
            "cost-and-retail, cost-only or quantities-only"
        };
        format!("says {column} “{}”; write {words}", shortened(text))
    };
    serde_json::from_value(value).map(Some).map_err(unknown)
}

/// What is wrong with a file, by line: every fault, each on a line of its own.
#[derive(Debug, Default)]
pub(crate) struct FileFaults {
    told: BTreeSet<(u64, String)>,
}

impl FileFaults {
    pub(crate) fn add(&mut self, line: u64, fault: &str) {
        self.told.insert((line, fault.to_owned()));
    }

    /// Refuses the file if anything is wrong with it.
    pub(crate) fn refuse(self) -> Result<(), Refusal> {
        self.refuse_as(crate::engine::protocol::RefusalKind::Malformed)
    }

    /// Likewise, as a refusal of this kind.
    pub(crate) fn refuse_as(
        self,
        kind: crate::engine::protocol::RefusalKind,
    ) -> Result<(), Refusal> {
        if self.told.is_empty() {
            return Ok(());
        }
        let lines = self.told.iter().map(|(line, fault)| format!("\n  line {line} {fault}"));
        let text = format!("The file cannot be taken:{}", lines.collect::<String>());
        let refusal =
            malformed(Code::Csv, text, "Nothing was saved. Put this right and import it again.");
        Err(Refusal { kind, ..refusal })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const GOOD: &str = "tenant,company,contract,sync,from,pricing\n\
                        a.com,Alpha,Cloud,on,next,cost-only\n";

    #[test]
    fn a_row_says_where_a_tenant_goes() {
        let rows = read(GOOD).expect("good");
        let [row] = rows.as_slice() else { panic!("one row: {rows:?}") };
        assert_eq!((row.line, row.tenant.as_str(), row.company.as_str()), (2, "a.com", "Alpha"));
        assert_eq!((row.sync, row.from), (Some(true), Some(Start::Next)));
        assert_eq!(row.pricing, Some(PricingStrategy::CostOnly));
    }

    #[rstest]
    #[case::wrong_word("a.com,Alpha,Cloud,maybe,,\n", "line 2 says sync “maybe”")]
    #[case::wrong_start("a.com,Alpha,Cloud,on,soon,\n", "line 2 says from “soon”")]
    #[case::no_contract("a.com,Alpha,,on,,\n", "line 2 names no contract")]
    #[case::cut_off("a.com,Alpha,Cloud,on,,\nb.com,Be", "line 3 has 2 cells")]
    fn a_fault_is_told_with_its_line(#[case] rows: &str, #[case] says: &str) {
        let text = format!("tenant,company,contract,sync,from,pricing\n{rows}");
        let refusal = read(&text).expect_err("refused");
        assert!(refusal.finding.text.contains(says), "{refusal}");
    }

    #[rstest]
    #[case("")]
    #[case("name,number\nx,1\n")]
    #[case("\u{0}\u{1}\u{2}")]
    fn a_file_without_our_columns_is_refused(#[case] text: &str) {
        assert!(read(text).is_err());
    }

    #[test]
    fn every_fault_is_told_on_a_line_of_its_own_by_the_lines_of_the_file() {
        let rows = "a.com,Alpha,Cloud,maybe,,\n\n\"b\n.com\",Beta,,on,,\nc.com,Ce\n";
        for ends in ["\n", "\r\n"] {
            let text = format!("tenant,company,contract,sync,from,pricing\n{rows}");
            let refusal = read(&text.replace('\n', ends)).expect_err("refused");
            let told: Vec<&str> = refusal.finding.text.lines().skip(1).map(str::trim).collect();
            let [first, second, third] = told.as_slice() else { panic!("three faults: {told:?}") };
            assert!(first.starts_with("line 2 says sync “maybe”"), "{first}");
            assert!(second.starts_with("line 4 names no contract"), "{second}");
            assert!(third.starts_with("line 6 has 2 cells"), "{third}");
        }
    }

    #[test]
    fn more_faults_than_fit_a_screen_are_all_told() {
        let rows = "a.com,Alpha,,on,,\n".repeat(300);
        let text = format!("tenant,company,contract,sync,from,pricing\n{rows}");
        let refusal = read(&text).expect_err("refused");
        assert_eq!(refusal.finding.text.lines().count(), 301);
    }

    #[rstest]
    #[case("tenant;company;contract\na.com;Alpha;Cloud\n", "separated by semicolons")]
    #[case("tenant\tcompany\tcontract\na.com\tAlpha\tCloud\n", "separated by tabs")]
    fn a_file_with_other_separators_is_named_as_such(#[case] text: &str, #[case] says: &str) {
        let refusal = read(text).expect_err("refused");
        assert!(refusal.finding.text.contains(says), "{refusal}");
    }

    #[test]
    fn a_tenant_without_a_company_is_left_alone() {
        assert_eq!(read("tenant,company,contract\na.com,,\n").expect("good"), []);
    }
}
