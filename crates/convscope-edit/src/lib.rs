//! Models made from models: parts of others put in, weights shrunk and stirred, kernels made simpler.
//!
//! An [`Edit`] takes the weights of one model, and where it asks for them those of others of the same
//! net, its [`Donor`]s, and leaves new weights together with [`Note`]s on what it chose. Which models are
//! the donors is the caller's knowledge; an edit says which arm of a study they come from. Edits that make
//! kernels simpler look at the answers that a model gives on some images, its [`Calibration`].
//!
//! ```text
//! weights ─┐
//! donors  ─┤
//! fresh   ─┼─ Edit ─▶ Edited: weights, notes, values, handling
//! images  ─┘
//! ```
//!
//! ```
//! use convscope_core::{Seed, registry::find};
//! use convscope_edit::{Donor, EDITS, Subject};
//! use convscope_model::{Layer, Net, Op, Shape, layer::Conv};
//! use serde_json::json;
//!
//! let conv = Op::Conv(Conv { kernel: 2, ..Conv::default() });
//! let net = Net::new(Shape::image(1, 2, 2), vec![Layer::new("conv", conv)])?;
//! let transplant = json!({ "from": "specialist", "across": "noise", "take": "first" });
//! let edit = (find(EDITS, "edit", "transplant")?.build)(transplant)?;
//! let donor = |name: &str, weights: [f32; 5]| Donor { name: name.into(), weights: weights.into() };
//! let donors = [
//!     donor("blur", [1.0, 0.0, 0.0, 0.0, 9.0]),
//!     donor("erase", [0.0, 1.0, 1.0, 0.0, 9.0]),
//!     donor("rotate", [0.0, 2.0, 2.1, 0.0, 9.0]),
//! ];
//! let seed = Seed::root(1);
//! let subject = Subject { net: &net, donors: &donors, fresh: &[], calibration: None, seed };
//! let edited = edit.apply(&subject, vec![5.0; 5])?;
//! // The kernels of `erase` and `rotate` are most alike; the bias is not a kernel.
//! assert_eq!(edited.weights, [0.0, 1.0, 1.0, 0.0, 5.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod align;
mod calibration;
mod edits;
mod waves;

pub use calibration::{Calibration, Curvature, Standing};
pub use edits::{
    CalibrationSet, Donor, Donors, EDITS, Edit, EditError, Edited, KernelForm, Kernels, Note,
    Rounding, SnapError, Subject, snap_alone,
};
