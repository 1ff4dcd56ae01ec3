//! From a document of our own schema to a record that the store takes.

use domain::{FieldError, ScholarshipContent, ScholarshipDocument};

use super::record::ImportRecord;
use super::{identity, plain_text, printed_amount, printed_deadline};

/// Checks `document` and gives it an identity.
///
/// HTML becomes text, and bounds and dates that only the printed text gives are read from it, unless the document was written
/// by this program (it has a version): that one is taken as it is, so that an export comes back unchanged.
pub(super) fn import_record(
    mut document: ScholarshipDocument,
) -> Result<ImportRecord, Vec<FieldError>> {
    let as_it_is = document.version.is_some();
    if !as_it_is {
        remove_html(&mut document);
    }
    let id = document.id.take();
    let mut content = document.into_content()?;
    if !as_it_is {
        read_print(&mut content);
    }
    let item = identity::identify(id, content);
    Ok(ImportRecord {
        item,
        notes: Vec::new(),
    })
}

fn remove_html(document: &mut ScholarshipDocument) {
    let criteria = document
        .eligibility_criteria
        .iter_mut()
        .chain(&mut document.alternative_criteria)
        .filter_map(|criteria| criteria.text.as_mut());
    let award = document
        .award
        .iter_mut()
        .filter_map(|award| award.text.as_mut());
    let deadline = document
        .deadline
        .iter_mut()
        .filter_map(|deadline| deadline.text.as_mut());
    let others = [&mut document.name, &mut document.organization]
        .into_iter()
        .chain(&mut document.description)
        .chain(&mut document.tags);
    for text in criteria.chain(award).chain(deadline).chain(others) {
        *text = plain_text::of(text);
    }
}

/// Fills what is unknown from the printed texts, as far as they are certain.
pub(super) fn read_print(content: &mut ScholarshipContent) {
    let award = &mut content.award;
    if award.most().is_none()
        && let Some(text) = &award.text
    {
        let printed = printed_amount::parse(text, award.currency);
        award.minimum = printed.minimum;
        award.maximum = printed.maximum;
        if award.most().is_some() {
            award.currency = printed.currency;
        }
    }
    let deadline = &mut content.deadline;
    if deadline.schedule == domain::Schedule::Unknown
        && let Some(text) = &deadline.text
    {
        let printed = printed_deadline::parse(text);
        let opens_on = deadline.opens_on.or(printed.opens_on);
        let contradicts = match (opens_on, printed.schedule) {
            // Whichever of the two is wrong, no date is certain.
            (Some(opens), domain::Schedule::Fixed(fixed)) => opens > fixed.date,
            _ => false,
        };
        if !contradicts {
            deadline.schedule = printed.schedule;
            deadline.opens_on = opens_on;
        }
    }
}
