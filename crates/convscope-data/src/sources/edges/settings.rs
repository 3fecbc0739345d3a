//! What can be set about edge images.

use std::ops::{Range, RangeInclusive};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::canvas::OutOfRange;
use super::rotation::SplineOrder;

/// Straight edges on an even background; the class of an image says which edges it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Edges {
    /// The classes, in the order of the labels.
    pub(super) classes: Vec<Class>,
    /// How many images each class has.
    pub(super) per_class: u32,
    /// Rows and columns of an image.
    pub(super) resolution: u32,
    /// The narrowest and the widest edge, in pixels, both possible. Diagonal edges are narrower:
    /// at least the first number, and less than the second one divided by √2 and rounded down.
    pub(super) width: [u32; 2],
    /// The darkest and the brightest edge, in 0..1.
    pub(super) intensity: [f64; 2],
    /// The darkest and the brightest background, in 0..1.
    pub(super) background: [f64; 2],
    /// The share of rows and columns where edges of the training split lie; edges of the validation
    /// split lie in the rest. At 1, and in the test split, edges lie anywhere.
    pub(super) location_ratio: f64,
    /// Which images of the replicate; no two splits share an image.
    pub(super) split: Split,
    /// How many edges an image has of each kind that its class has. Each has its own place, width and
    /// intensity; later ones are drawn over earlier ones.
    #[serde(rename = "edges-per-kind")]
    pub(super) per_kind: PerKind,
    /// Whether the pixels of all images are put into one random order, the same for all splits of a
    /// replicate.
    pub(super) permute_pixels: bool,
    /// Whether a smaller set is the beginning of each class of a larger one; if not, every size is
    /// drawn on its own.
    pub(super) nested: bool,
    /// The order of the splines that turn diagonal edges: 3 (cubic) or 1 (linear).
    #[schemars(with = "u64", extend("enum" = [1, 3]))]
    pub(super) rotate_order: SplineOrder,
    /// What becomes of brightness outside 0..1, which cubic splines make.
    pub(super) out_of_range: OutOfRange,
}

impl Default for Edges {
    fn default() -> Self {
        Self {
            classes: vec![Class::Horizontal, Class::Vertical, Class::None],
            per_class: 1000,
            resolution: 28,
            width: [1, 4],
            intensity: [0.25, 1.0],
            background: [0.0, 0.2],
            location_ratio: 1.0,
            split: Split::Train,
            per_kind: PerKind::default(),
            permute_pixels: false,
            nested: true,
            rotate_order: SplineOrder::Cubic,
            out_of_range: OutOfRange::Saturate,
        }
    }
}

impl Edges {
    pub(super) fn side(&self) -> usize {
        self.resolution as usize
    }

    /// Returns the rows or columns that an edge and the pixel after it lie in.
    pub(super) fn places(&self) -> Range<u32> {
        let border = (self.location_ratio * f64::from(self.resolution)) as u32;
        match self.split {
            Split::Train if self.location_ratio < 1.0 => 0..border,
            Split::Valid if self.location_ratio < 1.0 => border..self.resolution,
            _ => 0..self.resolution,
        }
    }

    pub(super) fn straight_widths(&self) -> RangeInclusive<u32> {
        self.width[0]..=self.width[1]
    }

    /// Returns widths below ⌊widest / √2⌋; none for narrow settings, which the check refuses.
    pub(super) fn diagonal_widths(&self) -> RangeInclusive<u32> {
        let too_wide = (f64::from(self.width[1]) / std::f64::consts::SQRT_2) as u32;
        self.width[0]..=too_wide.saturating_sub(1)
    }
}

/// Which edges an image has.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Class {
    /// Rows brighter or darker than the background.
    Horizontal,
    /// Columns brighter or darker than the background.
    Vertical,
    /// Rows (in images of even index) or columns (odd), turned by 30, 45, 120 or 135 degrees.
    Diagonal,
    /// Columns over rows.
    Both,
    /// Background alone.
    None,
}

impl Class {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Horizontal => "horizontal",
            Self::Vertical => "vertical",
            Self::Diagonal => "diagonal",
            Self::Both => "both",
            Self::None => "none",
        }
    }
}

/// A part of a replicate's images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Split {
    /// Edges in the first part of rows and columns.
    Train,
    /// Edges in the rest.
    Valid,
    /// Edges anywhere.
    Test,
}

impl Split {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }
}

/// How many edges an image has of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PerKind {
    /// In images of class horizontal and both.
    pub(super) horizontal: u32,
    /// In images of class vertical and both.
    pub(super) vertical: u32,
    /// In images of class diagonal; each new edge turns the earlier ones with it.
    pub(super) diagonal: u32,
}

impl Default for PerKind {
    fn default() -> Self {
        Self { horizontal: 1, vertical: 1, diagonal: 1 }
    }
}
