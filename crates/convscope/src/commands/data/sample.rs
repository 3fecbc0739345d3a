//! `convscope data sample`

use std::path::Path;
use std::process::ExitCode;

use convscope_data::{Images, Picture, Summary};

use super::{drawn, opened};
use crate::args::SampleArgs;
use crate::complaint::Complaint;

/// How many pixels of the sheet make one of an image.
const MAGNIFIED: usize = 3;

/// Draws images of a source and writes them as one PNG.
pub(super) fn sample(args: &SampleArgs) -> Result<ExitCode, Complaint> {
    let images = drawn(&*opened(&args.source)?, args.seed)?;
    let per_class = usize::from(args.per_class);
    write_sheet(&images, per_class, &args.out)?;
    anstream::println!("{}: {}", args.out.display(), shown(&images, per_class));
    Ok(ExitCode::SUCCESS)
}

/// Says how many images of each class the sheet has: a set may have fewer than were asked for.
fn shown(images: &Images, per_class: usize) -> String {
    let counts = Summary::of(images).counts;
    let counts: Vec<usize> = counts.iter().map(|count| per_class.min(*count)).collect();
    if counts.windows(2).all(|two| two[0] == two[1]) {
        let each = counts.first().copied().unwrap_or(0);
        return format!("{each} of each of {}", images.classes().join(", "));
    }
    let each =
        counts.iter().zip(images.classes()).map(|(count, class)| format!("{count} of {class}"));
    each.collect::<Vec<_>>().join(", ")
}

/// Writes the first images of each class, a row for each class.
pub(super) fn write_sheet(images: &Images, per_class: usize, out: &Path) -> Result<(), Complaint> {
    let most = Summary::of(images).counts.into_iter().max().unwrap_or(0);
    let sheet =
        Picture::contact_sheet(images, per_class.min(most), 2).map_err(Complaint::trouble)?;
    std::fs::write(out, sheet.magnified(MAGNIFIED).png())
        .map_err(|error| Complaint::Trouble(format!("cannot write {}: {error}", out.display())))
}
