//! What searching feels like: examples with the bundled settings.

use adapter_search::{InProcessIndex, SearchSettings};
use domain::{
    Criteria, Deadline, FieldOfStudy, Provenance, Scholarship, ScholarshipContent, ScholarshipId,
    ScholarshipType, TermSet, UsState,
};
use ports::search_index::{Filters, SearchAnswer, SearchRequest};
use ports::{Change, FeedPosition, SearchIndex};

use crate::agreement::ids_of;
use crate::catalogue::now;

/// An open record; id, name, organization and description.
pub(crate) fn record(id: &str, name: &str, organization: &str, description: &str) -> Scholarship {
    Scholarship {
        id: ScholarshipId::parse(id).expect("an id"),
        content: ScholarshipContent {
            name: name.to_owned(),
            organization: organization.to_owned(),
            description: Some(description.to_owned()),
            award: domain::Award::default(),
            max_awards: None,
            renewable: None,
            deadline: Deadline::default(),
            notification_date: None,
            scholarship_type: ScholarshipType::Other,
            criteria: Vec::new(),
            tags: Vec::new(),
            application_url: None,
            website_url: None,
            contact_email: None,
            provenance: Provenance::default(),
            status: domain::EditorialStatus::Active,
        },
        version: 1,
        created_at: now(),
        updated_at: now(),
    }
}

pub(crate) fn index_of(records: impl IntoIterator<Item = Scholarship>) -> InProcessIndex {
    let index = InProcessIndex::new(SearchSettings::default());
    let changes = records
        .into_iter()
        .map(|record| Change::Upserted(Box::new(record)));
    index.apply(changes.collect(), FeedPosition::default());
    index
}

pub(crate) fn small_catalogue() -> InProcessIndex {
    let mut texan = record(
        "texan",
        "Lone Star Grant",
        "Austin Fund",
        "For residents who study engineering.",
    );
    texan.content.criteria = vec![Criteria {
        residency_states: TermSet::of(&[UsState::Texas]),
        fields_of_study: TermSet::of(&[FieldOfStudy::Engineering]),
        ..Criteria::default()
    }];
    index_of([
        record(
            "millennium",
            "Governor Guinn Millennium Scholarship",
            "State of Nevada",
            "Merit award for Nevada high school graduates.",
        ),
        record(
            "nurses",
            "Nurses of Tomorrow Scholarship",
            "Reno Nurses Circle",
            "Supports women in nursing programs. Two letters are required.",
        ),
        record(
            "engineers",
            "Future Engineers Award",
            "Nevada Engineers Society",
            "For students of civil engineering & \"design\" <now>.",
        ),
        record(
            "women",
            "Women in Engineering",
            "National Tech Foundation",
            "Encourages women who want to become engineers in computer science.",
        ),
        record(
            "music",
            "Silver Note Prize",
            "Opera House",
            "For young singers. Some of them study engineering later.",
        ),
        texan,
    ])
}

fn answer(index: &InProcessIndex, query: &str) -> SearchAnswer {
    let request = SearchRequest {
        query: query.to_owned(),
        limit: 100,
        highlight: true,
        ..SearchRequest::default()
    };
    index.search(&request, now()).expect("an answer")
}

fn found(index: &InProcessIndex, query: &str) -> Vec<String> {
    let mut ids: Vec<String> = ids_of(&answer(index, query))
        .iter()
        .map(ToString::to_string)
        .collect();
    ids.sort_unstable();
    ids
}

fn first(index: &InProcessIndex, query: &str) -> String {
    ids_of(&answer(index, query))[0].to_string()
}

#[test]
fn inflected_forms_are_found_and_exact_ones_come_first() {
    let index = index_of([
        record("plural", "Engineers Prize", "A", "x"),
        record("exact", "Engineering Prize", "B", "x"),
        record("other", "Singing Prize", "C", "x"),
    ]);
    assert_eq!(found(&index, "engineering"), ["exact", "plural"]);
    assert_eq!(first(&index, "engineering prize"), "exact");
    assert_eq!(first(&index, "engineers prize"), "plural");
}

#[test]
fn a_misspelt_word_is_corrected_and_the_answer_says_so() {
    let index = small_catalogue();
    let corrected = |typed: &str| answer(&index, typed).corrected;
    let pair = |typed: &str, used: &str| vec![(typed.to_owned(), used.to_owned())];
    assert_eq!(corrected("engneering"), pair("engneering", "engineering"));
    assert_eq!(corrected("Nevdaa award"), pair("Nevdaa", "nevada"));
    assert_eq!(corrected("governr"), pair("governr", "governor"));
    assert_eq!(corrected("nevada"), []);
    assert!(found(&index, "engneering").contains(&"engineers".to_owned()));
    // Three letters have too many neighbours.
    assert_eq!(corrected("wax"), []);
}

