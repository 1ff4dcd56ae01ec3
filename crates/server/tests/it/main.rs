//! The binary as operators meet it: a process with ports, signals, exit codes and a file.

mod agent_tasks;
mod assistant;
mod client;
mod configuration;
mod durability;
mod life;
mod limits;
mod load;
mod mcp;
mod metrics;
mod postgres;
mod postgres_away;
mod postgres_faults;
mod process;
mod redis;
mod replica;
mod restart;
mod revocations;
mod scrape;
mod sqlite_faults;
mod traces;
