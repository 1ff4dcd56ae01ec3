//! Panels: what they show, in which unit, and where the limits are.

use rollout::policy::{Policy, Trigger};
use rollout::span;
use serde_json::{Value, json};

use crate::render::shares::{Level, Share, rate};

/// The height of a panel and the width of the whole, in the cells of Grafana.
const HEIGHT: u32 = 8;
const WIDTH: u32 = 24;
/// Its queries read buckets, which have exemplars.
const QUANTILE: &str = "histogram_quantile";

pub(super) struct Panel {
    kind: Kind,
    title: String,
    description: String,
    unit: &'static str,
    width: u32,
    has_negatives: bool,
    queries: Vec<(String, String)>,
    /// Where it gets bad, and whether that is above.
    limits: Vec<(f64, bool)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lines,
    Numbers,
}

/// Units, as Grafana calls them.
pub(super) const PART: &str = "percentunit";
pub(super) const PER_SECOND: &str = "reqps";
pub(super) const EVENTS: &str = "ops";
pub(super) const SECONDS: &str = "s";
pub(super) const BYTES: &str = "bytes";
pub(super) const COUNT: &str = "short";
pub(super) const DOLLARS: &str = "currencyUSD";

impl Panel {
    pub(super) fn lines(title: impl Into<String>, unit: &'static str) -> Self {
        Self {
            kind: Kind::Lines,
            title: title.into(),
            description: String::new(),
            unit,
            width: 8,
            has_negatives: false,
            queries: Vec::new(),
            limits: Vec::new(),
        }
    }

    /// The latest values, large.
    pub(super) fn numbers(title: impl Into<String>, unit: &'static str) -> Self {
        Self {
            kind: Kind::Numbers,
            ..Self::lines(title, unit)
        }
    }

    pub(super) fn about(mut self, description: &str) -> Self {
        description.clone_into(&mut self.description);
        self
    }

    /// Values may be below 0.
    pub(super) fn signed(mut self) -> Self {
        self.has_negatives = true;
        self
    }

    /// In cells, of 24.
    pub(super) fn wide(mut self, width: u32) -> Self {
        self.width = width;
        self
    }

    pub(super) fn query(mut self, expr: impl Into<String>, legend: impl Into<String>) -> Self {
        self.queries.push((expr.into(), legend.into()));
        self
    }

    pub(super) fn bad_above(mut self, limit: f64) -> Self {
        self.limits.push((limit, true));
        self
    }

    pub(super) fn bad_below(mut self, limit: f64) -> Self {
        self.limits.push((limit, false));
        self
    }

    fn render(&self, id: usize, x: u32, y: u32) -> Value {
        let datasource = json!({"type": "prometheus", "uid": "${datasource}"});
        let targets: Vec<Value> = self
            .queries
            .iter()
            .enumerate()
            .map(|(index, (expr, legend))| {
                let mut target = json!({
                    "datasource": datasource, "editorMode": "code", "expr": expr, "legendFormat": legend,
                    "range": self.kind == Kind::Lines, "instant": self.kind == Kind::Numbers, "refId": reference(index),
                });
                if expr.starts_with(QUANTILE) {
                    // Traces of single requests, as dots among the lines.
                    target["exemplar"] = true.into();
                }
                target
            })
            .collect();
        let mut defaults = json!({
            "unit": self.unit, "mappings": [], "color": {"mode": "palette-classic"},
            "thresholds": {"mode": "absolute", "steps": self.steps()},
        });
        if !self.has_negatives {
            defaults["min"] = 0.into();
        }
        let options = match self.kind {
            Kind::Lines => {
                let style = if self.limits.is_empty() {
                    "off"
                } else {
                    "line"
                };
                defaults["custom"] = json!({
                    "drawStyle": "line", "lineWidth": 1, "fillOpacity": 8, "showPoints": "never", "spanNulls": false,
                    "thresholdsStyle": {"mode": style},
                });
                json!({
                    "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []},
                    "tooltip": {"mode": "multi", "sort": "desc"},
                })
            }
            Kind::Numbers => {
                defaults["color"] = json!({"mode": "thresholds"});
                json!({
                    "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
                    "colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto", "textMode": "auto",
                })
            }
        };
        json!({
            "id": id,
            "type": match self.kind { Kind::Lines => "timeseries", Kind::Numbers => "stat" },
            "title": self.title,
            "description": self.description,
            "datasource": datasource,
            "gridPos": {"h": HEIGHT, "w": self.width, "x": x, "y": y},
            "targets": targets,
            "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": options,
        })
    }

