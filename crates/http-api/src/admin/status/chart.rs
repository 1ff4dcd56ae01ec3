//! The requests of the last hour as a picture: a bar for each stretch, the failed ones in red on top of it.

use std::fmt::Write as _;

use telemetry::Stretch;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 120.0;

/// An SVG of its own size; of too little, a sentence.
pub(super) fn rendered(stretches: &[Stretch]) -> String {
    if stretches.len() < 2 {
        return "<p class=\"quiet\">The picture begins after 20 seconds.</p>".to_owned();
    }
    let highest = stretches.iter().map(rate).fold(0.0, f64::max);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Requests a second in the last hour, at most {highest:.1}\">"
    );
    let total: f64 = stretches.iter().map(seconds).sum();
    let mut left = 0.0;
    for stretch in stretches {
        let width = share(seconds(stretch), total) * WIDTH;
        let height = share(rate(stretch), highest) * HEIGHT;
        let failed = height * share(number(stretch.failed), number(stretch.requests));
        bar(&mut svg, "answered", (left, width), HEIGHT - height, height);
        bar(&mut svg, "failed", (left, width), HEIGHT - height, failed);
        left += width;
    }
    svg.push_str("</svg>");
    let _ = write!(
        svg,
        "<p class=\"quiet\">Requests a second over the last {:.0} minutes, at most {highest:.1}; failed ones in red.</p>",
        total / 60.0
    );
    svg
}

fn bar(svg: &mut String, class: &str, (left, width): (f64, f64), top: f64, height: f64) {
    if height > 0.0 {
        // What failed must be seen, however little it is.
        let height = height.max(2.0);
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.2}\" height=\"{height:.1}\"/>"
        );
    }
}

fn rate(stretch: &Stretch) -> f64 {
    share(number(stretch.requests), seconds(stretch))
}

fn seconds(stretch: &Stretch) -> f64 {
    stretch.lasted.as_secs_f64()
}

/// Nothing of nothing is nothing.
pub(super) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a picture of an hour's requests needs no more than 52 bits"
)]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}
