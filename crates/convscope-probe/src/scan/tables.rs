//! What the probes are at 3 × 3, read off the probes themselves.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use convscope_core::Subspace;

use super::{COUNT, SIZE};
use crate::probes::information::PRECISION;
use crate::probes::operators::Bank;
use crate::probes::{Seen, dot};
use crate::{Catalogue, PROBES, Structure};

/// A probe that is scanned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Its place among the probes.
    pub(super) probe: usize,
    /// Which kernels it says something of: 0 all, 1 those that are not zeros, 2 those that vary.
    pub(super) needs: usize,
    /// The range of its histogram.
    pub(super) range: [f64; 2],
}

/// What is computed for one column, or for several that are the same at 3 × 3.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// As of its columns.
    pub(super) needs: usize,
    /// As of its columns.
    pub(super) range: [f64; 2],
}

/// A row and a factor of it: sums of them are taken.
pub(super) type Term = (usize, f64);

/// A row that is a quadratic form over the energy: products of two coordinates, each with a factor.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) row: usize,
    /// As of the row.
    pub(super) range: [f64; 2],
    pub(super) terms: Vec<Term>,
}

#[derive(Debug)]
pub(super) struct Tables {
    pub(super) columns: &'static [Column],
    /// Which row each column is.
    pub(super) row_of: Vec<usize>,
    pub(super) rows: Vec<Row>,
    /// Nine directions at right angles, as sums of places, in which most flips are a change of sign: the first is
    /// constant.
    pub(super) directions: [Vec<Term>; COUNT],
    /// Of which pairs of coordinates products are needed.
    pub(super) products: Vec<[usize; 2]>,
    /// Those over the whole energy, and those over what is left of it without the mean.
    pub(super) forms: [Vec<Form>; 2],
    /// The operators as sums of coordinates.
    pub(super) operators: Vec<Vec<Term>>,
    pub(super) structures: Vec<Described>,
    /// The rows of the probes that are no quadratic forms, in the order of [`OTHERS`].
    pub(super) others: [usize; OTHERS.len()],
}

/// A structure of the catalogue as the code length sees it.
#[derive(Debug)]
pub(super) struct Described {
    /// The row that says how much of the energy it has; nothing of the free kernel, all of which is
    /// either residual or numbers.
    pub(super) energy: Option<usize>,
    /// 2^(bits / 4.5), so that code lengths can be compared without logarithms.
    pub(super) power: f64,
    /// What the length is at most: that of a free kernel's numbers.
    pub(super) most: f64,
}

/// The probes that are no quadratic forms.
pub(super) const OTHERS: [&str; 9] = [
    "separability",
    "effective-rank",
    "stable-rank",
    "operator",
    "unique-values",
    "smooth-unique-values",
    "quantised-entropy",
    "renyi-entropy",
    "code-length",
];

/// The probes that are scanned.
pub(super) static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(columns);

/// The structures that are counted.
pub(super) static COUNTED: LazyLock<Vec<&'static Structure>> =
    LazyLock::new(|| Catalogue::new(SIZE).structures().map(|(structure, _)| structure).collect());

fn columns() -> Vec<Column> {
    let longest = (Catalogue::new(SIZE).structures().count() as f64).log2()
        + COUNT as f64 * f64::from(PRECISION);
    let probes = PROBES.iter().enumerate().filter(|(_, probe)| probe.is_at(SIZE));
    probes
        .map(|(place, probe)| {
            let needs = match (probe.group, probe.unseen.offset) {
                ("information", _) => 0,
                (_, centred) => 1 + usize::from(centred),
            };
            let [low, high] = probe.range;
            let low = if low.is_finite() { low } else { -1.0 };
            let high = match (high.is_finite(), probe.group, probe.id.as_str()) {
                (true, ..) => high,
                (_, "rank", _) => 3.0,
                (_, _, "code-length") => longest,
                (_, _, id) if id.ends_with("entropy") => (COUNT as f64).log2(),
                _ => COUNT as f64,
            };
            Column { probe: place, needs, range: [low, high] }
        })
        .collect()
}

