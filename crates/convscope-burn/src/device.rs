//! Devices, by name.

use burn_tensor::{Device, Tensor};

use crate::error::{first_line, spoken};
use crate::population::Precision;

/// A kind of device.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Its name, before the colon.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// The example of a whole name.
    pub example: &'static str,
    /// Whether several of it are told apart by a number.
    pub numbered: bool,
    /// Opens one, where the crate was built with the feature of the kind's name.
    open: Option<fn(usize) -> Device>,
}

impl Kind {
    /// Returns whether the crate was built for it.
    pub fn is_built_in(&self) -> bool {
        self.open.is_some()
    }
}

/// Every kind of device; each is a feature of this crate.
pub static KINDS: &[Kind] = &[
    Kind {
        name: "cuda",
        about: "a GPU of NVIDIA",
        example: "cuda:0",
        numbered: true,
        #[cfg(feature = "cuda")]
        open: Some(Device::cuda),
        #[cfg(not(feature = "cuda"))]
        open: None,
    },
    Kind {
        name: "wgpu",
        about: "the best GPU of any vendor, through Vulkan, Metal or DirectX",
        example: "wgpu",
        numbered: false,
        #[cfg(feature = "wgpu")]
        open: Some(|_| Device::wgpu(burn_tensor::DeviceKind::DefaultDevice)),
        #[cfg(not(feature = "wgpu"))]
        open: None,
    },
    Kind {
        name: "flex",
        about: "the processor through Burn, slower than convscope's own engine",
        example: "flex",
        numbered: false,
        #[cfg(feature = "flex")]
        open: Some(|_| Device::flex()),
        #[cfg(not(feature = "flex"))]
        open: None,
    },
];

/// A name that stands for no device at hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// No kind is called so.
    #[error("there is no device `{name}`; there are {}", examples())]
    Unknown {
        /// The name.
        name: String,
    },
    /// The crate was built without it.
    #[error(
        "this convscope was built without `{kind}`; build it with `cargo install --path \
         crates/convscope --features {kind}`"
    )]
    NotBuiltIn {
        /// The kind's name.
        kind: &'static str,
    },
    /// The device has no numbers of a precision.
    #[error("the device `{name}` does not compute in `{precision}` precision; it does in `single`")]
    Precision {
        /// The device's name.
        name: String,
        /// The precision.
        precision: Precision,
    },
    /// The device does not compute.
    #[error("the device `{name}` does not compute: {reason}")]
    Absent {
        /// The device's name.
        name: String,
        /// What was said when it was asked.
        reason: String,
    },
}

/// Finds a device by its name, such as `cuda:0`, `wgpu` or `flex`.
///
/// ```
/// use convscope_burn::{DeviceError, device};
///
/// assert!(matches!(device("gpu"), Err(DeviceError::Unknown { .. })));
/// ```
///
/// # Errors
/// [`DeviceError`] when the name is none, the crate was built without the kind, or the device does
/// not add.
pub fn device(name: &str) -> Result<Device, DeviceError> {
    let unknown = || DeviceError::Unknown { name: name.to_owned() };
    let (kind, number) = match name.split_once(':') {
        Some((kind, number)) => (kind, Some(number.parse::<u16>().map_err(|_| unknown())?)),
        None => (name, None),
    };
    let kind = KINDS.iter().find(|known| known.name == kind).ok_or_else(unknown)?;
    if number.is_some() && !kind.numbered {
        return Err(unknown());
    }
    let open = kind.open.ok_or(DeviceError::NotBuiltIn { kind: kind.name })?;
    opened(open, number.unwrap_or(0).into())
        .map_err(|reason| DeviceError::Absent { name: name.to_owned(), reason })
}

/// Opens a device and lets it add; drivers that are not there say so by a panic.
fn opened(open: fn(usize) -> Device, number: usize) -> Result<Device, String> {
    let tried = std::panic::catch_unwind(|| {
        let device = open(number);
        let sum = Tensor::<1>::ones([2], &device).sum().try_into_data();
        (device, sum)
    });
    match tried {
        Ok((device, Ok(_))) => Ok(device),
        Ok((_, Err(error))) => Err(first_line(error.reason())),
        Err(panic) => Err(first_line(spoken(&*panic))),
    }
}

fn examples() -> String {
    let of = |kind: &Kind| {
        let built = if kind.is_built_in() { "" } else { " (not built in)" };
        format!("`{}`{built}", kind.example)
    };
    KINDS.iter().map(of).collect::<Vec<_>>().join(", ")
}
