//! The index through its port: against an exhaustive reference, under concurrent writes, and with hostile input.

mod agreement;
mod behaviour;
mod catalogue;
mod completions;
mod drafts;
mod fuzz;
mod hostile;
mod matching;
mod model;
mod paging;
mod plain_queries;
mod restart;
mod suggestions;
mod updates;
