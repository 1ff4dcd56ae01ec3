//! Which traces are sent before it is known how they end. All others are recorded all the same, so that those with errors can
//! be sent when they end.

use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt as _, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

use super::Sampling;

#[derive(Debug, Clone)]
pub(super) struct HeadSampler {
    follows_parent: bool,
    ratio: Sampler,
}

impl HeadSampler {
    pub(super) fn new(sampling: Sampling) -> Self {
        Self {
            follows_parent: sampling.follows_parent,
            ratio: Sampler::TraceIdRatioBased(sampling.ratio),
        }
    }
}

impl HeadSampler {
    /// Of a request from outside, whose span may be made later.
    pub(super) fn samples_request(&self, parent: Option<&SpanContext>, trace_id: TraceId) -> bool {
        match parent {
            Some(parent) if self.follows_parent => parent.is_sampled(),
            _ => self.is_in_the_ratio(trace_id),
        }
    }

    fn is_in_the_ratio(&self, trace_id: TraceId) -> bool {
        let of_ratio = (self.ratio).should_sample(None, trace_id, "", &SpanKind::Server, &[], &[]);
        of_ratio.decision == SamplingDecision::RecordAndSample
    }
}

impl ShouldSample for HeadSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        _: &str,
        kind: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let parent = parent.map(|context| context.span().span_context().clone());
        let parent = parent.filter(SpanContext::is_valid);
        let decision = match &parent {
            // What happens in this process goes with its trace, whoever decided about that.
            Some(parent) if !parent.is_remote() => sampled(parent.is_sampled()),
            // A call that nobody asked for: stores and queues are looked at several times a second.
            None if *kind == SpanKind::Client => SamplingDecision::Drop,
            parent => sampled(self.samples_request(parent.as_ref(), trace_id)),
        };
        SamplingResult {
            decision,
            attributes: Vec::new(),
            trace_state: parent
                .map(|parent| parent.trace_state().clone())
                .unwrap_or_default(),
        }
    }
}

fn sampled(yes: bool) -> SamplingDecision {
    if yes {
        SamplingDecision::RecordAndSample
    } else {
        SamplingDecision::RecordOnly
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanId, TraceFlags, TraceState};

    use super::*;

    fn decided(follows_parent: bool, ratio: f64, parent: Option<(bool, bool)>) -> SamplingDecision {
        let context = parent.map(|(is_sampled, is_remote)| {
            Context::new().with_remote_span_context(SpanContext::new(
                TraceId::from(7_u128),
                SpanId::from(7),
                TraceFlags::default().with_sampled(is_sampled),
                is_remote,
                TraceState::default(),
            ))
        });
        let sampler = HeadSampler::new(Sampling {
            follows_parent,
            ratio,
        });
        let kind = SpanKind::Server;
        let result = sampler.should_sample(
            context.as_ref(),
            TraceId::from(9_u128),
            "x",
            &kind,
            &[],
            &[],
        );
        result.decision
    }

    #[test]
    fn the_parent_decides_where_it_may_else_the_ratio() {
        use SamplingDecision::{RecordAndSample, RecordOnly};
        // Whether callers decide, the ratio, the parent's decision and whether it is another process.
        for (follows, ratio, parent, expected) in [
            (true, 0.0, None, RecordOnly),
            (true, 1.0, None, RecordAndSample),
            (true, 0.0, Some((true, true)), RecordAndSample),
            (true, 1.0, Some((false, true)), RecordOnly),
            (false, 0.0, Some((true, true)), RecordOnly),
            (false, 1.0, Some((false, true)), RecordAndSample),
            (false, 0.0, Some((true, false)), RecordAndSample),
            (false, 1.0, Some((false, false)), RecordOnly),
        ] {
            assert_eq!(
                decided(follows, ratio, parent),
                expected,
                "{follows} {ratio} {parent:?}"
            );
        }
    }

    #[test]
    fn about_the_ratio_of_all_traces_is_sent() {
        let sampler = HeadSampler::new(Sampling {
            follows_parent: true,
            ratio: 0.25,
        });
        let sent = (0..10_000_u128).filter(|number| {
            let trace =
                TraceId::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
            let result = sampler.should_sample(None, trace, "x", &SpanKind::Server, &[], &[]);
            result.decision == SamplingDecision::RecordAndSample
        });
        let sent = sent.count();
        assert!((2_200..2_800).contains(&sent), "{sent}");
    }

    #[test]
    fn a_call_without_a_request_is_no_trace() {
        let sampler = HeadSampler::new(Sampling {
            follows_parent: true,
            ratio: 1.0,
        });
        let result = sampler.should_sample(
            None,
            TraceId::from(9_u128),
            "x",
            &SpanKind::Client,
            &[],
            &[],
        );
        assert_eq!(result.decision, SamplingDecision::Drop);
    }
}
