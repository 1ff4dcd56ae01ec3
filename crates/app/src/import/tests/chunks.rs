//! How the input is cut into chunks changes nothing, and no bytes bring the reader down.

use proptest::prelude::*;

use super::super::{ImportFormat, ParsedRecord, RecordReader};
use super::read;

const FORMATS: [ImportFormat; 5] = [
    ImportFormat::Auto,
    ImportFormat::Ndjson,
    ImportFormat::Json,
    ImportFormat::Csv,
    ImportFormat::OpenScholarships,
];

fn read_in_chunks(format: ImportFormat, bytes: &[u8], lengths: &[usize]) -> Vec<ParsedRecord> {
    let mut reader = RecordReader::new(format);
    let mut records = Vec::new();
    let mut rest = bytes;
    for length in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, after) = rest.split_at((*length).min(rest.len()));
        records.append(&mut reader.push(chunk));
        rest = after;
    }
    records.append(&mut reader.finish());
    records
}

/// Pieces of all formats, so that random inputs get past the first byte.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(&b"{\"name\":\"A\",\"organization\":\"B\"}"[..]),
        Just(&b"{\"id\":\"x\",\"name\":\"A\",\"sponsor\":\"B\"}"[..]),
        Just(&b"{\"data\":["[..]),
        Just(&b"name,organization,amount\n"[..]),
        Just(&b"A,B,\"$1,000\"\n"[..]),
        Just(&b"\xef\xbb\xbf"[..]),
        Just(&b"\r\n"[..]),
        Just(&b"\n"[..]),
        Just(&b"\""[..]),
        Just(&b"\"\""[..]),
        Just(&b"\\"[..]),
        Just(&b","[..]),
        Just(&b"["[..]),
        Just(&b"]"[..]),
        Just(&b"{"[..]),
        Just(&b"}"[..]),
        Just(&b"\xe9"[..]),
        Just(&b"name;organization\n"[..]),
    ];
    prop_oneof![
        4 => prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

proptest! {
    #[test]
    fn chunks_do_not_change_the_result(bytes in soup(), lengths in prop::collection::vec(1_usize..9, 1..6)) {
        for format in FORMATS {
            let whole = read(format, &bytes);
            prop_assert_eq!(&read_in_chunks(format, &bytes, &lengths), &whole);
            prop_assert!(!whole.is_empty());
        }
    }
}
