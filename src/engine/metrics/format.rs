//! The text format of Prometheus: each metric once, with its help and kind before its samples.

use std::fmt::Display;

/// Before every name.
const PREFIX: &str = "prism_connect_";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Gauge,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
        }
    }
}

/// Metrics in the order in which they were first put.
#[derive(Debug, Default)]
pub(super) struct Page {
    metrics: Vec<(&'static str, String)>,
}

impl Page {
    /// A sample of a metric; its help and kind count the first time.
    pub(super) fn put(
        &mut self,
        name: &'static str,
        kind: Kind,
        help: &str,
        labels: &[(&str, &str)],
        value: impl Display,
    ) {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let sample = format!("{PREFIX}{name}{labels} {value}\n");
        if let Some((_, text)) = self.metrics.iter_mut().find(|(known, _)| *known == name) {
            text.push_str(&sample);
            return;
        }
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let kind = kind.word();
        let head = format!("# HELP {PREFIX}{name} {help}\n# TYPE {PREFIX}{name} {kind}\n");
        self.metrics.push((name, head + &sample));
    }

    pub(super) fn text(self) -> String {
        self.metrics.into_iter().map(|(_, text)| text).collect()
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_a_metric_stand_together_and_labels_cannot_end_themselves() {
        let mut page = Page::default();
        page.put("a", Kind::Gauge, "What a is.", &[("x", "1\"\\\n")], 1);
        page.put("b", Kind::Gauge, "b", &[], "2.5");
        page.put("a", Kind::Gauge, "not told again", &[("x", "2")], -3);
        let expected = "# HELP prism_connect_a What a is.\n# TYPE prism_connect_a gauge\n\
                        prism_connect_a{x=\"1\\\"\\\\\\n\"} 1\nprism_connect_a{x=\"2\"} -3\n\
                        # HELP prism_connect_b b\n# TYPE prism_connect_b gauge\nprism_connect_b 2.5\n";
        assert_eq!(page.text(), expected);
    }
}
