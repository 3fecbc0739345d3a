//! First weights in the form that they are kept in.

use convscope_model::Net;

use crate::handling::Handling;

/// First weights that a constraint leaves nothing of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{parameter}` starts with kernels that have nothing of the form it is kept in; give it another \
     initialiser or another form"
)]
pub struct NothingLeft {
    /// The parameter.
    pub parameter: String,
}

/// Brings drawn first weights into the forms that pieces are kept in, and scales them: each parameter has
/// the sum of squares that it was drawn with.
///
/// A projection alone would leave weights of a smaller variance, and with them smaller activations: kept in d
/// of n dimensions, d/n of it on average.
///
/// # Errors
/// [`NothingLeft`] when the form takes away all of a parameter that was not 0.
pub fn constrain_start(
    net: &Net,
    handling: &[Handling],
    weights: &mut [f32],
) -> Result<(), NothingLeft> {
    let held = net.parameters().iter().zip(handling).filter(|(_, own)| !own.pieces.is_empty());
    for (parameter, own) in held {
        let numbers = &mut weights[parameter.range()];
        let drawn = squares(numbers);
        own.project(numbers);
        let left = squares(numbers);
        if left < NOTHING * drawn {
            return Err(NothingLeft { parameter: parameter.name.clone() });
        }
        if left > 0.0 {
            let scale = (drawn / left).sqrt();
            for value in numbers {
                *value = (f64::from(*value) * scale) as f32;
            }
        }
    }
    Ok(())
}

/// Projections that keep a smaller share of a layer's sum of squares have kept rounding errors only.
const NOTHING: f64 = 1e-10;

fn squares(numbers: &[f32]) -> f64 {
    numbers.iter().map(|&value| f64::from(value).powi(2)).sum()
}
