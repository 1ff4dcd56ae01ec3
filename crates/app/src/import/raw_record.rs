//! One record's bytes, cut out of the input but not yet understood.

use domain::FieldError;

/// The most bytes that one record may have.
pub const MAX_RECORD_BYTES: usize = 1 << 20;

/// A record as it stands in the input, or why it could not be cut out.
#[derive(Debug)]
pub(super) struct RawRecord {
    /// The line on which it begins, from 1.
    pub(super) line: u64,
    pub(super) content: Result<Vec<u8>, FieldError>,
}

impl RawRecord {
    pub(super) fn refused(line: u64, message: impl Into<String>) -> Self {
        Self {
            line,
            content: Err(FieldError::new("", message)),
        }
    }

    pub(super) fn too_long(line: u64) -> Self {
        Self::refused(
            line,
            "is longer than 1 MiB, the most that one record may have",
        )
    }
}

/// The bytes as text.
///
/// # Errors
/// The line of the first byte that is not UTF-8, and how to convert the file.
pub(super) fn utf8(bytes: &[u8], first_line: u64) -> Result<&str, (u64, FieldError)> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let newlines = bytes[..at].iter().filter(|byte| **byte == b'\n').count();
        let line = first_line + u64::try_from(newlines).unwrap_or(0);
        let byte = bytes.get(at).copied().unwrap_or_default();
        let message = format!(
            "is not UTF-8 (byte 0x{byte:02X}); convert the file first, for example from Latin-1 with `iconv -f ISO-8859-1 -t UTF-8`"
        );
        (line, FieldError::new("", message))
    })
}
