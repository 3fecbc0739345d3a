//! A handful of fixed numbers: two models, two seeds.

use convscope_core::verdict::Verdict;
use convscope_report::{
    Arm, CardGroup, CardWall, Cell, Chart, ClaimRow, Figure, HeatCell, HeatMap, Histogram,
    Histograms, KernelCard, KernelPanel, KernelRow, KernelWall, Listing, Mark, Measured, Page,
    Parts, Rows, SampleGroup, SampleImage, SampleSheet, Section, Trouble, Unit,
    figures::{Interval, Line, Matrix},
};

/// A page with one of everything.
pub(crate) fn page() -> Page {
    Page {
        title: "Edges".into(),
        about: Some("First paragraph.\n\nSecond paragraph.".into()),
        parts: Parts::STUDIES,
        sections: vec![Section {
            id: "edges/sweep".into(),
            question: "Which network needs fewer images?".into(),
            about: None,
            arms: vec![Arm {
                name: "cnn".into(),
                net: "two convolutions".into(),
                parameters: 606..=606,
                data: "edges".into(),
                recipe: "sgd".into(),
                seeds: 2,
                axes: vec![("images".into(), "10, 30".into())],
            }],
            claims: claims(),
            figures: vec![
                line(Line { x: "images".into(), unit: Unit::Percent, ..Line::default() }),
                chart("models", Box::new(Interval::default()), rows()),
                chart("confusion", Box::new(Matrix::default()), confusion()),
                chart("later", Box::new(Line::default()), Rows { rows: Vec::new(), ..rows() }),
                kernels(),
                samples(),
                heat_map(),
                listing(),
                cards(),
                histograms(),
            ],
            troubles: vec![Trouble { what: "mlp: 1 of 2".into(), why: "diverged".into() }],
            provenance: vec![("jobs".into(), "4".into())],
        }],
        provenance: vec![("convscope".into(), "0.0.0".into())],
        faults: vec!["segment 7, line 1: damaged".into()],
    }
}

/// A line over the fixed rows.
pub(crate) fn line(mark: Line) -> Figure {
    chart("accuracy", Box::new(mark), rows())
}

/// A chart of rows.
pub(crate) fn chart(id: &str, mark: Box<dyn Mark>, rows: Rows) -> Figure {
    Figure::Chart(Chart {
        id: id.into(),
        title: format!("All about {id}"),
        note: "Fixed.".into(),
        mark,
        rows,
        series: vec!["cnn".into(), "mlp".into()],
    })
}

/// Two models, two numbers of images, two seeds; one number is missing.
pub(crate) fn rows() -> Rows {
    let value = |model: &str, images: i64, seed: i64, value: Cell| {
        let keys = [Cell::Text(model.into()), Cell::Integer(images), Cell::Integer(seed)];
        keys.into_iter().chain([value]).collect()
    };
    Rows {
        columns: ["model", "images", "epoch", "value"].map(String::from).into(),
        rows: vec![
            value("cnn", 10, 1, Cell::Real(0.80)),
            value("cnn", 10, 2, Cell::Real(0.82)),
            value("cnn", 30, 1, Cell::Real(0.98)),
            value("cnn", 30, 2, Cell::Integer(1)),
            value("mlp", 10, 1, Cell::Real(0.50)),
            value("mlp", 10, 2, Cell::Real(0.54)),
            value("mlp", 30, 1, Cell::Real(0.70)),
            value("mlp", 30, 2, Cell::Null),
        ],
    }
}

/// Two classes, one model.
pub(crate) fn confusion() -> Rows {
    let count = |row: &str, column: &str, count: f64| {
        vec![
            Cell::Text("cnn".into()),
            Cell::Text(row.into()),
            Cell::Text(column.into()),
            Cell::Real(count),
        ]
    };
    Rows {
        columns: ["model", "row", "column", "count"].map(String::from).into(),
        rows: vec![
            count("horizontal", "horizontal", 48.0),
            count("horizontal", "none", 2.0),
            count("none", "horizontal", 5.0),
            count("none", "none", 45.0),
        ],
    }
}

/// One filter of one 2 × 2 kernel, before and after.
pub(crate) fn kernels() -> Figure {
    let panel = |name: &str, weights: [f32; 4]| KernelPanel {
        name: name.into(),
        outputs: 1,
        inputs: 1,
        height: 2,
        width: 2,
        weights: weights.into(),
    };
    Figure::Kernels(KernelWall {
        id: "kernels".into(),
        title: "Kernels".into(),
        note: String::new(),
        rows: vec![KernelRow {
            name: "conv1".into(),
            panels: vec![
                panel("untrained", [0.1, -0.1, 0.0, 0.2]),
                panel("trained", [0.5, -0.5, 0.25, -0.25]),
            ],
        }],
    })
}

