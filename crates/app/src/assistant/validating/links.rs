//! Links of a text, and the ids of scholarships in it.

use super::super::folding;
use super::super::personal_data::{self, Strictness};
use super::Facts;

/// Endings of hosts that are spelled out: "example dot com".
const ENDINGS: &[&str] = &["com", "org", "net", "edu", "gov", "io", "info", "co"];

/// Whether all links lead to where those of the scholarships lead, or to the start page of their hosts.
pub(super) fn all_known(text: &str, facts: &Facts) -> bool {
    let words = folding::words(text);
    let spelled = words
        .windows(2)
        .any(|pair| pair[0] == "dot" && ENDINGS.contains(&&*pair[1]));
    !spelled
        && personal_data::links(text, Strictness::Suspicious)
            .iter()
            .map(|found| &text[found.start..found.end])
            .all(|link| is_known(link, facts))
        && !personal_data::find(text)
            .iter()
            .any(|found| found.kind == super::PersonalData::IpAddress)
}

fn is_known(link: &str, facts: &Facts) -> bool {
    let link = comparable(link);
    facts.links().iter().any(|known| {
        let host = known.split(['/', '?', '#']).next().unwrap_or(known);
        *known == link || host == link
    })
}

/// An address without its scheme, `www.` and what may be left out at its end; the host in small letters.
pub(super) fn comparable(link: &str) -> String {
    let lower = link.to_lowercase();
    let scheme = ["https://", "http://"]
        .iter()
        .find(|scheme| lower.starts_with(**scheme))
        .map_or(0, |scheme| scheme.len());
    let rest = link.get(scheme..).unwrap_or(link);
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(host_end);
    let host = host.to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let path =
        path.trim_end_matches(|next: char| !(next.is_alphanumeric() || "=&%_-".contains(next)));
    format!("{host}{path}")
}
