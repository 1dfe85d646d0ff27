//! What came of tests, for people and for programs.

use std::fmt::Write as _;
use std::time::Duration;

use crate::diagnostic::render::xml_escape as escape;

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ReportFormat {
    /// For people: what failed, and a summary
    #[default]
    Text,
    /// One object a test, one test a line
    Json,
    /// One `JUnit` document, for build servers
    Junit,
}

/// What came of a test.
#[derive(Debug, serde::Serialize)]
pub(super) struct Outcome {
    /// The file of the rule.
    pub(super) path: String,
    /// The name of the test.
    pub(super) test: String,
    /// Whether the rule answered as expected.
    pub(super) ok: bool,
    /// What differed, or why there was no answer.
    pub(super) failures: Vec<String>,
    /// How long it took.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub(super) took: Duration,
}

fn seconds<S: serde::Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((took.as_secs_f64() * 1000.0).round() / 1000.0)
}

impl Outcome {
    /// The outcome as a line or paragraph of its own.
    pub(super) fn written(&self, format: ReportFormat, verbose: bool) -> String {
        match format {
            // Texts, numbers and truth values: nothing that JSON cannot hold.
            ReportFormat::Json => serde_json::to_string(self).map(|line| line + "\n").unwrap_or_default(),
            ReportFormat::Junit => self.case(),
            ReportFormat::Text if self.ok && !verbose => String::new(),
            ReportFormat::Text if self.ok => format!("ok    {}: {}\n", self.path, self.test),
            ReportFormat::Text => {
                let mut text = format!("FAIL  {}: {}\n", self.path, self.test);
                for line in self.failures.iter().flat_map(|failure| failure.lines()) {
                    let _ = writeln!(text, "      {}", visible(line));
                }
                text
            }
        }
    }

    fn case(&self) -> String {
        let (path, test) = (escape(&self.path), escape(&self.test));
        let head =
            format!("    <testcase name=\"{test}\" classname=\"{path}\" time=\"{:.3}\"", self.took.as_secs_f64());
        if self.ok {
            return format!("{head}/>\n");
        }
        let message = escape(self.failures.first().and_then(|text| text.lines().next()).unwrap_or_default());
        let text = escape(&self.failures.join("\n"));
        format!("{head}>\n      <failure message=\"{message}\">{text}</failure>\n    </testcase>\n")
    }
}

/// What stands before and behind the outcomes of a format.
pub(super) fn frame(format: ReportFormat, tests: usize, failed: usize) -> (String, String) {
    if format != ReportFormat::Junit {
        return Default::default();
    }
    let counts = format!("tests=\"{tests}\" failures=\"{failed}\" errors=\"0\"");
    let head = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"kqlc test\" {counts}>\n  \
         <testsuite name=\"rules\" {counts}>\n"
    );
    (head, "  </testsuite>\n</testsuites>\n".to_owned())
}

/// A line with nothing in it that a terminal would obey.
fn visible(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(ok: bool) -> Outcome {
        let failures = if ok { vec![] } else { vec!["1 < 2\n\u{1b}[0m".to_owned()] };
        Outcome { path: "a.yaml".into(), test: "x & y".into(), ok, failures, took: Duration::from_millis(1500) }
    }

    #[test]
    fn people_are_told_what_failed() {
        assert_eq!(outcome(true).written(ReportFormat::Text, false), "");
        assert_eq!(outcome(true).written(ReportFormat::Text, true), "ok    a.yaml: x & y\n");
        assert_eq!(
            outcome(false).written(ReportFormat::Text, false),
            "FAIL  a.yaml: x & y\n      1 < 2\n      \u{fffd}[0m\n"
        );
    }

    #[test]
    fn programs_are_told_everything() {
        assert_eq!(
            outcome(true).written(ReportFormat::Json, false),
            "{\"path\":\"a.yaml\",\"test\":\"x & y\",\"ok\":true,\"failures\":[],\"seconds\":1.5}\n"
        );
        let case = outcome(false).written(ReportFormat::Junit, false);
        assert!(case.contains(r#"<testcase name="x &amp; y" classname="a.yaml" time="1.500">"#), "{case}");
        assert!(case.contains(r#"<failure message="1 &lt; 2">1 &lt; 2&#10;"#), "{case}");
        assert!(frame(ReportFormat::Junit, 3, 1).0.contains(r#"tests="3" failures="1""#));
    }
}
