//! Whatever comes as a cursor, it goes on with its own search or is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ports::SearchIndex;
use ports::search_index::{SearchAnswer, SearchError, SearchRequest};
use sha2::{Digest, Sha256};

use super::query::worked_on_index_of;
use super::{check_answer, fuzz, texts};
use crate::agreement::ids_of;
use crate::catalogue::{Generator, now};

/// A search with the cursor of its second page.
struct Begun {
    request: SearchRequest,
    cursor: String,
    /// What the cursor leads to.
    second: SearchAnswer,
}

fn begun(generator: &mut Generator, index: &adapter_search::InProcessIndex) -> Vec<Begun> {
    let mut all = Vec::new();
    while all.len() < 40 {
        let request = SearchRequest {
            limit: 1 + generator.below(5),
            ..generator.request()
        };
        let first = index.search(&request, now()).expect("a page");
        let Some(cursor) = first.next_cursor.clone() else {
            continue;
        };
        let next = SearchRequest {
            cursor: Some(cursor.clone()),
            ..request.clone()
        };
        let second = index.search(&next, now()).expect("a page");
        assert_ne!(ids_of(&first), ids_of(&second));
        all.push(Begun {
            request,
            cursor,
            second,
        });
    }
    all
}

/// Changes characters of a token.
fn mutated(generator: &mut Generator, token: &str, other: &str) -> String {
    const ALPHABET: &[u8] =
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ \0";
    let mut bytes = token.as_bytes().to_vec();
    for _ in 0..=generator.below(3) {
        let at = generator.below(bytes.len() + 1);
        let letter = ALPHABET[generator.below(ALPHABET.len())];
        match generator.below(6) {
            0 => bytes.insert(at, letter),
            1 if at < bytes.len() => bytes[at] = letter,
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 => bytes.truncate(at),
            4 => bytes.extend(other.bytes().skip(at)),
            _ if at < bytes.len() => bytes.swap(0, at),
            _ => {}
        }
    }
    String::from_utf8(bytes).expect("ASCII")
}

/// The token of these contents with the checksum that belongs to them: anybody can read how it is made.
fn forged(contents: &[u8]) -> String {
    let sum = Sha256::new_with_prefix(b"search cursor")
        .chain_update(contents)
        .finalize();
    URL_SAFE_NO_PAD.encode([contents, &sum[..8]].concat())
}

/// Without the checksum.
fn contents(token: &str) -> Vec<u8> {
    let mut bytes = URL_SAFE_NO_PAD.decode(token).expect("a token");
    bytes.truncate(bytes.len() - 8);
    bytes
}

/// A token with a right checksum over wrong contents.
fn forgery(generator: &mut Generator, token: &str) -> String {
    let mut bytes = contents(token);
    for _ in 0..=generator.below(3) {
        // Behind the format and the digest of the request, without which nothing else is read.
        let at = 9 + generator.below(bytes.len() - 8);
        let byte = [0, 1, 0x7f, 0x80, 0xff][generator.below(5)];
        match generator.below(5) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, byte),
            2 if at < bytes.len() => bytes[at..].fill(byte),
            _ if at < bytes.len() => bytes[at] = byte,
            _ => {}
        }
        if bytes.len() < 10 {
            break;
        }
    }
    forged(&bytes)
}

#[test]
fn any_cursor_goes_on_with_its_search_or_is_refused() {
    let index = worked_on_index_of(90);
    let all = begun(&mut Generator::of(8), &index);
    for search in &all {
        // Else forgeries would be refused for their checksums.
        assert_eq!(forged(&contents(&search.cursor)), search.cursor);
    }
    let accepted_forgeries = std::cell::Cell::new(0_u64);
    fuzz("cursor", 1_000, |generator| {
        let Begun {
            request,
            cursor,
            second,
        } = &all[generator.below(all.len())];
        let other = &all[generator.below(all.len())].cursor;
        let (token, is_forged) = match generator.below(8) {
            0 => (cursor.clone(), false),
            1 => (other.clone(), false),
            2 => (texts::text(generator, 6_000), false),
            3 | 4 => (mutated(generator, cursor, other), false),
            _ => (forgery(generator, cursor), true),
        };
        let next = SearchRequest {
            cursor: Some(token.clone()),
            ..request.clone()
        };
        match index.search(&next, now()) {
            Ok(answer) if token == *cursor => assert_eq!(answer, *second),
            Ok(answer) => {
                assert!(is_forged, "{token:?} was accepted for {request:?}");
                accepted_forgeries.set(accepted_forgeries.get() + 1);
                check_answer(&next, &answer);
            }
            Err(SearchError::InvalidCursor(_)) => assert_ne!(token, *cursor),
        }
    });
    assert!(accepted_forgeries.get() > 0);
}
