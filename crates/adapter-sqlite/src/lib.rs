//! The embedded store: catalogue, interactions and change log in one SQLite file.
