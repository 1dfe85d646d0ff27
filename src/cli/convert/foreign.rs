//! What was read of another language: said in KQL first, and from there in whatever is asked for.
//!
//! The KQL that is written is read and bound again before anything is made of it, so that nothing leaves here that
//! Sentinel would not take.

use super::super::input::Text;
use super::{Chunk, Convert, Work, errors, sentence, stem};
use crate::bind::bind;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::{self, pass::simplify};
use crate::naturalise::{self, naturalise};
use crate::package::{About, Uses};
use crate::read::{self, Language, ReadBack};
use crate::source::Span;
use crate::syntax;
use crate::target::{Conversion, DataError, Loss, LossKind, Options, RuleInfo, Target, registry};

/// A rule of another language, said in KQL.
struct Said {
    /// The text.
    conversion: Conversion,
    /// What it means; nothing where it is refused.
    query: Option<ir::Query>,
}

impl Convert {
    /// Every rule of a file in every target.
    pub(super) fn foreign(&self, text: &Text, language: Language, work: &Work<'_>) -> Chunk {
        let mut chunk = Chunk::default();
        let found = read::read(language, &text.file, &work.reading);
        let several = found.len() > 1;
        for (index, read) in found.into_iter().enumerate() {
            let name = if several { format!("{} {}", stem(text), index + 1) } else { stem(text).to_owned() };
            if let Err(error) = self.one(&mut chunk, (text, language), &read, &name, work) {
                chunk.error = Some(error);
                break;
            }
        }
        chunk
    }

    fn one(
        &self,
        chunk: &mut Chunk,
        (text, language): (&Text, Language),
        read: &ReadBack,
        name: &str,
        work: &Work<'_>,
    ) -> Result<(), DataError> {
        let said = self.said(read, language, work)?;
        let mut about = About::of_query(name, said.conversion.output.as_deref().unwrap_or_default());
        if let Some(query) = &said.query {
            about.uses = Uses::of(query);
        }
        let mut all = Vec::new();
        for target in &work.targets {
            let mut conversion = match &said.query {
                Some(query) if target.name() != registry::OWN.name() => self.on(*target, query, &said.conversion)?,
                _ => said.conversion.clone(),
            };
            conversion = work.packager.package(self.package, &about, *target, conversion)?;
            if let Some(least) = self.min_fidelity {
                conversion = conversion.at_least(least);
            }
            all.push((*target, conversion));
        }
        self.put(chunk, text, &about, all, work)
    }

    /// A rule in KQL.
    fn said(&self, read: &ReadBack, language: Language, work: &Work<'_>) -> Result<Said, DataError> {
        let refused = |losses: Vec<Loss>| Said { conversion: Conversion::refused(losses), query: None };
        let Some(query) = &read.query else {
            return Ok(refused(errors(LossKind::Syntax, read.diagnostics.iter().cloned()).collect()));
        };
        let options = naturalise::Options {
            schemas: work.schemas,
            fields: self.fields,
            table: self.table.as_deref(),
            language,
            reading: &work.reading,
        };
        let natural = match naturalise(query, &options)? {
            Ok(natural) => natural,
            Err(losses) => return Ok(refused(losses)),
        };
        let mut natural_query = natural.query;
        simplify(&mut natural_query);
        let mut conversion = registry::OWN.convert(&natural_query, &RuleInfo::default(), &Options::default())?;
        natural.losses.into_iter().for_each(|loss| conversion.add(loss));
        let Some(text) = &conversion.output else { return Ok(Said { conversion, query: None }) };
        match meant(text, work) {
            Ok(query) => Ok(Said { conversion, query: Some(query) }),
            Err(wrong) => Ok(refused(vec![Loss::refusal(
                LossKind::Type,
                Span::default(),
                format!("Sentinel would not take the query that this becomes: {}", sentence(&wrong)),
            )])),
        }
    }

    /// What is in KQL, in another language; what differs there is about the rule as a whole.
    fn on(&self, target: &dyn Target, query: &ir::Query, said: &Conversion) -> Result<Conversion, DataError> {
        let options = Options { fields: self.fields, prefer: self.prefer };
        let mut conversion = target.convert(query, &RuleInfo::default(), &options)?;
        for loss in &mut conversion.losses {
            loss.span = Span::default();
        }
        said.losses.iter().for_each(|loss| conversion.add(loss.clone()));
        Ok(conversion)
    }
}

/// What a query of KQL means, or the first thing that is wrong with it.
fn meant(text: &str, work: &Work<'_>) -> Result<ir::Query, Box<Diagnostic>> {
    let parsed = syntax::parse(text);
    let wrong = |found: Vec<Diagnostic>| found.into_iter().find(|it| it.severity == Severity::Error);
    let nothing = || Diagnostic::new(&crate::diagnostic::code::NOTHING_ASKED, Span::default(), "there is no query");
    if let Some(error) = wrong(parsed.diagnostics) {
        return Err(error.into());
    }
    let query = parsed.query.ok_or_else(|| Box::new(nothing()))?;
    let bound = bind(&query, work.schemas);
    // A table that is told may be one that nothing here knows.
    let unknown = |it: &Diagnostic| it.code == &crate::diagnostic::code::UNKNOWN_TABLE;
    if let Some(error) = wrong(bound.diagnostics.into_iter().filter(|it| !unknown(it)).collect()) {
        return Err(error.into());
    }
    let mut query = bound.query.ok_or_else(|| Box::new(nothing()))?;
    simplify(&mut query);
    Ok(query)
}
