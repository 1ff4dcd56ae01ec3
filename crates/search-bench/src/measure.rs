//! Stopwatches: the CPU time of this thread and the time on the wall, and what many of them amount to.

use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// Nanoseconds that something took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) cpu: u64,
    pub(crate) wall: u64,
}

impl Cost {
    /// The median of each.
    fn median(costs: &[Self]) -> Self {
        let middle = |part: fn(&Self) -> u64| {
            let mut values: Vec<u64> = costs.iter().map(part).collect();
            values.sort_unstable();
            values.get(values.len() / 2).copied().unwrap_or(0)
        };
        Self {
            cpu: middle(|cost| cost.cpu),
            wall: middle(|cost| cost.wall),
        }
    }
}

/// Nanoseconds of CPU that this thread has used.
fn thread_cpu() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// What one call costs. What it answers is not optimised away.
pub(crate) fn cost_of<T>(call: impl FnOnce() -> T) -> Cost {
    let (wall, cpu) = (Instant::now(), thread_cpu());
    std::hint::black_box(call());
    Cost {
        cpu: thread_cpu().saturating_sub(cpu),
        wall: u64::try_from(wall.elapsed().as_nanos()).unwrap_or(u64::MAX),
    }
}

/// A contestant: answers the question of a number.
pub(crate) type Contestant<'a> = Box<dyn FnMut(usize) + 'a>;

/// For each contestant the cost of each question: the median of the rounds. In a round the contestants answer all questions
/// one contestant after the other, so that a busy moment of the machine meets each of them.
pub(crate) fn median_of_rounds(
    rounds: usize,
    questions: usize,
    contestants: &mut [Contestant<'_>],
) -> Vec<Vec<Cost>> {
    let mut costs = vec![vec![Vec::with_capacity(rounds); questions]; contestants.len()];
    for _ in 0..rounds {
        for (contestant, costs) in contestants.iter_mut().zip(&mut costs) {
            for (question, costs) in costs.iter_mut().enumerate() {
                costs.push(cost_of(|| contestant(question)));
            }
        }
    }
    let medians = |costs: Vec<Vec<Cost>>| costs.iter().map(|costs| Cost::median(costs)).collect();
    costs.into_iter().map(medians).collect()
}

/// Microseconds over many questions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Summary {
    pub(crate) questions: usize,
    pub(crate) cpu_mean: f64,
    pub(crate) cpu_median: f64,
    pub(crate) cpu_p99: f64,
    pub(crate) wall_mean: f64,
    pub(crate) wall_p99: f64,
}

impl Summary {
    pub(crate) fn of(costs: impl IntoIterator<Item = Cost>) -> Self {
        let (mut cpu, mut wall): (Vec<u64>, Vec<u64>) = costs
            .into_iter()
            .map(|cost| (cost.cpu, cost.wall))
            .collect();
        cpu.sort_unstable();
        wall.sort_unstable();
        Self {
            questions: cpu.len(),
            cpu_mean: mean(&cpu),
            cpu_median: quantile(&cpu, 50),
            cpu_p99: quantile(&cpu, 99),
            wall_mean: mean(&wall),
            wall_p99: quantile(&wall, 99),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of a short run")]
fn mean(nanoseconds: &[u64]) -> f64 {
    let sum: u64 = nanoseconds.iter().sum();
    sum as f64 / nanoseconds.len().max(1) as f64 / 1_000.0
}

/// Of ascending numbers: the smallest that `percent` of them do not exceed.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of a short run")]
pub(crate) fn quantile(nanoseconds: &[u64], percent: usize) -> f64 {
    let rank = (nanoseconds.len() * percent).div_ceil(100).max(1);
    let value = nanoseconds.get(rank - 1).copied().unwrap_or(0);
    value as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_has_the_mean_and_the_nearest_rank_quantiles() {
        let costs = (1..=200).map(|number| Cost {
            cpu: number * 1_000,
            wall: number * 2_000,
        });
        let summary = Summary::of(costs);
        assert_eq!(summary.questions, 200);
        assert!((summary.cpu_mean - 100.5).abs() < 1e-9);
        assert!((summary.cpu_median - 100.0).abs() < 1e-9);
        assert!((summary.cpu_p99 - 198.0).abs() < 1e-9);
        assert!((summary.wall_p99 - 396.0).abs() < 1e-9);
    }

    #[test]
    fn each_contestant_answers_each_question_in_each_round() {
        let asked = std::cell::RefCell::new(Vec::new());
        let mut contestants: Vec<Contestant<'_>> = vec![
            Box::new(|question| asked.borrow_mut().push(question)),
            Box::new(|question| asked.borrow_mut().push(10 + question)),
        ];
        let medians = median_of_rounds(2, 2, &mut contestants);
        drop(contestants);
        assert_eq!(asked.into_inner(), [0, 1, 10, 11, 0, 1, 10, 11]);
        assert!(medians.iter().flatten().all(|cost| cost.wall > 0));
    }

    #[test]
    fn the_middle_of_the_rounds_counts() {
        let costs = [(9, 1), (2, 7), (5, 3)].map(|(cpu, wall)| Cost { cpu, wall });
        assert_eq!(Cost::median(&costs), Cost { cpu: 5, wall: 3 });
    }

    #[test]
    fn work_costs_cpu_and_waiting_costs_only_time() {
        let work = cost_of(|| (0..3_000_000_u64).fold(0, |sum: u64, next| sum ^ next.pow(2)));
        assert!(work.cpu > 0 && work.cpu <= work.wall * 2);
    }
}
