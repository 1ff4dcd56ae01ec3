//! The flat file format of snapshots: a header, then sections that are each one array, with checksums over everything.
//!
//! A file begins with a magic number, the version of the format, a digest of what the file was made for, and a checksum over
//! these. A section has a tag, the size of its elements, its length in bytes, a checksum over its content and one over those
//! four. Sections are read in the order in which they were written, each straight into memory of its own; a section without
//! content ends the file. All numbers stand as the machine has them in memory, which the magic number betrays, so that a
//! machine of the other byte order refuses the file.
//!
//! A reader believes a length only once the checksum over it has held and the file is long enough for it. Any one changed
//! byte, and any cut, is an error.

use std::fmt;
use std::io::{Read, Write};

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Raised with every change of what sections hold or mean.
const FORMAT_VERSION: u32 = 3;

const MAGIC: u64 = u64::from_le_bytes(*b"schlrsnp");
const FILE_HEADER: usize = 48;
const SECTION_HEADER: usize = 24;
const END: Tag = Tag::of(*b"end.");

/// Of what a file was made for: settings, rules of analysis, whatever must be equal when it is read.
pub(crate) type Digest = [u8; 32];

/// Values that are nothing but their bytes: numbers and arrays of them.
pub(crate) trait Plain: FromBytes + IntoBytes + Immutable + Clone {}

impl<T: FromBytes + IntoBytes + Immutable + Clone> Plain for T {}

/// What a section holds, as four letters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag(u32);

