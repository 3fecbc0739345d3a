//! What nobody can mean: plans that would not end, sets that no memory holds.

use std::collections::BTreeSet;

use convscope_store::JobKind;

use crate::error::StudyError;
use crate::job::{Drawn, Work};
use crate::plan::Plan;
use crate::sweep::Point;

/// So many jobs may a plan have: each takes about two kilobytes before anything runs.
const MOST_JOBS: u128 = 1_000_000;

impl Plan {
    /// Refuses a plan of more jobs than can be meant before they are made, seen from a point at which an arm was
    /// resolved; `before` are the jobs of the arms before it.
    pub(crate) fn check_count(
        &self,
        arm: &str,
        point: &Point<'_>,
        before: usize,
    ) -> Result<(), StudyError> {
        let seeds = self.file.seeds;
        let dimensions = point.dimensions();
        let of_arm = dimensions
            .iter()
            .fold(u128::from(seeds), |jobs, (_, values)| jobs.saturating_mul(*values as u128));
        let so_far = (self.placements.len() as u128).saturating_add(seeds.into());
        let jobs = (before as u128).saturating_add(of_arm).max(so_far);
        if jobs <= MOST_JOBS {
            return Ok(());
        }
        let swept = dimensions.iter().map(|(name, values)| format!(" × {values} of `{name}`"));
        let message = format!(
            "this plan would have {} jobs or more, and may have {}; the model `{arm}` alone has {}: \
             {} seeds{}",
            grouped(jobs),
            grouped(MOST_JOBS),
            grouped(of_arm),
            grouped(seeds.into()),
            swept.collect::<String>(),
        );
        let longest = dimensions.iter().max_by_key(|(_, values)| *values);
        let path = match longest {
            Some((name, values)) if *values > seeds as usize => vec!["sweep", name],
            _ => vec!["seeds"],
        };
        let help = "ask for fewer seeds, or for fewer values of what is swept";
        Err(StudyError::at(&self.text, &path, message).help(help))
    }

    /// Refuses sets of images that a training needs at once and a machine with so many bytes cannot hold.
    ///
    /// Counts an image's numbers at four bytes each, and nothing else that a run takes.
    ///
    /// # Errors
    /// [`StudyError`] at the largest of the sets, with both sizes.
    pub fn check_memory(&self, machine: u64) -> Result<(), StudyError> {
        let mut looked_at = BTreeSet::new();
        for placement in self.placements.iter().filter(|it| it.kind == JobKind::Train) {
            let Work::Train { training, .. } = &self.jobs[&placement.job].work else { continue };
            if !looked_at.insert(std::sync::Arc::as_ptr(training)) {
                continue;
            }
            let others = [("valid", &training.valid), ("test", &training.test)];
            let others = others.into_iter().filter_map(|(key, drawn)| Some((key, drawn.as_ref()?)));
            let (mut largest, mut needed) = (("data", &training.data), bytes(&training.data));
            for (key, drawn) in others {
                needed = needed.saturating_add(bytes(drawn));
                if bytes(drawn) > bytes(largest.1) {
                    largest = (key, drawn);
                }
            }
            if needed > u128::from(machine) {
                return Err(self.too_large(&placement.model, largest, needed, machine));
            }
        }
        Ok(())
    }

    fn too_large(
        &self,
        model: &str,
        (key, drawn): (&str, &Drawn),
        needed: u128,
        machine: u64,
    ) -> StudyError {
        let written = self.file.model[model][key].as_str().unwrap_or_default();
        let message = format!(
            "the images that `{model}` needs at once take {}, and {} is all that can be had here; \
             {} of them are {} images of {}",
            size(needed),
            size(machine.into()),
            size(bytes(drawn)),
            grouped(drawn.set.len() as u128),
            drawn.shape(),
        );
        let path = if self.file.data.contains_key(written) {
            ["data", written, "source"]
        } else {
            ["model", model, key]
        };
        let path = path.map(str::to_owned);
        let place = self.text.place_of_all(&path);
        let help = "take fewer images, or smaller ones".to_owned();
        StudyError { message, help: Some(help), place }
    }
}

fn bytes(drawn: &Drawn) -> u128 {
    let shapes = [drawn.set.shape(), drawn.shape()].map(|shape| shape.len() as u128);
    drawn.set.len() as u128 * shapes[0].max(shapes[1]) * 4
}

/// Writes a count of bytes as people say it: three digits or so, in the unit that fits.
///
/// ```
/// use convscope_study::size;
///
/// assert_eq!(size(6_585_600_000), "6.59 GB");
/// assert_eq!(size(1_000), "1.00 kB");
/// assert_eq!(size(48), "48 B");
/// ```
pub fn size(bytes: u128) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let fits = units.into_iter().find(|(unit, _)| bytes as f64 >= *unit);
    fits.map_or_else(
        || format!("{bytes} B"),
        |(unit, name)| format!("{:.2} {name}", bytes as f64 / unit),
    )
}

/// Writes a count with a comma after every three digits.
pub fn grouped(count: u128) -> String {
    let digits = count.to_string();
    let mut written = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}
