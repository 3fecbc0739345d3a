use convscope_core::SettingError;
use convscope_train::{Clip, OPTIMIZERS, REGULARIZERS, Recipe, SCHEDULES};
use schemars::SchemaGenerator;
use serde_json::{Value, json};

use crate::recipe;

fn refused(written: Value) -> SettingError {
    Recipe::read(written).err().expect("the recipe is refused")
}

#[test]
fn an_empty_recipe_has_all_defaults() {
    let recipe = recipe(json!({}));
    assert_eq!((recipe.batch(), recipe.epochs()), (32, 100));
    assert_eq!(recipe.describe(), "SGD at rate 0.01; constant rate; batches of 32; 100 epochs");
    assert_eq!(recipe.canonical(), json!({}));
}

#[test]
fn spelling_a_default_out_does_not_change_the_canonical_form() {
    let spelt_out = recipe(json!({
        "optimizer": { "sgd": { "lr": 0.01, "momentum": 0.0, "nesterov": false } },
        "schedule": { "constant": {} }, "batch": 32, "epochs": 100, "warm-up": 0,
        "label-smoothing": 0, "no-decay": [], "regularizers": [],
    }));
    assert_eq!(spelt_out.canonical(), json!({}));
    assert_eq!(
        recipe(json!({ "optimizer": "sgd", "schedule": "constant" })).canonical(),
        json!({})
    );
    let named = recipe(json!({ "optimizer": "adam" })).canonical();
    assert_eq!(named, json!({ "optimizer": { "adam": {} } }));
}

#[test]
fn a_canonical_form_reads_as_the_recipe() {
    let written = json!({
        "optimizer": { "adamw": { "lr": 0.003, "betas": [0.8, 0.95], "eps": 1e-8 } },
        "schedule": { "milestones": { "at": [10, 20] } }, "batch": 10, "epochs": 30,
    });
    let recipe = recipe(written);
    let canonical = json!({
        "optimizer": { "adamw": { "lr": 0.003, "betas": [0.8, 0.95] } },
        "schedule": { "milestones": { "at": [10, 20] } }, "batch": 10, "epochs": 30,
    });
    assert_eq!(recipe.canonical(), canonical);
    let again = Recipe::read(canonical).unwrap();
    assert_eq!((again.canonical(), again.describe()), (recipe.canonical(), recipe.describe()));
}

#[test]
fn settings_out_of_range_are_refused_at_their_place() {
    for (written, place) in [
        (json!({ "epochs": 1_000_001 }), vec!["epochs"]),
        (json!({ "batch": 0 }), vec!["batch"]),
        (json!({ "batch": -1 }), vec!["batch"]),
        (json!({ "optimizer": { "sgd": { "lr": 0.0 } } }), vec!["optimizer", "sgd", "lr"]),
        (json!({ "optimizer": { "sgd": { "lr": -0.1 } } }), vec!["optimizer", "sgd", "lr"]),
        (json!({ "optimizer": { "adam": { "lr": 1e300 } } }), vec!["optimizer", "adam", "lr"]),
        (
            json!({ "optimizer": { "sgd": { "momentum": 1.0 } } }),
            vec!["optimizer", "sgd", "momentum"],
        ),
        (
            json!({ "optimizer": { "sgd": { "momentum": -0.1 } } }),
            vec!["optimizer", "sgd", "momentum"],
        ),
        (
            json!({ "optimizer": { "sgd": { "nesterov": true } } }),
            vec!["optimizer", "sgd", "nesterov"],
        ),
        (
            json!({ "optimizer": { "sgd": { "weight-decay": -1.0 } } }),
            vec!["optimizer", "sgd", "weight-decay"],
        ),
        (
            json!({ "optimizer": { "adam": { "betas": [0.9, 1.0] } } }),
            vec!["optimizer", "adam", "betas"],
        ),
        (json!({ "optimizer": { "adamw": { "eps": 0.0 } } }), vec!["optimizer", "adamw", "eps"]),
        (
            json!({ "optimizer": { "adam": { "betas": [0.9] } } }),
            vec!["optimizer", "adam", "betas"],
        ),
        (json!({ "optimizer": 3 }), vec!["optimizer"]),
        (json!({ "clip": 0.0 }), vec!["clip"]),
        (json!({ "clip": { "value": -1.0 } }), vec!["clip", "value"]),
        (json!({ "clip": { "norm": 1.0, "value": 1.0 } }), vec!["clip"]),
        (json!({ "clip": {} }), vec!["clip"]),
        (json!({ "label-smoothing": 1.0 }), vec!["label-smoothing"]),
        (json!({ "label-smoothing": -0.1 }), vec!["label-smoothing"]),
        (
            json!({ "regularizers": ["l1", { "l1": { "weight": -1.0 } }] }),
            vec!["regularizers", "1", "l1", "weight"],
        ),
    ] {
        assert_eq!(refused(written.clone()).path, place, "{written}");
    }
}

