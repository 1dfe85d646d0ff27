//! The project's own rules in the languages of Elastic.

use std::path::Path;

use kqlc::bind::bind;
use kqlc::ir::pass::simplify;
use kqlc::rule;
use kqlc::schema::Schemas;
use kqlc::source::SourceFile;
use kqlc::syntax::parse;
use kqlc::target::{Fidelity, Options, RuleInfo, find};

/// What the searches of a rule read, whichever way it is said: the least that has to be in them.
const READS: &[(&str, &str)] = &[
    ("cloud-app-mass-download", "logs-m365_defender.event-*"),
    ("cloud-storage-upload-tools", "logs-m365_defender.event-*"),
    ("judgement-panda-command-lines", "ldifde"),
    ("low-and-slow-upload", "logs-cef.log-*"),
    ("outbound-bytes-anomaly", ""),
];

#[test]
fn the_rule_pack_in_eql_and_esql() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (stem, reads) in READS {
        let file = SourceFile::read(&Path::new(folder).join(format!("{stem}.yaml"))).unwrap();
        let document = rule::read(&file);
        let rule = &document.rules[0];
        let text = &rule.query.as_ref().unwrap().text;
        let mut query = bind(&parse(text).query.unwrap(), &Schemas::default()).query.unwrap();
        simplify(&mut query);
        for name in ["eql", "esql"] {
            let target = find(name).unwrap();
            let conversion = target.convert(&query, &RuleInfo { rule: Some(rule) }, &Options::default()).unwrap();
            // What must be so however the snapshot was blessed.
            match &conversion.output {
                Some(output) => {
                    assert!(output.contains(reads), "{stem}: {output}");
                    let start = if name == "eql" { "// index: " } else { "FROM" };
                    assert!(output.starts_with(start), "{stem}: {output}");
                }
                None => assert!(conversion.losses.iter().any(|loss| loss.fidelity == Fidelity::Refused), "{stem}"),
            }
            let losses =
                conversion.losses.iter().map(|loss| format!("# {} {}: {}\n", loss.fidelity, loss.kind, loss.message));
            let shown = format!(
                "# {}\n{}{}",
                conversion.fidelity,
                losses.collect::<String>(),
                conversion.output.as_deref().unwrap_or_default()
            );
            settings.set_snapshot_path(format!("{}/snapshots/{name}", env!("CARGO_MANIFEST_DIR")));
            settings.bind(|| insta::assert_snapshot!(*stem, shown));
        }
    }
}
