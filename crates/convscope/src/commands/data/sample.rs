//! `convscope data sample`

use std::path::Path;
use std::process::ExitCode;

use convscope_data::{Draw, Images, Picture};
use convscope_study::replicate_seed;

use super::{opened, refused};
use crate::args::SampleArgs;
use crate::complaint::Complaint;

/// How many pixels of the sheet make one of an image.
const MAGNIFIED: usize = 3;

/// Draws images of a source and writes them as one PNG.
pub(super) fn sample(args: &SampleArgs) -> Result<ExitCode, Complaint> {
    let set = opened(&args.source)?;
    let draw = Draw { seed: replicate_seed(0, args.seed).child("data") };
    let images = set.load(draw).map_err(|error| refused(&error))?;
    let per_class = usize::from(args.per_class);
    write_sheet(&images, per_class, &args.out)?;
    anstream::println!(
        "{}: {per_class} of each of {}",
        args.out.display(),
        images.classes().join(", ")
    );
    Ok(ExitCode::SUCCESS)
}

/// Writes the first images of each class, a row for each class.
pub(super) fn write_sheet(images: &Images, per_class: usize, out: &Path) -> Result<(), Complaint> {
    let sheet = Picture::contact_sheet(images, per_class, 2).map_err(Complaint::trouble)?;
    std::fs::write(out, sheet.magnified(MAGNIFIED).png())
        .map_err(|error| Complaint::Trouble(format!("cannot write {}: {error}", out.display())))
}
