//! The few texts of a card that are shown elsewhere, read back from its JSON.

use std::borrow::Cow;

use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct CardTexts<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) organization: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) description: Option<Cow<'a, str>>,
}

impl<'a> CardTexts<'a> {
    pub(crate) fn of(card: &'a [u8]) -> Self {
        // Cards are written by this crate, so they can be read.
        serde_json::from_slice(card).unwrap_or_default()
    }
}
