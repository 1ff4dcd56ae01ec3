//! A catalogue in a search index of its own, asked on one fixed day.

use std::collections::HashMap;
use std::path::Path;

use adapter_search::{InProcessIndex, SearchSettings};
use anyhow::{Context as _, ensure};
use app::import::{ImportFormat, RecordReader};
use chrono::NaiveDate;
use domain::deadline::FixedDeadline;
use domain::{EditorialStatus, Scholarship, ScholarshipContent, ScholarshipId, Timestamp};
use ports::search_index::{Filters, SearchRequest};
use ports::{Change, FeedPosition, SearchIndex};
use serde::Deserialize;

use super::measures::RANKS;

/// The source that the bundled samples name in their provenance.
const SAMPLE_SOURCE: &str = "sample";

pub(super) struct Catalogue {
    label: String,
    scholarships: Vec<Scholarship>,
    places: HashMap<ScholarshipId, usize>,
    index: Box<dyn SearchIndex>,
    now: Timestamp,
}

/// The first results of a search.
pub(super) struct Found {
    /// Best first, by their place in the catalogue.
    pub(super) places: Vec<usize>,
    pub(super) relaxed: Vec<String>,
    pub(super) corrected: Vec<(String, String)>,
}

impl Catalogue {
    /// The bundled samples. Their deadlines follow from the day, and nothing else does.
    pub(super) fn sample() -> Self {
        let identified = |content: ScholarshipContent| {
            let source_id = content.provenance.source_id.as_deref().unwrap_or("");
            (ScholarshipId::derived(SAMPLE_SOURCE, source_id), content)
        };
        let samples = app::sample::bundled(day()).into_iter().map(identified);
        Self::of("sample catalogue".to_owned(), samples)
    }

    /// The bundled samples, indexed once for all tests of a run.
    #[cfg(test)]
    pub(super) fn shared_sample() -> &'static Self {
        static SAMPLE: std::sync::OnceLock<Catalogue> = std::sync::OnceLock::new();
        SAMPLE.get_or_init(Self::sample)
    }

    /// A file as `import` reads it: of a repeated id the last record, and active ones only.
    ///
    /// # Errors
    /// When the file cannot be read or holds no record that can be used.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let bytes =
            std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let mut reader = RecordReader::new(ImportFormat::Auto).with_file_name(&name);
        let mut parsed = reader.push(&bytes);
        parsed.append(&mut reader.finish());
        let usable = parsed.into_iter().filter_map(|record| record.result.ok());
        let catalogue = Self::of(
            name,
            usable.map(|record| (record.item.id, record.item.content)),
        );
        ensure!(
            !catalogue.scholarships.is_empty(),
            "{} holds no scholarship that can be used",
            path.display()
        );
        Ok(catalogue)
    }

    fn of(
        label: String,
        contents: impl Iterator<Item = (ScholarshipId, ScholarshipContent)>,
    ) -> Self {
        let now = noon();
        let mut scholarships: Vec<Scholarship> = Vec::new();
        let mut places = HashMap::new();
        for (id, content) in contents {
            if content.status != EditorialStatus::Active {
                continue;
            }
            let scholarship = Scholarship {
                id: id.clone(),
                content,
                version: 1,
                created_at: now,
                updated_at: now,
            };
            if let Some(place) = places.get(&id) {
                scholarships[*place] = scholarship;
            } else {
                places.insert(id, scholarships.len());
                scholarships.push(scholarship);
            }
        }
        let index = InProcessIndex::new(SearchSettings::default());
        let changes = scholarships
            .iter()
            .map(|scholarship| Change::Upserted(Box::new(scholarship.clone())));
        index.apply(changes.collect(), FeedPosition::default());
        Self {
            label,
            scholarships,
            places,
            index: Box::new(index),
            now,
        }
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    pub(super) fn scholarships(&self) -> &[Scholarship] {
        &self.scholarships
    }

    /// The place of the bundled sample with this number.
    pub(super) fn place_of_sample(&self, number: u16) -> Option<usize> {
        let source_id = format!("bundled-{number:03}");
        let id = ScholarshipId::derived(SAMPLE_SOURCE, &source_id);
        self.places.get(&id).copied()
    }

    /// What a search without filters shows first. Expired records count, so that an old file can be measured as well.
    ///
    /// # Errors
    /// When the index answers with cards that this catalogue does not have.
    pub(super) fn search(&self, query: &str) -> anyhow::Result<Found> {
        #[derive(Deserialize)]
        struct Card {
            id: ScholarshipId,
        }
        let request = SearchRequest {
            query: query.to_owned(),
            filters: Filters {
                include_expired: true,
                ..Filters::default()
            },
            limit: RANKS,
            ..SearchRequest::default()
        };
        let answer = self.index.search(&request, self.now)?;
        let place = |hit: &ports::search_index::Hit| {
            let card = answer.cards.get(hit.card.clone()).unwrap_or_default();
            let card: Card = serde_json::from_slice(card)
                .with_context(|| format!("a card in the answer to {query:?}"))?;
            self.places
                .get(&card.id)
                .copied()
                .with_context(|| format!("{} in the answer to {query:?} is unknown", card.id))
        };
        Ok(Found {
            places: answer.hits.iter().map(place).collect::<Result<_, _>>()?,
            relaxed: answer.relaxed,
            corrected: answer.corrected,
        })
    }
}

/// The day on which everything is measured.
fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 25).unwrap_or_default()
}

fn noon() -> Timestamp {
    FixedDeadline::on(day()).instant() - chrono::TimeDelta::hours(12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_an_import_reads_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("few.ndjson");
        let lines = [
            r#"{"id": "a", "name": "First try", "organization": "Acorn Fund"}"#,
            r#"{"id": "b", "name": "Kept away", "organization": "Acorn Fund", "status": "draft"}"#,
            r#"{"id": "a", "name": "Walnut Prize", "organization": "Acorn Fund"}"#,
            r#"{"name": 7}"#,
        ];
        std::fs::write(&path, lines.join("\n")).expect("a file");
        let catalogue = Catalogue::read(&path).expect("one record");
        assert_eq!(catalogue.label(), "few.ndjson");
        assert_eq!(catalogue.scholarships().len(), 1);
        let found = catalogue.search("walnut").expect("an answer");
        assert_eq!(found.places, [0]);

        std::fs::write(&path, "").expect("a file");
        assert!(Catalogue::read(&path).is_err());
    }

    #[test]
    fn samples_are_found_by_their_number() {
        let sample = Catalogue::shared_sample();
        assert_eq!(sample.scholarships().len(), app::sample::BUNDLED);
        assert_eq!(sample.place_of_sample(1), Some(0));
        assert_eq!(sample.place_of_sample(300), Some(299));
        assert_eq!(sample.place_of_sample(301), None);
    }
}
