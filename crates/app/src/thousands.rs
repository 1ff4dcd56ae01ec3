//! Numbers as people print them.

/// 1234567.5 as 1,234,567.5: of a number in digits, without a sign.
pub(crate) fn with_commas(number: &str) -> String {
    let (whole, fraction) = match number.find('.') {
        Some(point) => number.split_at(point),
        None => (number, ""),
    };
    let mut text = String::with_capacity(number.len() + whole.len() / 3);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (number, grouped) in [
            ("5", "5"),
            ("500", "500"),
            ("5000", "5,000"),
            ("1234567.5", "1,234,567.5"),
        ] {
            assert_eq!(with_commas(number), grouped);
        }
    }
}
