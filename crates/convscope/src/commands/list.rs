//! `convscope list [FAMILY]`

use std::process::ExitCode;

use convscope_core::Entry;
use convscope_core::registry::nearest;
use convscope_data::{SOURCES, TRANSFORMS};
use convscope_edit::EDITS;
use convscope_measure::filters::FILTER_MEASURES;
use convscope_measure::maps::TREATMENTS;
use convscope_measure::{MEASURES, OUTPUT_MEASURES};
use convscope_model::{INITS, NETS};
use convscope_probe::{OPERATORS, PROBES, STRUCTURES};
use convscope_report::MARKS;
use convscope_study::BUILTIN;
use convscope_train::{OPTIMIZERS, REGULARIZERS, SCHEDULES};
use serde_json::{Value, json};

use crate::args::ListArgs;
use crate::complaint::Complaint;

/// Name, meaning and source of a member.
type Row = (String, String, String);

/// Lists families and their members.
pub(crate) fn list(args: &ListArgs) -> Result<ExitCode, Complaint> {
    let families = families();
    let wanted: Vec<&(&str, Vec<Row>)> = match &args.family {
        None => families.iter().collect(),
        Some(name) => vec![one(&families, name)?],
    };
    if args.json {
        let listed = wanted.iter().map(|(family, rows)| ((*family).to_owned(), as_json(rows)));
        anstream::println!("{:#}", Value::Object(listed.collect()));
        return Ok(ExitCode::SUCCESS);
    }
    for (family, rows) in wanted {
        let width = rows.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0).max(22);
        anstream::println!("{family}");
        for (name, about, _) in rows {
            anstream::println!("  {name:<width$} {about}");
        }
        anstream::println!();
    }
    Ok(ExitCode::SUCCESS)
}

fn families() -> Vec<(&'static str, Vec<Row>)> {
    let studies = BUILTIN.iter().map(|study| {
        (
            study.name.to_owned(),
            study.question().to_owned(),
            study.folder.unwrap_or_default().to_owned(),
        )
    });
    vec![
        ("studies", studies.collect()),
        ("sources", rows(SOURCES)),
        ("transforms", rows(TRANSFORMS)),
        ("nets", rows(NETS)),
        ("initialisers", rows(INITS)),
        ("edits", rows(EDITS)),
        ("structures", plain(STRUCTURES, |s| [s.id, s.about, s.source])),
        ("optimizers", rows(OPTIMIZERS)),
        ("schedules", rows(SCHEDULES)),
        ("regularizers", rows(REGULARIZERS)),
        ("marks", rows(MARKS)),
        ("measures", rows(MEASURES)),
        ("filter-measures", plain(FILTER_MEASURES, |m| [m.id, m.about, ""])),
        ("outputs", plain(OUTPUT_MEASURES, |m| [m.id, m.about, m.source])),
        ("conv", plain(TREATMENTS, |t| [t.id, t.about, t.source])),
        ("probes", plain(PROBES.as_slice(), |p| [p.id.as_str(), p.about.as_str(), p.source])),
        ("operators", plain(OPERATORS, |o| [o.id, o.about, ""])),
    ]
}

fn rows<T: ?Sized>(entries: &[Entry<T>]) -> Vec<Row> {
    let row =
        |entry: &Entry<T>| (entry.id.to_owned(), entry.about.to_owned(), entry.source.to_owned());
    entries.iter().map(row).collect()
}

/// Lists members without settings.
fn plain<T>(members: &'static [T], words: fn(&'static T) -> [&'static str; 3]) -> Vec<Row> {
    let row = |member| {
        let [id, about, source] = words(member);
        (id.to_owned(), about.to_owned(), source.to_owned())
    };
    members.iter().map(row).collect()
}

fn one<'a>(
    families: &'a [(&'static str, Vec<Row>)],
    name: &str,
) -> Result<&'a (&'static str, Vec<Row>), Complaint> {
    families.iter().find(|(family, _)| *family == name).ok_or_else(|| Complaint::Usage {
        message: format!("there is no family called `{name}`"),
        help: Some(match nearest(name, families.iter().map(|(family, _)| *family)) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!(
                "there are {}",
                families.iter().map(|(family, _)| *family).collect::<Vec<_>>().join(", ")
            ),
        }),
    })
}

fn as_json(rows: &[Row]) -> Value {
    rows.iter()
        .map(|(name, about, source)| json!({ "name": name, "about": about, "source": source }))
        .collect()
}
