//! Findings kept from run to run, for `check --cache`.
//!
//! A file has one entry, named by its path. In it stands the key of what its findings were made from (its bytes, the
//! settings and schemas in force, this very program) and a digest of the rest, so that an entry which is old, torn or of
//! another program is passed over and written anew. An entry appears whole or not at all. What several files tell
//! together is not kept, but what it is told from: the claims of each.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use hmac_sha256::Hash;
use serde::{Deserialize, Serialize};

use super::analysis::Analysis;
use super::digest;
use crate::diagnostic::{Applicability, Code, Diagnostic, Edit, Fix, Label, Note, NoteKind, Severity, code};
use crate::lint::{Claim, Finding, registry};
use crate::source::Span;

/// The folder that is used where none is named.
pub(super) const FOLDER: &str = ".kqlc_cache";

/// What is found in a file, without what it was found from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// The findings, in order.
    pub(super) findings: Vec<Finding>,
    /// What its rules lay claim to.
    pub(super) claims: Vec<Claim>,
    /// How many queries it holds.
    pub(super) queries: usize,
}

impl From<Analysis> for Found {
    fn from(analysis: Analysis) -> Self {
        let queries = analysis.content.queries.len();
        Self { findings: analysis.findings, claims: analysis.claims, queries }
    }
}

/// A folder of entries.
pub(super) struct Cache {
    folder: PathBuf,
    /// What all keys have in common: this program, and what holds for the whole run.
    run: Hash,
}

/// What an entry is made from, in hexadecimal digits, and where it stands.
#[derive(Debug)]
pub(super) struct Key {
    digest: String,
    path: PathBuf,
}

impl Cache {
    /// The folder, made if it is not there, with a note that keeps it out of repositories. `run` is what holds for all
    /// files and changes what is found in them.
    ///
    /// # Errors
    /// What the operating system says.
    pub(super) fn open(folder: &Path, run: &[&[u8]]) -> Result<Self, String> {
        let tell = |error: io::Error| format!("{}: {error}", folder.display());
        fs::create_dir_all(folder).map_err(tell)?;
        let note = folder.join(".gitignore");
        if !note.exists() {
            write(&note, b"# Written by `kqlc check --cache`.\n*\n").map_err(tell)?;
        }
        let mut digest = Hash::new();
        part(&mut digest, env!("CARGO_PKG_VERSION").as_bytes());
        part(&mut digest, program().as_bytes());
        for bytes in run {
            part(&mut digest, bytes);
        }
        Ok(Self { folder: folder.to_owned(), run: digest })
    }

    /// The key of a file of this name that is made from these.
    pub(super) fn key(&self, name: &str, from: &[&[u8]]) -> Key {
        let mut digest = self.run.clone();
        part(&mut digest, name.as_bytes());
        for bytes in from {
            part(&mut digest, bytes);
        }
        let place = digest::of(name.as_bytes());
        Key { digest: digest::hexadecimal(digest.finalize()), path: self.folder.join(&place[..2]).join(&place[2..40]) }
    }

    /// What is kept under a key.
    pub(super) fn read(key: &Key) -> Option<Found> {
        let text = fs::read_to_string(&key.path).ok()?;
        let (head, body) = text.split_once('\n')?;
        let (digest, check) = head.split_once(' ')?;
        let sound = digest == key.digest && check == digest::of(body.as_bytes());
        let entry: Entry = serde_json::from_str(body).ok().filter(|_| sound)?;
        entry.restored()
    }

    /// Keeps what was found.
    ///
    /// # Errors
    /// What the operating system says.
    pub(super) fn write(key: &Key, found: &Found) -> io::Result<()> {
        let entry = Entry::of(found);
        // What does not come back as it was is found anew each time.
        if entry.restored().as_ref() != Some(found) {
            return Ok(());
        }
        let body = serde_json::to_string(&entry).map_err(io::Error::from)?;
        let check = digest::of(body.as_bytes());
        if let Some(folder) = key.path.parent() {
            fs::create_dir_all(folder)?;
        }
        write(&key.path, format!("{} {check}\n{body}", key.digest).as_bytes())
    }
}

/// A part of a key, with its length, so that no two lists of parts read the same.
fn part(digest: &mut Hash, bytes: &[u8]) {
    digest.update((bytes.len() as u64).to_le_bytes());
    digest.update(bytes);
}

/// What tells this build from others of the same version.
fn program() -> String {
    let metadata = std::env::current_exe().and_then(|path| path.metadata());
    metadata.map_or_else(|_| String::new(), |metadata| format!("{} {:?}", metadata.len(), metadata.modified().ok()))
}

/// Puts a file in its place at once. Unlike what a user keeps it need not outlive a power cut, so nobody waits for the
/// disk; half an entry is no entry.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!("{name}.{}-{number}.new", std::process::id()));
    fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path)).inspect_err(|_| {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    })
}

/// What stands in the file of an entry.
#[derive(Serialize, Deserialize)]
struct Entry {
    queries: usize,
    findings: Vec<StoredFinding>,
    claims: Vec<StoredClaim>,
}

type Place = (u32, u32);

