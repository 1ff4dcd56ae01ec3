//! The in-process search index behind the `SearchIndex` port.
//!
//! docs/search.md follows one query through it: `query` (what is asked for), `candidates` and `scoring` (which documents, how well), `filters`
//! and `matching` (which of them may stay), `facets` (what there is of what) and `ordering` to `search`, which cuts out the
//! page. `updates` makes a new `snapshot` of `segment`s for every batch of changes.

mod analysis;
mod bit_set;
mod buffers;
mod candidates;
mod card_texts;
mod cards;
mod contenders;
mod criteria_table;
mod cursor;
mod deadlines;
mod dictionary;
mod facets;
mod facts;
mod fields;
mod filters;
mod highlight;
mod index;
mod interned;
mod matching;
mod merging;
mod ordering;
mod postings;
mod query;
mod recommend;
mod relaxation;
mod results;
mod scoring;
mod search;
mod sections;
mod segment;
mod settings;
mod similar;
mod snapshot;
mod stored;
mod strings;
mod suggest;
mod synonyms;
mod tokens;
mod top;
mod unlock;
mod updates;
mod words_in_segment;

pub use index::InProcessIndex;
pub use settings::{DEFAULT_SEARCH, DEFAULT_SYNONYMS, InvalidSearchSettings, SearchSettings};
pub use stored::RefusedSnapshot;
pub use synonyms::InvalidSynonyms;
