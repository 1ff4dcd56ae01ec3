//! How long profiles take on a large catalogue; run alone with `--release -- --ignored --nocapture`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::{Days, TimeDelta};
use domain::{
    Award, Criteria, Currency, Deadline, EditorialStatus, FixedDeadline, Provenance, Schedule,
    Scholarship, ScholarshipContent, ScholarshipId, ScholarshipType, StudentProfile, TermSet,
    Timestamp, Verdict,
};
use ports::search_index::{Filters, RecommendationRequest, VerdictCounts};

use super::{Verdicts, open_documents};
use crate::bit_set::BitSet;
use crate::criteria_table::samples::Samples;
use crate::criteria_table::{CriteriaTable, CriteriaTableBuilder};
use crate::recommend::recommend;
use crate::scoring::Impacts;
use crate::segment::SegmentBuilder;
use crate::settings::SearchSettings;
use crate::snapshot::{LiveSegment, Snapshot};
use crate::unlock::unlocks;

const RECORDS: u32 = 100_000;
const PROFILES: usize = 200;

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().expect("an instant")
}

/// Nanoseconds that this thread has worked, where the system says so: others may use the machine at the same time.
fn worked() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}

/// Prints how long the profiles took.
fn measure(what: &str, profiles: &[StudentProfile], mut act: impl FnMut(&StudentProfile)) {
    let before = worked();
    let mut times: Vec<Duration> = profiles
        .iter()
        .map(|profile| {
            let start = Instant::now();
            act(profile);
            start.elapsed()
        })
        .collect();
    let work = before
        .zip(worked())
        .map(|(before, after)| Duration::from_nanos((after - before) / profiles.len() as u64));
    times.sort_unstable();
    let [low, median, high] = [0, 50, 95].map(|percent| times[times.len() * percent / 100]);
    println!("{what}: mean work {work:?}; least {low:?}, median {median:?}, p95 {high:?}");
}

#[test]
#[ignore = "measures"]
fn verdicts_on_a_large_catalogue() {
    let mut samples = Samples::of(11, usize::MAX);
    let sets: Vec<Vec<Criteria>> = (0..RECORDS).map(|_| samples.sets()).collect();
    let start = Instant::now();
    let mut builder = CriteriaTableBuilder::default();
    sets.iter().for_each(|sets| builder.push(sets));
    let table = builder.finish();
    let values = table.values().len();
    println!("built in {:?}: {values} values", start.elapsed());
    let start = Instant::now();
    let order: Vec<(u32, u32)> = (0..RECORDS).map(|document| (0, document)).collect();
    let gathered = CriteriaTable::gathered(&[&table], &order);
    println!("gathered in {:?}", start.elapsed());
    let parts = gathered.parts().expect("parts");
    let start = Instant::now();
    let table = parts.table().expect("a table");
    println!("read in {:?}", start.elapsed());
    let open = BitSet::of_words(table.all_documents());
    for stated in [0.0, 0.3, 0.6, 1.0] {
        let profiles: Vec<StudentProfile> =
            (0..PROFILES).map(|_| samples.profile(stated)).collect();
        measure(
            &format!("{stated} of facts stated, with counts"),
            &profiles,
            |profile| {
                let mut counts = VerdictCounts::default();
                Verdicts::of(&table, profile).count(&open, &mut counts);
                assert_eq!(
                    counts.eligible + counts.possible + counts.ineligible,
                    u64::from(RECORDS)
                );
            },
        );
    }
}

fn scholarship(samples: &mut Samples, number: u32) -> Scholarship {
    let date = now().date_naive() + Days::new(samples.below(400) as u64);
    let schedule = match samples.below(10) {
        0..6 => Schedule::Fixed(FixedDeadline::on(date - Days::new(40))),
        6..8 => Schedule::Annual {
            month: Some(1 + samples.below(12) as u8),
            day: Some(15),
            current_cycle: None,
        },
        _ => Schedule::Rolling,
    };
    let amount = 50_000 * (1 + samples.below(40) as i64);
    let content = ScholarshipContent {
        name: format!("Award {number}"),
        organization: format!("Foundation {}", samples.below(20_000)),
        description: None,
        award: Award {
            maximum: samples.chance(0.8).then_some(amount),
            ..Award::default()
        },
        max_awards: None,
        renewable: None,
        deadline: Deadline {
            schedule,
            ..Deadline::default()
        },
        notification_date: None,
        scholarship_type: ScholarshipType::MeritBased,
        criteria: samples.sets(),
        tags: Vec::new(),
        application_url: None,
        website_url: None,
        contact_email: None,
        provenance: Provenance::default(),
        status: EditorialStatus::Active,
    };
    Scholarship {
        id: ScholarshipId::parse(&format!("s{number:06}")).expect("an id"),
        content,
        version: 1,
        created_at: now() - TimeDelta::days(1),
        updated_at: now(),
    }
}

#[test]
#[ignore = "measures"]
fn unlocks_and_recommendations_on_a_large_catalogue() {
    let mut samples = Samples::of(12, usize::MAX);
    let records: Vec<_> = (0..RECORDS)
        .map(|number| scholarship(&mut samples, number))
        .collect();
    let impacts = Impacts::of(&SearchSettings::default().text);
    let mut builder = SegmentBuilder::new(&impacts);
    records.iter().for_each(|record| builder.push(record));
    let snapshot = Snapshot {
        segments: vec![LiveSegment::of(builder.finish())],
        ..Snapshot::default()
    };
    let live = &snapshot.segments[0];
    println!("{} open", open_documents(live, now()).count());
    let popular = (0..RECORDS).step_by(20).map(|number| {
        let id = ScholarshipId::parse(&format!("s{number:06}")).expect("an id");
        (id, 0.5)
    });
    let popularity: HashMap<ScholarshipId, f32> = popular.collect();
    for stated in [0.3, 0.6, 1.0] {
        let profiles: Vec<StudentProfile> =
            (0..PROFILES).map(|_| samples.profile(stated)).collect();
        let answers = profiles
            .iter()
            .map(|profile| unlocks(&snapshot, profile, Currency::USD, now()));
        let proposed: usize = answers.map(|answer| answer.unlocks.len()).sum();
        println!(
            "{stated} of facts stated, {} unlocks a profile",
            proposed / PROFILES
        );
        measure("finding what is open", &profiles, |_| {
            std::hint::black_box(open_documents(live, now()));
        });
        measure("unlocks", &profiles, |profile| {
            std::hint::black_box(unlocks(&snapshot, profile, Currency::USD, now()));
        });
        for popularity in [&HashMap::new(), &popularity] {
            let what = format!("100 recommendations, {} popular", popularity.len());
            measure(&what, &profiles, |profile| {
                let request = RecommendationRequest {
                    profile,
                    verdicts: TermSet::of(&[Verdict::Eligible, Verdict::Possible]),
                    filters: &Filters::default(),
                    popularity,
                    limit: 100,
                };
                std::hint::black_box(recommend(&snapshot, &request, now()));
            });
        }
    }
}
