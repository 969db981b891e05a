//! Names as they are compared: without case, accents, punctuation and legal form.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::Likeness;

/// Words of legal form, dropped from a name's end.
const LEGAL: [&str; 44] = [
    "pty",
    "ltd",
    "limited",
    "proprietary",
    "inc",
    "incorporated",
    "llc",
    "llp",
    "lp",
    "plc",
    "corp",
    "corporation",
    "co",
    "company",
    "gmbh",
    "mbh",
    "ag",
    "kg",
    "ohg",
    "ug",
    "bv",
    "nv",
    "sa",
    "sas",
    "sarl",
    "srl",
    "spa",
    "ab",
    "as",
    "asa",
    "oy",
    "oyj",
    "aps",
    "pte",
    "sdn",
    "bhd",
    "pvt",
    "private",
    "kk",
    "ulc",
    "sl",
    "lda",
    "doo",
    "ee",
];

/// A name taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    raw: String,
    words: Vec<String>,
    legal: Vec<String>,
    core: String,
    whole: String,
}

/// Lower case without accents and punctuation, `&` and `+` as *and*, single blanks.
pub(super) fn folded(name: &str) -> String {
    words(name).join(" ")
}

fn words(name: &str) -> Vec<String> {
    let spelt = name.replace(['&', '+'], " and ").replace(['\'', '’', '.'], "");
    let plain: String = spelt
        .nfkd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
        .flat_map(|letter| spelled(letter).chars().collect::<Vec<_>>())
        .collect();
    plain.split_whitespace().map(str::to_owned).collect()
}

/// Letters that no decomposition makes plain; everything that is no letter or digit becomes a blank.
fn spelled(letter: char) -> String {
    match letter {
        'ß' => "ss".to_owned(),
        'ø' => "o".to_owned(),
        'ł' => "l".to_owned(),
        'æ' => "ae".to_owned(),
        'œ' => "oe".to_owned(),
        'đ' | 'ð' => "d".to_owned(),
        letter if letter.is_alphanumeric() => letter.to_string(),
        _ => " ".to_owned(),
    }
}

impl Name {
    pub(super) fn new(raw: &str) -> Self {
        let mut all = words(raw);
        if all.len() > 1 && all.first().is_some_and(|word| word == "the") {
            all.remove(0);
        }
        let whole = all.concat();
        let mut legal = Vec::new();
        while all.len() > 1 && all.last().is_some_and(|word| LEGAL.contains(&word.as_str())) {
            legal.extend(all.pop());
        }
        legal.reverse();
        all.retain(|word| word != "and");
        Self { raw: raw.trim().to_owned(), core: all.concat(), whole, words: all, legal }
    }

    /// Its words run together, without legal form and *and*.
    pub(super) fn core(&self) -> &str {
        &self.core
    }

    /// Its words run together, with them.
    pub(super) fn whole(&self) -> &str {
        &self.whole
    }

    /// How a name with the same core agrees with this one, and how sure that makes.
    pub(super) fn same_as(&self, other: &Self) -> Likeness {
        if self.raw.to_lowercase() == other.raw.to_lowercase() {
            return Likeness { score: 96, reason: "same name".to_owned() };
        }
        let mut less = Vec::new();
        if self.legal != other.legal {
            let form = [&self.legal, &other.legal].into_iter().filter(|form| !form.is_empty());
            let form: Vec<String> = form.map(|form| titled(form)).collect();
            less.push(format!("less “{}”", form.join("”, “")));
        }
        if self.raw.contains('&') != other.raw.contains('&') {
            less.push("with “&” as “and”".to_owned());
        }
        let reason = if less.is_empty() {
            "similar spelling".to_owned()
        } else {
            format!("same name {}", less.join(", "))
        };
        Likeness { score: 92, reason }
    }

    /// Whether all words of the shorter of two names, at least two, are in the other.
    pub(super) fn shares_words_with(&self, other: &Self) -> bool {
        let (short, long) = self.ordered(other);
        short.words.len() >= 2 && short.words.iter().all(|word| long.words.contains(word))
    }

    /// Whether anything that one is called is like anything that the other is: a word, how it begins, how it is spelt, its
    /// first letters, or the one word of a domain.
    pub(super) fn has_anything_of(&self, other: &Self, domain: Option<&str>) -> bool {
        let initials: String = self.words.iter().filter_map(|word| word.chars().next()).collect();
        let mut called: Vec<&str> = self.words.iter().map(String::as_str).collect();
        called.push(&self.core);
        called.extend(domain);
        if self.words.len() > 1 {
            called.push(&initials);
        }
        let theirs = || other.words.iter().chain([&other.core]);
        called.iter().any(|one| theirs().any(|word| are_alike(one, word)))
    }

    pub(super) fn shorter_of<'a>(&'a self, other: &'a Self) -> &'a str {
        &self.ordered(other).0.raw
    }

    fn ordered<'a>(&'a self, other: &'a Self) -> (&'a Self, &'a Self) {
        if self.words.len() <= other.words.len() { (self, other) } else { (other, self) }
    }
}

/// The same, or of four letters and more: one begins like the other, is in it, or is a slip of the pen.
fn are_alike(one: &str, other: &str) -> bool {
    const TELLING: usize = 4;
    let (one_length, other_length) = (one.chars().count(), other.chars().count());
    if one_length < TELLING || other_length < TELLING {
        return one == other;
    }
    let begins = one.chars().zip(other.chars()).take(TELLING).all(|(a, b)| a == b);
    begins
        || one.contains(other)
        || other.contains(one)
        || strsim::normalized_damerau_levenshtein(one, other) >= 0.65
}

fn titled(words: &[String]) -> String {
    let title = |word: &String| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    };
    words.iter().map(title).collect::<Vec<_>>().join(" ")
}

/// What a domain or web address calls its owner: `harbourdental` of `harbourdental.onmicrosoft.com` and of
/// `https://www.harbour-dental.com.au/contact`.
pub(super) fn domain_stem(address: &str) -> Option<String> {
    let lower = address.trim().to_lowercase();
    let host = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
    let host = host.split(['/', ':', '?', '#']).next()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    let stem = words(host.split('.').next()?).concat();
    (!stem.is_empty()).then_some(stem)
}
