//! By which names the service is called, and which web pages may call it: compared with what browsers send, pages byte by byte.

use actix_web::http::Uri;
use actix_web::http::uri::Authority;
use configuration::Reader;

/// `ALLOWED_HOSTS`: names of hosts, with or without a port.
pub(super) fn hosts(reader: &mut Reader<'_>) -> Vec<String> {
    let expected =
        "a host as api.example.org or api.example.org:8443, without scheme, path and wildcard";
    list(reader, "ALLOWED_HOSTS", expected, is_host)
}

/// `CORS_ORIGINS`: as in the header `Origin`.
pub(super) fn origins(reader: &mut Reader<'_>) -> Vec<String> {
    let expected = "an origin as browsers send it, such as https://app.example.org: scheme and host in lower case, no path, no slash \
                    at the end, and a port only where it is not the scheme's own (unset, any page may read)";
    list(reader, "CORS_ORIGINS", expected, is_origin)
}

fn list(
    reader: &mut Reader<'_>,
    name: &str,
    expected: &str,
    is_valid: fn(&str) -> bool,
) -> Vec<String> {
    let items = reader.list(name);
    for item in items.iter().filter(|item| !is_valid(item)) {
        reader.refuse(name, format!("must be {expected}, not `{item}`"));
    }
    items
}

fn is_host(text: &str) -> bool {
    let is_authority = text.parse::<Authority>().is_ok_and(|authority| {
        let port = authority.port().map(|port| format!(":{}", port.as_str()));
        text == format!("{}{}", authority.host(), port.unwrap_or_default())
    });
    is_authority && !text.contains('*')
}

fn is_origin(text: &str) -> bool {
    // Applications and extensions have schemes of their own.
    let own_port = match text.split_once("://") {
        Some(("http", _)) => Some(":80"),
        Some(("https", _)) => Some(":443"),
        Some(_) => None,
        None => return false,
    };
    let host = text.parse::<Uri>().ok().and_then(|uri| {
        let authority = uri.authority()?.as_str().to_owned();
        (text == format!("{}://{authority}", uri.scheme_str()?)).then_some(authority)
    });
    host.is_some_and(|host| {
        is_host(&host)
            && own_port.is_none_or(|port| !host.ends_with(port))
            && text == text.to_ascii_lowercase()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_those_that_browsers_send() {
        for origin in [
            "https://app.example.org",
            "http://localhost:3000",
            "https://xn--bcher-kva.example:8443",
            "http://[::1]:8080",
            "capacitor://localhost",
            "chrome-extension://abcdefghijklmnop",
        ] {
            assert!(is_origin(origin), "{origin}");
        }
        for text in [
            "*",
            "null",
            "app.example.org",
            "https://app.example.org/",
            "https://app.example.org/path",
            "https://app.example.org?x",
            "https://app.example.org:443",
            "http://app.example.org:80",
            "https://App.example.org",
            "HTTPS://app.example.org",
            "https://*.example.org",
            "https://ada@app.example.org",
            "https://",
            "https://a b",
            "https://bücher.example",
        ] {
            assert!(!is_origin(text), "{text}");
        }
    }

    #[test]
    fn hosts_are_names_with_or_without_a_port() {
        for host in [
            "api.example.org",
            "API.example.org:8443",
            "10.0.0.1",
            "[::1]:5000",
        ] {
            assert!(is_host(host), "{host}");
        }
        for text in [
            "https://api.example.org",
            "api.example.org/",
            "*.example.org",
            "*",
            "ada@api.example.org",
            "api.example.org:",
            "api.example.org:http",
            "a b",
        ] {
            assert!(!is_host(text), "{text}");
        }
    }
}
