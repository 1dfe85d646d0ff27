//! Packages: a converted query together with what its rule says, in the form a SIEM takes in.
//!
//! [`About`] gathers what a rule says, `templates` are the forms, and [`Packager`] puts both together with a
//! [`Conversion`]. What a form cannot say (a threshold of rows, a schedule) is a loss like any other.

mod about;
mod attack;
mod schedule;
mod templates;
mod uses;

use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::context;
use serde::Serialize;
use uuid::Uuid;

pub use about::{About, Connector, Entity, Nested, Schedule, Threat, Trigger};
pub use attack::{Attack, Tactic, Technique};
pub use uses::Uses;

use self::templates::Templates;
use crate::source::Span;
use crate::target::{self, Conversion, DataError, DetectionKind, Fidelity, Loss, LossKind, Target};

/// The forms of packages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Packaging {
    /// The bare query; for Sigma the rule.
    #[default]
    Query,
    /// A stanza of Splunk's `savedsearches.conf`.
    Savedsearch,
    /// A detection of Splunk's ESCU, in YAML.
    Escu,
    /// A detection rule of Kibana as its import takes it: JSON on one line.
    Ndjson,
    /// A detection rule in TOML, as Elastic's repository keeps it.
    Toml,
    /// A page in HTML about the rule, with all its conversions.
    Page,
}

impl Packaging {
    /// The word on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Savedsearch => "savedsearch",
            Self::Escu => "escu",
            Self::Ndjson => "ndjson",
            Self::Toml => "toml",
            Self::Page => "page",
        }
    }

    /// Every form.
    pub const ALL: [Self; 6] = [Self::Query, Self::Savedsearch, Self::Escu, Self::Ndjson, Self::Toml, Self::Page];

    /// The targets it is a form of; nothing where it is one of all.
    const fn only(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Query | Self::Page => None,
            Self::Savedsearch | Self::Escu => Some(&["splunk"]),
            Self::Ndjson | Self::Toml => Some(&["eql", "esql"]),
        }
    }

    /// Whether a target can be packaged so.
    pub fn takes(self, target: &str) -> bool {
        self.only().is_none_or(|targets| targets.contains(&target))
    }

    /// The file name extension, without the dot.
    ///
    /// # Errors
    /// What is wrong with the target's own data.
    pub fn extension(self, target: &dyn Target) -> Result<&'static str, DataError> {
        Ok(match self {
            Self::Query => target.capabilities()?.extension.as_str(),
            Self::Savedsearch => "conf",
            Self::Escu => "yml",
            Self::Ndjson => "ndjson",
            Self::Toml => "toml",
            Self::Page => "html",
        })
    }

    /// Whether whoever takes the package in raises an alert for each row, however many there are.
    fn alerts_for_each_row(self, target: &str) -> bool {
        match self {
            // A rule of Sigma is an alert for each event; a bare query is none by itself.
            Self::Query => target == "sigma",
            Self::Escu | Self::Ndjson | Self::Toml => true,
            Self::Savedsearch | Self::Page => false,
        }
    }
}

impl fmt::Display for Packaging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A conversion as a page shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Translation {
    /// The target's name.
    pub target: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// How faithful it is.
    pub fidelity: Fidelity,
    /// The artefact.
    pub output: Option<String>,
    /// What differs.
    pub losses: Vec<Difference>,
    /// The artefact as files to keep: names, and the bytes as `data:` addresses.
    pub files: Vec<(String, String)>,
}

/// A loss as a template sees it.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// In which way.
    pub kind: LossKind,
    /// What it costs.
    pub fidelity: Fidelity,
    /// The sentence.
    pub message: String,
}

impl From<&Loss> for Difference {
    fn from(loss: &Loss) -> Self {
        Self { kind: loss.kind, fidelity: loss.fidelity, message: loss.message.clone() }
    }
}

/// Puts conversions into forms.
#[derive(Debug)]
pub struct Packager {
    templates: Templates,
}

impl Packager {
    /// With the templates at hand.
    ///
    /// # Errors
    /// The first mistake in a template, with file and line.
    pub fn new() -> Result<Self, DataError> {
        Ok(Self { templates: Templates::load()? })
    }

