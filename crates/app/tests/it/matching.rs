//! Checks, recommendations and unlocks agree with each other.

use app::catalogue::Viewer;
use app::matching::Check;
use domain::{
    Currency, EditorialStatus, FieldOfStudy, Gpa, StudentProfile, TermSet, UsState, Verdict,
};
use ports::search_index::Filters;
use testkit::scholarship;

use crate::world::{World, id};

async fn world() -> World {
    World::with(vec![
        ("all", scholarship("For all").amount(100_000).content()),
        (
            "engineers",
            scholarship("For engineers")
                .fields(&[FieldOfStudy::Engineering])
                .amount(200_000)
                .content(),
        ),
        (
            "nevada",
            scholarship("For Nevada")
                .states(&[UsState::Nevada])
                .content(),
        ),
        (
            "bright",
            scholarship("For the bright")
                .min_gpa(390)
                .amount(500_000)
                .content(),
        ),
        (
            "draft",
            scholarship("Draft")
                .status(EditorialStatus::Draft)
                .content(),
        ),
    ])
    .await
}

fn profile() -> StudentProfile {
    StudentProfile {
        gpa: Gpa::from_hundredths(350).ok(),
        field_of_study: Some(FieldOfStudy::Arts),
        ..StudentProfile::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_id_is_answered_in_its_place() {
    let world = world().await;
    let ids = ["engineers", "missing", "draft", "nevada"].map(id);
    let checks = world
        .application
        .matching
        .check(&profile(), &ids, Viewer::Public);
    let verdicts: Vec<Option<Verdict>> = checks
        .iter()
        .map(|check| match check {
            Check::Assessed { assessment, .. } => Some(assessment.verdict),
            Check::NotFound(_) => None,
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            Some(Verdict::Ineligible),
            None,
            None,
            Some(Verdict::Possible)
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_catalogue_is_assessed_page_by_page() {
    let world = world().await;
    let matching = &world.application.matching;
    let first = matching
        .check_all(&profile(), 3, 0, None)
        .expect("no cursor");
    assert_eq!(
        (first.total, first.checks.len(), first.has_next),
        (4, 3, true)
    );
    let counts = first.verdicts;
    assert_eq!(
        (counts.eligible, counts.possible, counts.ineligible),
        (1, 1, 2)
    );
    let second = matching
        .check_all(&profile(), 3, 0, first.next_cursor)
        .expect("its own cursor");
    assert_eq!((second.checks.len(), second.has_next), (1, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn unlocks_add_up_and_recommendations_leave_out_the_ineligible() {
    let world = world().await;
    let matching = &world.application.matching;
    let answer = matching.unlocks(&profile(), Currency::USD);
    assert_eq!(answer.verdicts.ineligible, 2);
    let opened: Vec<(String, u64, i64)> = answer
        .unlocks
        .iter()
        .map(|unlock| {
            (
                unlock.change.profile_key(),
                unlock.eligible + unlock.possible,
                unlock.sum,
            )
        })
        .collect();
    assert_eq!(
        opened,
        [
            ("gpa".to_owned(), 1, 500_000),
            ("field_of_study".to_owned(), 1, 200_000)
        ]
    );
    let welcome = TermSet::of(&[Verdict::Eligible, Verdict::Possible]);
    let answer = matching.recommend(&profile(), welcome, &Filters::default(), 10);
    assert_eq!(answer.recommendations.len(), 2);
    assert!(
        answer
            .recommendations
            .windows(2)
            .all(|pair| pair[0].score.total >= pair[1].score.total)
    );
}
