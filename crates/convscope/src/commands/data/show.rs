//! `convscope data show`

use std::process::ExitCode;

use convscope_data::{Images, Summary};
use serde_json::json;

use super::{drawn, opened, sample};
use crate::args::ShowDataArgs;
use crate::complaint::Complaint;

/// Says what the images of a source are like.
pub(super) fn show(args: &ShowDataArgs) -> Result<ExitCode, Complaint> {
    let images = drawn(&*opened(&args.source)?, args.seed)?;
    let summary = Summary::of(&images);
    if let Some(out) = &args.out {
        sample::write_sheet(&images, usize::from(args.per_class), out)?;
    }
    if args.json {
        let counts = images.classes().iter().zip(&summary.counts);
        let counts: Vec<_> =
            counts.map(|(class, count)| json!({ "class": class, "images": count })).collect();
        let shown = json!({
            "images": images.len(),
            "shape": images.shape(),
            "classes": counts,
            "means": summary.means,
            "deviations": summary.deviations,
            "range": summary.range,
            "content": images.content(),
        });
        anstream::println!("{shown:#}");
    } else {
        tell(&images, &summary);
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(images: &Images, summary: &Summary) {
    anstream::println!("images      {} of {}", images.len(), images.shape());
    let [darkest, brightest] = summary.range;
    anstream::println!("brightness  {darkest} to {brightest}");
    for (channel, (mean, deviation)) in summary.means.iter().zip(&summary.deviations).enumerate() {
        let name = match (images.shape().channels, channel) {
            (1, _) => "all".into(),
            (3, 0) => "red".into(),
            (3, 1) => "green".into(),
            (3, 2) => "blue".into(),
            _ => format!("channel {channel}"),
        };
        anstream::println!("            {name}: mean {mean:.4}, standard deviation {deviation:.4}");
    }
    let widest = images.classes().iter().map(|class| class.chars().count()).max().unwrap_or(0);
    for (index, (class, count)) in images.classes().iter().zip(&summary.counts).enumerate() {
        let title = if index == 0 { "classes" } else { "" };
        anstream::println!("{title:<11} {class:<widest$}  {count:>6}");
    }
}