#[test]
fn a_word_is_not_taken_for_one_that_was_hardly_meant() {
    let index = index_of([
        record(
            "a",
            "Daca Grant",
            "College Fund",
            "Public defenders and costs",
        ),
        record("b", "Costs Prize", "College Fund", "Costs of all"),
        record("c", "Coast Prize", "Law Fund", "x"),
    ]);
    let corrected = |typed: &str| {
        let pairs = answer(&index, typed).corrected;
        pairs.into_iter().map(|(_, used)| used).next()
    };
    // One letter of four is another, or four letters begin a longer word.
    for typed in ["deca", "deaf", "cola"] {
        let used = corrected(typed);
        assert_eq!(used, None, "{typed}");
    }
    assert_eq!(corrected("dcaa").as_deref(), Some("daca"));
    assert_eq!(corrected("dacaa").as_deref(), Some("daca"));
    assert_eq!(corrected("defnd").as_deref(), Some("defenders"));
    // Beginnings have the right first letter.
    assert_eq!(corrected("befen"), None);
    // Swapped letters come before changed ones, however many records have these.
    assert_eq!(corrected("coats").as_deref(), Some("coast"));
}

#[test]
fn greek_words_are_found_in_capitals_and_without_accents() {
    let index = index_of([
        record("wise", "Βραβείο σοφός", "Athens Fund", "x"),
        record("other", "Music Prize", "Opera", "x"),
    ]);
    for query in ["ΣΟΦΟΣ", "σοφος", "σοφός"] {
        let answer = answer(&index, query);
        assert_eq!(found(&index, query), ["wise"], "{query}");
        assert!(answer.corrected.is_empty(), "{query}");
        assert_eq!(answer.hits[0].highlight[0].1, "Βραβείο <em>σοφός</em>");
    }
}

#[test]
fn as_few_words_as_possible_are_given_up_and_the_least_informative() {
    let index = small_catalogue();
    let relaxed = answer(&index, "millennium opera nevada");
    assert_eq!(relaxed.relaxed, ["opera"]);
    assert_eq!(ids_of(&relaxed)[0].as_str(), "millennium");
    // Either of two could stay: the rarer one does.
    let rarer = answer(&index, "opera nevada");
    assert_eq!(rarer.relaxed, ["nevada"]);
    let unknown = answer(&index, "Zzqx nursing");
    assert_eq!(unknown.relaxed, ["Zzqx"]);
    // A phrase that has synonyms comes apart if need be.
    let phrase = answer(&index, "high School opera");
    assert_eq!(phrase.relaxed, ["opera"]);
    let phrase = answer(&index, "Silver Law School");
    assert_eq!(phrase.relaxed, ["Law", "School"]);
    let nothing = answer(&index, "zzqx");
    assert_eq!((nothing.total, nothing.relaxed.len()), (0, 0));
}

#[test]
fn words_that_say_nothing_need_not_match() {
    let index = small_catalogue();
    assert_eq!(
        found(&index, "scholarships for the women in nursing"),
        ["nurses"]
    );
    assert_eq!(found(&index, "scholarship"), ["millennium", "nurses"]);
}

#[test]
fn the_last_word_completes() {
    let index = small_catalogue();
    assert_eq!(found(&index, "gov"), ["millennium"]);
    assert_eq!(found(&index, "silver no"), ["music"]);
    // One letter says something only beside other words.
    assert_eq!(found(&index, "silver n"), ["music"]);
    assert!(answer(&index, "silver n").relaxed.is_empty());
    assert!(found(&index, "n").is_empty());
    assert!(
        found(&index, "no silver").is_empty() || !answer(&index, "no silver").relaxed.is_empty()
    );
}

#[test]
fn synonyms_and_states_are_understood() {
    let index = small_catalogue();
    assert_eq!(found(&index, "cs"), ["women"]);
    assert!(found(&index, "rn").contains(&"nurses".to_owned()));
    assert_eq!(found(&index, "NV millennium"), ["millennium"]);
    // Stated in the criteria, not in the text.
    assert_eq!(found(&index, "texas engineering"), ["texan"]);
    assert_eq!(found(&index, "tx"), ["texan"]);
}

#[test]
fn the_whole_name_comes_first() {
    let index = small_catalogue();
    for (name, id) in [
        ("women in engineering", "women"),
        ("Future Engineers Award", "engineers"),
        ("governor guinn millennium scholarship", "millennium"),
        ("nurses of tomorrow", "nurses"),
    ] {
        assert_eq!(first(&index, name), id, "{name}");
    }
}