    /// Puts a conversion into a form. What the form makes different, or cannot say, is added to its losses.
    ///
    /// # Errors
    /// A mistake in a template, with file and line.
    pub fn package(
        &self,
        packaging: Packaging,
        about: &About,
        target: &dyn Target,
        mut conversion: Conversion,
    ) -> Result<Conversion, DataError> {
        if matches!(packaging, Packaging::Ndjson | Packaging::Toml) {
            conversion.become_detection();
        }
        if conversion.output.is_none() {
            return Ok(conversion);
        }
        if let Some(loss) = unsaid_trigger(packaging, about, target.name()) {
            let mut losses = conversion.losses;
            losses.insert(0, loss);
            return Ok(Conversion::refused(losses));
        }
        let packaged = match packaging {
            Packaging::Query | Packaging::Page => return Ok(conversion),
            Packaging::Savedsearch => self.savedsearch(about, &mut conversion)?,
            Packaging::Escu => self.escu(about, &conversion)?,
            Packaging::Ndjson => self.ndjson(about, target.name(), &conversion)?,
            Packaging::Toml => {
                let text = self.elastic("elastic/templates/rule.toml.j2", about, target.name(), &conversion)?;
                if let Err(error) = text.parse::<toml::Table>() {
                    return Err(self.templates.mistake("elastic/templates/rule.toml.j2", error.to_string()));
                }
                text
            }
        };
        conversion.output = Some(packaged.trim_end().to_owned());
        Ok(conversion)
    }

    fn savedsearch(&self, about: &About, conversion: &mut Conversion) -> Result<String, DataError> {
        let schedule = about.schedule;
        let cron = schedule.frequency.map(schedule::cron);
        if let (Some(frequency), Some((_, actual))) = (schedule.frequency, &cron)
            && *actual != frequency
        {
            let message = format!(
                "the rule runs every {}, which cron cannot say; the search runs every {}, over the same stretch of time",
                schedule::short(frequency),
                schedule::short(*actual)
            );
            conversion.add(Loss::shown(LossKind::WindowKind, Span::default(), message));
        }
        if let (Some(period), Some(lookback)) = (schedule.period, about.uses.lookback)
            && lookback > period
        {
            let message = format!(
                "the query looks back {}, of which Sentinel shows a run no more than the last {} (`queryPeriod`); the search sees all of it",
                schedule::short(lookback),
                schedule::short(period)
            );
            conversion.add(Loss::approximate(LossKind::WindowKind, Span::default(), message));
        }
        let techniques: Vec<&str> = about.techniques.iter().map(|technique| technique.id.as_str()).collect();
        let query = conversion.query().unwrap_or_default();
        self.templates.render(
            "splunk/templates/savedsearch.conf.j2",
            context! {
                rule => about,
                stanza => header(&about.name),
                search => query,
                cron => cron.map(|(line, _)| line),
                techniques,
                fidelity => conversion.fidelity,
                losses => differences(conversion),
            },
        )
    }

    fn escu(&self, about: &About, conversion: &Conversion) -> Result<String, DataError> {
        let fielded: Vec<Entity> = about
            .entities
            .iter()
            .map(|entity| Entity {
                ty: entity.ty.clone(),
                fields: entity
                    .fields
                    .iter()
                    .map(|(identifier, column)| (identifier.clone(), field(conversion, column)))
                    .collect(),
            })
            .collect();
        let text = self.templates.render(
            "splunk/templates/escu.yml.j2",
            context! {
                rule => about,
                id => identifier(about, "splunk/escu"),
                search => conversion.query(),
                filter => format!("{}_filter", snake(&about.name)),
                message => about.alert_name.as_ref().map(|text| tokens(text, conversion)),
                entities => fielded,
                fidelity => conversion.fidelity,
                losses => differences(conversion),
            },
        )?;
        match serde_yaml::from_str::<serde_yaml::Mapping>(&text) {
            Ok(_) => Ok(text),
            Err(error) => Err(self.templates.mistake("splunk/templates/escu.yml.j2", error.to_string())),
        }
    }

    fn ndjson(&self, about: &About, target: &str, conversion: &Conversion) -> Result<String, DataError> {
        let path = "elastic/templates/rule.json.j2";
        let text = self.elastic(path, about, target, conversion)?;
        let mut rule: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&text).map_err(|error| self.templates.mistake(path, error.to_string()))?;
        // A template need not count commas: what is null is not there.
        rule.retain(|_, value| !value.is_null());
        Ok(serde_json::Value::Object(rule).to_string())
    }

    fn elastic(&self, path: &str, about: &About, target: &str, conversion: &Conversion) -> Result<String, DataError> {
        let outside = &conversion.outside;
        // Of the query's own stretch of time and the rule's the shorter one holds.
        let by_query = outside.from.as_deref().and_then(schedule::since);
        let from = match (about.schedule.period, &outside.from) {
            (Some(period), Some(_)) if by_query.is_some_and(|length| length > period) => Some(relative(period)),
            (_, Some(from)) => Some(from.clone()),
            (Some(period), None) => Some(relative(period)),
            (None, None) => None,
        };
        let indices: Vec<&str> = outside.indices.iter().flat_map(|index| index.split(',')).map(str::trim).collect();
        let kind = outside.detection.as_ref().map(|detection| &detection.kind);
        let unplaced: Vec<&str> = about.unplaced().map(|technique| technique.id.as_str()).collect();
        self.templates.render(
            path,
            context! {
                rule => about,
                id => identifier(about, &format!("elastic/{target}")),
                rule_type => kind.map_or_else(|| target.to_owned(), |kind| kind.word().to_owned()),
                language => kind.map_or_else(|| target.to_owned(), |_| "lucene".to_owned()),
                query => kind.map(DetectionKind::query).or(conversion.query()),
                detection => kind,
                indices,
                from,
                to => outside.to.as_deref().unwrap_or("now"),
                exceptions => outside.exceptions,
                unplaced,
                fidelity => conversion.fidelity,
                losses => differences(conversion),
            },
        )
    }

    /// The page of a rule with all its conversions.
    ///
    /// # Errors
    /// A mistake in the template, with file and line.
    pub fn page(&self, about: &About, translations: &[Translation]) -> Result<String, DataError> {
        self.templates.render("page/templates/page.html.j2", context! { rule => about, translations })
    }
}