/// One image of 2 × 2 pixels, as drawn and permuted.
pub(crate) fn samples() -> Figure {
    let group = |name: &str, pixels: [f32; 4]| SampleGroup {
        name: name.into(),
        images: vec![SampleImage {
            class: "horizontal".into(),
            channels: 1,
            height: 2,
            width: 2,
            pixels: pixels.into(),
        }],
    };
    Figure::Samples(SampleSheet {
        id: "samples".into(),
        title: "Samples".into(),
        note: String::new(),
        groups: vec![
            group("as drawn", [1.0, 1.0, 0.0, 0.0]),
            group("permuted", [1.0, 0.0, 0.0, 1.0]),
        ],
    })
}

/// One layer against two, of which one has no value.
pub(crate) fn heat_map() -> Figure {
    let cell = |value: Option<f64>, below: &str, z: &str| HeatCell {
        value,
        below: below.into(),
        facts: vec![z.into()],
    };
    Figure::HeatMap(HeatMap {
        id: "cka".into(),
        title: "CKA".into(),
        note: "Fixed.".into(),
        row_title: "a.npz".into(),
        column_title: "b.npz".into(),
        value_title: "cka".into(),
        facts: vec!["z".into()],
        full: Some(1.0),
        rows: vec!["conv1".into()],
        columns: vec!["conv1".into(), "fc".into()],
        cells: vec![vec![cell(Some(0.8125), "z 9", "9"), cell(None, "", "")]],
    })
}

/// Two words and a number.
pub(crate) fn listing() -> Figure {
    Figure::Listing(Listing {
        id: "parameters".into(),
        title: "Parameters".into(),
        note: String::new(),
        columns: ["name", "in", "distance"].map(String::from).into(),
        words: 2,
        rows: vec![["conv1.weight", "both", "0.5"].map(String::from).into()],
    })
}

/// A kernel near an ideal one, and one that is near none.
pub(crate) fn cards() -> Figure {
    let card = |name: &str, weights: [f32; 4], ideal: Option<[f32; 4]>| KernelCard {
        name: name.into(),
        tag: "0".into(),
        weights: weights.into(),
        ideal: ideal.map(Vec::from),
        facts: vec!["2 of 4".into()],
        scores: vec![["edge", "0.5", "97.5"].map(String::from).into()],
    };
    let group = |name: &str, about: &str, count: usize, card: KernelCard| CardGroup {
        name: name.into(),
        about: about.into(),
        count,
        cards: vec![card],
    };
    let line = card("filter 0", [1.0, 0.75, -1.0, -0.75], Some([0.875, 0.875, -0.875, -0.875]));
    Figure::Cards(CardWall {
        id: "cards".into(),
        title: "Kernels by structure".into(),
        note: "Fixed.".into(),
        height: 2,
        width: 2,
        limit: 1.0,
        facts: vec!["numbers".into()],
        scores: ["score", "value", "percentile"].map(String::from).into(),
        groups: vec![
            group("identical-columns", "All columns are identical.", 3, line),
            group("free", "", 1, card("filter 1", [0.0, 1.0, 0.0, 0.0], None)),
        ],
    })
}

/// One score of four kernels beside chance.
pub(crate) fn histograms() -> Figure {
    Figure::Histograms(Histograms {
        id: "scores".into(),
        title: "Scores beside chance".into(),
        note: String::new(),
        thing: "kernel".into(),
        chance: "normal numbers".into(),
        panels: vec![Histogram {
            name: "edge".into(),
            note: "mean 0.6".into(),
            from: 0.0,
            to: 1.0,
            count: 4,
            shares: vec![0.25, 0.75],
            expected: vec![0.5, 0.5],
        }],
    })
}

fn claims() -> Vec<ClaimRow> {
    let claim = |says: &str, measured: Option<Measured>, verdict: Verdict| ClaimRow {
        says: says.into(),
        source: "a paper, table 1".into(),
        published: "86.67 %".into(),
        published_number: Some(0.8667),
        measured,
        expected: Some((0.7, 0.9)),
        verdict,
        why: "because".into(),
        mismatch: Some(format!("{} elsewhere", verdict.words())),
    };
    let measured = |mean: f64, unit: Unit| {
        Some(Measured { mean, low: Some(mean - 0.1), high: Some(mean + 0.1), count: 2, unit })
    };
    vec![
        claim("cnn reaches 86.67 %", measured(0.81, Unit::Percent), Verdict::Reproduced),
        claim("cnn is better", measured(0.3, Unit::Points), Verdict::NotReproduced),
        claim("mlp catches up", None, Verdict::Undecided),
    ]
}
