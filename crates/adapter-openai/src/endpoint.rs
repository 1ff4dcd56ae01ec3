//! Where questions are sent.

use reqwest::Url;

use crate::OpenError;

/// Whether questions can be sent to this base URL: `http` or `https`, a host, perhaps a port and a path. A user, a password, a
/// query or a fragment is refused. With `http` the key and the questions travel in plain text, which is meant for services in
/// the same machine or network.
///
/// # Errors
/// [`OpenError::BaseUrl`], which does not repeat the text.
pub fn check_base_url(base_url: &str) -> Result<(), OpenError> {
    completions_url(base_url).map(drop)
}

/// Where completions are asked for.
pub(crate) fn completions_url(base_url: &str) -> Result<Url, OpenError> {
    let base = outgoing_http::base_url(base_url).ok_or(OpenError::BaseUrl)?;
    Ok(outgoing_http::below(base, ["chat", "completions"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completions_of(base_url: &str) -> String {
        completions_url(base_url).expect("is fine").to_string()
    }

    #[test]
    fn the_path_of_the_base_url_stays() {
        for (base_url, expected) in [
            (
                "https://api.openai.com/v1",
                "https://api.openai.com/v1/chat/completions",
            ),
            (
                "http://127.0.0.1:8080",
                "http://127.0.0.1:8080/chat/completions",
            ),
            ("http://[::1]:1/a/b/", "http://[::1]:1/a/b/chat/completions"),
        ] {
            assert_eq!(completions_of(base_url), expected);
        }
    }

    #[test]
    fn what_is_no_plain_http_url_is_refused_without_repeating_it() {
        for base_url in [
            "",
            "api.openai.com/v1",
            "ftp://host/v1",
            "file:///v1",
            "https://",
            "https://user@host/v1",
            "https://:hidden@host/v1",
            "https://host/v1?key=hidden",
            "https://host/v1#hidden",
            "data:text/plain,hidden",
        ] {
            let error = check_base_url(base_url).expect_err(base_url);
            assert!(!format!("{error} {error:?}").contains("hidden"));
        }
    }
}
