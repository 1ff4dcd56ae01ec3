//! Text that is written in base64, hexadecimal digits or as percent codes.

/// Characters of a blob at least.
const SHORTEST: usize = 16;

/// What the blobs of `text` say, as far as they are readable.
pub(super) fn decoded(text: &str) -> Vec<String> {
    let chunks: Vec<&str> = text
        .split(|next: char| !(next.is_ascii_alphanumeric() || "+/-_=\\%".contains(next)))
        .filter(|chunk| !chunk.is_empty())
        .collect();
    let mut blobs: Vec<String> = chunks.iter().map(|chunk| (*chunk).to_owned()).collect();
    // A blob may be cut into parts.
    blobs.push(
        chunks
            .iter()
            .filter(|chunk| chunk.len() >= 8)
            .copied()
            .collect(),
    );
    let pairs = |chunk: &&&str| {
        chunk
            .trim_start_matches("0x")
            .trim_start_matches("\\x")
            .len()
            == 2
    };
    blobs.push(chunks.iter().filter(pairs).copied().collect());
    let mut texts: Vec<String> = blobs
        .iter()
        .filter(|blob| blob.len() >= SHORTEST)
        .flat_map(|blob| [base64(blob), hexadecimal(blob)])
        .flatten()
        .filter_map(readable)
        .collect();
    if text.contains('%') {
        texts.extend(readable(percent(text)));
    }
    texts
}

fn readable(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let odd = text
        .chars()
        .filter(|next| next.is_control() && !next.is_whitespace())
        .count();
    (odd * 10 <= text.chars().count()).then_some(text)
}

/// Both alphabets of RFC 4648; what is left over at the end is dropped.
fn base64(blob: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in blob.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => continue,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xFF).ok()?);
        }
    }
    Some(bytes)
}

fn hexadecimal(blob: &str) -> Option<Vec<u8>> {
    let digits = blob.replace("0x", "").replace("\\x", "");
    let digits: Vec<u32> = digits
        .chars()
        .map(|next| next.to_digit(16))
        .collect::<Option<_>>()?;
    digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok())
        .collect()
}

fn percent(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let digit = |at: usize| {
        bytes
            .get(at)
            .and_then(|byte| char::from(*byte).to_digit(16))
    };
    let mut read = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| Some(digit(at + 1)? * 16 + digit(at + 2)?))
            .flatten();
        let code = code.and_then(|code| u8::try_from(code).ok());
        read.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    read
}
