//! The names under which the time of transactions is told: what they are about, and whether they may write.

use crate::connections::Access;

/// What a transaction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    Catalogue,
    Interactions,
    Tasks,
    Spending,
    Tokens,
    /// Looks at Postgres itself.
    Health,
}

/// All that a [`ports::DatabaseObserver`] hears of.
pub const OPERATIONS: [&str; 11] = [
    "catalogue_read",
    "catalogue_write",
    "interactions_read",
    "interactions_write",
    "tasks_read",
    "tasks_write",
    "spending_read",
    "spending_write",
    "tokens_read",
    "tokens_write",
    "health_read",
];

pub(crate) fn operation(area: Area, access: Access) -> &'static str {
    match (area, access.writes()) {
        (Area::Catalogue, false) => "catalogue_read",
        (Area::Catalogue, true) => "catalogue_write",
        (Area::Interactions, false) => "interactions_read",
        (Area::Interactions, true) => "interactions_write",
        (Area::Tasks, false) => "tasks_read",
        (Area::Tasks, true) => "tasks_write",
        (Area::Spending, false) => "spending_read",
        (Area::Spending, true) => "spending_write",
        (Area::Tokens, false) => "tokens_read",
        (Area::Tokens, true) => "tokens_write",
        (Area::Health, _) => "health_read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_listed_once() {
        let areas = [
            Area::Catalogue,
            Area::Interactions,
            Area::Tasks,
            Area::Spending,
            Area::Tokens,
            Area::Health,
        ];
        let accesses = [Access::ReadFew, Access::WriteMany];
        let mut named: Vec<_> = areas
            .iter()
            .flat_map(|area| accesses.map(|access| operation(*area, access)))
            .collect();
        named.dedup();
        assert_eq!(named, OPERATIONS);
    }
}
