//! The requests of a scenario one after the other, as bytes: each is picked by its weight and filled with values, by a seed.

use std::sync::Arc;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use uuid::Uuid;

use super::bearers::Bearers;
use super::placeholders;
use super::scenario::{Method, NEW_ID, SCHOLARSHIP, Scenario, TASK};
use crate::http_connection::Manner;
use crate::probing::CannotProbe;

/// What the service has that requests may be about.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) scholarships: Vec<String>,
    pub(super) tasks: Vec<String>,
}

/// The row of requests. The same seed gives the same ones, but for tokens and new ids.
pub(super) struct Requests {
    scenario: Arc<Scenario>,
    /// As the service is called.
    host: String,
    bearers: Option<Bearers>,
    known: Known,
    random: StdRng,
    /// Of ids that were never used: a part of their own for each run, and a number.
    run: String,
    number: u64,
}

impl Requests {
    /// `bearers` may be left out when no request has a token.
    pub(super) fn new(scenario: Arc<Scenario>, host: String, bearers: Option<Bearers>) -> Self {
        Self {
            scenario,
            host,
            bearers,
            known: Known::default(),
            random: StdRng::seed_from_u64(0),
            run: Uuid::new_v4().simple().to_string(),
            number: 0,
        }
    }

    pub(super) fn know(&mut self, known: Known) {
        self.known = known;
    }

    /// Begins again.
    pub(super) fn seed(&mut self, seed: u64) {
        self.random = StdRng::seed_from_u64(seed);
    }

    /// The number of a request in the scenario, and its bytes.
    ///
    /// # Errors
    ///
    /// When no token can be made.
    pub(super) fn next(&mut self) -> Result<(usize, Vec<u8>), CannotProbe> {
        let requests = &self.scenario.requests;
        let weights: u64 = requests.iter().map(|one| u64::from(one.weight)).sum();
        let mut left = self.random.random_range(0..weights);
        let picked = requests.iter().position(|one| {
            let is_it = left < u64::from(one.weight);
            left = left.saturating_sub(u64::from(one.weight));
            is_it
        });
        let picked = picked.unwrap_or_default();
        Ok((picked, self.filled(picked)?))
    }

    /// One of the scenario's requests with values of now.
    ///
    /// # Errors
    ///
    /// As [`Self::next`].
    pub(super) fn filled(&mut self, index: usize) -> Result<Vec<u8>, CannotProbe> {
        let scenario = Arc::clone(&self.scenario);
        let request = &scenario.requests[index];
        let path = placeholders::path_with(&request.path, |name| self.value(name));
        let body = request.body.as_ref().map(|template| {
            let filled = placeholders::value_with(template, &mut |name| self.value(name));
            filled.to_string()
        });
        let token = match (request.token, &mut self.bearers) {
            (Some(bearer), Some(bearers)) => Some(bearers.token(bearer)?),
            (Some(_), None) => return Err(CannotProbe::NoSecret),
            (None, _) => None,
        };
        let accepted = scenario.accept_encoding.as_deref();
        let manner = Manner {
            host: &self.host,
            token: token.as_deref(),
            header: accepted.map(|encoding| ("Accept-Encoding", encoding)),
        };
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        Ok(manner.request(method, &path, body.as_deref()))
    }

    /// What stands for a placeholder now.
    fn value(&mut self, name: &str) -> Value {
        let picked = match name {
            NEW_ID => return Value::String(self.new_id()),
            SCHOLARSHIP => text(self.known.scholarships.choose(&mut self.random)),
            TASK => text(self.known.tasks.choose(&mut self.random)),
            own => {
                let values = self.scenario.values.get(own);
                values.and_then(|values| values.choose(&mut self.random).cloned())
            }
        };
        picked.unwrap_or_default()
    }

    /// An id that nobody ever used.
    pub(super) fn new_id(&mut self) -> String {
        self.number += 1;
        format!("lt-{}-{}", self.run, self.number)
    }
}

fn text(id: Option<&String>) -> Option<Value> {
    id.map(|id| Value::String(id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(name: &str, secret: Option<&str>) -> Requests {
        let bearers = secret
            .map(|secret| Bearers::new(secret.to_owned(), auth::TokenSettings::default()).unwrap());
        let scenario = Arc::new(Scenario::find(name).unwrap());
        let mut requests = Requests::new(scenario, "api.example".to_owned(), bearers);
        requests.know(Known {
            scholarships: vec!["sch_1".to_owned(), "sch_2".to_owned()],
            tasks: Vec::new(),
        });
        requests
    }

    fn row(seed: u64) -> Vec<(usize, Vec<u8>)> {
        let mut requests = requests("browse", None);
        requests.seed(seed);
        (0..500).map(|_| requests.next().unwrap()).collect()
    }

    #[test]
    fn a_seed_gives_the_same_requests_by_their_weights() {
        let first = row(7);
        assert_eq!(first, row(7));
        assert_ne!(first, row(8));
        // "one scholarship" has 30 of 100; six standard deviations are 61.
        let counted = first.iter().filter(|(index, _)| *index == 2).count();
        assert!((90..=210).contains(&counted), "{counted}");
        let (_, bytes) = first.iter().find(|(index, _)| *index == 2).unwrap();
        let request = String::from_utf8_lossy(bytes);
        assert!(
            request.starts_with("GET /api/v1/scholarships/sch_"),
            "{request}"
        );
        assert!(
            request.contains("\r\nHost: api.example\r\nAccept-Encoding: gzip\r\n\r\n"),
            "{request}"
        );
    }

    #[test]
    fn new_ids_are_never_used_again_and_tokens_go_with_them() {
        let mut agents = requests("agents", Some("kT9vQ2mX7pLc4RzW8nYb3HsJ6dFg1AuE"));
        let [first, second] = [0, 0].map(|index| {
            let bytes = agents.filled(index).unwrap();
            String::from_utf8(bytes).unwrap()
        });
        assert!(first.contains("Authorization: Bearer "), "{first}");
        assert!(first.contains("\"task_id\":\"lt-"), "{first}");
        assert_ne!(first, second);
        let without = requests("agents", None).filled(0);
        assert!(matches!(without, Err(CannotProbe::NoSecret)));
    }
}
