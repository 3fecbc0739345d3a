//! What trains: the engine on this processor, or devices that were built in.

use std::collections::{BTreeMap, BTreeSet};

use convscope_train::Trainer;

use crate::args::PrecisionName;
use crate::complaint::Complaint;

/// The engine's own device.
const CPU: &str = "cpu";

#[cfg(any(feature = "cuda", feature = "wgpu", feature = "flex"))]
use built_in::{kinds, trainer};
#[cfg(not(any(feature = "cuda", feature = "wgpu", feature = "flex")))]
use none_built_in::{kinds, trainer};

/// The devices that train in the engine's place; none is the engine.
pub(crate) struct Devices(Vec<Box<dyn Trainer>>);

impl Devices {
    /// Finds devices by their names.
    pub(crate) fn find(names: &[String], precision: PrecisionName) -> Result<Self, Complaint> {
        if let [name] = names
            && name == CPU
        {
            if precision == PrecisionName::Single {
                return Ok(Self(Vec::new()));
            }
            return Err(Complaint::Usage {
                message: format!("`{CPU}` computes in `single` precision alone"),
                help: Some("leave `--precision` out, or name a GPU with `--device`".into()),
            });
        }
        let mut known = BTreeSet::new();
        if let Some(twice) = names.iter().find(|name| !known.insert(name.as_str())) {
            return Err(Complaint::usage(format!("the device `{twice}` is named twice")));
        }
        if known.contains(CPU) {
            let message = format!("`{CPU}` trains alone: name it, or other devices");
            return Err(Complaint::usage(message));
        }
        let found = names.iter().map(|name| trainer(name, precision));
        Ok(Self(found.collect::<Result<_, _>>()?))
    }

    /// Returns those who train in the engine's place.
    pub(crate) fn trainers(&self) -> Vec<&dyn Trainer> {
        self.0.iter().map(|trainer| &**trainer).collect()
    }

    /// Returns every kind of device with what it is, or why it is not there.
    pub(crate) fn all() -> BTreeMap<String, String> {
        let own = (CPU.to_owned(), "this processor".to_owned());
        std::iter::once(own).chain(kinds()).collect()
    }
}

/// A build that has devices.
#[cfg(any(feature = "cuda", feature = "wgpu", feature = "flex"))]
mod built_in {
    use convscope_burn::{DeviceTrainer, KINDS, Kind, Precision, device};

    use super::{CPU, Complaint, PrecisionName, Trainer};

    /// Finds a device by its name.
    pub(super) fn trainer(
        name: &str,
        precision: PrecisionName,
    ) -> Result<Box<dyn Trainer>, Complaint> {
        let precision = match precision {
            PrecisionName::Single => Precision::Single,
            PrecisionName::Mixed => Precision::Mixed,
        };
        let found = quietly(|| DeviceTrainer::find(name, precision))
            .map_err(|error| Complaint::usage(format!("{error}; `{CPU}` is always there")))?;
        Ok(Box::new(found))
    }

    /// Returns every kind of device with what it is, or why it is not there.
    pub(super) fn kinds() -> impl Iterator<Item = (String, String)> {
        KINDS.iter().map(|kind: &Kind| {
            let is = match quietly(|| device(kind.example)) {
                Ok(_) => kind.about.to_owned(),
                Err(_) if !kind.is_built_in() => "not built in".to_owned(),
                Err(error) => error.to_string(),
            };
            (kind.example.to_owned(), is)
        })
    }

    /// Keeps panics off the screen: by them drivers say that they are not there.
    fn quietly<T>(find: impl FnOnce() -> T) -> T {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let found = find();
        std::panic::set_hook(usual);
        found
    }
}

/// A build that has none.
#[cfg(not(any(feature = "cuda", feature = "wgpu", feature = "flex")))]
mod none_built_in {
    use super::{CPU, Complaint, PrecisionName, Trainer};

    /// Says that there is no such device.
    pub(super) fn trainer(name: &str, _: PrecisionName) -> Result<Box<dyn Trainer>, Complaint> {
        Err(Complaint::Usage {
            message: format!("there is no device `{name}`; this build has `{CPU}` alone"),
            help: Some(
                "build convscope with `cargo install --path crates/convscope --features cuda` for \
                 `cuda:0`, or with the feature `wgpu` for `wgpu`"
                    .to_owned(),
            ),
        })
    }

    /// Returns the kinds of devices that other builds have.
    pub(super) fn kinds() -> impl Iterator<Item = (String, String)> {
        ["cuda:0", "wgpu"].into_iter().map(|name| (name.to_owned(), "not built in".to_owned()))
    }
}