impl Tables {
    pub(super) fn new() -> Self {
        let columns: &'static [Column] = &COLUMNS;
        let directions = directions();
        let mut products: BTreeMap<[usize; 2], usize> = (0..COUNT).map(|i| ([i, i], i)).collect();
        let (mut rows, mut row_of) = (Vec::new(), Vec::new());
        let mut forms: [Vec<Form>; 2] = Default::default();
        for column in columns {
            let (needs, range) = (column.needs, column.range);
            if OTHERS.contains(&PROBES[column.probe].id.as_str()) {
                row_of.push(rows.len());
                rows.push(Row { needs, range });
                continue;
            }
            let mut terms = Vec::new();
            for (pair, factor) in form(*column, &directions) {
                let next = products.len();
                terms.push((*products.entry(pair).or_insert(next), factor));
            }
            let forms = &mut forms[needs - 1];
            let known = forms.iter().find(|form| {
                form.range.map(f64::to_bits) == range.map(f64::to_bits) && same(&form.terms, &terms)
            });
            row_of.push(known.map_or(rows.len(), |form| form.row));
            if known.is_none() {
                forms.push(Form { row: rows.len(), range, terms });
                rows.push(Row { needs, range });
            }
        }
        let mut needed: Vec<[usize; 2]> = vec![[0; 2]; products.len()];
        for (pair, place) in products {
            needed[place] = pair;
        }
        let of = |id: &str| columns.iter().position(|column| PROBES[column.probe].id == id);
        let row = |id: &str| of(id).map(|column| row_of[column]);
        let others = OTHERS.map(|id| row(id).expect("the probe exists at 3 × 3"));
        let structures = structures(row);
        let operators = operators(&directions);
        let directions = directions.map(|direction| terms_of(direction.into_iter()));
        Self {
            columns,
            row_of,
            rows,
            directions,
            products: needed,
            forms,
            operators,
            structures,
            others,
        }
    }
}

/// Returns whether two sums are the same to rounding.
fn same(terms: &[Term], others: &[Term]) -> bool {
    let near = |(a, b): (&Term, &Term)| a.0 == b.0 && (a.1 - b.1).abs() < 1e-12;
    terms.len() == others.len() && terms.iter().zip(others).all(near)
}

/// Returns the terms that are more than what is left of rounding.
fn terms_of(factors: impl Iterator<Item = f64>) -> Vec<Term> {
    factors.enumerate().filter(|(_, factor)| factor.abs() > ROUNDING).collect()
}

const ROUNDING: f64 = 1e-13;

/// Returns directions in which the eight flips do little more than change signs.
fn directions() -> [[f64; COUNT]; COUNT] {
    let s = |list: [i32; COUNT]| list.map(f64::from).to_vec();
    let vectors = [
        s([1, 1, 1, 1, 1, 1, 1, 1, 1]),
        s([1, -1, 1, -1, 0, -1, 1, -1, 1]),
        s([-1, -1, -1, -1, 8, -1, -1, -1, -1]),
        s([0, -1, 0, 1, 0, 1, 0, -1, 0]),
        s([1, 0, -1, 0, 0, 0, -1, 0, 1]),
        s([0, 0, 0, -1, 0, 1, 0, 0, 0]),
        s([0, -1, 0, 0, 0, 0, 0, 1, 0]),
        s([-1, 0, 1, 0, 0, 0, -1, 0, 1]),
        s([-1, 0, -1, 0, 0, 0, 1, 0, 1]),
    ];
    let whole = Subspace::spanned_by(COUNT, &vectors);
    let mut directions = [[0.0; COUNT]; COUNT];
    for (direction, vector) in directions.iter_mut().zip(whole.basis()) {
        direction.copy_from_slice(vector);
    }
    directions
}

/// Returns the quadratic form that a probe's value times the energy is, pair by pair of directions.
fn form(column: Column, directions: &[[f64; COUNT]; COUNT]) -> Vec<([usize; 2], f64)> {
    let ready = PROBES[column.probe].at(SIZE).expect("a probe that is scanned exists");
    let first = usize::from(column.needs == 2);
    let height = |pair: [usize; 2]| -> f64 {
        let [a, b] = pair;
        let kernel: Vec<f64> = (0..COUNT)
            .map(|at| directions[a][at] + if a == b { 0.0 } else { directions[b][at] })
            .collect();
        let energy = dot(&kernel, &kernel);
        (ready.value)(&Seen::new(&kernel, 1.0)).map_or(0.0, |value| value * energy)
    };
    let mut terms = Vec::new();
    for i in first..COUNT {
        for j in first..=i {
            let own = height([i, i]);
            let factor = if i == j { own } else { height([j, i]) - own - height([j, j]) };
            if factor.abs() > ROUNDING {
                terms.push(([j, i], factor));
            }
        }
    }
    terms
}

fn operators(directions: &[[f64; COUNT]; COUNT]) -> Vec<Vec<Term>> {
    let bank = Bank::new(SIZE).expect("there are operators at 3 × 3");
    let of = |image: &[f64]| terms_of(directions.iter().map(|vector| dot(vector, image)));
    bank.images().map(of).collect()
}

fn structures(row: impl Fn(&str) -> Option<usize>) -> Vec<Described> {
    let catalogue = Catalogue::new(SIZE);
    let name = (catalogue.structures().count() as f64).log2();
    catalogue
        .structures()
        .map(|(structure, dimension)| {
            let id = if structure.is_separable() {
                "separability".to_owned()
            } else {
                format!("in-{}", structure.id)
            };
            let energy = row(&id);
            let power = |bits: f64| (bits / (COUNT as f64 / 2.0)).exp2();
            let bits = name + dimension as f64 * f64::from(PRECISION);
            match energy {
                Some(_) => Described { energy, power: power(bits), most: f64::INFINITY },
                None => Described { energy, power: power(name), most: power(bits) },
            }
        })
        .collect()
}
