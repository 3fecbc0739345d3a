//! Figures of invented numbers.

use convscope_report::{
    Cell, Chart, Figure, KernelPanel, KernelRow, KernelWall, Rows, SampleGroup, SampleImage,
    SampleSheet, Unit,
    figures::{Interval, Line, Mark, Matrix, Scale},
};

use crate::numbers::{accuracy, epoch, noise};

const MODELS: [&str; 2] = ["cnn", "mlp"];

/// Accuracy against images, with bands.
pub(crate) fn accuracy_by_images() -> Figure {
    let mut rows = table(&["model", "images", "seed", "value"]);
    for model in MODELS {
        for images in [10, 30, 50, 100, 200, 300, 500] {
            for seed in 0..10 {
                let value = accuracy(model, images, seed);
                rows.rows.push(vec![text(model), whole(images), whole(seed), Cell::Real(value)]);
            }
        }
    }
    let mark = Line {
        x: "images".into(),
        scale_x: Scale::Log,
        unit: Unit::Percent,
        chance: Some(1.0 / 3.0),
        domain_y: Some([0.3, 1.0]),
        title_x: Some("training images per class".into()),
        title_y: Some("validation accuracy".into()),
        ..Line::default()
    };
    chart("accuracy", "Accuracy against images per class", Box::new(mark), rows)
}

/// Learning curves of both models and splits, in panels.
pub(crate) fn curves(id: &str, name: &str, epochs: u32, panels: bool) -> Figure {
    let mut rows = table(&["model", "split", "images", "epoch", "value"]);
    for model in MODELS {
        for split in ["train", "valid"] {
            for images in if panels { vec![10, 30, 50, 100] } else { vec![30] } {
                for seed in 0..10 {
                    for at in 1..=epochs {
                        let (loss, accuracy) = epoch(model, split, seed + images, at);
                        let value = if name == "loss" { loss } else { accuracy };
                        let cells = [text(split), whole(images), whole(at), Cell::Real(value)];
                        rows.rows.push([text(model)].into_iter().chain(cells).collect());
                    }
                }
            }
        }
    }
    let mark = Line {
        dash: Some("split".into()),
        facet: panels.then(|| "images".into()),
        unit: if name == "loss" { Unit::Number } else { Unit::Percent },
        title_y: Some(if name == "loss" { "cross-entropy" } else { "accuracy" }.into()),
        ..Line::default()
    };
    chart(id, &format!("Learning curves: {name}"), Box::new(mark), rows)
}

/// Final accuracies by model and kernel size.
pub(crate) fn intervals(id: &str, horizontal: bool) -> Figure {
    let mut rows = table(&["kernel", "model", "seed", "value"]);
    for kernel in [3, 5, 7] {
        for model in ["cnn", "mlp", "cnn-avg"] {
            for seed in 0..10 {
                let value = accuracy(model, 20 + kernel * 4, seed + kernel);
                rows.rows.push(vec![whole(kernel), text(model), whole(seed), Cell::Real(value)]);
            }
        }
    }
    rows.rows.push(vec![whole(7), text("mlp"), whole(10), Cell::Null]);
    let mark = Interval {
        x: "kernel".into(),
        color: Some("model".into()),
        unit: Unit::Percent,
        horizontal,
        title_x: Some("kernel size".into()),
        title_y: Some("validation accuracy".into()),
        ..Interval::default()
    };
    chart(id, "Accuracy by kernel size", Box::new(mark), rows)
}

/// Confusion of three or five classes.
pub(crate) fn confusion(classes: &[&str], share: bool) -> Figure {
    let mut rows = table(&["model", "row", "column", "count"]);
    for model in MODELS {
        for seed in 0..10 {
            for (row, truth) in classes.iter().enumerate() {
                let wrong = if model == "mlp" { 9.0 } else { 1.2 };
                let errors: Vec<f64> = (0..classes.len())
                    .map(|column| {
                        (noise(truth, model, column as u32, seed).abs() * wrong).floor().min(12.0)
                    })
                    .collect();
                let astray: f64 =
                    errors.iter().enumerate().filter(|(at, _)| *at != row).map(|(_, n)| n).sum();
                for (column, guess) in classes.iter().enumerate() {
                    let count = if row == column { 50.0 - astray } else { errors[column] };
                    rows.rows.push(vec![text(model), text(truth), text(guess), Cell::Real(count)]);
                }
            }
        }
    }
    let mark = Matrix {
        share,
        title_row: Some("true class".into()),
        title_column: Some("predicted class".into()),
        ..Matrix::default()
    };
    chart("confusion", "Confusion matrices", Box::new(mark), rows)
}

