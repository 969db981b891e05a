//! Names of customers, and the ways in which an Autotask company's name differs from PRISM's.

use std::collections::HashSet;

const FIRST: &[&str] = &[
    "Harbour",
    "Northwind",
    "O'Brien & Sons",
    "Ümlaut",
    "Blue Gum",
    "Café Noir",
    "Smith, Jones",
    "Kōwhai",
    "Granite",
    "Silver Fern",
    "Red Earth",
    "Coral Bay",
    "Ironbark",
    "Søren",
    "Wattle Park",
    "St Kilda",
    "Alpine",
    "Banksia",
    "Camden",
    "Dubbo",
    "Eastside",
    "Fairfield",
    "Gippsland",
    "Hawthorn",
    "Illawarra",
    "Jindabyne",
    "Kiama",
    "Lakeside",
    "Macarthur",
    "Noosa",
    "Otago",
    "Parramatta",
    "Quokka",
    "Riverina",
    "Southern Cross",
    "Tasman",
    "Ulladulla",
    "Victoria Street",
    "Wagga",
    "Xavier",
    "Yarra",
    "Zephyr",
    "Ashgrove",
    "Bellbird",
    "Currumbin",
    "Derwent",
    "Echuca",
    "Franklin & Moore",
    "Gosford",
    "Huon",
    "Ivanhoe",
    "Jervis",
    "Kalgoorlie",
    "Lorne",
    "Manly",
    "Newtown",
    "Ormond",
    "Pilbara",
    "Queenscliff",
    "Rosella",
    "Sandgate",
    "Torrens",
    "Unley",
    "Vaucluse",
    "Warrnambool",
    "Yass",
    "Zeehan",
    "Acacia",
    "Beacon",
    "The \"Cascade\"",
    "Dorset",
    "Emerald",
    "Fraser",
    "Grampian",
    "Hunter",
    "Island",
    "Jubilee",
    "Kestrel",
    "Lyrebird",
    "Mount Eliza",
    "Nautilus",
    "Orana",
    "Peregrine",
    "Quarry",
    "Rangeview",
    "Saltbush",
    "Tallow",
    "Upland",
    "Vista",
    "Windsor",
    "Yellow Box",
    "Ziggurat",
    "Armidale",
    "Broome",
    "Ceduna",
    "Daylesford",
    "Esperance",
    "Flinders",
    "Geelong",
    "Hobart",
];

const TRADE: &[&str] = &[
    "Dental",
    "Legal",
    "Accounting",
    "Engineering",
    "Architects",
    "Logistics",
    "Medical Centre",
    "Plumbing",
    "Freight",
    "Primary School",
    "Winery",
    "Real Estate",
    "Physiotherapy",
    "Electrical",
    "Motors",
    "Community Care",
    "Insurance Brokers",
    "Surveyors",
    "Bakery",
    "Timber",
    "Aviation",
    "Marine",
    "Steel",
    "Roofing",
    "Seafood",
    "Optometry",
    "Veterinary Clinic",
    "Printing",
    "Catering",
    "Security",
    "Travel",
    "Cleaning",
    "Landscaping",
    "Concrete",
    "Glass",
    "Furniture",
    "Recruitment",
    "Childcare",
    "Pharmacy",
    "Radiology",
    "Drilling",
    "Water",
    "Solar",
    "Data",
    "Design",
    "Media",
    "Publishing",
    "Textiles",
    "Packaging",
    "Cold Storage",
    "Nursery",
    "Farms",
    "Dairy",
    "Fisheries",
    "Brewing",
    "Distillery",
    "Hotels",
    "Property",
    "Finance",
    "Wealth",
    "Tax Advisers",
    "Conveyancing",
    "Psychology",
    "Podiatry",
    "Dermatology",
    "Orthodontics",
    "Hire",
    "Cranes",
    "Scaffolding",
    "Mining Services",
    "Rail",
    "Tyres",
    "Panel Works",
    "Joinery",
    "Kitchens",
    "Blinds",
    "Flooring",
    "Tiles",
    "Pools",
    "Fencing",
    "Irrigation",
    "Grain",
    "Wool",
    "Foods",
    "Coffee",
    "Books",
    "Music",
    "Cycles",
    "Outdoor",
    "Fitness",
    "Swim School",
    "Dance Academy",
    "College",
    "Foundation",
    "Council",
    "Rotary Club",
    "Museum",
    "Theatre",
    "Radio",
    "Labs",
];