#[test]
fn words_near_each_other_and_in_order_count_more() {
    let far = format!("civil {} engineering", "filler ".repeat(7));
    let index = index_of([
        record("far", "A", "O", &far),
        record(
            "near",
            "B",
            "O",
            "civil engineering filler filler filler filler filler filler filler",
        ),
        record(
            "turned",
            "C",
            "O",
            "engineering civil filler filler filler filler filler filler filler",
        ),
    ]);
    let ids: Vec<String> = ids_of(&answer(&index, "civil engineering"))
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(ids, ["near", "turned", "far"]);
}

#[test]
fn without_words_stated_values_come_before_those_that_only_do_not_exclude() {
    let index = small_catalogue();
    let request = SearchRequest {
        filters: Filters {
            states: TermSet::of(&[UsState::Texas]),
            ..Filters::default()
        },
        limit: 10,
        ..SearchRequest::default()
    };
    let answer = index.search(&request, now()).expect("an answer");
    assert_eq!(answer.total, 6);
    assert_eq!(ids_of(&answer)[0].as_str(), "texan");
    let only = SearchRequest {
        filters: Filters {
            states_only: true,
            ..request.filters.clone()
        },
        ..request
    };
    assert_eq!(index.search(&only, now()).expect("an answer").total, 1);
}

#[test]
fn matches_are_highlighted_in_safe_html() {
    let index = small_catalogue();
    let answer = answer(&index, "engineering design");
    assert_eq!(ids_of(&answer)[0].as_str(), "engineers");
    assert_eq!(
        answer.hits[0].highlight,
        [
            ("name", "Future <em>Engineers</em> Award".to_owned()),
            (
                "organization",
                "Nevada <em>Engineers</em> Society".to_owned()
            ),
            (
                "description",
                "For students of civil <em>engineering</em> &amp; &quot;<em>design</em>&quot; &lt;now&gt;."
                    .to_owned()
            ),
        ]
    );
}

#[test]
fn words_that_need_not_match_are_highlighted_where_they_do() {
    let index = small_catalogue();
    let answer = answer(&index, "engineers award");
    assert_eq!(ids_of(&answer)[0].as_str(), "engineers");
    let (_, name) = &answer.hits[0].highlight[0];
    assert_eq!(name, "Future <em>Engineers</em> <em>Award</em>");
}

#[test]
fn only_words_of_the_catalogue_are_public() {
    let index = small_catalogue();
    assert_eq!(
        index.public_words(" Nursing, WOMEN "),
        Some("nursing women".to_owned())
    );
    assert_eq!(index.public_words("nursing for jane.doe@example.org"), None);
    assert_eq!(index.public_words("?!"), None);
}

#[test]
fn similar_ones_of_other_organizations_come_first() {
    let mut own = record(
        "own",
        "Bridge Builders Award",
        "Steel Guild",
        "bridges and steel",
    );
    let mut twin = record(
        "twin",
        "Bridge Builders Grant",
        "Steel Guild",
        "bridges and steel",
    );
    let mut other = record("other", "Bridge Prize", "Road Board", "bridges");
    let mut field = record("field", "Anything", "Some Fund", "nothing alike");
    for record in [&mut own, &mut twin, &mut other, &mut field] {
        record.content.criteria = vec![Criteria {
            fields_of_study: TermSet::of(&[FieldOfStudy::Engineering]),
            ..Criteria::default()
        }];
    }
    let mut closed = record(
        "closed",
        "Bridge Builders Award",
        "Elsewhere",
        "bridges and steel",
    );
    closed.content.status = domain::EditorialStatus::Archived;
    let strangers = (0..60).map(|number| {
        let mut stranger = record(&format!("z{number}"), "Music", "Opera", "songs");
        stranger.content.scholarship_type = ScholarshipType::Athletic;
        stranger
    });
    let index = index_of(
        [own, twin, other, field, closed]
            .into_iter()
            .chain(strangers),
    );
    let id = ScholarshipId::parse("own").expect("an id");
    let answer = index.similar(&id, 10, now()).expect("a record");
    let ids: Vec<String> = ids_of(&answer).iter().map(ToString::to_string).collect();
    assert_eq!(ids, ["other", "field", "twin"]);
    let unknown = ScholarshipId::parse("unknown").expect("an id");
    assert!(index.similar(&unknown, 10, now()).is_none());
    let archived = ScholarshipId::parse("closed").expect("an id");
    assert!(index.similar(&archived, 10, now()).is_some());
}
