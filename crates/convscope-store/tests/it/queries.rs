use std::collections::BTreeMap;

use convscope_core::Value;
use convscope_store::{
    Axis, AxisNameError, Cell, Contents, Curve, Database, JobKind, Named, Outcome, Placement,
    QueryError, Record, StudyCopy,
};
use serde_json::json;

use crate::samples::{job, provenance, record};

fn placed(model: &str, seed: u32, number: u32, axes: &[(&str, Axis)]) -> Placement {
    let axes = axes.iter().map(|(name, axis)| ((*name).to_owned(), axis.clone())).collect();
    Placement { model: model.into(), seed, axes, job: job(number), kind: JobKind::Train }
}

fn study(name: &str, placements: Vec<Placement>) -> StudyCopy {
    StudyCopy { name: name.into(), toml: String::new(), placements }
}

/// Job 2 is in both studies, job 3 diverged, job 4 failed, job 9 is not done yet.
fn sweep() -> StudyCopy {
    study(
        "sweep",
        vec![
            placed("cnn", 0, 2, &[("images", 30.0.into()), ("learning-rate", 0.1.into())]),
            placed("cnn", 1, 1, &[("images", 10.0.into()), ("learning-rate", 0.1.into())]),
            placed("mlp", 0, 3, &[("images", 10.0.into())]),
            placed("mlp", 1, 9, &[("images", 10.0.into())]),
        ],
    )
}

fn noise() -> StudyCopy {
    study(
        "noise",
        vec![
            placed("cnn", 0, 2, &[("noise", "blur".into())]),
            placed("cnn", 0, 4, &[("noise", "erase".into())]),
        ],
    )
}

fn contents() -> Contents {
    let mut records: Vec<Record> = (1..=4).map(record).collect();
    records[2].outcome = Outcome::Diverged { epoch: 2 };
    records[3] = Record {
        outcome: Outcome::Failed { reason: "no such data".into() },
        values: Vec::new(),
        curves: Vec::new(),
        tables: Vec::new(),
        ..record(4)
    };
    let provenance = (1..=3).map(|number| (job(number), provenance(&job(number)))).collect();
    let records = records.into_iter().map(|record| (record.job.clone(), record)).collect();
    Contents { records, provenance, faults: Vec::new() }
}

fn ask(sql: &str) -> serde_json::Value {
    let (contents, studies) = (contents(), [sweep(), noise()]);
    Database::of(&contents, &studies).unwrap().query(sql).unwrap().to_json()
}

#[test]
fn results_have_a_row_for_each_placement_and_value_in_the_order_of_the_plan() {
    let rows = ask("select * from results");
    assert_eq!(rows.as_array().unwrap().len(), 12, "four placements have three values each");
    assert_eq!(
        rows[0],
        json!({
            "study": "sweep", "model": "cnn", "seed": 0, "images": 30, "learning-rate": 0.1,
            "noise": null, "name": "valid-accuracy", "layer": null, "value": 0.52, "reason": null,
            "job": job(2).as_str(),
        })
    );
    let order = ask("select study, model, seed from results where name = 'similarity'");
    let wanted =
        [("sweep", "cnn", 0), ("sweep", "cnn", 1), ("sweep", "mlp", 0), ("noise", "cnn", 0)];
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(study, model, seed)| json!({ "study": study, "model": model, "seed": seed }))
        .collect();
    assert_eq!(order, json!(wanted));
}

#[test]
fn a_missing_value_is_null_with_its_reason() {
    let rows = ask("select value, reason from results where name = 'calibration' limit 1");
    assert_eq!(rows, json!([{ "value": null, "reason": "no images, none" }]));
    assert_eq!(ask("select count(value) as n from results"), json!([{ "n": 8 }]));
}

#[test]
fn axes_are_numbers_text_or_null() {
    let rows = ask("select distinct typeof(images) as i, typeof(\"learning-rate\") as l, \
                    typeof(noise) as n from results order by 1, 2, 3");
    let wanted = json!([
        { "i": "integer", "l": "null", "n": "null" },
        { "i": "integer", "l": "real", "n": "null" },
        { "i": "null", "l": "null", "n": "text" },
    ]);
    assert_eq!(rows, wanted);
    assert_eq!(ask("select count(*) as n from results where images > 9.5"), json!([{ "n": 9 }]));
}

#[test]
fn curves_have_a_row_for_each_epoch() {
    let rows = ask("select name, epoch, value, reason from curves where study = 'noise'");
    let wanted = json!([
        { "name": "train-loss", "epoch": 1, "value": 1.0 / 3.0, "reason": null },
        { "name": "train-loss", "epoch": 2, "value": null, "reason": "diverged" },
        { "name": "valid-loss", "epoch": 0, "value": 2.0, "reason": null },
        { "name": "valid-loss", "epoch": 1, "value": f64::MIN_POSITIVE, "reason": null },
    ]);
    assert_eq!(rows, wanted);
    assert_eq!(ask("select count(*) as n from curves"), json!([{ "n": 16 }]));
}

#[test]
fn tables_have_a_row_for_each_count() {
    let rows = ask("select row, column, count from tables where images = 30");
    let wanted = json!([
        { "row": "horizontal", "column": "horizontal", "count": 9.0 },
        { "row": "horizontal", "column": "vertical", "count": 1.0 },
        { "row": "vertical", "column": "horizontal", "count": 0.0 },
        { "row": "vertical", "column": "vertical", "count": 2.0 },
    ]);
    assert_eq!(rows, wanted);
}

