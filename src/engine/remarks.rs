//! Remarks and reasons as an operator types them.

use crate::{
    domain::Code,
    engine::{protocol::Refusal, refusals::malformed},
};

/// The longest remark, in characters.
const LONGEST_NOTE: usize = 2000;

/// A remark or reason as typed.
pub(super) fn remark(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let long = text.chars().count() > LONGEST_NOTE;
    if long || text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(malformed(
            Code::Text,
            format!("The text has control characters, or more than {LONGEST_NOTE} characters."),
            "Shorten it, or type it again.",
        ));
    }
    Ok(text.to_owned())
}

/// The reason as typed.
///
/// # Errors
/// Where there is none.
pub(super) fn given(reason: &str) -> Result<String, Refusal> {
    let reason = remark(reason)?;
    if reason.is_empty() {
        let advice = "Say why, so that it can be understood later: `--reason TEXT`.";
        return Err(malformed(Code::Reason, "The reason is missing.", advice));
    }
    Ok(reason)
}
