//! The order in which forms are taken up.

use super::form::Form;

/// A form that a unit could have.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) form: Form,
    /// The bits of all its kernels in that form.
    pub(crate) bits: f64,
}

/// What a method offers a unit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Offers {
    /// The form that it chooses for the unit, taken up before others.
    pub(crate) chosen: Option<Offer>,
    /// Forms that may be taken up, or taken up after it.
    pub(crate) further: Vec<Offer>,
    /// Where the further forms have an order of their own: what each is preceded by all lesser of, in all units.
    pub(crate) keys: Option<Vec<f64>>,
}

/// A step of a unit from one form to another with fewer bits.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) unit: usize,
    pub(crate) form: Form,
    pub(crate) bits: f64,
    /// The predicted change of the loss, from the form before all steps.
    pub(crate) predicted: f64,
    /// Steps with less come first.
    pub(crate) key: f64,
}

/// Returns the steps of a unit that has so many bits: those that cost least of the loss for each bit that
/// they save, given those before.
///
/// Of the points (bits, predicted change) these are the corners of the lower hull, so that steps cost
/// ever more.
pub(crate) fn ladder(
    unit: usize,
    bits: f64,
    offers: Offers,
    predict: impl Fn(&Form) -> f64,
) -> Vec<Step> {
    let step = |offer: Offer, key: f64, predicted: f64| Step {
        unit,
        form: offer.form,
        bits: offer.bits,
        predicted,
        key,
    };
    if let Some(keys) = offers.keys {
        let offers = offers.further.into_iter().zip(keys);
        let step = |(offer, key): (Offer, f64)| {
            let predicted = predict(&offer.form);
            step(offer, key, predicted)
        };
        return offers.map(step).collect();
    }
    let mut steps: Vec<Step> = Vec::new();
    let mut here = (bits, 0.0);
    if let Some(chosen) = offers.chosen {
        let predicted = predict(&chosen.form);
        let saved = bits - chosen.bits;
        let key = if saved > 0.0 { predicted / saved } else { predicted };
        here = (chosen.bits, predicted);
        steps.push(step(chosen, key, predicted));
    }
    let priced = offers.further.into_iter().map(|offer| {
        let predicted = predict(&offer.form);
        (offer, predicted)
    });
    let mut rest: Vec<(Offer, f64)> = priced.collect();
    loop {
        rest.retain(|(offer, _)| offer.bits < here.0);
        let slope =
            |(offer, predicted): &(Offer, f64)| (predicted - here.1) / (here.0 - offer.bits);
        let best = (0..rest.len()).reduce(|best, next| {
            let (a, b) = (slope(&rest[best]), slope(&rest[next]));
            let further = rest[next].0.bits < rest[best].0.bits;
            // Equally cheap steps are one: the longer.
            if b < a || (b <= a && further) { next } else { best }
        });
        let Some(best) = best else { return steps };
        let key = slope(&rest[best]);
        let (offer, predicted) = rest.swap_remove(best);
        here = (offer.bits, predicted);
        // After a chosen form that costs more than what follows, what follows waits for it.
        let key = steps.last().map_or(key, |before| before.key.max(key));
        steps.push(step(offer, key, predicted));
    }
}

/// Puts the steps of all units in order; those of a unit stay in theirs.
pub(crate) fn ordered(ladders: Vec<Vec<Step>>) -> Vec<Step> {
    let mut steps: Vec<Step> = ladders.into_iter().flatten().collect();
    // Stable: equal steps stay in the order of units, and of each unit's ladder.
    steps.sort_by(|a, b| a.key.total_cmp(&b.key));
    steps
}

#[cfg(test)]
mod tests {
    use super::{Form, Offer, Offers, ladder};

    fn offer(bits: f64) -> Offer {
        // The form carries the bits, so that its price can be looked up.
        Offer { form: Form::Given { filter: "", numbers: [bits].into() }, bits }
    }

    #[test]
    fn steps_are_the_corners_of_the_lower_hull() {
        let price = |form: &Form| {
            let Form::Given { numbers, .. } = form else { unreachable!() };
            // Bits against loss: 8 → 1, 6 → 5, 4 → 4, 2 → 9; 6 lies above the line from 8 to 4.
            match numbers[0] as u32 {
                8 => 1.0,
                6 => 5.0,
                4 => 4.0,
                _ => 9.0,
            }
        };
        let further = [6.0, 2.0, 8.0, 4.0, 12.0].map(offer).to_vec();
        let steps = ladder(0, 10.0, Offers { further, ..Offers::default() }, price);
        let bits: Vec<u32> = steps.iter().map(|step| step.bits as u32).collect();
        assert_eq!(bits, [8, 4, 2], "and nothing with more bits than there were");
        let keys: Vec<f64> = steps.iter().map(|step| step.key).collect();
        assert_eq!(keys, [0.5, 0.75, 2.5]);
    }

    #[test]
    fn what_a_method_chooses_comes_first() {
        let chosen = Some(offer(4.0));
        let offers = Offers { chosen, further: vec![offer(8.0), offer(2.0)], keys: None };
        let steps = ladder(0, 10.0, offers, |_| 1.0);
        let bits: Vec<u32> = steps.iter().map(|step| step.bits as u32).collect();
        assert_eq!(bits, [4, 2]);
    }
}
