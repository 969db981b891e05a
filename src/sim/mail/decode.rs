//! A letter as a person reads it: headers unfolded, encoded words and bodies decoded. Only for showing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The value of a header, unfolded; empty where there is none.
pub(super) fn header(data: &str, name: &str) -> String {
    let head = data.split("\r\n\r\n").next().unwrap_or_default();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let of_it = |line: &str| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    };
    unfolded.split("\r\n").find_map(of_it).unwrap_or_default()
}

/// Encoded words (RFC 2047) as text. Blanks between two of them are no part of it.
pub(super) fn words(value: &str) -> String {
    let (mut text, mut rest, mut after_word) = (String::new(), value, false);
    while let Some(at) = rest.find("=?") {
        let between = &rest[..at];
        if !(after_word && between.trim().is_empty()) {
            text.push_str(between);
        }
        let Some((word, length)) = word(&rest[at..]) else {
            text.push_str("=?");
            (rest, after_word) = (&rest[at + 2..], false);
            continue;
        };
        text.push_str(&word);
        (rest, after_word) = (&rest[at + length..], true);
    }
    text + rest
}

/// One encoded word at the beginning, and how long it is.
fn word(text: &str) -> Option<(String, usize)> {
    let mut parts = text.strip_prefix("=?")?.splitn(3, '?');
    let (charset, encoding, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let end = rest.find("?=")?;
    let bytes = match encoding.to_ascii_lowercase().as_str() {
        "b" => STANDARD.decode(&rest[..end]).ok()?,
        "q" => quoted(&rest[..end].replace('_', " ")),
        _ => return None,
    };
    let length = 2 + charset.len() + 1 + encoding.len() + 1 + end + 2;
    Some((String::from_utf8_lossy(&bytes).into_owned(), length))
}

fn quoted(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = hex.and_then(|two| u8::from_str_radix(two, 16).ok());
        if let (b'=', Some(byte)) = (first, byte) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    bytes
}

/// The text of a letter of one part.
pub(super) fn body(data: &str) -> String {
    let body = data.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let bytes = match header(data, "Content-Transfer-Encoding").to_ascii_lowercase().as_str() {
        "quoted-printable" => quoted(&body.replace("=\r\n", "")),
        "base64" => STANDARD.decode(body.replace("\r\n", "")).unwrap_or_default(),
        _ => body.as_bytes().to_vec(),
    };
    String::from_utf8_lossy(&bytes).replace("\r\n", "\n")
}
