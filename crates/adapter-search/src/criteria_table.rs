//! SHIM: replaced by bitmaps.
use std::sync::Arc;
use domain::{Criteria, StudentProfile, eligibility::verdict};
use crate::matching::Verdicts;

#[derive(Debug, Default)]
pub(crate) struct CriteriaTable { all: Vec<Arc<[Criteria]>> }
impl CriteriaTable {
    pub(crate) fn push(&mut self, sets: &[Criteria]) {
        self.all.push(sets.iter().map(|set| Criteria { fields_of_study_text: Vec::new(), text: None, ..set.clone() }).collect());
    }
    pub(crate) fn gathered(sources: &[&Self], order: &[(u32, u32)]) -> Self {
        Self { all: order.iter().map(|(source, document)| Arc::clone(&sources[*source as usize].all[*document as usize])).collect() }
    }
    pub(crate) fn criteria(&self, document: u32) -> &[Criteria] { &self.all[document as usize] }
    pub(crate) fn verdicts(&self, profile: &StudentProfile) -> Verdicts {
        Verdicts(self.all.iter().map(|sets| verdict(sets, profile)).collect())
    }
}
