//! What computes nets: the engine on this processor, or a device that was built in.

use std::collections::BTreeMap;

use convscope_study::Elsewhere;

use crate::complaint::Complaint;

/// The engine's own device.
const CPU: &str = "cpu";

#[cfg(any(feature = "cuda", feature = "wgpu", feature = "flex"))]
pub(crate) use built_in::Device;
#[cfg(not(any(feature = "cuda", feature = "wgpu", feature = "flex")))]
pub(crate) use none_built_in::Device;

/// A build that has devices.
#[cfg(any(feature = "cuda", feature = "wgpu", feature = "flex"))]
mod built_in {
    use convscope_burn::{Executor, KINDS, Precision, device};
    use convscope_model::Net;
    use convscope_train::Compute;

    use super::{BTreeMap, CPU, Complaint, Elsewhere};

    /// What computes.
    pub(crate) struct Device(Option<Prepared>);

    struct Prepared {
        name: String,
        prepare: Box<Prepare>,
    }

    type Prepare = dyn Fn(&Net) -> Box<dyn Compute> + Sync;

    impl Device {
        /// Finds a device by its name.
        pub(crate) fn find(name: &str) -> Result<Self, Complaint> {
            if name == CPU {
                return Ok(Self(None));
            }
            let found = quietly(|| device(name))
                .map_err(|error| Complaint::usage(format!("{error}; `{CPU}` is always there")))?;
            let prepare = move |net: &Net| -> Box<dyn Compute> {
                Box::new(Executor::new(net, &found, Precision::Single))
            };
            Ok(Self(Some(Prepared { name: name.to_owned(), prepare: Box::new(prepare) })))
        }

        /// Returns who computes in the engine's place.
        pub(crate) fn elsewhere(&self) -> Option<Elsewhere<'_>> {
            let Prepared { name, prepare } = self.0.as_ref()?;
            Some(Elsewhere { name, prepare })
        }

        /// Returns every device with what it is, or why it is not there.
        pub(crate) fn all() -> BTreeMap<String, String> {
            let of = |kind: &convscope_burn::Kind| {
                let is = match quietly(|| device(kind.example)) {
                    Ok(_) => kind.about.to_owned(),
                    Err(_) if !kind.is_built_in() => "not built in".to_owned(),
                    Err(error) => error.to_string(),
                };
                (kind.example.to_owned(), is)
            };
            let own = (CPU.to_owned(), "this processor".to_owned());
            std::iter::once(own).chain(KINDS.iter().map(of)).collect()
        }
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
    use super::{BTreeMap, CPU, Complaint, Elsewhere};

    /// What computes: the engine.
    pub(crate) struct Device;

    impl Device {
        /// Finds a device by its name.
        pub(crate) fn find(name: &str) -> Result<Self, Complaint> {
            if name == CPU {
                return Ok(Self);
            }
            Err(Complaint::Usage {
                message: format!("there is no device `{name}`; this build has `{CPU}` alone"),
                help: Some(
                    "build convscope with `cargo install --path crates/convscope --features cuda` \
                     for `cuda:0`, or with the feature `wgpu` for `wgpu`"
                        .to_owned(),
                ),
            })
        }

        /// Returns who computes in the engine's place: nobody.
        #[expect(clippy::unused_self, reason = "a build that has devices needs it")]
        pub(crate) fn elsewhere(&self) -> Option<Elsewhere<'_>> {
            None
        }

        /// Returns every device with what it is.
        pub(crate) fn all() -> BTreeMap<&'static str, &'static str> {
            [(CPU, "this processor"), ("cuda:0", "not built in"), ("wgpu", "not built in")].into()
        }
    }
}
