//! Connections, queries, transactions, and the index that follows the store.

use rollout::policy::{Condition, Policy};

use super::panel::{COUNT, EVENTS, PART, Panel, Queries, SECONDS};

pub(super) fn panels(policy: &Policy) -> Vec<Panel> {
    let queries = Queries(policy);
    let selected = queries.labels("");
    let mut pool = Panel::lines("Connections in use of those allowed", PART).query(
        format!("postgres_connections_active{selected} / (postgres_connections_max{selected} > 0)"),
        "{{instance}}",
    );
    if let Some(trigger) = queries.trigger("database_pool") {
        pool = pool.bad_above(trigger.limit.bad_at_most);
    }
    let own = |alert: &str| match &policy.monitoring.alerts.get(alert)?.condition {
        Condition::Own(own) => Some(own.above),
        _ => None,
    };
    let limited = |panel: Panel, alert: &str| match own(alert) {
        Some(limit) => panel.bad_above(limit),
        None => panel,
    };
    vec![
        Panel::numbers("Postgres is reached", COUNT)
            .query(queries.gauge("postgres_up", "instance"), "{{instance}}")
            .bad_below(1.0),
        pool,
        Panel::lines("Connections in use", COUNT).query(
            queries.gauge("postgres_connections_active", "instance"),
            "{{instance}}",
        ),
        Panel::lines("Time of queries, 95th percentile", SECONDS).query(
            queries.quantile(0.95, "postgres_query_duration_seconds", "operation"),
            "{{operation}}",
        ),
        Panel::lines("Queries", EVENTS).query(
            queries.rate("postgres_query_duration_seconds_count", "operation", ""),
            "{{operation}}",
        ),
        Panel::lines("Transactions", EVENTS).query(
            queries.rate("postgres_transactions_total", "outcome", ""),
            "{{outcome}}",
        ),
        Panel::lines(
            "Calls that wait for their interactions to be written",
            COUNT,
        )
        .query(
            queries.gauge("interactions_queued", "instance"),
            "{{instance}}",
        ),
        limited(
            Panel::lines("The index lags behind the store", SECONDS).query(
                queries.gauge("index_lag_seconds", "instance"),
                "{{instance}}",
            ),
            "SearchIndexLagging",
        ),
        limited(
            Panel::lines("Changes are held back by an open transaction", SECONDS).query(
                queries.gauge("change_feed_held_back_seconds", "instance"),
                "{{instance}}",
            ),
            "ChangeFeedHeldBack",
        ),
        Panel::lines("Records of the index that were made equal", EVENTS).query(
            queries.rate("index_healed_records_total", "instance", ""),
            "{{instance}}",
        ),
        Panel::lines("Scholarships in the index", COUNT).query(
            queries.gauge("index_scholarships", "instance"),
            "{{instance}}",
        ),
        Panel::lines("Parts of the index", COUNT)
            .query(queries.gauge("index_segments", "instance"), "{{instance}}"),
    ]
}