/// A figure whose query found nothing.
pub(crate) fn nothing() -> Figure {
    chart(
        "calibration",
        "Calibration error",
        Box::new(Line::default()),
        table(&["model", "epoch", "value"]),
    )
}

/// Kernels of two layers, untrained beside trained.
pub(crate) fn kernels() -> Figure {
    let panel = |name: &str, inputs: usize, trained: bool| {
        let weights = (0..3 * inputs * 49).map(|at| {
            let (row, column) = ((at / 7) % 7, at % 7);
            let edge = match (at / (49 * inputs)) % 3 {
                0 => (f64::from(row as u32) - 3.0) / 8.0,
                1 => (3.0 - f64::from(column as u32)) / 8.0,
                _ => (f64::from(row as u32) - f64::from(column as u32)) / 14.0,
            };
            let draw = 0.07 * noise(name, "kernel", at as u32, inputs as u32);
            (draw + if trained { edge } else { 0.0 }) as f32
        });
        KernelPanel {
            name: name.into(),
            outputs: 3,
            inputs,
            height: 7,
            width: 7,
            weights: weights.collect(),
        }
    };
    let row = |name: &str, inputs: usize| KernelRow {
        name: name.into(),
        panels: vec![panel("untrained", inputs, false), panel("trained", inputs, true)],
    };
    Figure::Kernels(KernelWall {
        id: "kernels".into(),
        title: "Kernels of cnn before and after training".into(),
        note: "Seed 0, 30 images per class.".into(),
        rows: vec![row("conv1", 1), row("conv2", 3)],
    })
}

/// Lines on dark ground, as drawn and with their pixels permuted.
pub(crate) fn samples() -> Figure {
    let image = |class: &str, number: usize, permuted: bool| {
        let start = 5 + 7 * number;
        let pixels = (0..28 * 28).map(|at| {
            let at = if permuted { (at * 225 + 97) % 784 } else { at };
            let (row, column) = (at / 28, at % 28);
            let along = if class == "horizontal" { row } else { column };
            let ground = 0.05 + 0.05 * number as f32;
            if class != "none" && (start..start + 3).contains(&along) {
                0.5 + 0.15 * number as f32
            } else {
                ground
            }
        });
        SampleImage {
            class: class.into(),
            channels: 1,
            height: 28,
            width: 28,
            pixels: pixels.collect(),
        }
    };
    let group = |name: &str, permuted: bool| SampleGroup {
        name: name.into(),
        images: ["horizontal", "vertical", "none"]
            .iter()
            .flat_map(|class| (0..3).map(move |number| (class, number)))
            .map(|(class, number)| image(class, number, permuted))
            .collect(),
    };
    Figure::Samples(SampleSheet {
        id: "samples".into(),
        title: "Training images before and after permutation".into(),
        note: "One permutation for all images of a replicate.".into(),
        groups: vec![group("as drawn", false), group("permuted", true)],
    })
}

fn chart(id: &str, title: &str, mark: Box<dyn Mark>, rows: Rows) -> Figure {
    Figure::Chart(Chart {
        id: id.into(),
        title: title.into(),
        note: String::new(),
        mark,
        rows,
        series: ["cnn", "mlp"].map(String::from).into(),
    })
}

fn table(columns: &[&str]) -> Rows {
    Rows { columns: columns.iter().map(|name| (*name).into()).collect(), rows: Vec::new() }
}

fn text(word: &str) -> Cell {
    Cell::Text(word.into())
}

fn whole(number: u32) -> Cell {
    Cell::Integer(number.into())
}
