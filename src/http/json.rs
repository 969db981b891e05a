//! How much a JSON answer holds, told before it is decoded: what is short on the wire can be huge in memory.

/// Values of one JSON answer beyond which it is not decoded: in memory each takes more room than on the wire. Ten times what
/// the largest list of 10,000 customers needs.
const MOST_VALUES: usize = 10_000_000;

/// The same for objects.
const MOST_OBJECTS: usize = 2_000_000;

/// Why an answer holds more than can be kept in memory. Counts without decoding, so it costs nothing but time.
pub(super) fn too_rich(json: &[u8]) -> Option<String> {
    let (mut objects, mut values, mut quoted, mut escaped) = (0, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' => objects += 1,
            b',' => values += 1,
            _ => {}
        }
    }
    if objects > MOST_OBJECTS || values > MOST_VALUES {
        return Some(format!("it has {objects} objects and {values} values, which is too many"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_outside_of_texts_counts() {
        let text = format!(r#"{{"a":"{}\\\"{{,"}}"#, "{,".repeat(MOST_VALUES + 1));
        assert_eq!(too_rich(text.as_bytes()), None);
    }

    #[test]
    fn too_many_objects_and_too_many_values_are_refused() {
        let objects = "{},".repeat(MOST_OBJECTS + 1);
        assert!(too_rich(objects.as_bytes()).is_some());
        assert!(too_rich("0,".repeat(MOST_VALUES + 1).as_bytes()).is_some());
        assert_eq!(too_rich("0,".repeat(MOST_VALUES).as_bytes()), None);
    }
}
