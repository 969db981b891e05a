//! What a new service starts with (sync-rules 1.3).

use sha2::{Digest, Sha256};
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    domain::{
        choice::Chosen,
        product::{Product, ProductKey, ServiceDraft},
    },
    psa::ServiceLimits,
};

const OUR_KEY: &str = "prism-connect:";

/// Prefix, motion and SKU, cut to the target's length.
pub(crate) fn service_name(prefix: &str, product: &Product, limits: &ServiceLimits) -> String {
    let name = format!("{prefix}{}{}", product.key.motion.prefix(), product.sku_text.trim());
    cut(&name, limits.name)
}

/// Our key for a product: the same at any time and on any machine, at most as long as the target's field.
pub(crate) fn external_id(key: &ProductKey, limits: &ServiceLimits) -> String {
    let room = limits.external_id.unwrap_or(50).min(50);
    let full = format!("{OUR_KEY}{key}");
    if full.chars().count() <= room {
        return full;
    }
    let digest = Sha256::digest(key.to_string().as_bytes());
    let hex = |digit: u8| char::from_digit(u32::from(digit), 16).unwrap_or('0');
    let hash: String = digest.iter().flat_map(|byte| [hex(byte >> 4), hex(byte & 15)]).collect();
    let short = if room >= OUR_KEY.len() + 16 { format!("{OUR_KEY}{hash}") } else { hash };
    cut(&short, room)
}

pub(super) fn draft(
    product: &Product,
    chosen: &Chosen<i64>,
    limits: &ServiceLimits,
) -> ServiceDraft {
    let long = match product.description.trim() {
        "" => product.name.trim(),
        text => text,
    };
    let keeps = |money: crate::domain::Money| money.rounded(limits.price_decimals);
    ServiceDraft {
        // Where the SKU tells whose a service is, it is its name as well.
        name: service_name(if limits.by_sku { "" } else { "PC_" }, product, limits),
        description: cut(long, limits.description),
        invoice_description: cut(long, limits.invoice_description),
        sku: limits
            .sku
            .map_or_else(|| product.sku_text.clone(), |room| cut(&product.sku_text, room)),
        external_id: external_id(&product.key, limits),
        price: keeps(product.retail),
        cost: keeps(product.cost),
        chosen: chosen.clone(),
    }
}

/// At most `room` characters as the target counts them (UTF-16 units), never inside what a reader sees as one character.
fn cut(text: &str, room: usize) -> String {
    let mut used = 0;
    let fits = |grapheme: &&str| {
        used += grapheme.encode_utf16().count();
        used <= room
    };
    text.graphemes(true).take_while(fits).collect::<String>().trim_end().to_owned()
}
