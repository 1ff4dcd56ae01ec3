//! The pairs of a method and a route that may stand in labels, each at its place.

use std::collections::HashMap;

/// The route of whatever has no declared one: paths that are not there, and methods that a path does not know.
const UNMATCHED: &str = "unmatched";
/// The last stands for all that are not listed.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];

pub(super) struct Routes {
    /// The declared ones; behind them each method without a route.
    declared: Vec<(&'static str, Box<str>)>,
    /// By route, in the order of [`METHODS`]: what is declared.
    places: HashMap<Box<str>, [Option<usize>; METHODS.len()]>,
}

impl Routes {
    pub(super) fn new<'a>(routes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut known = Self {
            declared: Vec::new(),
            places: HashMap::new(),
        };
        for (method, route) in routes {
            let method = number_of(method);
            let places = known.places.entry(route.into()).or_default();
            if places[method].is_none() {
                places[method] = Some(known.declared.len());
                known.declared.push((METHODS[method], route.into()));
            }
        }
        known
    }

    pub(super) fn len(&self) -> usize {
        self.declared.len() + METHODS.len()
    }

    pub(super) fn is_declared(&self, place: usize) -> bool {
        place < self.declared.len()
    }

    pub(super) fn place(&self, method: &str, route: &str) -> usize {
        let method = number_of(method);
        let declared = self.places.get(route).and_then(|places| places[method]);
        declared.unwrap_or(self.declared.len() + method)
    }

    /// Method and route.
    pub(super) fn names(&self, place: usize) -> (&str, &str) {
        match self.declared.get(place) {
            Some((method, route)) => (method, route),
            None => (METHODS[place - self.declared.len()], UNMATCHED),
        }
    }
}

/// Whatever answers GET answers HEAD.
fn number_of(method: &str) -> usize {
    let method = if method.eq_ignore_ascii_case("HEAD") {
        "GET"
    } else {
        method
    };
    let mut methods = METHODS.iter();
    let known = methods.position(|known| known.eq_ignore_ascii_case(method));
    known.unwrap_or(METHODS.len() - 1)
}
