//! The trace context that a caller sends (W3C Trace Context, level 1).

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

/// What is read of a `tracestate`; the standard has 512 characters at least be passed on.
const LONGEST_STATE: usize = 1_024;

/// A well-formed `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent<'h> {
    /// 32 hexadecimal digits in lower case, not all zero.
    pub trace_id: &'h str,
    /// 16 of them.
    pub span_id: &'h str,
    pub is_sampled: bool,
}

impl<'h> TraceParent<'h> {
    /// `None` for anything that is not well formed (section 3.2); later versions may have further parts.
    pub fn parse(header: &'h str) -> Option<Self> {
        let mut parts = header.trim().split('-');
        let (version, trace_id, span_id, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_known = is_hexadecimal(version, 2)
            && version != "ff"
            && (version != "00" || parts.next().is_none());
        let is_identified = is_hexadecimal(trace_id, 32)
            && is_hexadecimal(span_id, 16)
            && !is_zero(trace_id)
            && !is_zero(span_id);
        if !is_known || !is_identified || !is_hexadecimal(flags, 2) {
            return None;
        }
        Some(Self {
            trace_id,
            span_id,
            is_sampled: u8::from_str_radix(flags, 16).ok()? & 1 == 1,
        })
    }

    /// As the parent of a span here. A `tracestate` that cannot be read is left out.
    pub(super) fn remote(self, state: Option<&str>) -> Option<SpanContext> {
        let state = state
            .filter(|state| state.len() <= LONGEST_STATE)
            .and_then(|state| state.parse::<TraceState>().ok());
        Some(SpanContext::new(
            TraceId::from_hex(self.trace_id).ok()?,
            SpanId::from_hex(self.span_id).ok()?,
            TraceFlags::default().with_sampled(self.is_sampled),
            true,
            state.unwrap_or_default(),
        ))
    }
}

fn is_hexadecimal(text: &str, length: usize) -> bool {
    text.len() == length
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_zero(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn a_trace_parent_is_read_only_if_it_is_well_formed() {
        for (good, is_sampled) in [
            (format!("00-{TRACE}-{SPAN}-01"), true),
            (format!(" 00-{TRACE}-{SPAN}-00 "), false),
            (format!("00-{TRACE}-{SPAN}-03"), true),
            (format!("01-{TRACE}-{SPAN}-01-more"), true),
        ] {
            let expected = TraceParent {
                trace_id: TRACE,
                span_id: SPAN,
                is_sampled,
            };
            assert_eq!(TraceParent::parse(&good), Some(expected), "{good}");
        }
        for bad in [
            String::new(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-{SPAN}-0g"),
            format!("00-{TRACE}-{SPAN}-é"),
        ] {
            assert_eq!(TraceParent::parse(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_trace_state_is_passed_on_unless_it_is_malformed_or_long() {
        let header = format!("00-{TRACE}-{SPAN}-01");
        let parent = TraceParent::parse(&header).unwrap();
        let state = |text: &str| {
            let remote = parent.remote(Some(text)).unwrap();
            remote.trace_state().header()
        };
        assert_eq!(state("a=1,b@c=2"), "a=1,b@c=2");
        assert_eq!(state("nonsense"), "");
        assert_eq!(state(&format!("a={}", "x".repeat(2_000))), "");
        assert!(parent.remote(None).unwrap().is_sampled());
    }
}