#[derive(Serialize, Deserialize)]
struct StoredFinding {
    query: Option<usize>,
    code: String,
    severity: Severity,
    message: String,
    span: Place,
    label: String,
    related: Vec<(Place, String)>,
    notes: Vec<(NoteKind, String)>,
    fix: Option<StoredFix>,
    official: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredFix {
    message: String,
    applicability: Applicability,
    edits: Vec<(Place, String)>,
}

#[derive(Serialize, Deserialize)]
struct StoredClaim {
    lint: String,
    value: String,
    span: Place,
    query: Option<usize>,
    silenced: bool,
}

const fn place(span: Span) -> Place {
    (span.start, span.end)
}

const fn span((start, end): Place) -> Span {
    Span { start, end }
}

impl Entry {
    fn of(found: &Found) -> Self {
        let findings = found.findings.iter().map(|finding| {
            let Diagnostic { code, severity, message, span, label, related, notes, fix, official } =
                &finding.diagnostic;
            StoredFinding {
                query: finding.query,
                code: code.id.to_owned(),
                severity: *severity,
                message: message.clone(),
                span: place(*span),
                label: label.clone(),
                related: related.iter().map(|label| (place(label.span), label.message.clone())).collect(),
                notes: notes.iter().map(|note| (note.kind, note.text.clone())).collect(),
                fix: fix.as_ref().map(|fix| {
                    let edits = fix.edits.iter().map(|edit| (place(edit.span), edit.replacement.clone())).collect();
                    StoredFix { message: fix.message.clone(), applicability: fix.applicability, edits }
                }),
                official: official.map(str::to_owned),
            }
        });
        let claims = found.claims.iter().map(|claim| StoredClaim {
            lint: claim.lint.code.id.to_owned(),
            value: claim.value.clone(),
            span: place(claim.span),
            query: claim.query,
            silenced: claim.silenced,
        });
        Self { queries: found.queries, findings: findings.collect(), claims: claims.collect() }
    }

    fn restored(&self) -> Option<Found> {
        let findings = self.findings.iter().map(StoredFinding::restored).collect::<Option<_>>()?;
        let claims = self.claims.iter().map(StoredClaim::restored).collect::<Option<_>>()?;
        Some(Found { findings, claims, queries: self.queries })
    }
}

impl StoredFinding {
    fn restored(&self) -> Option<Finding> {
        let code: &'static Code =
            code::find(&self.code).or_else(|| registry::find(&self.code).map(|lint| &lint.code))?;
        let official = match self.official.as_deref() {
            None => None,
            // The analyser's codes that no code of ours stands for alone are known to those alone who give them.
            Some(text) => Some(code::ALL.iter().filter_map(|code| code.official).find(|known| *known == text)?),
        };
        let fix = self.fix.as_ref().map(|StoredFix { message, applicability, edits }| Fix {
            message: message.clone(),
            applicability: *applicability,
            edits: edits.iter().map(|(place, text)| Edit::replace(span(*place), text.clone())).collect(),
        });
        let diagnostic = Diagnostic {
            code,
            severity: self.severity,
            message: self.message.clone(),
            span: span(self.span),
            label: self.label.clone(),
            related: self
                .related
                .iter()
                .map(|(place, message)| Label { span: span(*place), message: message.clone() })
                .collect(),
            notes: self.notes.iter().map(|(kind, text)| Note { kind: *kind, text: text.clone() }).collect(),
            fix,
            official,
        };
        Some(Finding { diagnostic, query: self.query })
    }
}

impl StoredClaim {
    fn restored(&self) -> Option<Claim> {
        Some(Claim {
            lint: registry::find(&self.lint)?,
            value: self.value.clone(),
            span: span(self.span),
            query: self.query,
            silenced: self.silenced,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Found {
        let lint = registry::find("F002").unwrap();
        let diagnostic = Diagnostic::new(&lint.code, Span::new(3, 5), "m\n\"")
            .label("l")
            .related(Span::at(1), "r")
            .help("h")
            .fix("f", Applicability::Safe, vec![Edit::delete(Span::new(0, 2))]);
        let claim = Claim { lint, value: "v".to_owned(), span: Span::at(9), query: Some(0), silenced: true };
        Found { findings: vec![Finding { diagnostic, query: None }], claims: vec![claim], queries: 2 }
    }

    #[test]
    fn what_was_kept_comes_back_until_anything_changes() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("c"), &[b"run"]).unwrap();
        let key = cache.key("a.yaml", &[b"text", b"settings"]);
        assert_eq!(Cache::read(&key), None);
        Cache::write(&key, &found()).unwrap();
        assert_eq!(Cache::read(&key), Some(found()));
        for other in [cache.key("a.yaml", &[b"text", b"other"]), cache.key("a.yaml", &[b"texts", b"ettings"])] {
            assert_eq!(Cache::read(&other), None);
        }
        let other = Cache::open(&folder.path().join("c"), &[b"another run"]).unwrap();
        assert_eq!(Cache::read(&other.key("a.yaml", &[b"text", b"settings"])), None);
        assert_eq!(fs::read_to_string(folder.path().join("c/.gitignore")).unwrap().lines().last(), Some("*"));
    }

    #[test]
    fn a_torn_entry_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path(), &[]).unwrap();
        let key = cache.key("a.yaml", &[]);
        Cache::write(&key, &found()).unwrap();
        let whole = fs::read(&key.path).unwrap();
        for at in (0..whole.len()).step_by(7) {
            fs::write(&key.path, &whole[..at]).unwrap();
            assert_eq!(Cache::read(&key), None, "cut at {at}");
            let mut turned = whole.clone();
            turned[at] ^= 1;
            fs::write(&key.path, &turned).unwrap();
            assert_eq!(Cache::read(&key), None, "turned at {at}");
        }
        Cache::write(&key, &found()).unwrap();
        assert_eq!(Cache::read(&key), Some(found()));
        let left = fs::read_dir(key.path.parent().unwrap()).unwrap().count();
        assert_eq!(left, 1, "nothing is left over");
    }

    #[test]
    fn what_would_not_come_back_as_it_was_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let key = Cache::open(folder.path(), &[]).unwrap().key("a.kql", &[]);
        let mut found = found();
        found.findings[0].diagnostic.official = Some("KS999");
        Cache::write(&key, &found).unwrap();
        assert_eq!(Cache::read(&key), None);
    }
}