#[test]
fn misspelt_names_and_keys_are_corrected() {
    for (written, path, nearest) in [
        (json!({ "epoch": 3 }), vec!["epoch"], "epochs"),
        (json!({ "optimizer": "adma" }), vec!["optimizer"], "adam"),
        (json!({ "optimizer": { "sdg": {} } }), vec!["optimizer", "sdg"], "sgd"),
        (
            json!({ "optimizer": { "sgd": { "momentun": 0.9 } } }),
            vec!["optimizer", "sgd", "momentun"],
            "momentum",
        ),
        (json!({ "schedule": "cosin" }), vec!["schedule"], "cosine"),
        (json!({ "warm-up": { "step": 3 } }), vec!["warm-up", "step"], "steps"),
        (json!({ "clip": { "nrom": 3 } }), vec!["clip", "nrom"], "norm"),
        (json!({ "regularizers": ["l2"] }), vec!["regularizers", "0"], "l1"),
    ] {
        let error = refused(written.clone());
        assert_eq!(
            (error.path, error.nearest.as_deref()),
            (path.iter().map(ToString::to_string).collect(), Some(nearest)),
            "{written}"
        );
    }
}

#[test]
fn every_member_of_the_families_has_defaults_that_do_not_count() {
    let canonicals = OPTIMIZERS.iter().map(|entry| (entry.id, entry.canonical));
    let canonicals = canonicals
        .chain(SCHEDULES.iter().map(|entry| (entry.id, entry.canonical)))
        .chain(REGULARIZERS.iter().map(|entry| (entry.id, entry.canonical)));
    for (id, canonical) in canonicals {
        assert_eq!(canonical(json!({})), Ok(json!({})), "{id}");
    }
    for entry in OPTIMIZERS {
        let optimizer = (entry.build)(json!({})).expect("defaults fit");
        assert!(optimizer.rate() > 0.0 && !optimizer.describe().is_empty(), "{}", entry.id);
    }
}

#[test]
fn the_schema_knows_the_families() {
    let schema = SchemaGenerator::default().into_root_schema_for::<Recipe>().to_value();
    let ways = &schema["properties"]["optimizer"]["anyOf"];
    assert_eq!(ways[0]["enum"], json!(["sgd", "adam", "adamw"]));
    assert!(ways[1]["properties"]["sgd"]["properties"]["weight-decay"].is_object());
    assert!(schema["properties"]["schedule"]["anyOf"][2]["properties"]["step"].is_object());
    assert!(schema["properties"]["warm-up"]["anyOf"][1]["properties"]["steps"].is_object());
    assert!(schema["properties"]["clip"]["anyOf"][1]["properties"]["norm"].is_object());
    let ways = &schema["properties"]["regularizers"]["items"]["anyOf"];
    let ids: Vec<&str> = REGULARIZERS.iter().map(|entry| entry.id).collect();
    assert_eq!(ways[0]["enum"], json!(ids));
    assert!(ways[3]["properties"]["kernel-entropy"]["properties"]["bandwidth"].is_object());
}

#[test]
fn the_rest_of_a_recipe_has_short_and_long_forms() {
    let short = recipe(json!({
        "optimizer": { "adamw": { "weight-decay": 0.1 } }, "schedule": "cosine", "warm-up": 5,
        "clip": 1, "label-smoothing": 0.1, "no-decay": ["*.bias", "*bn*"],
        "regularizers": ["l1", { "l2-to-start": { "weight": 0.5, "on": ["conv*"], "warm-up": 3 } }],
    }));
    let canonical = json!({
        "optimizer": { "adamw": { "weight-decay": 0.1 } }, "schedule": { "cosine": {} },
        "warm-up": { "epochs": 5 }, "clip": { "norm": 1.0 }, "label-smoothing": 0.1,
        "no-decay": ["*.bias", "*bn*"],
        "regularizers": [
            { "l1": {} },
            { "l2-to-start": { "weight": 0.5, "on": ["conv*"], "warm-up": 3 } },
        ],
    });
    assert_eq!(short.canonical(), canonical);
    assert_eq!(recipe(canonical.clone()).canonical(), canonical);
    assert_eq!(short.clip(), Some(Clip::Norm(1.0)));
    assert_eq!(
        short.describe(),
        "AdamW at rate 0.001, betas 0.9 and 0.999, weight decay 0.1; no decay of *.bias, *bn*; 5 epochs of warm-up \
         from 33.3 %; rate falls to 0 along a cosine; gradients clipped to norm 1; labels smoothed \
         by 0.1; L1 0.0001; L2 to the start 0.5 on conv* within 3 epochs; batches of 32; 100 epochs"
    );
    let by_value = recipe(json!({ "clip": { "value": 0.5 }, "warm-up": { "steps": 9 } }));
    assert_eq!(
        by_value.canonical(),
        json!({ "clip": { "value": 0.5 }, "warm-up": { "steps": 9 } })
    );
}
