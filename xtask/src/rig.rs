//! What rehearsals of releases and drills are made of: users, limits of memory, policies in a fraction of their time, and what
//! Prometheus watches.

pub(crate) mod load;
pub(crate) mod memory_limit;
pub(crate) mod scraping;
pub(crate) mod shortening;