const FORMS: &[&str] =
    &["Pty Ltd", "Pty Ltd", "Pty. Ltd.", "Limited", "Group", "(Australia) Pty Ltd", "& Co", ""];

/// The cities of customers, with their country.
pub(super) const CITIES: &[(&str, &str)] = &[
    ("Sydney", "AU"),
    ("Melbourne", "AU"),
    ("Brisbane", "AU"),
    ("Perth", "AU"),
    ("Adelaide", "AU"),
    ("Hobart", "AU"),
];

/// The name of the customer at a place of the list, never twice the same.
pub(super) fn customer(seed: u64, index: usize) -> String {
    let all = FIRST.len() * TRADE.len();
    let offset = usize::try_from(seed % 9_973).expect("below 9973");
    let place = (index * 3_709 + offset) % all;
    let (first, trade) = (FIRST[place % FIRST.len()], TRADE[place / FIRST.len()]);
    let form = FORMS[(place + index) % FORMS.len()];
    let round = if index < all { String::new() } else { format!(" {}", index / all + 1) };
    format!("{first} {trade}{round} {form}").trim_end().to_owned()
}

/// The first part of a tenant's domain, never twice the same.
pub(super) fn domain(name: &str, taken: &mut HashSet<String>) -> String {
    let plain = bare(name).to_lowercase().replace("pty", "").replace("ltd", "");
    let slug: String = plain.chars().filter(char::is_ascii_alphanumeric).take(24).collect();
    let slug = if slug.is_empty() { "tenant".to_owned() } else { slug };
    let mut found = slug.clone();
    let mut number = 2;
    while !taken.insert(found.clone()) {
        found = format!("{slug}{number}");
        number += 1;
    }
    found
}

/// The same name as somebody typed it into Autotask.
pub(super) fn as_typed(name: &str, way: usize) -> String {
    match way % 10 {
        0 => without_form(name),
        1 if name.contains('&') => name.replace('&', "and"),
        1 => name.replace(" and ", " & "),
        2 => name.replace("Pty Ltd", "P/L").replace("Limited", "Ltd"),
        3 => typo(name),
        4 => bare(name),
        5 => name.to_uppercase(),
        6 => format!("The {}", without_form(name)),
        7 => name.replace("Pty. Ltd.", "Pty Ltd").replace(',', ""),
        8 => format!("{} - Head Office", without_form(name)),
        _ => name.to_owned(),
    }
}

pub(super) fn without_form(name: &str) -> String {
    let mut rest = name;
    for form in ["(Australia) Pty Ltd", "Pty Ltd", "Pty. Ltd.", "Limited", "Group", "& Co"] {
        rest = rest.strip_suffix(form).unwrap_or(rest).trim_end();
    }
    rest.to_owned()
}

/// Two neighbouring letters in the middle change places.
fn typo(name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let middle = letters.len() / 3;
    let swappable = |at: &usize| letters[*at].is_alphabetic() && letters[*at + 1].is_alphabetic();
    let place = (middle..letters.len().saturating_sub(1)).find(swappable);
    if let Some(at) = place {
        letters.swap(at, at + 1);
    }
    letters.into_iter().collect()
}

/// A name with its accents gone.
fn bare(name: &str) -> String {
    let plain = |letter| match letter {
        'Ü' => 'U',
        'é' => 'e',
        'ō' | 'ø' => 'o',
        other => other,
    };
    name.chars().map(plain).collect()
}