impl Tag {
    pub(crate) const fn of(letters: [u8; 4]) -> Self {
        Self(u32::from_ne_bytes(letters))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.to_ne_bytes().escape_ascii().fmt(formatter)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Why a snapshot is refused. Whichever it is, the index must be built anew.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    #[error("the snapshot cannot be read")]
    Io(#[from] std::io::Error),
    #[error("the file is no snapshot, or one from a machine of another kind")]
    NotASnapshot,
    #[error("the snapshot has version {found} of the format, not {FORMAT_VERSION}")]
    OtherVersion { found: u32 },
    #[error("the snapshot was made for other settings")]
    OtherDigest,
    #[error("the header of the snapshot is damaged")]
    DamagedHeader,
    #[error("section `{section}` of the snapshot is damaged: {what}")]
    Damaged { section: Tag, what: &'static str },
}

/// Fails unless what a section holds is as its reader relies on.
pub(crate) fn ensure(holds: bool, section: Tag, what: &'static str) -> Result<(), SnapshotError> {
    if holds {
        Ok(())
    } else {
        Err(SnapshotError::Damaged { section, what })
    }
}

/// Writes sections one after the other. Each is two writes, a small and a large one.
pub(crate) struct SectionWriter<W> {
    write: W,
}

impl<W: Write> SectionWriter<W> {
    /// # Errors
    /// What writing the header fails with.
    pub(crate) fn new(mut write: W, digest: &Digest) -> std::io::Result<Self> {
        let mut header = Vec::with_capacity(FILE_HEADER);
        header.extend(MAGIC.to_ne_bytes());
        header.extend(FORMAT_VERSION.to_ne_bytes());
        header.extend(digest);
        header.extend(crc32fast::hash(&header).to_ne_bytes());
        write.write_all(&header)?;
        Ok(Self { write })
    }

    /// # Errors
    /// What writing fails with; the file is of no use then.
    pub(crate) fn array<T: Plain>(&mut self, tag: Tag, values: &[T]) -> std::io::Result<()> {
        let content = values.as_bytes();
        let mut header = Vec::with_capacity(SECTION_HEADER);
        header.extend(tag.0.to_ne_bytes());
        header.extend((size_of::<T>() as u32).to_ne_bytes());
        header.extend((content.len() as u64).to_ne_bytes());
        header.extend(crc32fast::hash(content).to_ne_bytes());
        header.extend(crc32fast::hash(&header).to_ne_bytes());
        self.write.write_all(&header)?;
        self.write.write_all(content)
    }

    /// # Errors
    /// What writing fails with; the file is of no use then.
    pub(crate) fn bytes(&mut self, tag: Tag, bytes: &[u8]) -> std::io::Result<()> {
        self.array(tag, bytes)
    }

    /// Ends the file, and gives it back: whoever needs it on the disk must still see to that.
    ///
    /// # Errors
    /// What writing or flushing fails with; the file is of no use then.
    pub(crate) fn finish(mut self) -> std::io::Result<W> {
        self.array::<u8>(END, &[])?;
        self.write.flush()?;
        Ok(self.write)
    }
}

/// Reads sections in the order in which they were written.
pub(crate) struct SectionReader<R> {
    read: R,
    /// Bytes that the file still has.
    left: u64,
}

impl<R: Read> SectionReader<R> {
    /// A reader of `length` bytes, which must be what there is: memory is reserved for that much at most.
    ///
    /// # Errors
    /// The header is not that of a snapshot of this format that was made for the same.
    pub(crate) fn open(mut read: R, length: u64, digest: &Digest) -> Result<Self, SnapshotError> {
        let left = length
            .checked_sub(FILE_HEADER as u64)
            .ok_or(SnapshotError::NotASnapshot)?;
        let mut header = [0; FILE_HEADER];
        read.read_exact(&mut header)?;
        let mut fields = Fields(&header);
        if u64::from_ne_bytes(fields.take()) != MAGIC {
            return Err(SnapshotError::NotASnapshot);
        }
        let found = u32::from_ne_bytes(fields.take());
        if found != FORMAT_VERSION {
            return Err(SnapshotError::OtherVersion { found });
        }
        let made_for: Digest = fields.take();
        if u32::from_ne_bytes(fields.take()) != crc32fast::hash(&header[..FILE_HEADER - 4]) {
            return Err(SnapshotError::DamagedHeader);
        }
        if made_for != *digest {
            return Err(SnapshotError::OtherDigest);
        }
        Ok(Self { read, left })
    }

    /// The next section, which must be this one.
    ///
    /// # Errors
    /// It is another one, or damaged, or cannot be read.
    pub(crate) fn array<T: Plain>(&mut self, tag: Tag) -> Result<Vec<T>, SnapshotError> {
        let damaged = |what| SnapshotError::Damaged { section: tag, what };
        self.left = self
            .left
            .checked_sub(SECTION_HEADER as u64)
            .ok_or(damaged("the file ends before it"))?;
        let mut header = [0; SECTION_HEADER];
        self.read.read_exact(&mut header)?;
        let mut fields = Fields(&header);
        let found = Tag(u32::from_ne_bytes(fields.take()));
        let element_size = u32::from_ne_bytes(fields.take());
        let length = u64::from_ne_bytes(fields.take());
        let checksum = u32::from_ne_bytes(fields.take());
        let of_header = u32::from_ne_bytes(fields.take());
        ensure(
            of_header == crc32fast::hash(&header[..SECTION_HEADER - 4]),
            tag,
            "its header is not what was written",
        )?;
        ensure(found == tag, tag, "another one is in its place")?;
        ensure(
            element_size as usize == size_of::<T>(),
            tag,
            "its elements have another size",
        )?;
        self.left = self
            .left
            .checked_sub(length)
            .ok_or(damaged("the file ends within it"))?;
        let length =
            usize::try_from(length).map_err(|_| damaged("it is too long for this machine"))?;
        ensure(
            length.is_multiple_of(size_of::<T>()),
            tag,
            "it ends within an element",
        )?;
        let mut values = vec![T::new_zeroed(); length / size_of::<T>()];
        let content = values.as_mut_slice().as_mut_bytes();
        self.read.read_exact(content)?;
        ensure(
            checksum == crc32fast::hash(content),
            tag,
            "its content is not what was written",
        )?;
        Ok(values)
    }

    /// The next section, which must be this one.
    ///
    /// # Errors
    /// It is another one, or damaged, or cannot be read.
    pub(crate) fn bytes(&mut self, tag: Tag) -> Result<Vec<u8>, SnapshotError> {
        self.array(tag)
    }

    /// The next section, which must be this one and hold each number below `count` once.
    ///
    /// # Errors
    /// It is another one, or damaged, or cannot be read.
    pub(crate) fn permutation(&mut self, tag: Tag, count: u32) -> Result<Vec<u32>, SnapshotError> {
        let numbers: Vec<u32> = self.array(tag)?;
        let mut seen = vec![false; count as usize];
        let is_new = |number: &u32| {
            let seen = seen.get_mut(*number as usize);
            seen.is_some_and(|seen| !std::mem::replace(seen, true))
        };
        let complete = numbers.len() == count as usize && numbers.iter().all(is_new);
        ensure(complete, tag, "it does not hold each number once")?;
        Ok(numbers)
    }

    /// # Errors
    /// The file does not end here.
    pub(crate) fn finish(mut self) -> Result<(), SnapshotError> {
        let content = self.bytes(END)?;
        ensure(
            content.is_empty() && self.left == 0,
            END,
            "more follows than was written",
        )
    }
}

/// The bytes of a header that are not yet taken.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    /// The next ones; headers are long enough for all that is taken of them.
    fn take<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        let mut field = [0; LENGTH];
        let (taken, rest) = self.0.split_at(LENGTH);
        field.copy_from_slice(taken);
        self.0 = rest;
        field
    }
}

#[cfg(test)]
mod tests;
