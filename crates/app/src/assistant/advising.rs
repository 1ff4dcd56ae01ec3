//! Verdicts in plain words, with what a student can do about them. The verdicts are the rules' own.

use std::collections::HashMap;

use domain::{
    Assessment, CriterionResult, CriterionStatus, Scholarship, ScholarshipId, StudentProfile,
    Verdict,
};
use ports::Prompt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Assistant;
use super::answer::{Answered, FallbackReason};
use super::folding;
use super::prompts::{Question, facts_of, list, object, text};
use super::validating::{Facts, TextLimits, validate_text};
use crate::catalogue::Viewer;
use crate::matching::Check;

const TASK: &str = "For each scholarship in `checks`, explain a student in one or two sentences why the verdict is what it is, and \
give up to three short pieces of advice on what to do next. The verdicts are final: never contradict them, and never say that \
somebody will get an award.";

const LONGEST_EXPLANATION: TextLimits = TextLimits { characters: 600 };
const LONGEST_ADVICE: TextLimits = TextLimits { characters: 300 };
const MOST_ADVICE: usize = 3;

/// What is said about one scholarship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    pub scholarship_id: ScholarshipId,
    pub explanation: String,
    pub advice: Vec<String>,
}

/// A verdict with its explanation; only the id where there is no such scholarship.
#[derive(Debug, Clone, PartialEq)]
pub struct AdvisedCheck {
    pub check: Check,
    pub advice: Option<Advice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    analyses: Vec<Advice>,
}

/// An assessed scholarship.
type Assessed<'a> = (&'a Scholarship, &'a Assessment);

impl Assistant {
    /// Explains the verdicts for some scholarships, in their order.
    pub async fn analyze_eligibility(
        &self,
        caller: &str,
        profile: &StudentProfile,
        ids: &[ScholarshipId],
        viewer: Viewer,
    ) -> Answered<Vec<AdvisedCheck>> {
        let checks = self.matching.check(profile, ids, viewer);
        let assessed: Vec<Assessed<'_>> = checks
            .iter()
            .filter_map(|check| match check {
                Check::Assessed {
                    scholarship,
                    assessment,
                    ..
                } => Some((&**scholarship, assessment)),
                Check::NotFound(_) => None,
            })
            .collect();
        let answered = self
            .questions
            .answer(
                caller,
                Ok(advising_prompt(&assessed)),
                |output| advised(&assessed, output),
                || assessed.iter().map(|one| rules_advice(*one)).collect(),
            )
            .await;
        // One for each assessed scholarship, in any order.
        let advice: HashMap<ScholarshipId, Advice> = answered
            .value
            .into_iter()
            .map(|one| (one.scholarship_id.clone(), one))
            .collect();
        let advised = |check: Check| AdvisedCheck {
            advice: match &check {
                Check::Assessed { scholarship, .. } => advice.get(&scholarship.id).cloned(),
                Check::NotFound(_) => None,
            },
            check,
        };
        Answered {
            value: checks.into_iter().map(advised).collect(),
            source: answered.source,
        }
    }
}

