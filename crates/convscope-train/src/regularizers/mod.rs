//! Penalties on weights, one file for each kind.

mod kernel_entropy;
mod l1;
mod nearest_structure;
mod penalty;
mod soft_weight_sharing;
mod to_start;
mod unique_values;

use std::sync::Arc;

use convscope_core::registry::{self, Entry, SettingError, Settings};
use convscope_model::{Net, Parameter, freeze};
use convscope_probe::Size;

use crate::constraint::kernels;
use crate::schedules::Moment;

pub use penalty::Penalty;
use penalty::{Acts, OfKernels};

/// Every penalty that a recipe can name.
pub static REGULARIZERS: &[Entry<Regularizer>] = &[
    l1::ENTRY,
    to_start::ENTRY,
    kernel_entropy::ENTRY,
    unique_values::ENTRY,
    nearest_structure::ENTRY,
    soft_weight_sharing::ENTRY,
];

/// A penalty on some parameters, added to the loss that is descended.
///
/// Only its slope is computed; the losses that training reports are those without it. Unlike
/// weight decay it goes through clipping, and in `AdamW` through the scaling of gradients.
///
/// Some act on every weight alone, others on the kernels of convolutions: these take, of what their
/// patterns match, the kernels of more than one number, and their slopes are computed in 64 bits.
#[derive(Debug, Clone)]
pub struct Regularizer {
    plain: Plain,
    id: &'static str,
    /// What a reader calls it, and its own settings.
    name: String,
    acts: Acts,
}

/// What a study can set of every penalty.
#[derive(Debug, Clone)]
struct Plain {
    /// What the penalty is multiplied by.
    weight: f64,
    /// Name patterns of the parameters that it acts on.
    on: Vec<String>,
    /// In how many epochs its weight grows from 0.
    warm_up: u32,
}

/// The settings of a kind of penalty.
trait Kind: Settings {
    /// Its name in study files.
    const ID: &'static str;

    /// Returns those that every penalty has.
    fn plain(&self) -> Plain;

    /// Checks its own.
    fn check(&self) -> Result<(), SettingError> {
        Ok(())
    }

    /// Makes it.
    fn acts(&self) -> Acts;

    /// Returns what a reader calls it.
    fn name(&self) -> String;
}

/// Defines the settings of a kind of penalty: those of all kinds, and its own with their defaults.
///
/// They are one flat table, in which serde finds slips; flattened structs would take any key.
macro_rules! settings {
    ($name:ident { $($(#[$about:meta])* $key:ident: $type:ty = $default:expr,)* }) => {
        #[derive(Debug, Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        struct $name {
            /// What the penalty is multiplied by.
            weight: f64,
            /// Name patterns of the parameters that it acts on, such as `conv*.weight`.
            on: Vec<String>,
            /// In how many epochs its weight grows from 0, step by step along a line.
            warm_up: u32,
            $($(#[$about])* $key: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { weight: 1e-4, on: vec!["*".into()], warm_up: 0, $($key: $default,)* }
            }
        }

        impl $name {
            fn plain_settings(&self) -> super::Plain {
                super::Plain { weight: self.weight, on: self.on.clone(), warm_up: self.warm_up }
            }
        }
    };
}
use settings;

impl Regularizer {
    /// Returns its name in study files.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Returns the name patterns of the parameters that it acts on.
    pub fn on(&self) -> &[String] {
        &self.plain.on
    }

    /// Returns its weight at a step.
    pub fn weight(&self, at: Moment) -> f64 {
        let Plain { weight, warm_up, .. } = self.plain;
        let length = (u64::from(warm_up) * at.steps_per_epoch) as f64;
        if (at.step as f64) < length { weight * (at.step as f64 / length) } else { weight }
    }

    /// Makes it for one parameter; nothing where it acts on kernels and the parameter has none.
    pub fn at(&self, parameter: &Parameter) -> Option<Penalty> {
        match &self.acts {
            Acts::Each(each) => Some(Penalty::of_each(*each)),
            Acts::Kernels(of) => {
                let size = patterned(parameter)?;
                Some(Penalty::of_kernels(
                    of.at(size, parameter.len() / size.count()),
                    parameter.len(),
                ))
            }
        }
    }

    /// Marks the parameters that it acts on.
    ///
    /// # Errors
    /// A [`SettingError`] at the index of a pattern that matches nothing that it could act on.
    pub(crate) fn flags(&self, net: &Net) -> Result<Vec<bool>, SettingError> {
        let mut flags = freeze::flags(net, self.on())?;
        let Acts::Kernels(of) = &self.acts else { return Ok(flags) };
        for (place, pattern) in self.on().iter().enumerate() {
            let wrong = |message| Err(SettingError::at(&place.to_string(), message));
            let matched = net.parameters().iter().filter(|own| freeze::matches(pattern, &own.name));
            let mut sizes = matched.filter_map(|own| Some((&own.name, patterned(own)?))).peekable();
            if sizes.peek().is_none() {
                return wrong(format!(
                    "{} acts on kernels of more than one number, but `{pattern}` matches none",
                    self.id
                ));
            }
            for (name, size) in sizes {
                if let Err(why) = of.fits(size) {
                    return wrong(format!("`{name}` has kernels of {size}, {why}"));
                }
            }
        }
        for (flag, parameter) in flags.iter_mut().zip(net.parameters()) {
            *flag &= patterned(parameter).is_some();
        }
        Ok(flags)
    }

    /// Describes it in a few words.
    pub fn describe(&self) -> String {
        let Plain { weight, on, warm_up } = &self.plain;
        let on = if *on == ["*"] { String::new() } else { format!(" on {}", on.join(", ")) };
        let rises = match warm_up {
            0 => String::new(),
            epochs => format!(" within {epochs} epochs"),
        };
        format!("{} {weight}{on}{rises}", self.name)
    }
}

/// Returns the size of a parameter's kernels, if they can have a pattern.
fn patterned(parameter: &Parameter) -> Option<Size> {
    kernels(parameter).filter(|size| size.count() > 1)
}

const fn entry<K: Kind + 'static>(about: &'static str, source: &'static str) -> Entry<Regularizer> {
    Entry {
        id: K::ID,
        about,
        source,
        build: |settings| {
            let settings: K = registry::read(settings)?;
            let plain = settings.plain();
            if !(plain.weight >= 0.0 && plain.weight.is_finite()) {
                let message = format!(
                    "a penalty's weight is 0 or a finite number above, not {}",
                    plain.weight
                );
                return Err(SettingError::at("weight", message));
            }
            settings.check()?;
            let (name, acts) = (settings.name(), settings.acts());
            Ok(Box::new(Regularizer { plain, id: K::ID, name, acts }))
        },
        canonical: registry::canonical::<K>,
        schema: K::json_schema,
    }
}

/// Bandwidths are shares of a layer's root mean square.
fn check_bandwidth(bandwidth: f64) -> Result<(), SettingError> {
    if bandwidth > 0.0 && bandwidth.is_finite() {
        return Ok(());
    }
    let message = format!("a bandwidth is a finite number above 0, not {bandwidth}");
    Err(SettingError::at("bandwidth", message))
}

fn of_kernels(of: impl OfKernels + 'static) -> Acts {
    Acts::Kernels(Arc::new(of))
}
