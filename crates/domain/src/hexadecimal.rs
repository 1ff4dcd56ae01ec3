//! Bytes as texts.

/// Two digits a byte, in small letters.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_two_digits() {
        assert_eq!(hexadecimal(&[0, 10, 0xff]), "000aff");
        assert_eq!(hexadecimal(&[]), "");
    }
}