/// The model sees which criteria are met, and nothing of the profile.
fn advising_prompt(assessed: &[Assessed<'_>]) -> Prompt {
    let checks: Vec<Value> = assessed
        .iter()
        .map(|(scholarship, assessment)| {
            let criteria: Vec<Value> = assessment
                .criteria
                .iter()
                .map(|one| json!({"criterion": one.criterion, "status": one.status, "required": one.required}))
                .collect();
            json!({
                "scholarship": facts_of(scholarship),
                "verdict": assessment.verdict,
                "criteria": criteria,
            })
        })
        .collect();
    let analysis = object(json!({
        "scholarship_id": text(),
        "explanation": text(),
        "advice": list(text()),
    }));
    Question {
        task: TASK,
        name: "eligibility_analysis",
        schema: object(json!({"analyses": list(analysis)})),
        input: json!({"checks": checks}),
        max_output_tokens: 400 + 300 * u32::try_from(assessed.len()).unwrap_or(50),
    }
    .into_prompt()
}

fn advised(assessed: &[Assessed<'_>], output: &str) -> Result<Vec<Advice>, FallbackReason> {
    let output: Output = serde_json::from_str(output).map_err(|_| FallbackReason::InvalidOutput)?;
    if output.analyses.len() != assessed.len() {
        return Err(FallbackReason::InvalidOutput);
    }
    for (scholarship, assessment) in assessed {
        let of_this = |one: &&Advice| one.scholarship_id == scholarship.id;
        let mut found = output.analyses.iter().filter(of_this);
        let (Some(advice), None) = (found.next(), found.next()) else {
            // An id that we did not ask about, or one twice.
            return Err(FallbackReason::UnsafeOutput);
        };
        if advice.explanation.trim().is_empty() || advice.advice.len() > MOST_ADVICE {
            return Err(FallbackReason::InvalidOutput);
        }
        let facts = Facts::of([*scholarship]);
        let checked = |text: &str, longest: TextLimits| {
            validate_text(text, &facts, longest).map_err(|_| FallbackReason::UnsafeOutput)
        };
        checked(&advice.explanation, LONGEST_EXPLANATION)?;
        for piece in &advice.advice {
            checked(piece, LONGEST_ADVICE)?;
        }
        let mut texts = std::iter::once(&advice.explanation).chain(&advice.advice);
        if texts.any(|text| contradicts(text, assessment.verdict)) {
            return Err(FallbackReason::UnsafeOutput);
        }
    }
    Ok(output.analyses)
}

/// Words that say that somebody may get an award; "not" before one of them denies it.
const ELIGIBLE: &[&str] = &["eligible", "qualify", "qualifies", "qualified"];
const INELIGIBLE: &[&str] = &["ineligible", "unqualified", "disqualified"];
/// Words that leave it open, and words that deny, when they stand shortly before.
const OPEN: &[&str] = &[
    "may", "might", "could", "if", "whether", "possibly", "likely", "check", "become", "when", "to",
];
const DENIED: &[&str] = &[
    "not", "dont", "doesnt", "cannot", "cant", "wont", "arent", "isnt", "never", "no", "neither",
    "nor",
];
/// How far before.
const NEAR: usize = 5;

/// Whether a text may be read as another verdict than this one. It need not speak of it at all.
fn contradicts(text: &str, verdict: Verdict) -> bool {
    let words = folding::words(text);
    let (mut affirms, mut denies) = (false, false);
    for (at, word) in words.iter().enumerate() {
        let before = words[at.saturating_sub(NEAR)..at].iter().rev();
        let clause = before.take_while(|word| *word != ".");
        let has = |list: &[&str]| clause.clone().any(|word| list.contains(&word.as_str()));
        if INELIGIBLE.contains(&word.as_str()) {
            denies = true;
        } else if ELIGIBLE.contains(&word.as_str()) {
            denies |= has(DENIED);
            affirms |= !has(DENIED) && !has(OPEN);
        }
    }
    let meets_all = text_has(&words, &["meet", "every"]) || text_has(&words, &["meet", "all"]);
    match verdict {
        Verdict::Eligible => denies,
        Verdict::Ineligible => affirms || meets_all,
        Verdict::Possible => affirms || denies || meets_all,
    }
}

fn text_has(words: &[String], pair: &[&str; 2]) -> bool {
    words.windows(2).any(|window| window == pair)
}

/// What the rules themselves say.
fn rules_advice((scholarship, assessment): Assessed<'_>) -> Advice {
    let with = |status: CriterionStatus| -> Vec<&CriterionResult> {
        let criteria = assessment.criteria.iter();
        criteria.filter(|one| one.status == status).collect()
    };
    let (unmet, unknown) = (with(CriterionStatus::Unmet), with(CriterionStatus::Unknown));
    let name = &scholarship.content.name;
    let explanation = match assessment.verdict {
        Verdict::Eligible => format!("You meet everything that {name} states."),
        Verdict::Possible => format!(
            "You may qualify for {name}: nothing that it states speaks against it, and {} of its criteria could not be checked.",
            unknown.len()
        ),
        Verdict::Ineligible => {
            let reasons: Vec<&str> = unmet.iter().map(|one| one.message.as_str()).collect();
            format!("You do not qualify for {name}. {}", reasons.join(" "))
        }
    };
    let mut advice: Vec<String> = unknown
        .iter()
        .map(|one| one.message.clone())
        .take(MOST_ADVICE - 1)
        .collect();
    advice.push(next_step(scholarship, assessment.verdict));
    Advice {
        scholarship_id: scholarship.id.clone(),
        explanation,
        advice,
    }
}

fn next_step(scholarship: &Scholarship, verdict: Verdict) -> String {
    let document = domain::ScholarshipDocument::from(scholarship);
    match (verdict, document.application_deadline) {
        (Verdict::Ineligible, _) => {
            "Look at similar scholarships, and at what one change in your profile would open."
                .to_owned()
        }
        (_, Some(deadline)) => {
            let day = deadline.split('T').next().unwrap_or_default();
            format!("Read the requirements at the source, and apply by {day}.")
        }
        (_, None) => "Read the requirements and the dates at the source.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_say_another_verdict_are_found() {
        use Verdict::{Eligible, Ineligible, Possible};
        for (text, verdict, expected) in [
            ("You are eligible, so apply now.", Ineligible, true),
            (
                "The form says not eligible, but you qualify, so apply.",
                Ineligible,
                true,
            ),
            ("You don’t qualify.", Eligible, true),
            ("You don't qualify.", Ineligible, false),
            ("You meet every requirement.", Ineligible, true),
            ("You meet every requirement.", Possible, true),
            ("You meet every requirement.", Eligible, false),
            ("You may be eligible if your major fits.", Possible, false),
            ("Your GPA is too low.", Ineligible, false),
            ("You are ineligible.", Possible, true),
            ("Raise your GPA to become eligible.", Ineligible, false),
        ] {
            assert_eq!(contradicts(text, verdict), expected, "{text} {verdict:?}");
        }
    }
}
