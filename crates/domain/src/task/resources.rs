//! What a task may use.

use crate::FieldError;

/// How urgent a task is, and how long and how often it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaskResources {
    priority: u8,
    timeout_ms: u32,
    retry: u8,
}

impl TaskResources {
    /// # Errors
    /// One [`FieldError`] for each number out of its range: `priority` 1 to 10, `timeout_ms` 1,000 to 300,000, `retry` 0 to 10.
    pub fn new(priority: i64, timeout_ms: i64, retry: i64) -> Result<Self, Vec<FieldError>> {
        let fields = [
            ("priority", priority, 1..=10),
            ("timeout_ms", timeout_ms, 1_000..=300_000),
            ("retry", retry, 0..=10),
        ];
        let errors: Vec<_> = fields
            .into_iter()
            .filter(|(_, value, range)| !range.contains(value))
            .map(|(field, _, range)| {
                let message = format!("must be {} to {}", range.start(), range.end());
                FieldError::new(field, message)
            })
            .collect();
        match (priority.try_into(), timeout_ms.try_into(), retry.try_into()) {
            (Ok(priority), Ok(timeout_ms), Ok(retry)) if errors.is_empty() => Ok(Self {
                priority,
                timeout_ms,
                retry,
            }),
            _ => Err(errors),
        }
    }

    /// 1 to 10; the higher one goes first.
    pub fn priority(self) -> u8 {
        self.priority
    }

    /// For one attempt, in milliseconds.
    pub fn timeout_ms(self) -> u32 {
        self.timeout_ms
    }

    /// Attempts after the first one.
    pub fn retry(self) -> u8 {
        self.retry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_their_ranges_are_kept() {
        for (priority, timeout_ms, retry) in [(1, 1_000, 0), (10, 300_000, 10)] {
            let resources = TaskResources::new(priority, timeout_ms, retry).expect("fits");
            assert_eq!(i64::from(resources.priority()), priority);
            assert_eq!(i64::from(resources.timeout_ms()), timeout_ms);
            assert_eq!(i64::from(resources.retry()), retry);
        }
    }

    #[test]
    fn each_number_out_of_its_range_is_named() {
        for (priority, timeout_ms, retry) in [(0, 999, -1), (11, 300_001, 11)] {
            let errors = TaskResources::new(priority, timeout_ms, retry).expect_err("is refused");
            let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
            assert_eq!(fields, ["priority", "timeout_ms", "retry"]);
        }
        let errors = TaskResources::new(5, i64::MAX, 1).expect_err("is refused");
        assert_eq!(errors[0].to_string(), "timeout_ms: must be 1000 to 300000");
        assert_eq!(errors.len(), 1);
    }
}