/// The files a user's folder may have, by their paths in it.
pub fn file_names() -> impl Iterator<Item = &'static str> {
    let own = templates::TEMPLATES.iter().map(|template| template.name).chain([attack::NAME]);
    own.map(|name| name.strip_prefix("targets/").unwrap_or(name)).chain(target::FILES.iter().copied())
}

/// Looks through a user's folder for files that nothing would read: most likely their names are wrong.
///
/// # Errors
/// The first such file, or what the operating system says of the folder.
pub fn check_files(root: &Path) -> Result<(), DataError> {
    let wrong = |path: &Path, message: String| DataError { file: path.display().to_string(), line: 0, message };
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        let listed = std::fs::read_dir(&folder).map_err(|error| wrong(&folder, error.to_string()))?;
        for entry in listed {
            let path = entry.map_err(|error| wrong(&folder, error.to_string()))?.path();
            let inside: Vec<_> =
                path.strip_prefix(root).into_iter().flatten().map(|part| part.to_string_lossy()).collect();
            let inside = inside.join("/");
            if path.is_dir() {
                open.push(path);
            } else if !inside.starts_with('.') && !file_names().any(|name| name == inside) {
                let known: Vec<&str> = file_names().collect();
                return Err(wrong(&path, format!("no target reads such a file; there are: {}", known.join(", "))));
            }
        }
    }
    Ok(())
}

/// The bytes of a file as an address that holds them.
pub fn data_address(text: &str) -> String {
    format!("data:text/plain;charset=utf-8;base64,{}", STANDARD.encode(text))
}

/// A threshold of rows that a form has no place for. Without it the rule would be another.
fn unsaid_trigger(packaging: Packaging, about: &About, target: &str) -> Option<Loss> {
    (packaging.alerts_for_each_row(target) && !about.trigger.is_any_row()).then(|| {
        let instead = if target == "splunk" {
            "package it as `savedsearch`, which has a trigger, or"
        } else {
            "it has no trigger on the number of rows;"
        };
        let message = format!(
            "the rule raises an alert where the number of rows is {}; {instead} count in the query (`summarize … | where …`)",
            about.trigger.words()
        );
        Loss::refusal(LossKind::UnsupportedOperator, Span::default(), message)
    })
}

fn differences(conversion: &Conversion) -> Vec<Difference> {
    conversion.losses.iter().map(Difference::from).collect()
}

fn relative(ticks: i64) -> String {
    format!("now-{}", schedule::short(ticks))
}

/// The field that holds a column of the result; the column's own name where the conversion does not say.
fn field(conversion: &Conversion, column: &str) -> String {
    conversion.outside.field(column).unwrap_or(column).to_owned()
}

/// An identifier that is the same whenever the same rule is packaged in the same way.
fn identifier(about: &About, form: &str) -> String {
    let space = match about.id.as_deref() {
        Some(id) => Uuid::parse_str(id).unwrap_or_else(|_| Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes())),
        None => Uuid::new_v5(&Uuid::NAMESPACE_OID, about.query.as_bytes()),
    };
    Uuid::new_v5(&space, form.as_bytes()).to_string()
}

/// A name that can stand between the brackets of a stanza.
fn header(name: &str) -> String {
    let kept: String =
        name.chars().map(|c| if c.is_control() || matches!(c, '[' | ']' | '\\') { ' ' } else { c }).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name in the letters of a macro.
fn snake(name: &str) -> String {
    let letters: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    letters.split_whitespace().collect::<Vec<_>>().join("_")
}

/// A format of Sentinel's (`{{Column}}`) as one of Splunk's (`$field$`).
fn tokens(text: &str, conversion: &Conversion) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((column, after)) = behind.split_once("}}") else {
            out.push_str("{{");
            rest = behind;
            continue;
        };
        out.push('$');
        out.push_str(&field(conversion, column.trim()));
        out.push('$');
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
