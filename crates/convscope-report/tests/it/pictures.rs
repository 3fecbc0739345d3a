//! Static figures: every mark, kernels, samples, and what cannot be drawn.

use convscope_core::registry;
use convscope_report::{
    Cell, Figure, FigureError, MARKS, Rows, Unit, figure,
    figures::{Interval, Line, Matrix, Scale},
};
use serde_json::json;

use crate::fixed;

#[test]
fn every_mark_draws_its_defaults_without_a_warning() {
    for entry in MARKS {
        let mark = (entry.build)(json!({})).unwrap();
        let rows = if entry.id == "matrix" { fixed::confusion() } else { fixed::rows() };
        for column in mark.columns() {
            assert!(rows.columns.iter().any(|name| name == column), "{}: {column}", entry.id);
        }
        let svg = figure::svg(&fixed::chart(entry.id, mark, rows)).unwrap();
        assert!(svg.starts_with("<svg ") && svg.contains("mark-"), "{}", entry.id);
    }
}

#[test]
fn every_setting_of_every_mark_draws_without_a_warning() {
    let line = Line {
        x: "images".into(),
        dash: Some("epoch".into()),
        facet: Some("epoch".into()),
        scale_x: Scale::Log,
        scale_y: Scale::Log,
        domain_y: Some([0.1, 1.0]),
        unit: Unit::Percent,
        chance: Some(1.0 / 3.0),
        title_x: Some("images per class".into()),
        title_y: Some("accuracy".into()),
        ..Line::default()
    };
    let interval = |horizontal| Interval {
        color: Some("epoch".into()),
        facet: Some("images".into()),
        horizontal,
        domain_y: Some([0.1, 1.0]),
        unit: Unit::Points,
        chance: Some(0.5),
        ..Interval::default()
    };
    let matrix = Matrix { share: true, domain: Some([0.0, 1.0]), facet: None, ..Matrix::default() };
    let figures = [
        fixed::line(line),
        fixed::chart("standing", Box::new(interval(false)), fixed::rows()),
        fixed::chart("lying", Box::new(interval(true)), fixed::rows()),
        fixed::chart("matrix", Box::new(matrix), fixed::confusion()),
    ];
    for shown in figures {
        let svg = figure::svg(&shown).unwrap_or_else(|error| panic!("{}: {error}", shown.id()));
        assert!(svg.contains("mark-"), "{}", shown.id());
    }
}

#[test]
fn a_drawn_line_has_one_path_for_each_model() {
    let svg = figure::svg(&fixed::line(Line { x: "images".into(), ..Line::default() })).unwrap();
    let count = |mark: &str| svg.matches(mark).count();
    assert_eq!((count("mark-line"), count("mark-area")), (2, 2));
    assert!(svg.contains("#0077BB") && svg.contains("#D9701A"), "the colours of cnn and mlp");
    assert!(svg.contains(">cnn</text>") && svg.contains(">mlp</text>"));
}

#[test]
fn a_long_curve_is_thinned_and_its_hover_layer_stays_on_the_page() {
    let row = |epoch: i64| {
        vec![Cell::Text("cnn".into()), Cell::Integer(epoch), Cell::Real(1.0 / epoch as f64)]
    };
    let rows = Rows {
        columns: ["model", "epoch", "value"].map(String::from).into(),
        rows: (1..=1000).map(row).collect(),
    };
    let chart = fixed::chart("long", Box::new(Line::default()), rows);
    let spec = figure::vega_lite(&chart).unwrap();
    assert_eq!(spec["data"]["values"].as_array().unwrap().len(), 200);
    assert!(!spec["layer"].as_array().unwrap().iter().any(|layer| layer["name"] == "hover"));
}

