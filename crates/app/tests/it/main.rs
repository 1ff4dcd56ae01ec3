//! The use cases over the real index and fakes of the stores.

mod catalogue;
mod following;
mod interactions;
mod matching;
mod world;
