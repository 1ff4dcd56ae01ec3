//! A scholarship in a few sentences.

use domain::eligibility::assess;
use domain::{Scholarship, ScholarshipId, StudentProfile};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Assistant;
use super::answer::{Answered, FallbackReason};
use super::prompts::{Question, facts_of, list, object, text};
use super::validating::{Facts, TextLimits, validate_text};
use crate::catalogue::Viewer;
use crate::thousands::with_commas;

const TASK: &str = "Summarize `scholarship` for students in two or three sentences: who it is for, what it gives, until when to \
apply. Then name up to five highlights of at most twelve words.";

const LONGEST_SUMMARY: TextLimits = TextLimits { characters: 700 };
const LONGEST_HIGHLIGHT: TextLimits = TextLimits { characters: 160 };
const MOST_HIGHLIGHTS: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    pub summary: String,
    pub highlights: Vec<String>,
}

impl Assistant {
    /// `None` when there is no such scholarship for this viewer.
    pub async fn scholarship_summary(
        &self,
        caller: &str,
        id: &ScholarshipId,
        viewer: Viewer,
    ) -> Option<(Scholarship, Answered<Summary>)> {
        let scholarship = self
            .index
            .scholarship(id)
            .filter(|found| viewer.may_see(found.content.status))?;
        let question = Question {
            task: TASK,
            name: "scholarship_summary",
            schema: object(json!({"summary": text(), "highlights": list(text())})),
            input: json!({"scholarship": facts_of(&scholarship)}),
            max_output_tokens: 500,
        };
        let answered = self
            .questions
            .answer(
                caller,
                Ok(question.into_prompt()),
                |output| summarized(&scholarship, output),
                || template(&scholarship),
            )
            .await;
        Some((scholarship, answered))
    }
}

fn summarized(scholarship: &Scholarship, output: &str) -> Result<Summary, FallbackReason> {
    let summary: Summary =
        serde_json::from_str(output).map_err(|_| FallbackReason::InvalidOutput)?;
    if summary.summary.trim().is_empty() || summary.highlights.len() > MOST_HIGHLIGHTS {
        return Err(FallbackReason::InvalidOutput);
    }
    let facts = Facts::of([scholarship]);
    let texts = std::iter::once((&summary.summary, LONGEST_SUMMARY));
    let highlights = summary
        .highlights
        .iter()
        .map(|one| (one, LONGEST_HIGHLIGHT));
    for (text, longest) in texts.chain(highlights) {
        validate_text(text, &facts, longest).map_err(|_| FallbackReason::UnsafeOutput)?;
    }
    Ok(summary)
}

/// From the record's own values.
fn template(scholarship: &Scholarship) -> Summary {
    let content = &scholarship.content;
    let document = domain::ScholarshipDocument::from(scholarship);
    let money = document.amount.as_ref().map(|amount| {
        let currency = content.award.currency;
        format!(
            "up to {} {}",
            with_commas(&amount.to_string()),
            currency.as_str()
        )
    });
    let due = document
        .application_deadline
        .as_deref()
        .and_then(|deadline| deadline.split('T').next())
        .map(str::to_owned);
    let mut summary = format!("{} is given by {}", content.name, content.organization);
    match &money {
        Some(money) => summary.push_str(&format!(" and pays {money}.")),
        None => summary.push_str("; it does not state its amount."),
    }
    match &due {
        Some(due) => summary.push_str(&format!(" Apply by {due}.")),
        None => summary.push_str(" It states no fixed deadline."),
    }
    // Asked of a student who says nothing, each criterion tells what it wants to know.
    let asked = assess(&content.criteria, &StudentProfile::default()).criteria;
    let mut highlights: Vec<String> = money.into_iter().collect();
    if content.renewable == Some(true) {
        highlights.push("renewable".to_owned());
    }
    // What follows speaks to a student.
    let wanted = asked.iter().filter_map(|one| one.message.split(';').next());
    highlights.extend(wanted.map(str::to_owned));
    highlights.truncate(MOST_HIGHLIGHTS);
    Summary {
        summary,
        highlights,
    }
}
