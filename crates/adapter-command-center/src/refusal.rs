//! What an answer's status means.

use std::time::Duration;

use ports::CommandCenterError;

/// `Ok` for every success.
pub(crate) fn meaning_of(
    status: u16,
    retry_after: Option<Duration>,
) -> Result<(), CommandCenterError> {
    match status {
        200..=299 => Ok(()),
        // Time may help: a secret that is being changed on one side first (401), a wait that was too long (408), the same
        // notice being taken in just now (409, as the draft for `Idempotency-Key` has it), a lock (423), a replay that TLS
        // allowed (425), and a limit (429).
        401 | 408 | 409 | 423 | 425 | 429 | 500.. => Err(CommandCenterError::Failed {
            status,
            retry_after,
        }),
        // No redirect is followed.
        _ => Err(CommandCenterError::Refused { status }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_success_is_one() {
        for status in [200, 201, 202, 204, 299] {
            assert!(meaning_of(status, None).is_ok());
        }
    }

    #[test]
    fn a_status_says_whether_to_come_again() {
        let wait = Some(Duration::from_secs(3));
        for status in [
            301, 302, 304, 307, 308, 400, 403, 404, 405, 410, 413, 422, 100,
        ] {
            let error = meaning_of(status, wait).expect_err("fails");
            assert!(
                matches!(error, CommandCenterError::Refused { status: told } if told == status)
            );
        }
        for status in [401, 408, 409, 423, 425, 429, 500, 502, 503, 504, 599, 999] {
            let error = meaning_of(status, wait).expect_err("fails");
            assert!(
                matches!(error, CommandCenterError::Failed { status: told, .. } if told == status)
            );
            assert_eq!(error.retry_after(), wait);
        }
    }
}