#[test]
fn pictures_have_the_size_that_was_asked_for() {
    for shown in [fixed::kernels(), fixed::samples(), fixed::line(Line::default())] {
        let (once, twice) = (size(&shown, 1.0), size(&shown, 2.0));
        assert!(once.0 > 60 && once.1 > 40, "{once:?}");
        assert!(once.0.abs_diff(twice.0 / 2) <= 1 && once.1.abs_diff(twice.1 / 2) <= 1);
    }
}

#[test]
fn a_figure_does_not_depend_on_those_before_it() {
    let shown = || fixed::line(Line { domain_y: Some([0.6, 1.0]), ..Line::default() });
    let first = figure::svg(&shown()).unwrap();
    figure::svg(&fixed::chart("between", Box::new(Matrix::default()), fixed::confusion())).unwrap();
    assert!(figure::svg(&shown()).unwrap() == first && first.contains("clip-path"));
}

#[test]
fn the_same_figure_gives_the_same_bytes() {
    for shown in [fixed::kernels(), fixed::samples(), fixed::line(Line::default())] {
        assert!(figure::png(&shown, 1.0).unwrap() == figure::png(&shown, 1.0).unwrap());
    }
}

#[test]
fn text_is_set_in_the_bundled_typeface() {
    let named = |name: &str| {
        let rows = Rows {
            columns: ["model", "value"].map(String::from).into(),
            rows: vec![vec![Cell::Text(name.into()), Cell::Real(0.5)]],
        };
        let interval = Interval { horizontal: true, ..Interval::default() };
        size(&fixed::chart("name", Box::new(interval), rows), 1.0).0
    };
    assert!(named("wwwwwwwwww") > named("iiiiiiiiii") + 20, "a wide name takes more room");
}

#[test]
fn numbers_behind_a_figure_as_csv() {
    let csv = figure::csv(&fixed::line(Line { x: "images".into(), ..Line::default() })).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "model,images,mean,low,high,n");
    assert_eq!(lines[1], "cnn,10,0.81,0.682938,0.937062,2", "0.81 ± t(1) · 0.01");
    assert_eq!(lines[4], "mlp,30,0.7,,,1", "one number has no interval");
    assert!(figure::csv(&fixed::kernels()).unwrap().contains("conv1,trained,0,0,0.7906"));
}

#[test]
fn nothing_to_draw_is_an_error_that_says_so() {
    let nothing = fixed::chart(
        "later",
        Box::new(Line::default()),
        Rows { rows: Vec::new(), ..fixed::rows() },
    );
    assert_eq!(figure::svg(&nothing), Err(FigureError::NoRows));
    let mut rows = fixed::rows();
    rows.rows.iter_mut().for_each(|row| row[3] = Cell::Null);
    let blank = fixed::chart("blank", Box::new(Line::default()), rows);
    let error = figure::svg(&blank).unwrap_err().to_string();
    assert_eq!(error, "nothing to show yet: column `value` has no number in any of 8 rows");
}

#[test]
fn a_logarithm_of_zero_is_refused() {
    let mut rows = fixed::rows();
    rows.rows[0][1] = Cell::Integer(0);
    let mark = Line { x: "images".into(), scale_x: Scale::Log, ..Line::default() };
    let error = figure::svg(&fixed::chart("log", Box::new(mark), rows)).unwrap_err();
    assert!(matches!(error, FigureError::NotPositive { .. }), "{error}");
}

#[test]
fn a_picture_has_no_vega_lite_form() {
    let error = figure::vega_lite(&fixed::kernels()).unwrap_err();
    assert_eq!(error, FigureError::NotAChart { id: "kernels".into() });
}

#[test]
fn marks_are_found_by_name() {
    assert_eq!(registry::find(MARKS, "mark", "line").unwrap().id, "line");
    let error = registry::find(MARKS, "mark", "matrx").err().unwrap();
    assert_eq!(error.nearest.as_deref(), Some("matrix"));
}

/// Width and height as the PNG's header states them.
fn size(shown: &Figure, scale: f32) -> (u32, u32) {
    let png = figure::png(shown, scale).unwrap();
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}
