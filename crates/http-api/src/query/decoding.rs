//! Percent-encoding, strictly: two hexadecimal digits after each percent sign, and UTF-8 as the result.

/// The text that a part of a query stands for; `+` is a space.
pub(super) fn decode(encoded: &str) -> Option<String> {
    if !encoded.contains(['%', '+']) {
        return Some(encoded.to_owned());
    }
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => digit(bytes.next()?)? * 16 + digit(bytes.next()?)?,
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// Whether a path or query can be decoded.
pub(crate) fn is_well_formed(encoded: &str) -> bool {
    !encoded.contains('%') || decode(encoded).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_decoded_exactly_or_not_at_all() {
        assert_eq!(decode("a+b%2Bc%C3%A9").as_deref(), Some("a b+cé"));
        for bad in ["%", "%4", "%zz", "%+1", "%ff", "%ED%A0%80", "%C0%AF"] {
            assert_eq!(decode(bad), None, "{bad}");
            assert!(!is_well_formed(bad), "{bad}");
        }
    }
}
