//! Plots of a report: lines over time, over rates or over quantiles, as SVG within the page.

use std::fmt::Write as _;

use crate::reporting::xml;

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 220.0;
/// Room for the numbers at the left, and for those below.
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 26.0;
const TOP: f64 = 10.0;
/// Seconds from which on they are shown as days.
const DAYS: f64 = 2.0 * 86_400.0;

/// Of pages with plots; the colours of lines and of their names are the page's own.
pub(crate) const STYLE: &str = "svg{width:100%;height:auto}text{font:11px system-ui,sans-serif;fill:#52606d}.grid{stroke:#e4e7eb}\
.caption{color:#52606d;margin:.1em 0}polyline{fill:none;stroke-width:2;stroke-linejoin:round}\
line.allowed{stroke:#b3261e;stroke-dasharray:6 4}text.allowed{fill:#b3261e}.legend span{margin-right:1.2em;font-size:.9em}\
.legend i{display:inline-block;width:1.4em;height:.25em;margin-right:.4em;vertical-align:middle}";

/// What the horizontal axis is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Across {
    Seconds,
    Rates,
    /// Parts of 1, wider the nearer they come to it.
    Quantiles,
}

pub(crate) struct Series {
    pub(crate) name: &'static str,
    /// One of the page's style: it colours the line and its name.
    pub(crate) class: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

pub(crate) struct Plot<'a> {
    pub(crate) title: &'a str,
    /// What is to be seen in it.
    pub(crate) caption: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) across: Across,
    pub(crate) series: Vec<Series>,
    /// A line at what is allowed.
    pub(crate) allowed: Option<f64>,
}

impl Plot<'_> {
    /// Nothing when there are no points.
    pub(crate) fn svg(&self) -> String {
        let points = || self.series.iter().flat_map(|series| &series.points);
        if points().next().is_none() {
            return String::new();
        }
        let place = |x: f64| self.across.place(x);
        let right = points().map(|(x, _)| place(*x)).fold(0.0, f64::max);
        let highest = points().map(|(_, y)| *y).fold(0.0, f64::max);
        // What is allowed stands in the plot unless it is so far above that the lines could not be told apart.
        let allowed = self.allowed.filter(|allowed| *allowed <= highest * 4.0);
        let ticks = ticks(allowed.map_or(highest, |allowed| highest.max(allowed)));
        let scale = Scale {
            right: right.max(1e-9),
            top: ticks.last().copied().unwrap_or(1.0),
        };
        let mut text = format!(
            "<h2>{}</h2><p class=\"caption\">{}</p><p class=\"legend\">",
            xml(self.title),
            xml(self.caption)
        );
        for series in &self.series {
            let _ = write!(
                text,
                "<span class=\"{}\"><i></i>{}</span>",
                series.class,
                xml(series.name)
            );
        }
        let _ = write!(
            text,
            "</p><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            xml(self.title)
        );
        for tick in &ticks {
            let y = scale.y(*tick);
            let _ = write!(
                text,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}{}</text>",
                LEFT - 6.0,
                y + 4.0,
                short(*tick),
                xml(self.unit)
            );
        }
        for (x, label) in self.across.labels(right) {
            let _ = write!(
                text,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
                scale.x(x).clamp(LEFT + 10.0, WIDTH - 26.0),
                HEIGHT - 6.0
            );
        }
        if let Some(allowed) = allowed {
            let y = scale.y(allowed);
            let _ = write!(
                text,
                "<line class=\"allowed\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"allowed\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">allowed: {}{}</text>",
                WIDTH - 4.0,
                y + 13.0,
                short(allowed),
                xml(self.unit)
            );
        }
        for series in &self.series {
            let _ = write!(text, "<polyline class=\"{}\" points=\"", series.class);
            for (x, y) in &series.points {
                let _ = write!(text, "{:.1},{:.1} ", scale.x(place(*x)), scale.y(*y));
            }
            text.push_str("\"/>");
        }
        text.push_str("</svg>");
        text
    }
}

struct Scale {
    /// The highest place, and the highest value.
    right: f64,
    top: f64,
}

impl Scale {
    fn x(&self, place: f64) -> f64 {
        LEFT + place / self.right * (WIDTH - LEFT - 4.0)
    }

