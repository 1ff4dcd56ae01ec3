//! What makes two records of imports the same scholarship.

use domain::{ScholarshipContent, ScholarshipId};
use ports::UpsertItem;
use sha2::{Digest, Sha256};

use domain::hexadecimal;

/// The source of records that name none.
pub(super) const UNNAMED_SOURCE: &str = "import";

/// Gives the content an id and, unless it has an id of its own, a (source, source_id): the one that it names, else a digest
/// of its name and organization.
pub(super) fn identify(id: Option<ScholarshipId>, mut content: ScholarshipContent) -> UpsertItem {
    if let Some(id) = id {
        return UpsertItem { id, content };
    }
    let fallback = digest_of_name(&content);
    let provenance = &mut content.provenance;
    let source = provenance
        .source
        .get_or_insert_with(|| UNNAMED_SOURCE.to_owned());
    let source_id = provenance.source_id.get_or_insert(fallback);
    let id = ScholarshipId::derived(source, source_id);
    UpsertItem { id, content }
}

/// 32 hexadecimal digits over name and organization without case, punctuation and spacing.
fn digest_of_name(content: &ScholarshipContent) -> String {
    let mut digest = Sha256::new();
    for text in [&content.name, &content.organization] {
        let lower = text.to_lowercase();
        let words = lower.split(|character: char| !character.is_alphanumeric());
        for word in words.filter(|word| !word.is_empty()) {
            digest.update(word.as_bytes());
            digest.update([b' ']);
        }
        digest.update([0]);
    }
    hexadecimal(&digest.finalize()[..16])
}
