//! Where a service is, as it is configured.

use reqwest::Url;

/// A URL of `http` or `https` with a host, perhaps a port and a path, and nothing else: a user, a password, a query or a
/// fragment may hold a secret, or lead somewhere else. `None` for every other text.
pub fn base_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (is_plain(&url) && url.query().is_none()).then_some(url)
}

/// Whether it is `http` or `https`, and has a host, no user, no password and no fragment.
pub fn is_plain(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
}

/// The URL of something below a [`base_url`], whose own path stays.
pub fn below<'a>(mut base: Url, path: impl IntoIterator<Item = &'a str>) -> Url {
    // Fails for URLs that are no base, such as `data:`, and no base URL is one of these.
    if let Ok(mut segments) = base.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    base
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_plain_url_is_refused() {
        for good in [
            "http://localhost:9090",
            "https://a.example/p/",
            "http://[::1]:1",
        ] {
            assert!(base_url(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "localhost:9090",
            "ftp://a/",
            "file:///a",
            "data:text/plain,a",
            "https://",
            "http://user@a/",
            "http://:word@a/",
            "http://a/?x=1",
            "http://a/#b",
        ] {
            assert_eq!(base_url(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_path_of_the_base_stays() {
        for (base, expected) in [
            ("http://localhost:9090", "http://localhost:9090/v1/x"),
            ("https://a.example/p/", "https://a.example/p/v1/x"),
            ("https://a.example/p/q", "https://a.example/p/q/v1/x"),
        ] {
            assert_eq!(
                below(base_url(base).unwrap(), ["v1", "x"]).as_str(),
                expected
            );
        }
    }
}
