//! The embedded store: the contracts of its ports, and what happens when disk, process or neighbours misbehave.

mod contract;
