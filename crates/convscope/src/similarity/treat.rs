//! Layers made matrices, checked and centred.

use convscope_measure::maps::{Treatment, drawn_places};
use convscope_measure::{Activations, Caveat, Precision, Prepared};

use super::Asked;
use super::blocks::{BLOCK, Reader};
use super::side::{Layer, Side};
use crate::complaint::Complaint;

/// A layer that was made a matrix, or the reason why it cannot be compared.
pub(crate) struct Treated {
    pub(crate) layer: Result<Prepared, String>,
    /// What its samples are: those of the file, or places of maps of these sizes. Only layers with
    /// the same are comparable.
    pub(crate) places: Option<Vec<usize>>,
    /// What it makes a reader of every score know.
    pub(crate) caveat: Option<Caveat>,
    pub(crate) units: usize,
}

/// Makes matrices of all layers of a file.
pub(crate) fn treated(
    side: &Side,
    order: Option<&[usize]>,
    treatment: &'static Treatment,
    asked: &Asked,
) -> Result<Vec<Treated>, Complaint> {
    let one = |layer| Reader { side, layer, order, treatment, block: BLOCK };
    side.layers.iter().map(|layer| of_layer(one(layer), asked)).collect()
}

/// Returns about how many bytes the matrices of a file take while they are compared.
pub(crate) fn bytes(side: &Side, treatment: &'static Treatment, asked: &Asked) -> u64 {
    let of_layer = |layer: &Layer| {
        let reader = Reader { side, layer, order: None, treatment, block: BLOCK };
        let rows = match layer.maps() {
            Some(maps) if treatment.by_place => (side.samples * maps.places()).min(asked.places),
            _ => side.samples,
        };
        // The numbers as they came, and centred.
        16 * rows as u64 * reader.units() as u64
    };
    side.layers.iter().map(of_layer).sum()
}

fn of_layer(reader: Reader<'_>, asked: &Asked) -> Result<Treated, Complaint> {
    let (layer, treatment) = (reader.layer, reader.treatment);
    let maps = layer.maps();
    let units = reader.units();
    let mut treated = Treated { layer: Err(String::new()), places: None, caveat: None, units };
    if treatment.measure.is_some() && maps.as_ref().is_none_or(|maps| maps.sizes.len() > 2) {
        treated.layer = Err(format!("`{}` has no maps of rows and columns to shift", layer.name));
        return Ok(treated);
    }
    let samples = reader.side.samples;
    let mut drawn = None;
    if let Some(maps) = maps.filter(|_| treatment.by_place || treatment.measure.is_some()) {
        if treatment.by_place {
            let all = samples * maps.places();
            let seed = asked.seed.child("places");
            drawn = Some(drawn_places(samples, maps.places(), asked.places, seed));
            let drawn = all.min(asked.places);
            treated.caveat = Some(Caveat::PlacesAsSamples { drawn, of: all });
        }
        treated.places = Some(maps.sizes);
    }
    let mut numbers = Vec::new();
    let block = reader.samples_a_block();
    for first in (0..samples).step_by(block) {
        let rows = first..(first + block).min(samples);
        reader.add(rows, drawn.as_deref(), &mut numbers).map_err(Complaint::trouble)?;
    }
    let activations = Activations::rounded(&numbers, units, precision(layer));
    treated.layer = activations
        .map(|activations| Prepared::new(&activations))
        .map_err(|error| format!("{}, `{}`: {error}", reader.side.file, layer.name));
    Ok(treated)
}

/// Returns how exactly the numbers of a layer were stored.
pub(crate) fn precision(layer: &Layer) -> Precision {
    match layer.array.kind() {
        "F64" => Precision::Double,
        "F16" => Precision::Half,
        "BF16" => Precision::Brain,
        _ => Precision::Single,
    }
}
