//! `convscope figure STUDY…`

use std::process::ExitCode;

use convscope_core::registry::nearest;
use convscope_report::{Figure, FigureError, figure};

use crate::args::{FigureArgs, FigureFormat};
use crate::complaint::Complaint;
use crate::studies::plan_all;

/// Writes the figures of studies, one file for each figure and format; says which have no such form, exit 1.
pub(crate) fn figure(args: &FigureArgs) -> Result<ExitCode, Complaint> {
    let chosen = plan_all(&args.studies.studies)?;
    let store = super::open(&args.store)?;
    let (page, mut whole) = super::report::build(&chosen, &store)?;
    let named: Vec<(String, &Figure)> = page
        .sections
        .iter()
        .flat_map(|section| {
            section.figures.iter().map(|figure| (format!("{}-{}", section.id, figure.id()), figure))
        })
        .collect();
    if args.list {
        for (name, figure) in &named {
            anstream::println!("{name:<44} {}", figure.title());
        }
        return Ok(ExitCode::SUCCESS);
    }
    check_names(&args.only, &named)?;
    std::fs::create_dir_all(&args.out).map_err(|error| cannot_write(&args.out, &error))?;
    for (name, figure) in
        named.iter().filter(|(name, _)| args.only.is_empty() || args.only.contains(name))
    {
        for format in &args.format {
            let extension = extension(*format);
            let path = args.out.join(format!("{name}.{extension}"));
            match draw(figure, *format) {
                Ok(bytes) => {
                    std::fs::write(&path, bytes).map_err(|error| cannot_write(&path, &error))?;
                    anstream::println!("{}", path.display());
                }
                Err(why) => {
                    anstream::eprintln!("not written: {}: {why}", path.display());
                    whole = false;
                }
            }
        }
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check_names(only: &[String], named: &[(String, &Figure)]) -> Result<(), Complaint> {
    let unknown = only.iter().find(|name| !named.iter().any(|(known, _)| known == *name));
    let Some(name) = unknown else { return Ok(()) };
    let help = nearest(name, named.iter().map(|(known, _)| known.as_str())).map_or_else(
        || "`--list` shows their names".to_owned(),
        |nearest| format!("did you mean `{nearest}`?"),
    );
    Err(Complaint::Usage {
        message: format!("there is no figure called `{name}`"),
        help: Some(help),
    })
}

fn extension(format: FigureFormat) -> &'static str {
    match format {
        FigureFormat::Svg => "svg",
        FigureFormat::Png => "png",
        FigureFormat::Csv => "csv",
        FigureFormat::VegaLite => "vl.json",
    }
}

fn draw(figure: &Figure, format: FigureFormat) -> Result<Vec<u8>, FigureError> {
    Ok(match format {
        FigureFormat::Svg => figure::svg(figure)?.into_bytes(),
        FigureFormat::Png => figure::png(figure, 2.0)?,
        FigureFormat::Csv => figure::csv(figure)?.into_bytes(),
        FigureFormat::VegaLite => figure::vega_lite(figure)?.to_string().into_bytes(),
    })
}

fn cannot_write(path: &std::path::Path, error: &std::io::Error) -> Complaint {
    Complaint::Trouble(format!("cannot write {}: {error}", path.display()))
}