#[test]
fn jobs_have_a_row_for_each_placement_done_or_not() {
    let rows =
        ask("select study, seed, kind, outcome, reason, threads, wall_seconds, tool from jobs");
    let outcomes: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["outcome"].as_str().unwrap(), row["reason"].as_str()))
        .collect();
    let wanted = [
        ("done", None),
        ("done", None),
        ("diverged", Some("diverged in epoch 2")),
        ("pending", None),
        ("done", None),
        ("failed", Some("no such data")),
    ];
    assert_eq!(outcomes, wanted);
    assert_eq!(rows[0]["wall_seconds"], json!(1.25));
    assert_eq!(rows[3]["tool"], json!(null));
}

#[test]
fn narrowed_views_have_all_columns_and_one_studys_rows() {
    let (contents, studies) = (contents(), [sweep(), noise()]);
    let database = Database::of(&contents, &studies).unwrap();
    let narrowed = database.narrowed_to("noise").unwrap();
    for view in ["results", "curves", "tables", "jobs"] {
        let sql = format!("select * from {view}");
        let (all, some) = (database.query(&sql).unwrap(), narrowed.query(&sql).unwrap());
        assert_eq!(all.columns, some.columns);
        let of_noise: Vec<_> =
            all.rows.into_iter().filter(|row| row[0] == Cell::Text("noise".into())).collect();
        assert!(!of_noise.is_empty());
        assert_eq!(some.rows, of_noise, "{view}");
    }
    let error = database.narrowed_to("swep").unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no study called `swep` in the store; did you mean `sweep`?"
    );
}

#[test]
fn an_axis_may_have_any_name_but_a_columns() {
    let contents = Contents::default();
    let strange = "a \"b\"; drop table results; --";
    let odd = study("s", vec![placed("cnn", 0, 1, &[(strange, 1.0.into())])]);
    let database = Database::of(&contents, [&odd]).unwrap();
    let rows = database.query("select * from jobs").unwrap();
    assert!(rows.columns.contains(&strange.to_owned()));
    for taken in ["epoch", "VALUE", "Level"] {
        let taken_study = study("s", vec![placed("cnn", 0, 1, &[(taken, 1.0.into())])]);
        let error = Database::of(&contents, [&taken_study]).unwrap_err();
        assert_eq!(error, QueryError::Axis(AxisNameError::Fixed { axis: taken.into() }));
    }
}

#[test]
fn unknown_names_are_answered_with_those_that_exist() {
    let (contents, studies) = (contents(), [sweep(), noise()]);
    let database = Database::of(&contents, &studies).unwrap();
    let error = |sql: &str| database.query(sql).unwrap_err().to_string();
    assert_eq!(
        error("select r.modle from results r"),
        "there is no column `modle`; did you mean `model`? (`results` has study, model, seed, \
         images, \"learning-rate\", noise, name, layer, value, reason, job)"
    );
    assert_eq!(
        error("select 1 from result"),
        "there is no view `result`; did you mean `results`? (there are the views results, curves, \
         tables, jobs)"
    );
    let double = error("select value from results where name = \"valid-accuracy\"");
    assert!(double.starts_with("there is no column `valid-accuracy`"), "{double}");
    assert!(error("select frobnicate(1)").contains("no such function: frobnicate"));
    assert!(error("selec 1").contains("near \"selec\""));
    assert!(error("select model, model from jobs").contains("two columns"));
    let QueryError::UnknownName { offset, .. } =
        database.query("select modle from jobs").unwrap_err()
    else {
        panic!("not an unknown name")
    };
    assert_eq!(offset, Some(7));
}

#[test]
fn the_standard_deviation_has_divisor_n_minus_one() {
    let rows =
        ask("select stddev(value) as s, sqrt(4.0) as r, stddev(1) as one, sqrt(-1) as none \
                    from (select 2.0 as value union all select 4.0 union all select null)");
    assert_eq!(rows[0]["s"], json!(2.0_f64.sqrt()));
    assert_eq!(rows[0]["r"], json!(2.0));
    assert_eq!(rows[0]["one"], json!(0.0));
    assert_eq!(rows[0]["none"], json!(null));
}

#[test]
fn an_epoch_may_be_as_late_as_can_be() {
    let mut late = record(1);
    late.curves = vec![Curve::new("x", u32::MAX, vec![Value::Number(1.0), Value::Number(2.0)])];
    late.values = vec![Named::new("y", Value::Number(1.0))];
    let contents = Contents { records: BTreeMap::from([(job(1), late)]), ..Contents::default() };
    let study = study("s", vec![placed("cnn", 0, 1, &[])]);
    let database = Database::of(&contents, [&study]).unwrap();
    let rows = database.query("select epoch from curves").unwrap();
    let epochs = [[Cell::Integer(4_294_967_295)], [Cell::Integer(4_294_967_296)]];
    assert_eq!(rows.rows, epochs);
}

#[test]
fn a_filter_by_name_walks_each_jobs_range_and_indexes_nothing() {
    for view in ["results", "curves", "tables"] {
        let plan = ask(&format!("explain query plan select * from {view} where name = 'x'"));
        let steps: Vec<_> =
            plan.as_array().unwrap().iter().map(|step| step["detail"].as_str().unwrap()).collect();
        let range = format!("SEARCH _{view} USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)");
        assert_eq!(steps, ["SCAN _placements", &range]);
    }
}
