//! Use cases: search, match, recommend, record, import, and keeping the index in step.
