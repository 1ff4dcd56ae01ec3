//! Rebuilds the crate when a migration was added: the files are embedded, and Cargo does not see that by itself.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/postgres");
}