    fn y(&self, value: f64) -> f64 {
        let high = HEIGHT - BOTTOM - TOP;
        TOP + high - (value / self.top).clamp(0.0, 1.0) * high
    }
}

impl Across {
    fn place(self, x: f64) -> f64 {
        match self {
            Self::Seconds | Self::Rates => x,
            Self::Quantiles => -(1.0 - x.min(0.999_99)).log10(),
        }
    }

    /// Places and what stands there.
    fn labels(self, right: f64) -> Vec<(f64, String)> {
        let shown = |x: f64| match self {
            Self::Seconds if right >= DAYS => format!("{} d", short(x / 86_400.0)),
            Self::Seconds if right >= 600.0 => format!("{} min", short(x / 60.0)),
            Self::Seconds => format!("{} s", short(x)),
            Self::Rates | Self::Quantiles => format!("{}/s", short(x)),
        };
        if self == Self::Quantiles {
            let known = [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999];
            return known
                .into_iter()
                .map(|part| (self.place(part), format!("{} %", short(part * 100.0))))
                .filter(|(place, _)| *place <= right + 1e-9)
                .collect();
        }
        // Minutes are divided as hours are.
        let unit = match self {
            Self::Seconds if right >= DAYS => 86_400.0,
            Self::Seconds if right >= 600.0 => 60.0,
            _ => 1.0,
        };
        let last = right / unit;
        let ticks = ticks(last).into_iter().filter(|tick| *tick <= last);
        ticks
            .map(|tick| (tick * unit, shown(tick * unit)))
            .collect()
    }
}

/// From 0 to at least the highest value, in four to eight steps of 1, 2 or 5 times a power of ten.
fn ticks(highest: f64) -> Vec<f64> {
    let highest = highest.max(1e-6);
    let power = 10_f64.powf((highest / 4.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|times| times * power)
        .into_iter()
        .find(|step| highest / step <= 6.0)
        .unwrap_or(power * 10.0);
    let mut ticks = vec![0.0];
    while let Some(last) = ticks.last().copied()
        && last < highest * (1.0 - 1e-9)
    {
        ticks.push(last + step);
    }
    ticks
}

/// As few digits as tell it.
fn short(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_few_and_round_and_reach_the_highest_value() {
        for highest in [0.003, 0.9, 1.0, 7.0, 60.0, 99.0, 101.0, 2_345.0] {
            let ticks = ticks(highest);
            assert!((3..=8).contains(&ticks.len()), "{highest}: {ticks:?}");
            assert!(
                ticks.last().unwrap() >= &(highest * 0.999),
                "{highest}: {ticks:?}"
            );
        }
        assert_eq!(ticks(60.0), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
    }

    fn plot(allowed: Option<f64>) -> String {
        Plot {
            title: "Latency",
            caption: "a < b",
            unit: " ms",
            across: Across::Seconds,
            series: vec![Series {
                name: "p95",
                class: "p95",
                points: vec![(0.0, 10.0), (30.0, 100.0)],
            }],
            allowed,
        }
        .svg()
    }

    #[test]
    fn a_line_goes_from_its_first_point_to_its_last() {
        let svg = plot(Some(200.0));
        // 10 and 100 of 200, over 184 pixels from the top of 10.
        assert!(svg.contains("points=\"64.0,184.8 916.0,102.0 \""), "{svg}");
        assert!(
            svg.contains("a &lt; b") && svg.contains("allowed: 200 ms"),
            "{svg}"
        );
        assert!(!plot(Some(2_000.0)).contains("allowed"), "far above");
    }

    #[test]
    fn without_points_there_is_no_plot() {
        let empty = Plot {
            title: "t",
            caption: "",
            unit: "",
            across: Across::Quantiles,
            series: Vec::new(),
            allowed: None,
        };
        assert_eq!(empty.svg(), "");
        assert_eq!(Across::Quantiles.labels(2.0).len(), 4);
        let last = |seconds: f64| {
            Across::Seconds
                .labels(seconds)
                .pop()
                .map(|(_, label)| label)
        };
        assert_eq!(last(50.0).as_deref(), Some("50 s"));
        assert_eq!(last(1_200.0).as_deref(), Some("20 min"));
        assert_eq!(last(604_800.0).as_deref(), Some("6 d"));
    }
}
