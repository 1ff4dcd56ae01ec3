//! The binary as operators meet it: a process with ports, signals, exit codes and a file.

mod client;
mod configuration;
mod durability;
mod life;
mod process;
mod restart;
