//! What is written is read again, and nothing else is.

use proptest::prelude::*;

use super::*;

const DIGEST: Digest = [7; 32];

#[derive(Debug, Clone, PartialEq)]
enum Section {
    Bytes(Vec<u8>),
    Small(Vec<u16>),
    Large(Vec<u64>),
    Pairs(Vec<[u32; 2]>),
}

const TAG: Tag = Tag::of(*b"part");

fn written(sections: &[Section]) -> Vec<u8> {
    let mut writer = SectionWriter::new(Vec::new(), &DIGEST).expect("a header");
    for section in sections {
        match section {
            Section::Bytes(bytes) => writer.bytes(TAG, bytes),
            Section::Small(values) => writer.array(TAG, values),
            Section::Large(values) => writer.array(TAG, values),
            Section::Pairs(values) => writer.array(TAG, values),
        }
        .expect("a section");
    }
    writer.finish().expect("an end")
}

/// Sections of the same kinds as in `like`, out of a file that is said to be `length` long.
fn read(file: &[u8], length: usize, like: &[Section]) -> Result<Vec<Section>, SnapshotError> {
    let mut reader = SectionReader::open(file, length as u64, &DIGEST)?;
    let mut sections = Vec::new();
    for section in like {
        sections.push(match section {
            Section::Bytes(_) => Section::Bytes(reader.bytes(TAG)?),
            Section::Small(_) => Section::Small(reader.array(TAG)?),
            Section::Large(_) => Section::Large(reader.array(TAG)?),
            Section::Pairs(_) => Section::Pairs(reader.array(TAG)?),
        });
    }
    reader.finish()?;
    Ok(sections)
}

fn section() -> impl Strategy<Value = Section> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Section::Bytes),
        proptest::collection::vec(any::<u16>(), 0..20).prop_map(Section::Small),
        proptest::collection::vec(any::<u64>(), 0..20).prop_map(Section::Large),
        proptest::collection::vec(any::<[u32; 2]>(), 0..20).prop_map(Section::Pairs),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(sections in proptest::collection::vec(section(), 0..6)) {
        let file = written(&sections);
        prop_assert_eq!(read(&file, file.len(), &sections).expect("a snapshot"), sections);
    }

    #[test]
    fn one_changed_byte_is_refused(
        sections in proptest::collection::vec(section(), 0..4),
        changed_bits in 1_u8..,
    ) {
        let mut file = written(&sections);
        for at in 0..file.len() {
            file[at] ^= changed_bits;
            prop_assert!(read(&file, file.len(), &sections).is_err(), "byte {}", at);
            file[at] ^= changed_bits;
        }
        prop_assert!(read(&file, file.len(), &sections).is_ok());
    }

    #[test]
    fn a_cut_or_longer_file_is_refused(sections in proptest::collection::vec(section(), 0..4)) {
        let mut file = written(&sections);
        for length in 0..file.len() {
            prop_assert!(read(&file[..length], length, &sections).is_err());
            prop_assert!(read(&file[..length], file.len(), &sections).is_err());
        }
        file.push(0);
        prop_assert!(read(&file, file.len(), &sections).is_err());
    }

    #[test]
    fn sections_of_another_order_or_element_are_refused(
        sections in proptest::collection::vec(section(), 1..4),
        like in proptest::collection::vec(section(), 1..4),
    ) {
        let element_sizes = |sections: &[Section]| -> Vec<usize> {
            let size = |section: &Section| match section {
                Section::Bytes(_) => 1,
                Section::Small(_) => 2,
                Section::Large(_) | Section::Pairs(_) => 8,
            };
            sections.iter().map(size).collect()
        };
        let file = written(&sections);
        let result = read(&file, file.len(), &like);
        prop_assert_eq!(result.is_ok(), element_sizes(&sections) == element_sizes(&like));
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(file in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read(&file, file.len(), &[Section::Large(Vec::new())]).is_err());
    }
}

/// A file with one section whose header is sound but says `length`.
fn with_length(length: u64) -> Vec<u8> {
    let mut file = written(&[Section::Large(vec![1, 2, 3])]);
    let header = &mut file[FILE_HEADER..FILE_HEADER + SECTION_HEADER];
    header[8..16].copy_from_slice(&length.to_ne_bytes());
    let checksum = crc32fast::hash(&header[..20]);
    header[20..].copy_from_slice(&checksum.to_ne_bytes());
    file
}

#[test]
fn no_memory_is_reserved_for_more_than_the_file_has() {
    let like = [Section::Large(Vec::new())];
    for length in [u64::MAX, u64::MAX - 7, 1 << 60, 1 << 40, 56] {
        let file = with_length(length);
        let error = read(&file, file.len(), &like).expect_err("too long");
        assert_eq!(
            error.to_string(),
            "section `part` of the snapshot is damaged: the file ends within it"
        );
    }
    let file = with_length(23);
    let error = read(&file, file.len(), &like).expect_err("no whole element");
    assert!(error.to_string().ends_with("it ends within an element"));
}

#[test]
fn refusals_say_why() {
    let file = written(&[]);
    let refusal = |file: &[u8], digest| {
        let opened = SectionReader::open(file, file.len() as u64, &digest);
        opened.err().expect("a refusal").to_string()
    };
    assert_eq!(
        refusal(&file, [8; 32]),
        "the snapshot was made for other settings"
    );
    let mut other = file.clone();
    other[..8].reverse();
    assert_eq!(
        refusal(&other, DIGEST),
        "the file is no snapshot, or one from a machine of another kind"
    );
    let mut other = file.clone();
    other[8..12].copy_from_slice(&9_u32.to_ne_bytes());
    assert_eq!(
        refusal(&other, DIGEST),
        "the snapshot has version 9 of the format, not 3"
    );
    let mut other = file;
    other[20] ^= 1;
    assert_eq!(
        refusal(&other, DIGEST),
        "the header of the snapshot is damaged"
    );
}
