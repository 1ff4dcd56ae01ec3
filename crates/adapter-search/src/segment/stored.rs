//! A segment as sections of a file.
//!
//! What follows quickly from the rest is made anew: bitmaps, codes, facet columns, and the tables of distinct values, which
//! need one card for each value.

use std::io::{Read, Write};
use std::thread;

use super::Segment;
use crate::cards::Cards;
use crate::criteria_table::{CriteriaTable, TableParts};
use crate::dictionary::Dictionary;
use crate::facts::{FactTables, Facts};
use crate::fields::FieldEnds;
use crate::postings::Postings;
use crate::sections::{SectionReader, SectionWriter, SnapshotError, Tag, ensure};
use crate::snapshot::read_card;
use crate::strings::StringArena;
use crate::suggest::Titles;
use crate::tokens::Tokens;

const IDS: Tag = Tag::of(*b"ids.");
const BY_ID: Tag = Tag::of(*b"byid");
const NAMES: Tag = Tag::of(*b"name");
const BY_NAME: Tag = Tag::of(*b"byna");
const ORGANIZATIONS: Tag = Tag::of(*b"orga");
const FACTS: Tag = Tag::of(*b"fact");
const CREATED: Tag = Tag::of(*b"crea");
const MARKS: Tag = Tag::of(*b"mark");
const CRITERIA: Tag = Tag::of(*b"crit");
const CRITERIA_ROWS: Tag = Tag::of(*b"crow");
const TERMS: Tag = Tag::of(*b"term");
const TERM_ENDS: Tag = Tag::of(*b"tend");
const FIELD_ENDS: Tag = Tag::of(*b"fend");

impl Segment {
    /// # Errors
    /// What writing fails with.
    pub(crate) fn save(&self, writer: &mut SectionWriter<impl Write>) -> std::io::Result<()> {
        self.ids.save(IDS, writer)?;
        writer.array(BY_ID, &self.by_id)?;
        self.names.save(NAMES, writer)?;
        writer.array(BY_NAME, &self.by_name)?;
        self.organizations.save(ORGANIZATIONS, writer)?;
        let facts: Vec<[u64; 8]> = self.facts.iter().map(|facts| facts.0).collect();
        writer.array(FACTS, &facts)?;
        writer.array(CREATED, &self.created)?;
        writer.array(MARKS, &self.marks)?;
        writer.array(TERMS, &self.tokens.terms)?;
        writer.array(TERM_ENDS, &self.tokens.ends)?;
        let ends: Vec<[u16; 5]> = self.tokens.field_ends.iter().map(|ends| ends.0).collect();
        writer.array(FIELD_ENDS, &ends)?;
        let criteria = self.criteria.parts()?;
        writer.bytes(CRITERIA, &criteria.values)?;
        writer.array(CRITERIA_ROWS, &criteria.row_starts)?;
        writer.array(CRITERIA_ROWS, &criteria.row_values)?;
        writer.array(CRITERIA_ROWS, &criteria.alternatives)?;
        self.cards.save(writer)?;
        self.dictionary.save(writer)?;
        self.postings.save(writer)
    }

    /// Reads what `save` wrote.
    ///
    /// # Errors
    /// It cannot be read, or is not what searches rely on.
    pub(crate) fn load(reader: &mut SectionReader<impl Read>) -> Result<Self, SnapshotError> {
        let ids = StringArena::load(IDS, reader)?;
        let count = ids.len();
        let by_id = reader.permutation(BY_ID, count)?;
        let names = StringArena::load(NAMES, reader)?;
        let by_name = reader.permutation(BY_NAME, count)?;
        let organizations = StringArena::load(ORGANIZATIONS, reader)?;
        let facts: Vec<[u64; 8]> = reader.array(FACTS)?;
        let facts: Vec<Facts> = facts.into_iter().map(Facts).collect();
        let created: Vec<i64> = reader.array(CREATED)?;
        let marks: Vec<u64> = reader.array(MARKS)?;
        for (tag, length) in [
            (NAMES, names.len() as usize),
            (ORGANIZATIONS, organizations.len() as usize),
            (FACTS, facts.len()),
            (CREATED, created.len()),
            (MARKS, marks.len()),
        ] {
            ensure(length == count as usize, tag, "it is of other documents")?;
        }
        let tokens = load_tokens(reader, count)?;
        let criteria = load_criteria(reader, count)?;
        let cards = Cards::load(reader, count)?;
        let dictionary = Dictionary::load(reader)?;
        let is_known = tokens.terms.iter().all(|term| *term < dictionary.len());
        ensure(is_known, TERMS, "there is no such word")?;
        let postings = Postings::load(reader, dictionary.len(), count)?;
        let mut segment = Self {
            ids,
            by_id,
            names,
            by_name,
            organizations,
            facts,
            created,
            marks,
            tokens,
            criteria,
            cards,
            dictionary,
            postings,
            ..Self::default()
        };
        segment.derive();
        // What takes longest, side by side.
        let (tables, titles) = thread::scope(|scope| {
            let titles = scope.spawn(|| Titles::of(&segment));
            (segment.read_tables(), titles.join())
        });
        segment.tables = tables?;
        segment.titles = titles.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok(segment)
    }

    /// The tables that rows have numbers in.
    fn read_tables(&self) -> Result<FactTables, SnapshotError> {
        let content = |document| {
            let card = read_card(self.cards.get(document))?;
            card.into_scholarship()
                .ok()
                .map(|scholarship| scholarship.content)
        };
        let tables = FactTables::of_rows(&self.facts, content);
        tables.ok_or(SnapshotError::Damaged {
            section: FACTS,
            what: "rows and cards do not fit together",
        })
    }
}

fn load_criteria(
    reader: &mut SectionReader<impl Read>,
    count: u32,
) -> Result<CriteriaTable, SnapshotError> {
    let parts = TableParts {
        documents: count,
        values: reader.bytes(CRITERIA)?,
        row_starts: reader.array(CRITERIA_ROWS)?,
        row_values: reader.array(CRITERIA_ROWS)?,
        alternatives: reader.array(CRITERIA_ROWS)?,
    };
    parts.table().map_err(|error| {
        tracing::debug!(%error, "criteria of a snapshot are damaged");
        SnapshotError::Damaged {
            section: CRITERIA,
            what: "they are no table of criteria",
        }
    })
}

fn load_tokens(reader: &mut SectionReader<impl Read>, count: u32) -> Result<Tokens, SnapshotError> {
    let terms: Vec<u32> = reader.array(TERMS)?;
    let ends: Vec<u32> = reader.array(TERM_ENDS)?;
    let field_ends: Vec<[u16; 5]> = reader.array(FIELD_ENDS)?;
    ensure(
        ends.len() == count as usize
            && ends.is_sorted()
            && ends.last().map_or(0, |end| *end as usize) == terms.len(),
        TERM_ENDS,
        "words do not fill it",
    )?;
    let lengths = (0..ends.len()).map(|at| ends[at] - at.checked_sub(1).map_or(0, |at| ends[at]));
    let fits =
        |(fields, length): (&[u16; 5], u32)| fields.is_sorted() && u32::from(fields[4]) == length;
    ensure(
        field_ends.len() == count as usize && field_ends.iter().zip(lengths).all(fits),
        FIELD_ENDS,
        "fields do not fill documents",
    )?;
    let mut tokens = Tokens::default();
    tokens.terms = terms;
    tokens.ends = ends;
    tokens.field_ends = field_ends.into_iter().map(FieldEnds).collect();
    Ok(tokens)
}
