//! Repairs web addresses of other people's catalogues where that is safe.

use super::plain_text;

/// The first address of `text`, with character references resolved and forbidden characters percent-encoded; `None` when
/// there is no text.
///
/// # Errors
/// Why the text is no usable address.
pub(super) fn cleaned(text: &str) -> Result<Option<String>, String> {
    let text = plain_text::of(text);
    let Some(address) = text.split_whitespace().next() else {
        return Ok(None);
    };
    let has_scheme = address.starts_with("https://") || address.starts_with("http://");
    // A placeholder that somebody's template left behind leads nowhere.
    let template = address.contains("%{") || address.contains("{{") || address.contains("${");
    if !has_scheme || template {
        return Err(format!(
            "{} is no usable http or https address and is left out",
            shortened(address)
        ));
    }
    let mut encoded = String::with_capacity(address.len());
    for character in address.chars() {
        if "<>\"\\^`{|}".contains(character) {
            encoded.push_str(&format!("%{:02X}", u32::from(character)));
        } else {
            encoded.push(character);
        }
    }
    let host = encoded
        .split("//")
        .nth(1)
        .and_then(|rest| rest.split(['/', '?', '#']).next());
    if host.is_none_or(|host| host.is_empty() || host.contains('@'))
        || encoded.chars().count() > 2_048
    {
        return Err(format!(
            "{} is no usable address and is left out",
            shortened(address)
        ));
    }
    Ok(Some(encoded))
}

fn shortened(text: &str) -> String {
    let start: String = text.chars().take(80).collect();
    format!("{start:?}")
}

#[cfg(test)]
mod tests {
    use super::cleaned;

    #[test]
    fn addresses_are_repaired_only_where_that_is_safe() {
        let fine = |text: &str| cleaned(text).expect("usable").unwrap_or_default();
        assert_eq!(
            fine("https://example.org/?a=1&amp;b=2 (https://example.org/)"),
            "https://example.org/?a=1&b=2"
        );
        assert_eq!(fine("https://example.org/a|b"), "https://example.org/a%7Cb");
        assert_eq!(fine("  "), "");
        for bad in [
            "https://example.org/%{path}",
            "example.org",
            "ftp://example.org",
            "https://",
            "https://a@b/",
        ] {
            assert!(cleaned(bad).is_err(), "{bad}");
        }
    }
}
