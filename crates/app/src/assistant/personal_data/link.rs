//! Web addresses and addresses of the internet protocol.

use super::{Finding, PersonalData};

/// How little is enough for a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::assistant) enum Strictness {
    /// A full stop without a space behind it is no link.
    Prose,
    /// What somebody could take for a host is one.
    Suspicious,
}

/// Endings of hosts that no English word follows a full stop with.
const SAFE_ENDINGS: &str = "com org edu net gov mil io uk de fr es ca au ru cn jp br nl eu ch info biz dev app ai tv xyz online site \
tech club shop store cloud page link live life world blog news academy foundation university college scholarship education school";
/// Endings that are words or abbreviations, too.
const DOUBTFUL_ENDINGS: &str = "me us co in it is to ly be do at my so no am gg cc ws pw vip top win click rocks support help \
services agency center zone today money finance fund gift games one pro mobi name";

/// Links of `text`: whole addresses, and hosts with or without a path. Signs that end a sentence are no part of them.
pub(in crate::assistant) fn links(text: &str, strictness: Strictness) -> Vec<Finding> {
    let mut found = Vec::new();
    for (start, chunk) in chunks(text) {
        if let Some((from, to)) = link_in(chunk, strictness) {
            found.push(Finding {
                kind: PersonalData::Link,
                start: start + from,
                end: start + to,
            });
        }
    }
    found
}

/// Runs without white space and without signs that no link holds.
fn chunks(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let borders = move |next: char| {
        next.is_whitespace() || "<>\"“”«»()[]{}|\\^`,;*。，、！？：；）（".contains(next)
    };
    let mut next_start = 0;
    text.split_inclusive(borders).map(move |chunk| {
        let start = next_start;
        next_start += chunk.len();
        (start, chunk.trim_end_matches(borders))
    })
}

fn link_in(chunk: &str, strictness: Strictness) -> Option<(usize, usize)> {
    if let Some(at) = chunk.find("://") {
        let scheme = chunk[..at]
            .rfind(|next: char| !next.is_ascii_alphanumeric())
            .map_or(0, |last| {
                last + chunk[last..].chars().next().map_or(1, char::len_utf8)
            });
        let end = trimmed(chunk).len();
        return (end > at + 3 && scheme < at).then_some((scheme, end));
    }
    let start = chunk.len()
        - chunk
            .trim_start_matches(|next: char| !next.is_alphanumeric())
            .len();
    let whole = trimmed(chunk);
    let rest = whole.get(start..)?;
    let host_end = rest
        .find(|next: char| "/?#:".contains(next))
        .unwrap_or(rest.len());
    let host = rest[..host_end].trim_end_matches('.').to_lowercase();
    let has_path = rest[host_end..].len() > 1;
    is_host(&host, has_path, strictness).then_some((start, whole.len()))
}

fn trimmed(chunk: &str) -> &str {
    let end = |next: char| !(next.is_alphanumeric() || "/=&%_-#".contains(next));
    chunk.trim_end_matches(end)
}

fn is_host(host: &str, has_path: bool, strictness: Strictness) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let Some((ending, names)) = labels.split_last() else {
        return false;
    };
    let is_label = |label: &&str| {
        !label.is_empty()
            && label
                .chars()
                .all(|next| next.is_alphanumeric() || next == '-' || next == '_')
    };
    let named = !names.is_empty()
        && labels.iter().all(is_label)
        && host.contains(char::is_alphabetic)
        && ending.len() > 1;
    if !named || ending.contains(|next: char| !next.is_alphabetic() && next != '-') {
        return false;
    }
    let in_list = |list: &str| list.split_ascii_whitespace().any(|known| known == *ending);
    let long_enough = names.last().is_some_and(|name| name.chars().count() > 1) || has_path;
    let trusted = host.starts_with("www.") || ending.starts_with("xn--");
    trusted
        || (in_list(SAFE_ENDINGS) && (long_enough || strictness == Strictness::Suspicious))
        || (in_list(DOUBTFUL_ENDINGS)
            && (has_path || (strictness == Strictness::Suspicious && long_enough)))
}

/// Addresses of version 4 and 6.
pub(super) fn ip_addresses(text: &str) -> Vec<Finding> {
    let is_part = |next: char| next.is_ascii_hexdigit() || next == '.' || next == ':';
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find(is_part) {
        let start = at + offset;
        let length = text[start..]
            .find(|next| !is_part(next))
            .unwrap_or(text.len() - start);
        let run = &text[start..start + length];
        at = start + length;
        let before = text[..start].chars().next_back();
        let glued = before.is_some_and(char::is_alphanumeric);
        let candidate = run
            .trim_end_matches('.')
            .trim_end_matches(|next| next == ':' && !run.ends_with("::"));
        // The port of a version 4 address is a part of it.
        let bare = match candidate.split_once(':') {
            Some((host, port)) if host.contains('.') && port.parse::<u16>().is_ok() => host,
            _ => candidate,
        };
        if !glued && bare.parse::<std::net::IpAddr>().is_ok() && bare != "::" {
            found.push(Finding {
                kind: PersonalData::IpAddress,
                start,
                end: start + candidate.len(),
            });
        }
    }
    found
}
