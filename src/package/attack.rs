//! The names of ATT&CK's tactics and techniques, from `targets/attack.txt`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

use crate::rule::is_technique;
use crate::target::{DataError, DataFile};

/// The file's name.
pub(super) const NAME: &str = "targets/attack.txt";
const ATTACK: DataFile<'static> = DataFile { name: NAME, text: include_str!("../../targets/attack.txt") };

/// A tactic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tactic {
    /// `TA0010`
    pub id: String,
    /// `Exfiltration`
    pub name: String,
    /// Its page.
    pub reference: String,
}

/// A technique, or a sub-technique.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Technique {
    /// `T1567.002`
    pub id: String,
    /// Its name, where it is known.
    pub name: Option<String>,
    /// Its page.
    pub reference: String,
    /// The identifiers of its tactics.
    #[serde(skip)]
    pub tactics: Vec<String>,
}

/// Everything the file knows.
#[derive(Debug, Default)]
pub struct Attack {
    /// By Sentinel's word in lower case.
    tactics: BTreeMap<String, Tactic>,
    techniques: BTreeMap<String, Technique>,
}

impl Attack {
    /// The file at hand, read at the first call.
    ///
    /// # Errors
    /// A mistake in it, with its line.
    pub fn get() -> Result<&'static Self, DataError> {
        static DATA: LazyLock<Result<Attack, DataError>> = LazyLock::new(|| Attack::read(&ATTACK.current()?));
        DATA.as_ref().map_err(Clone::clone)
    }

    fn read(file: &DataFile<'_>) -> Result<Self, DataError> {
        let mut attack = Self::default();
        for (at, line) in file.text.lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let wrong = || DataError {
                file: file.name.to_owned(),
                line: at + 1,
                message: "expected an identifier of ATT&CK, a word and a name".to_owned(),
            };
            let mut words = line.splitn(3, ' ');
            let (Some(id), Some(word), Some(name)) = (words.next(), words.next(), words.next()) else {
                return Err(wrong());
            };
            if id.starts_with("TA") {
                let reference = format!("https://attack.mitre.org/tactics/{id}/");
                let tactic = Tactic { id: id.to_owned(), name: name.trim().to_owned(), reference };
                attack.tactics.insert(word.to_ascii_lowercase(), tactic);
            } else if is_technique(id) {
                let tactics = word.split(',').map(str::to_owned).collect();
                let name = Some(name.trim().to_owned());
                attack.techniques.insert(id.to_owned(), Technique { name, tactics, ..unnamed(id) });
            } else {
                return Err(wrong());
            }
        }
        Ok(attack)
    }

    /// The tactic of a word as rules write it: blanks and case do not count.
    pub fn tactic(&self, word: &str) -> Option<&Tactic> {
        let bare: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
        self.tactics.get(&bare.to_ascii_lowercase())
    }

    /// The tactic of an identifier.
    pub fn tactic_of_id(&self, id: &str) -> Option<&Tactic> {
        self.tactics.values().find(|tactic| tactic.id == id)
    }

    /// The technique of an identifier, without a name where it is not known; nothing for what is no identifier.
    pub fn technique(&self, id: &str) -> Option<Technique> {
        let id = id.trim().to_ascii_uppercase();
        is_technique(&id).then(|| self.techniques.get(&id).cloned().unwrap_or_else(|| unnamed(&id)))
    }
}

fn unnamed(id: &str) -> Technique {
    let reference = format!("https://attack.mitre.org/techniques/{}/", id.replace('.', "/"));
    Technique { id: id.to_owned(), name: None, reference, tactics: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_however_a_rule_spells_them() {
        let attack = Attack::get().unwrap();
        assert_eq!(attack.tactic("Command and Control").unwrap().id, "TA0011");
        assert_eq!(attack.tactic("CommandAndControl").unwrap().name, "Command and Control");
        let technique = attack.technique("t1567.002").unwrap();
        assert_eq!(technique.name.as_deref(), Some("Exfiltration to Cloud Storage"));
        assert_eq!(technique.reference, "https://attack.mitre.org/techniques/T1567/002/");
        assert_eq!(technique.tactics, ["TA0010"]);
        assert_eq!(attack.technique("T9999").unwrap().name, None);
        assert_eq!(attack.technique("T99"), None);
    }

    #[test]
    fn every_technique_serves_known_tactics_and_a_sub_technique_has_its_technique() {
        let attack = Attack::get().unwrap();
        assert_eq!(attack.tactics.len(), 14);
        for (id, technique) in &attack.techniques {
            assert!(technique.tactics.iter().all(|id| attack.tactic_of_id(id).is_some()), "{id}");
            let main = id.split('.').next().unwrap();
            assert!(attack.techniques.contains_key(main), "{id}");
        }
    }

    #[test]
    fn a_mistake_has_its_line() {
        let file = DataFile { name: "a.txt", text: "# x\nT1059 TA0002 Name\nT10 TA0002 Name\n" };
        assert_eq!(Attack::read(&file).unwrap_err().line, 3);
    }
}
