//! While a writer changes the catalogue, every answer is that of one state which was there during the search.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use adapter_search::{InProcessIndex, SearchSettings};
use ports::search_index::{SearchAnswer, SearchRequest};
use ports::{Change, FeedPosition, SearchIndex};

use super::visible::Visible;
use super::{Models, State, random_batch, random_request, settings, settings_with};
use crate::catalogue::{Generator, now};
use crate::model::Catalogue;

const READERS: u64 = 2;

/// All that the writer will do, and the state after each batch.
struct History {
    batches: Vec<Vec<Change>>,
    states: Vec<State>,
}

impl History {
    fn random(seed: u64, first: usize, sizes: &[usize], ids: usize) -> Self {
        let mut generator = Generator::of(seed);
        let mut catalogue: Catalogue = BTreeMap::new();
        let mut history = Self {
            batches: Vec::new(),
            states: Vec::new(),
        };
        for (version, size) in (1..).zip([first].iter().chain(sizes)) {
            let batch = random_batch(&mut generator, &mut catalogue, *size, ids, version);
            history.batches.push(batch);
            history.states.push(State::of(&catalogue));
        }
        history
    }
}

/// How far the writer is, in batches, and how much the readers did.
#[derive(Default)]
struct Progress {
    begun: AtomicUsize,
    applied: AtomicUsize,
    searches: AtomicUsize,
    is_over: AtomicBool,
}

struct Observation {
    request: SearchRequest,
    answer: SearchAnswer,
    /// The states that were there between the start and the end of the search.
    states: Range<usize>,
}

fn read(index: &InProcessIndex, progress: &Progress, seed: u64) -> Vec<Observation> {
    let mut generator = Generator::of(seed);
    let mut observations = Vec::new();
    while !progress.is_over.load(Ordering::SeqCst) {
        let request = random_request(&mut generator);
        let oldest = progress.applied.load(Ordering::SeqCst);
        let answer = index.search(&request, now()).expect("an answer");
        let newest = progress.begun.load(Ordering::SeqCst);
        progress.searches.fetch_add(1, Ordering::SeqCst);
        observations.push(Observation {
            request,
            answer,
            states: oldest..newest + 1,
        });
    }
    observations
}

/// Applies the batches behind the first one; some searches happen between any two of them.
fn write(
    index: &InProcessIndex,
    progress: &Progress,
    batches: &[Vec<Change>],
    readers_are_alive: impl Fn() -> bool,
) {
    for (number, batch) in (1..).zip(batches) {
        let wanted = progress.searches.load(Ordering::SeqCst) + 2;
        while progress.searches.load(Ordering::SeqCst) < wanted && readers_are_alive() {
            std::thread::yield_now();
        }
        progress.begun.store(number, Ordering::SeqCst);
        index.apply(batch.clone(), FeedPosition::default());
        progress.applied.store(number, Ordering::SeqCst);
    }
}

/// What each reader saw.
fn observe(index: &InProcessIndex, batches: &[Vec<Change>]) -> Vec<Vec<Observation>> {
    let progress = Progress::default();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|reader| {
                let progress = &progress;
                scope.spawn(move || read(index, progress, 77 + reader))
            })
            .collect();
        write(index, &progress, batches, || {
            readers.iter().all(|reader| !reader.is_finished())
        });
        progress.is_over.store(true, Ordering::SeqCst);
        let observations = readers.into_iter().map(|reader| reader.join());
        observations.map(|seen| seen.expect("a reader")).collect()
    })
}

/// Looks at all searches during which the catalogue changed, and at as many of the others as there is time for.
fn sample(observations: Vec<Observation>, most_quiet: usize) -> Vec<Observation> {
    let is_quiet = |observation: &Observation| observation.states.len() == 1;
    let quiet = observations.iter().filter(|one| is_quiet(one)).count();
    let step = quiet.div_ceil(most_quiet).max(1);
    let mut number = 0;
    let kept = observations.into_iter().filter(|observation| {
        number += usize::from(is_quiet(observation));
        !is_quiet(observation) || number % step == 0
    });
    kept.collect()
}

/// Every answer is that of one of its states, and no reader goes back to an older one.
fn every_answer_agrees(history: &History, settings: SearchSettings, most_quiet: usize) {
    let index = InProcessIndex::new(settings);
    index.apply(history.batches[0].clone(), FeedPosition::default());
    let mut models: Vec<Option<Models<'_>>> = history.states.iter().map(|_| None).collect();
    let (mut looked_at, mut during_changes, mut found) = (0, 0, 0);
    for observations in observe(&index, &history.batches[1..]) {
        let mut oldest = 0;
        for observation in sample(observations, most_quiet) {
            let seen = Visible::of(&observation.answer);
            let Observation {
                request, states, ..
            } = observation;
            looked_at += 1;
            found += seen.total;
            during_changes += usize::from(states.len() > 1);
            let state = states.clone().filter(|at| *at >= oldest).find(|at| {
                let models = models[*at].get_or_insert_with(|| history.states[*at].models());
                models.pages(&request, &[request.offset], now())[0] == seen
            });
            let Some(state) = state else {
                panic!("none of the states {states:?}, from {oldest} on: {seen:?} for {request:?}");
            };
            oldest = state;
        }
    }
    assert!(looked_at >= history.batches.len() && during_changes > 0);
    assert!(found > 3 * looked_at as u64);
}

#[test]
fn every_answer_during_changes_is_that_of_a_state_of_its_time() {
    let sizes: Vec<usize> = [1, 1, 2, 1, 30, 1, 3, 80].repeat(8);
    let history = History::random(4_000, 300, &sizes, 280);
    every_answer_agrees(&history, settings(3), 150);
}

#[test]
fn every_answer_during_changes_of_a_large_catalogue_is_that_of_a_state_of_its_time() {
    let sizes: Vec<usize> = [1, 40, 400, 2].repeat(3);
    let history = History::random(4_001, 4_000, &sizes, 2_600);
    every_answer_agrees(&history, settings(100), 20);
}

#[test]
fn every_answer_while_everything_is_merged_again_and_again_is_that_of_a_state_of_its_time() {
    let sizes: Vec<usize> = [1, 1, 2, 1, 30, 1, 3, 80].repeat(8);
    let history = History::random(4_002, 300, &sizes, 280);
    every_answer_agrees(&history, settings_with(3, 0), 150);
}
