//! Tokens as clients and attackers send them, against the public interface.

mod fixture;
mod forgery;
mod minting;
mod refusals;
mod validity;
