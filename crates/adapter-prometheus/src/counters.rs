//! Everything that is counted, by the name that a query gives it.

/// Each grows from 0 with its process, but for those that say whether something is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Counter {
    Requests,
    ServerErrors,
    /// Requests with a time: all, and those within an edge of the histogram in milliseconds.
    Timed,
    Within(u32),
    Searches,
    SearchErrors,
    SearchesTimed,
    SearchesInTime,
    Recommendations,
    RecommendationErrors,
    RecommendationsTimed,
    RecommendationsInTime,
    AiConfigured,
    AiAnswers,
    AiFallbacks,
    AiCalls,
    AiFailures,
    AgentTasks,
    AgentTaskFailures,
    CacheConfigured,
    CacheLookups,
    CacheHits,
    SecurityViolations,
    /// Of the router.
    Sent,
    ConnectionErrors,
    ResponseErrors,
}

/// Those with a name of their own; buckets of the histogram are told by their edge.
const NAMES: [(&str, Counter); 24] = [
    ("requests", Counter::Requests),
    ("server_errors", Counter::ServerErrors),
    ("searches", Counter::Searches),
    ("search_errors", Counter::SearchErrors),
    ("searches_timed", Counter::SearchesTimed),
    ("searches_in_time", Counter::SearchesInTime),
    ("recommendations", Counter::Recommendations),
    ("recommendation_errors", Counter::RecommendationErrors),
    ("recommendations_timed", Counter::RecommendationsTimed),
    ("recommendations_in_time", Counter::RecommendationsInTime),
    ("ai_configured", Counter::AiConfigured),
    ("ai_answers", Counter::AiAnswers),
    ("ai_fallbacks", Counter::AiFallbacks),
    ("ai_calls", Counter::AiCalls),
    ("ai_failures", Counter::AiFailures),
    ("agent_tasks", Counter::AgentTasks),
    ("agent_task_failures", Counter::AgentTaskFailures),
    ("cache_configured", Counter::CacheConfigured),
    ("cache_lookups", Counter::CacheLookups),
    ("cache_hits", Counter::CacheHits),
    ("security_violations", Counter::SecurityViolations),
    ("sent", Counter::Sent),
    ("connection_errors", Counter::ConnectionErrors),
    ("response_errors", Counter::ResponseErrors),
];

/// The name of all buckets in a query.
pub(crate) const BUCKETS: &str = "within";

impl Counter {
    pub(crate) fn name(self) -> &'static str {
        let mut names = NAMES.iter();
        names
            .find(|(_, counter)| *counter == self)
            .map_or(BUCKETS, |(name, _)| name)
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        let (_, counter) = NAMES.iter().find(|(known, _)| *known == name)?;
        Some(*counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_counter_is_found_by_its_name() {
        for (name, counter) in NAMES {
            assert_eq!(Counter::named(counter.name()), Some(counter));
            assert_eq!(counter.name(), name);
        }
        assert_eq!(Counter::Within(200).name(), BUCKETS);
        assert_eq!(Counter::named(BUCKETS), None);
    }
}
