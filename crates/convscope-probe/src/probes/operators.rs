//! How near a kernel is to a known operator, and to which.

use super::energies::seen_but;
use super::rings::without_means;
use super::{Absent, Probe, Ready, Seen, dot};
use crate::catalogue::curved::{first_order, second_order};
use crate::{Flip, Flips, Size};

/// A kernel that image processing knows.
#[derive(Debug)]
pub struct Operator {
    /// Its name.
    pub id: &'static str,
    /// One sentence on what it does.
    pub about: &'static str,
    make: fn(Size) -> Option<Vec<f64>>,
}

impl Operator {
    /// Returns its kernel at a size, not normalised; nothing where there is none.
    ///
    /// ```
    /// use convscope_probe::{OPERATORS, Size};
    ///
    /// let sobel = OPERATORS.iter().find(|operator| operator.id == "sobel").unwrap();
    /// let kernel = sobel.kernel(Size::square(3)).unwrap();
    /// assert_eq!(kernel, [-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0]);
    /// ```
    pub fn kernel(&self, size: Size) -> Option<Vec<f64>> {
        (self.make)(size)
    }
}

/// The operator that a kernel is nearest to.
#[derive(Debug, Clone, Copy)]
pub struct Match {
    /// The operator.
    pub operator: &'static Operator,
    /// How it is flipped to come nearest.
    pub flip: Flip,
    /// Whether its negative comes nearest.
    pub negated: bool,
    /// The cosine of both without their means; between 0 and 1.
    pub cosine: f64,
}

/// Every known operator; where two come equally near, the first is named.
pub static OPERATORS: &[Operator] = &[
    Operator {
        id: "sobel",
        about: "The slope along one axis, smoothed by binomials across it; odd squares.",
        make: |size| {
            odd_square(size).map(|k| outer(&binomial(k - 1), &convolved(&binomial(k - 2))))
        },
    },
    Operator {
        id: "prewitt",
        about: "The slope along one axis of a plane fitted by least squares; odd squares.",
        make: |size| odd_square(size).map(|k| outer(&vec![1.0; k], &ramp(k))),
    },
    Operator {
        id: "scharr",
        about: "The slope along one axis, smoothed so that directions come out right; 3 × 3.",
        make: |size| (size == Size::square(3)).then(|| outer(&[3.0, 10.0, 3.0], &[-1.0, 0.0, 1.0])),
    },
    Operator {
        id: "roberts",
        about: "The difference along a diagonal; 2 × 2.",
        make: |size| (size == Size::square(2)).then(|| vec![1.0, 0.0, 0.0, -1.0]),
    },
    Operator {
        id: "laplacian-4",
        about: "The middle against its four neighbours, amid zeros; odd squares.",
        make: |size| around_middle(size, [0.0, -1.0, 0.0, -1.0, 4.0, -1.0, 0.0, -1.0, 0.0]),
    },
    Operator {
        id: "laplacian-8",
        about: "The middle against its eight neighbours, amid zeros; odd squares.",
        make: |size| around_middle(size, [-1.0, -1.0, -1.0, -1.0, 8.0, -1.0, -1.0, -1.0, -1.0]),
    },
    Operator {
        id: "laplacian-of-gaussian",
        about: "The Laplacian of a Gaussian whose deviation is a sixth of the size.",
        make: |size| {
            let variance = (side(size) / 6.0).powi(2);
            radial(size, |square| {
                (1.0 - square / (2.0 * variance)) * (-square / (2.0 * variance)).exp()
            })
        },
    },
    Operator {
        id: "difference-of-gaussians",
        about: "A Gaussian whose deviation is a sixth of the size, less one 1.6 times as wide.",
        make: |size| {
            let [narrow, wide] = [side(size) / 6.0, 1.6 * side(size) / 6.0].map(|deviation| {
                move |square: f64| (-square / (2.0 * deviation.powi(2))).exp() / deviation.powi(2)
            });
            radial(size, move |square| narrow(square) - wide(square))
        },
    },
    Operator {
        id: "gaussian",
        about: "A Gaussian whose deviation is a quarter of the size.",
        make: |size| {
            let variance = (side(size) / 4.0).powi(2);
            radial(size, |square| (-square / (2.0 * variance)).exp())
        },
    },
    Operator {
        id: "gaussian-slope",
        about: "The slope of that Gaussian along an axis.",
        make: |size| plane(size).then(|| first_order(size).swap_remove(0)),
    },
    Operator {
        id: "gaussian-curvature",
        about: "The second derivative of that Gaussian along an axis: a line.",
        make: |size| plane(size).then(|| second_order(size).swap_remove(0)),
    },
    Operator {
        id: "gaussian-corner",
        about: "The mixed second derivative of that Gaussian: a saddle or corner.",
        make: |size| plane(size).then(|| second_order(size).swap_remove(1)),
    },
    Operator {
        id: "line",
        about: "The middle row against the others; odd squares.",
        make: |size| {
            odd_square(size).map(|k| {
                let mut kernel = vec![0.0; k * k];
                kernel[k / 2 * k..(k / 2 + 1) * k].fill(1.0);
                kernel
            })
        },
    },
    Operator {
        id: "diagonal-line",
        about: "A diagonal against the rest; squares from 3 × 3.",
        make: |size| {
            let square = size.is_square() && size.rows > 2;
            square.then(|| size.places().map(|[r, c]| f64::from(u8::from(r == c))).collect())
        },
    },
];

