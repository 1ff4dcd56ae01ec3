//! The use cases over the real index and fakes of the stores.

mod assistant;
mod audit_gaps;
mod bridged;
mod catalogue;
mod faulty_index;
mod following;
mod interactions;
mod matching;
mod reconciling;
mod replicas;
mod revocations;
mod tasks;
mod world;
