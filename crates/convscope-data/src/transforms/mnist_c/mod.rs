//! The fifteen corruptions of MNIST-C, one file for each.
//!
//! Mu and Gilmer 2019, "MNIST-C: A robustness benchmark for computer vision", arXiv:1906.02337; the
//! parameters are those of the authors' code at its commit aa07569, which are not all in the paper.
//! Default severities are those that the published data set was made with.
//!
//! What is other than there: results are not cut to 8 bits, nor is the image before; random numbers
//! are other ones; where the authors wrote 28, 14 or 27, sizes follow from the image, so that other
//! sizes work too. Each file says what else. Images are grey, in 0..1: corruptions stand before
//! `normalize` and `channels`.

mod brightness;
mod canny_edges;
mod dotted_line;
mod fog;
mod glass_blur;
mod impulse_noise;
mod line;
mod map;
mod motion_blur;
mod plasma;
mod rotate;
mod scale;
mod shear;
mod shot_noise;
mod smooth;
mod spatter;
mod stripe;
mod translate;
mod zigzag;

use convscope_core::{SettingError, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Scratch, Transform, View, entry};

pub(super) use brightness::ENTRY as BRIGHTNESS;
pub(super) use canny_edges::ENTRY as CANNY_EDGES;
pub(super) use dotted_line::ENTRY as DOTTED_LINE;
pub(super) use fog::ENTRY as FOG;
pub(super) use glass_blur::ENTRY as GLASS_BLUR;
pub(super) use impulse_noise::ENTRY as IMPULSE_NOISE;
pub(super) use motion_blur::ENTRY as MOTION_BLUR;
pub(super) use rotate::ENTRY as ROTATE;
pub(super) use scale::ENTRY as SCALE;
pub(super) use shear::ENTRY as SHEAR;
pub(super) use shot_noise::ENTRY as SHOT_NOISE;
pub(super) use spatter::ENTRY as SPATTER;
pub(super) use stripe::ENTRY as STRIPE;
pub(super) use translate::ENTRY as TRANSLATE;
pub(super) use zigzag::ENTRY as ZIGZAG;

/// Where all fifteen are described.
const SOURCE: &str = "Mu, Gilmer 2019, arXiv:1906.02337, MNIST-C";

/// How strong a corruption is, from 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u64", into = "u64")]
struct Severity(#[schemars(range(min = 1, max = 5))] u8);

impl Severity {
    /// Chooses among what the five severities have.
    fn of<T: Copy>(self, five: [T; 5]) -> T {
        five[usize::from(self.0) - 1]
    }
}

impl TryFrom<u64> for Severity {
    type Error = String;

    fn try_from(number: u64) -> Result<Self, String> {
        match number {
            1..=5 => Ok(Self(number as u8)),
            _ => Err(format!("severities are 1, 2, 3, 4 and 5; came {number}")),
        }
    }
}

impl From<Severity> for u64 {
    fn from(severity: Severity) -> Self {
        severity.0.into()
    }
}

/// Refuses images in colour and those too small for the strokes and margins of some corruptions.
fn grey(of: Shape) -> Result<Shape, SettingError> {
    let message = if of.channels != 1 {
        format!(
            "corruptions of MNIST-C are for images of 1 channel; these are {of} (put the corruption \
             before `channels`)"
        )
    } else if of.height < SMALLEST || of.width < SMALLEST {
        format!("images of at least {SMALLEST} rows and columns are wanted; these are {of}")
    } else {
        return Ok(of);
    };
    Err(SettingError::at("", message))
}

const SMALLEST: usize = 12;

fn unit(value: f64) -> f32 {
    value.clamp(0.0, 1.0) as f32
}
