//! The measures of ranked answers.

/// Answers are judged down to this rank: nobody reads on.
pub(super) const RANKS: usize = 10;

/// Normalised discounted cumulative gain down to [`RANKS`], gain 2^grade - 1 and discount log2(rank + 1), after Järvelin and
/// Kekäläinen (2002) and Burges et al. (2005): 1 when the best come first, 0 when nothing of use came.
///
/// `answer` holds the grade of each result in order, `judged` all grades that were given. When nothing is of use, only an empty
/// answer is right.
pub(super) fn ndcg(answer: &[u8], judged: &[u8]) -> f64 {
    let mut ideal = judged.to_vec();
    ideal.sort_unstable_by(|one, other| other.cmp(one));
    let best = discounted_gain(&ideal);
    if best > 0.0 {
        discounted_gain(answer) / best
    } else if answer.is_empty() {
        1.0
    } else {
        0.0
    }
}

fn discounted_gain(grades: &[u8]) -> f64 {
    let ranks = (1_u32..).zip(grades.iter().take(RANKS));
    let gains =
        ranks.map(|(rank, grade)| (f64::from(1_u32 << grade) - 1.0) / f64::from(rank + 1).log2());
    // A plain sum of nothing is -0.
    gains.fold(0.0, |sum, gain| sum + gain)
}

/// 1 / rank of the first that is right, down to [`RANKS`]; else 0.
pub(super) fn reciprocal_rank(right: impl IntoIterator<Item = bool>) -> f64 {
    let first = (1_u32..).zip(right).take(RANKS).find(|(_, right)| *right);
    first.map_or(0.0, |(rank, _)| 1.0 / f64::from(rank))
}

/// `NaN` when there is nothing to average, so that no floor is reached by measuring nothing.
pub(super) fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0_u32);
    for value in values {
        sum += value;
        count += 1;
    }
    sum / f64::from(count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_textbook_example_comes_out() {
        // Grades 3, 2, 3, 0, 1, 2 of a ranking, and two more that were missed: the example that encyclopedias print.
        let answer = [3, 2, 3, 0, 1, 2];
        let judged = [3, 2, 3, 0, 1, 2, 3, 2];
        let gain = 7.0 + 3.0 / 3_f64.log2() + 7.0 / 2.0 + 1.0 / 6_f64.log2() + 3.0 / 7_f64.log2();
        let ideal = 7.0
            + 7.0 / 3_f64.log2()
            + 7.0 / 2.0
            + 3.0 / 5_f64.log2()
            + 3.0 / 6_f64.log2()
            + 3.0 / 7_f64.log2()
            + 1.0 / 3.0;
        assert!((ndcg(&answer, &judged) - gain / ideal).abs() < 1e-12);
    }

    #[test]
    fn where_nothing_is_of_use_only_silence_is_right() {
        assert_eq!(ndcg(&[], &[]).to_bits(), 1_f64.to_bits());
        assert_eq!(ndcg(&[0], &[]).to_bits(), 0_f64.to_bits());
        assert_eq!(ndcg(&[], &[2]).to_bits(), 0_f64.to_bits());
    }

    #[test]
    fn only_the_first_ten_ranks_count() {
        let at = |rank: usize| (1..=20).map(move |place| place == rank);
        assert!((reciprocal_rank(at(4)) - 0.25).abs() < 1e-12);
        assert!((reciprocal_rank(at(10)) - 0.1).abs() < 1e-12);
        assert_eq!(reciprocal_rank(at(11)).to_bits(), 0_f64.to_bits());
        assert!(mean([]).is_nan());
    }

    proptest! {
        #[test]
        fn no_order_beats_the_ideal_one_and_moving_a_better_one_up_never_hurts(
            mut answer in proptest::collection::vec(0_u8..=3, 1..15),
            at in 0_usize..14,
        ) {
            let judged = answer.clone();
            let before = ndcg(&answer, &judged);
            prop_assert!((0.0..=1.0 + 1e-12).contains(&before));
            if at + 1 < answer.len() && answer[at] < answer[at + 1] {
                answer.swap(at, at + 1);
                prop_assert!(ndcg(&answer, &judged) >= before);
            }
            answer.sort_unstable_by(|one, other| other.cmp(one));
            if answer[0] > 0 {
                prop_assert!((ndcg(&answer, &judged) - 1.0).abs() < 1e-12);
            }
        }
    }
}