    /// From the lowest value up. Where it is bad below a limit, it is so from the beginning.
    fn steps(&self) -> Vec<Value> {
        let starts_bad = self.limits.iter().any(|(_, is_above)| !is_above);
        let first = if starts_bad { "red" } else { "green" };
        let mut steps = vec![json!({"color": first, "value": null})];
        let mut limits = self.limits.clone();
        limits.sort_by(|left, right| left.0.total_cmp(&right.0));
        for (limit, is_above) in limits {
            let color = if is_above { "red" } else { "green" };
            steps.push(json!({"color": color, "value": limit}));
        }
        steps
    }
}

/// `A`, `B` and so on; a panel has few queries.
fn reference(index: usize) -> String {
    let letter = b'A' + u8::try_from(index).unwrap_or(25).min(25);
    char::from(letter).to_string()
}

/// From left to right, and on to the next row.
pub(super) fn laid_out(panels: Vec<Panel>) -> Vec<Value> {
    let (mut x, mut y) = (0, 0);
    let mut laid_out = Vec::new();
    for (index, panel) in panels.iter().enumerate() {
        if x + panel.width > WIDTH {
            (x, y) = (0, y + HEIGHT);
        }
        laid_out.push(panel.render(index + 1, x, y));
        x += panel.width;
    }
    laid_out
}

/// What queries of dashboards share.
pub(super) struct Queries<'a>(pub(super) &'a Policy);

impl Queries<'_> {
    /// The shortest window that is recorded.
    pub(super) fn window(&self) -> String {
        span::text(self.0.monitoring.windows[0])
    }

    /// `{job="..", version=~"$version"}`, with more labels before the end.
    pub(super) fn labels(&self, further: &str) -> String {
        format!(
            "{{job=\"{}\", version=~\"$version\"{further}}}",
            self.0.monitoring.job
        )
    }

    /// A rate a second, summed up by these labels.
    pub(super) fn rate(&self, metric: &str, by: &str, further: &str) -> String {
        let (labels, window) = (self.labels(further), self.window());
        format!("sum by ({by}) (rate({metric}{labels}[{window}]))")
    }

    pub(super) fn gauge(&self, metric: &str, by: &str) -> String {
        format!("max by ({by}) ({metric}{})", self.labels(""))
    }

    /// For eyes only: between edges it is a guess, so nothing is judged by it.
    pub(super) fn quantile(&self, quantile: f64, histogram: &str, by: &str) -> String {
        let by = if by.is_empty() {
            "le".to_owned()
        } else {
            format!("le, {by}")
        };
        let rates = self.rate(&format!("{histogram}_bucket"), &by, "");
        format!("{QUANTILE}({quantile}, {rates})")
    }

    /// Bad ones among all, as alerts see them.
    pub(super) fn bad(&self, share: &Share, selector: &str) -> String {
        let window = self.0.monitoring.windows[0];
        let bad = rate(Level::Version, &share.bad, window);
        let all = rate(Level::Version, &share.all, window);
        format!("{bad}{selector} / ({all}{selector} > 0)")
    }

    pub(super) fn trigger(&self, name: &str) -> Option<&Trigger> {
        self.0.triggers.get(name)
    }
}
