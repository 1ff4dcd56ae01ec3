//! Postgres, Redis and the Command Center, and the index that follows the store.

use super::Case;

const DOWN: [&str; 3] = ["PostgresDown", "RedisDown", "CommandCenterDown"];

pub(super) fn cases() -> Vec<Case> {
    let new = |name| Case::new(name).up("1");
    let reached = |case: Case, values: &str| {
        case.series("1", "postgres_up", "", values)
            .series("1", "redis_up", "", values)
            .series("1", "command_center_up", "", values)
    };
    let pool = |case: Case, active: &str| {
        case.series("1", "postgres_connections_active", "", active)
            .series("1", "postgres_connections_max", "", "20x60")
    };
    vec![
        reached(new("nothing is reached"), "1x20 0x40")
            .at("30m")
            .fires("PostgresDown", "1")
            .fires("RedisDown", "1")
            .fires("CommandCenterDown", "1"),
        reached(new("one look fails"), "1x20 0 1x40")
            .at("21m")
            .silent(&DOWN)
            .at("23m")
            .silent(&DOWN),
        reached(new("one server of two does not reach them"), "0x60")
            .of_instance("b", "1", "postgres_up", "", "1x60")
            .of_instance("b", "1", "redis_up", "", "1x60")
            .of_instance("b", "1", "command_center_up", "", "1x60")
            .at("30m")
            .silent(&DOWN),
        new("none of them is configured")
            .at("30m")
            .silent(&DOWN)
            .silent(&[
                "DatabaseConnectionHigh",
                "RedisHitRateLow",
                "SearchIndexLagging",
                "ChangeFeedHeldBack",
            ]),
        pool(new("18 of 20 connections are in use"), "10x20 18x40")
            .at("24m")
            .silent(&["DatabaseConnectionHigh"])
            .at("30m")
            .fires("DatabaseConnectionHigh", "1"),
        pool(
            new("16 of 20 are just within, and all for three minutes"),
            "16x20 20x2 16x40",
        )
        .at("23m")
        .silent(&["DatabaseConnectionHigh"])
        .at("40m")
        .silent(&["DatabaseConnectionHigh"]),
        new("six of ten lookups hit")
            .series("1", "redis_lookups_total", "", "0+60x90")
            .series("1", "redis_hits_total", "", "0+36x90")
            .at("60m")
            .fires("RedisHitRateLow", "1"),
        new("none of 60 lookups hits, and 95 % of many")
            .up("2")
            .series("1", "redis_lookups_total", "", "0+1x90")
            .series("1", "redis_hits_total", "", "0x90")
            .series("2", "redis_lookups_total", "", "0+100x90")
            .series("2", "redis_hits_total", "", "0+95x90")
            .at("60m")
            .silent(&["RedisHitRateLow"]),
        new("the index falls back, and a transaction stays open")
            .series("1", "index_lag_seconds", "", "0x20 20+60x40")
            .series("1", "change_feed_held_back_seconds", "", "0x20 60+60x40")
            .at("30m")
            .fires("SearchIndexLagging", "1")
            .fires("ChangeFeedHeldBack", "1"),
        new("a moment of lag")
            .series("1", "index_lag_seconds", "", "0x20 12 0x40")
            .series("1", "change_feed_held_back_seconds", "", "0x20 40 0x40")
            .at("20m")
            .silent(&["SearchIndexLagging", "ChangeFeedHeldBack"])
            .at("25m")
            .silent(&["SearchIndexLagging", "ChangeFeedHeldBack"]),
    ]
}
