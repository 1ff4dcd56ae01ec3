//! The plot of `docs/performance.md`: CPU per search of each engine, and how it grows with the catalogue. Logarithmic axes,
//! since what is compared differs by factors.

use std::fmt::Write as _;

use super::{LARGE, MIDDLE, Results, SMALL};

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 380.0;
const ENGINES: [(&str, &str); 3] = [
    ("ours", "#1b6ca8"),
    ("tantivy tuned", "#d98324"),
    ("tantivy plain", "#a23b3b"),
];

/// A logarithmic axis from `low` to `high` on the line from `start` to `end`.
#[derive(Clone, Copy)]
struct Axis {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
}

impl Axis {
    fn at(self, value: f64) -> f64 {
        let share = (value / self.low).ln() / (self.high / self.low).ln();
        self.start + share.clamp(0.0, 1.0) * (self.end - self.start)
    }

    /// Powers of ten.
    fn ticks(self) -> impl Iterator<Item = f64> {
        std::iter::successors(Some(self.low), |tick| Some(tick * 10.0))
            .take_while(move |tick| *tick <= self.high * 1.001)
    }
}

pub(super) fn svg(results: &Results) -> String {
    let mut bars = Vec::new();
    let mut lines = Vec::new();
    for (engine, color) in ENGINES {
        // The queries that all engines got; where there was no peer, all of ours.
        let at = |size| {
            let shared = results.searches(size, engine, "shared", "held-out");
            let own = || results.searches(size, engine, "all", "held-out");
            let searches = shared.or_else(|| (engine == "ours").then(own).flatten());
            searches.map(|searches| searches.summary.cpu_mean)
        };
        bars.extend(at(MIDDLE).map(|mean| (engine, color, mean)));
        let points: Vec<(usize, f64)> = [SMALL, MIDDLE, LARGE]
            .into_iter()
            .filter_map(|size| Some((size, at(size)?)))
            .collect();
        lines.push((engine, color, points));
    }
    if let Some(postgres) = &results.server.postgres {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        #[expect(clippy::cast_precision_loss, reason = "a number of cores")]
        let cpu = cores as f64 * 1e6 / postgres.requests_per_second;
        bars.push(("Postgres", "#6b6b6b", cpu));
    }
    draw(&bars, &lines)
}

type Bar<'a> = (&'a str, &'a str, f64);
type Line<'a> = (&'a str, &'a str, Vec<(usize, f64)>);

fn draw(bars: &[Bar<'_>], lines: &[Line<'_>]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"13\" fill=\"#333\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n"
    );
    draw_bars(&mut svg, bars);
    draw_lines(&mut svg, lines);
    svg.push_str("</svg>\n");
    svg
}

fn draw_bars(svg: &mut String, bars: &[Bar<'_>]) {
    text(
        svg,
        20.0,
        28.0,
        "start",
        "CPU per search, 100,000 scholarships (us, mean)",
    );
    let axis = Axis {
        low: 1.0,
        high: 1e6,
        start: 120.0,
        end: 400.0,
    };
    let bottom = HEIGHT - 50.0;
    for tick in axis.ticks() {
        let x = axis.at(tick);
        line(svg, (x, 50.0), (x, bottom), "#ddd", 1.0);
        text(svg, x, bottom + 20.0, "middle", &short(tick));
    }
    for (at, (name, color, value)) in bars.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a handful of bars")]
        let y = 65.0 + at as f64 * 60.0;
        let width = axis.at(*value) - axis.start;
        let x = axis.start;
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width:.1}\" height=\"34\" fill=\"{color}\"/>"
        );
        text(svg, x - 8.0, y + 22.0, "end", name);
        text(svg, x + width + 6.0, y + 22.0, "start", &short(*value));
    }
}

fn draw_lines(svg: &mut String, lines: &[Line<'_>]) {
    text(
        svg,
        490.0,
        28.0,
        "start",
        "growth with the catalogue (us, mean)",
    );
    let bottom = HEIGHT - 50.0;
    let across = Axis {
        low: 1e4,
        high: 1e6,
        start: 545.0,
        end: WIDTH - 110.0,
    };
    let up = Axis {
        low: 1.0,
        high: 1e5,
        start: bottom,
        end: 50.0,
    };
    for tick in up.ticks() {
        let y = up.at(tick);
        line(svg, (across.start, y), (across.end, y), "#ddd", 1.0);
        text(svg, across.start - 8.0, y + 4.0, "end", &short(tick));
    }
    for tick in across.ticks() {
        text(svg, across.at(tick), bottom + 20.0, "middle", &short(tick));
    }
    for (name, color, points) in lines {
        #[expect(clippy::cast_precision_loss, reason = "sizes of catalogues")]
        let places: Vec<(f64, f64)> = points
            .iter()
            .map(|(size, mean)| (across.at(*size as f64), up.at(*mean)))
            .collect();
        for pair in places.windows(2) {
            line(svg, pair[0], pair[1], color, 2.5);
        }
        for (x, y) in &places {
            let _ = writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{color}\"/>"
            );
        }
        if let Some((x, y)) = places.last() {
            text(svg, x + 9.0, y + 4.0, "start", name);
        }
    }
}

fn line(svg: &mut String, from: (f64, f64), to: (f64, f64), color: &str, width: f64) {
    let ((x1, y1), (x2, y2)) = (from, to);
    let _ = writeln!(
        svg,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{color}\" stroke-width=\"{width}\"/>"
    );
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, words: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>"
    );
}

/// `25`, `3.2k`, `1M`.
fn short(value: f64) -> String {
    let (value, suffix) = match value {
        value if value >= 1e6 => (value / 1e6, "M"),
        value if value >= 1e3 => (value / 1e3, "k"),
        value => (value, ""),
    };
    if value >= 10.0 || value.fract() < 0.05 {
        format!("{value:.0}{suffix}")
    } else {
        format!("{value:.1}{suffix}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_times_as_much_is_as_far_everywhere() {
        let axis = Axis {
            low: 1.0,
            high: 1_000.0,
            start: 0.0,
            end: 300.0,
        };
        for (value, place) in [
            (1.0, 0.0),
            (10.0, 100.0),
            (1_000.0, 300.0),
            (0.5, 0.0),
            (1e9, 300.0),
        ] {
            assert!((axis.at(value) - place).abs() < 1e-6, "{value}");
        }
        assert_eq!(axis.ticks().count(), 4);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [25.0, 3_200.0, 1e6, 64_000.0, 2.5].map(short),
            ["25", "3.2k", "1M", "64k", "2.5"]
        );
    }

    #[test]
    fn every_element_is_closed() {
        let drawn = draw(
            &[("ours", "#000", 40.0)],
            &[("ours", "#000", vec![(10_000, 20.0), (100_000, 40.0)])],
        );
        let opened = drawn.matches('<').count() - drawn.matches("</").count();
        let closed = drawn.matches("/>").count() + drawn.matches("</").count();
        assert_eq!(opened, closed);
        assert!(drawn.starts_with("<svg") && drawn.ends_with("</svg>\n"));
    }
}