pub(super) fn probes() -> Vec<Probe> {
    vec![Probe {
        id: "operator".to_owned(),
        group: "operator",
        about: "How near the kernel is, beside its mean, to the nearest known operator, flipped or negated."
            .to_owned(),
        formula: "max over operators, flips and signs of cos(K − mean, gO − mean)",
        source: "Sobel & Feldman 1968; Prewitt 1970; Roberts 1963; Scharr 2000; Marr & Hildreth 1980",
        range: [0.0, 1.0],
        null: "drawn",
        unseen: seen_but(Flips::All, true),
        make: Box::new(|size: Size| {
            let bank = Bank::new(size)?;
            Some(Ready::new(None, move |seen| Ok(bank.nearest(seen)?.cosine)))
        }),
    }]
}

/// The operators that exist at a size, in all their flips, without their means and at length 1.
pub(crate) struct Bank {
    members: Vec<(&'static Operator, Flip, Vec<f64>)>,
}

/// Images of an operator, and matches, that differ by less are the same.
const SAME: f64 = 1e-9;

impl Bank {
    /// Makes the bank; nothing where there is no operator, or all kernels are one up to mean and scale.
    pub(crate) fn new(size: Size) -> Option<Self> {
        let mut members: Vec<(&'static Operator, Flip, Vec<f64>)> = Vec::new();
        for operator in OPERATORS {
            let Some(kernel) = operator.kernel(size) else { continue };
            for flip in Flip::ALL.into_iter().filter(|flip| flip.fits(size)) {
                let flipped = flip.apply(&kernel, size)?;
                let mut image = without_means(vec![flipped]).swap_remove(0);
                let length = dot(&image, &image).sqrt();
                for value in &mut image {
                    *value /= length;
                }
                let known =
                    |(_, _, known): &(_, _, Vec<f64>)| dot(known, &image).abs() > 1.0 - SAME;
                if length > 0.0 && !members.iter().any(known) {
                    members.push((operator, flip, image));
                }
            }
        }
        (!members.is_empty() && size.count() > 2).then_some(Self { members })
    }

    /// Returns the nearest operator.
    pub(crate) fn nearest(&self, seen: &Seen) -> Result<Match, Absent> {
        let kernel = seen.centred()?;
        let mut best: Option<Match> = None;
        for (operator, flip, image) in &self.members {
            let cosine = dot(&kernel, image);
            if best.is_none_or(|best| cosine.abs() > best.cosine + SAME) {
                let (flip, negated, cosine) = (*flip, cosine < 0.0, cosine.abs().min(1.0));
                best = Some(Match { operator, flip, negated, cosine });
            }
        }
        best.ok_or(Absent::Size)
    }

    /// Returns the kernels of the bank.
    pub(crate) fn images(&self) -> impl Iterator<Item = &[f64]> {
        self.members.iter().map(|(_, _, image)| image.as_slice())
    }
}

fn odd_square(size: Size) -> Option<usize> {
    (size.is_square() && size.rows % 2 == 1 && size.rows > 1).then_some(size.rows)
}

fn plane(size: Size) -> bool {
    size.rows > 1 && size.columns > 1
}

fn side(size: Size) -> f64 {
    size.rows.max(size.columns) as f64
}

/// Returns the factors of (a + b)^n.
fn binomial(n: usize) -> Vec<f64> {
    let mut row = vec![1.0];
    for _ in 0..n {
        let before = row.clone();
        row.push(0.0);
        row[1..].iter_mut().zip(before).for_each(|(value, before)| *value += before);
    }
    row
}

/// Returns the differences of neighbours, zeros standing outside.
fn convolved(list: &[f64]) -> Vec<f64> {
    let at = |place: usize| list.get(place).copied().unwrap_or(0.0);
    (0..=list.len())
        .map(|place| if place == 0 { -at(0) } else { at(place - 1) - at(place) })
        .collect()
}

fn ramp(k: usize) -> Vec<f64> {
    (0..k).map(|place| place as f64 - (k / 2) as f64).collect()
}

fn outer(column: &[f64], row: &[f64]) -> Vec<f64> {
    column.iter().flat_map(|down| row.iter().map(move |right| down * right)).collect()
}

fn around_middle(size: Size, inner: [f64; 9]) -> Option<Vec<f64>> {
    let k = odd_square(size)?;
    let mut kernel = vec![0.0; k * k];
    for (place, value) in inner.into_iter().enumerate() {
        kernel[(k / 2 - 1 + place / 3) * k + k / 2 - 1 + place % 3] = value;
    }
    Some(kernel)
}

fn radial(size: Size, height: impl Fn(f64) -> f64) -> Option<Vec<f64>> {
    let heights = size.offsets().map(|[down, right]| height(down * down + right * right));
    plane(size).then(|| heights.collect())
}
