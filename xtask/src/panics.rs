//! The private servers of tests panic when they do not do as told. Here that is an error like any other.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::anyhow;

/// Does some work, and takes a panic for its failure.
///
/// # Errors
///
/// Those of the work, or what the panic said.
pub(crate) fn caught<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(anyhow!("it panicked: {}", words(&*panic))))
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a word")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_failure_with_its_words() {
        let reason = |work: fn() -> anyhow::Result<()>| caught(work).unwrap_err().to_string();
        assert_eq!(
            reason(|| panic!("Postgres ended")),
            "it panicked: Postgres ended"
        );
        let port = std::hint::black_box(5432);
        let formatted = caught::<()>(|| panic!("port {port} is taken"));
        assert_eq!(
            formatted.unwrap_err().to_string(),
            "it panicked: port 5432 is taken"
        );
        assert_eq!(reason(|| anyhow::bail!("no")), "no");
        assert_eq!(caught(|| Ok(7)).unwrap(), 7);
    }
}
