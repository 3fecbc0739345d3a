//! Parameters that training leaves alone, chosen by name.

pub use convscope_arrays::names::matches;
use convscope_core::SettingError;
use convscope_core::registry::nearest;

use crate::Net;

/// Marks the parameters whose names match one of the patterns, in the order of
/// [`Net::parameters`].
///
/// A `*` stands for any characters, none included: `conv*`, `*.bias`, `conv1.weight`.
///
/// ```
/// use convscope_model::{Layer, Net, Op, Shape, freeze, layer::Linear};
///
/// let layers = vec![Layer::new("fc", Op::Linear(Linear { outputs: 2, bias: true }))];
/// let net = Net::new(Shape::flat(1), layers)?;
/// assert_eq!(freeze::flags(&net, &["*.bias".into()])?, [false, true]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A [`SettingError`] at the index of a pattern that matches no parameter, with the nearest name:
/// such a pattern is a mistake, and the model would silently learn what was to stay.
pub fn flags(net: &Net, patterns: &[String]) -> Result<Vec<bool>, SettingError> {
    let names: Vec<&str> = net.parameters().iter().map(|p| p.name.as_str()).collect();
    for (index, pattern) in patterns.iter().enumerate() {
        if !names.iter().any(|name| matches(pattern, name)) {
            return Err(no_match(index, pattern, net, &names));
        }
    }
    let any = |name| patterns.iter().any(|pattern| matches(pattern, name));
    Ok(names.into_iter().map(any).collect())
}

fn no_match(index: usize, pattern: &str, net: &Net, names: &[&str]) -> SettingError {
    let of_layers: Vec<String> =
        net.layers().iter().map(|layer| format!("{}.*", layer.name)).collect();
    let with_parameters = of_layers
        .iter()
        .map(String::as_str)
        .filter(|pattern| names.iter().any(|name| matches(pattern, name)));
    let candidates = names.iter().copied().chain(with_parameters);
    SettingError {
        nearest: nearest(pattern, candidates),
        ..SettingError::at(
            &index.to_string(),
            format!(
                "no parameter of this net matches `{pattern}`; its parameters are {}",
                names.join(", ")
            ),
        )
    }
}
