//! The in-process search index behind the `SearchIndex` port.
