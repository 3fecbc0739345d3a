use convscope_core::SettingError;
use convscope_model::layer::{Conv, PadWith, Pool};
use convscope_model::{Architecture, ListedNet, Op, Shape, Source};
use schemars::SchemaGenerator;
use serde_json::{Value, json};

use crate::{GRAY, names, net};

fn refused(list: Value) -> SettingError {
    ListedNet::read(list).expect_err("the list cannot be read")
}

fn simple_cnn() -> Value {
    json!([
        { "conv": { "name": "conv1", "filters": 3, "kernel": 7, "padding": 3, "pad-with": "reflect" } },
        "relu",
        { "max-pool": 2 },
        { "conv": { "filters": 3, "kernel": 7, "padding": 3, "pad-with": "reflect" } },
        "relu",
        "global-average-pool",
        { "linear": { "outputs": "classes", "name": "fc" } },
    ])
}

#[test]
fn a_listed_simple_cnn_has_the_parameters_of_the_named_one() {
    let listed = ListedNet::read(simple_cnn()).unwrap().net(GRAY, 3).unwrap();
    assert_eq!(listed.parameters(), net("simple-cnn", json!({}), 3).parameters());
    assert_eq!(
        ListedNet::read(simple_cnn()).unwrap().net(GRAY, 5).unwrap().output(),
        Shape::flat(5)
    );
}

#[test]
fn layers_without_a_name_are_numbered_by_kind() {
    let list = json!([
        { "conv": { "filters": 2, "kernel": 3 } }, "relu", "max-pool", "relu",
        { "conv": { "filters": 2, "kernel": 3, "bias": false } }, { "average-pool": { "size": 2, "stride": 1 } },
        "flatten", { "linear": 7 }, { "relu": { "name": "last" } }, { "linear": "classes" },
    ]);
    let listed = ListedNet::read(list).unwrap();
    assert_eq!(
        listed.describe(),
        "conv1 → relu1 → pool1 → relu2 → conv2 → pool2 → flatten1 → fc1 → last → fc2"
    );
    let net = listed.net(GRAY, 4).unwrap();
    assert_eq!(
        names(&net),
        [
            "conv1.weight",
            "conv1.bias",
            "conv2.weight",
            "fc1.weight",
            "fc1.bias",
            "fc2.weight",
            "fc2.bias"
        ]
    );
    assert_eq!(net.layers()[5].op, Op::AveragePool(Pool { size: 2, stride: Some(1), padding: 0 }));
}

#[test]
fn every_setting_of_a_convolution_can_be_written() {
    let list = json!([
        { "conv": {
            "filters": 4, "kernel": 3, "stride": 2, "padding": 1, "pad-with": "reflect",
            "dilation": 2, "groups": 2, "bias": false,
        } },
        "flatten", { "linear": "classes" },
    ]);
    let layers = ListedNet::read(list).unwrap().layers(Shape::image(2, 9, 9), 3);
    let wanted = Conv {
        filters: 4,
        kernel: 3,
        stride: 2,
        padding: 1,
        pad_with: PadWith::Reflect,
        dilation: 2,
        groups: 2,
        bias: false,
    };
    assert_eq!(layers[0].op, Op::Conv(wanted));
}

#[test]
fn the_canonical_list_names_all_layers_drops_defaults_and_reads_as_the_same_net() {
    let spelt_out = json!([
        { "conv": { "filters": 1, "kernel": 3, "stride": 1, "padding": 0, "bias": true } },
        { "max-pool": { "size": 2, "stride": null } }, "flatten",
        { "linear": { "outputs": "classes", "bias": true } },
    ]);
    let listed = ListedNet::read(spelt_out).unwrap();
    let canonical = json!([
        { "conv": { "filters": 1, "kernel": 3, "name": "conv1" } },
        { "max-pool": { "name": "pool1" } },
        { "flatten": { "name": "flatten1" } },
        { "linear": { "outputs": "classes", "name": "fc1" } },
    ]);
    assert_eq!(listed.canonical(), canonical);
    assert_eq!(ListedNet::read(canonical).unwrap(), listed);
    let simple = ListedNet::read(simple_cnn()).unwrap();
    assert_eq!(ListedNet::read(simple.canonical()).unwrap(), simple);
}

#[test]
fn unknown_kinds_and_keys_are_placed_and_corrected() {
    let error = refused(json!(["flatten", "rleu"]));
    assert_eq!((error.path, error.nearest.as_deref()), (vec!["1".to_owned()], Some("relu")));
    assert!(error.message.contains("conv, linear, batch-norm, relu"), "{}", error.message);
    let error = refused(json!([{ "covn": { "filters": 3, "kernel": 3 } }]));
    assert_eq!(error.path, ["0", "covn"]);
    assert!(error.about_key && error.nearest.as_deref() == Some("conv"));
    let error = refused(json!([{ "conv": { "filters": 3, "kernel": 3, "pading": 1 } }]));
    assert_eq!(error.path, ["0", "conv", "pading"]);
    assert_eq!(error.nearest.as_deref(), Some("padding"));
    let error = refused(json!([{ "relu": { "leak": 0.1 } }]));
    assert_eq!(error.path, ["0", "relu", "leak"]);
}

#[test]
fn values_of_the_wrong_kind_are_placed() {
    for (list, path) in [
        (json!([{ "conv": { "filters": "many", "kernel": 3 } }]), vec!["0", "conv", "filters"]),
        (json!([{ "conv": { "filters": 3, "kernel": -3 } }]), vec!["0", "conv", "kernel"]),
        (json!([{ "conv": 3 }]), vec!["0", "conv"]),
        (json!(["flatten", { "linear": "clases" }]), vec!["1", "linear", "outputs"]),
        (json!([{ "max-pool": "two" }]), vec!["0", "max-pool", "size"]),
        (json!([{ "flatten": { "name": 3 } }]), vec!["0", "flatten", "name"]),
        (json!([{ "conv": {}, "linear": {} }]), vec!["0"]),
        (json!([3]), vec!["0"]),
        (json!([]), vec![]),
        (json!({ "conv": {} }), vec![]),
    ] {
        assert_eq!(refused(list.clone()).path, path, "{list}");
    }
}

#[test]
fn what_must_be_said_is_asked_for() {
    for (list, key) in [
        (json!(["conv"]), "filters"),
        (json!([{ "conv": { "filters": 3 } }]), "kernel"),
        (json!(["linear"]), "outputs"),
    ] {
        let error = refused(list);
        assert!(error.message.contains(&format!("needs the setting `{key}`")), "{error}");
    }
}

#[test]
fn names_are_plain_and_unique() {
    let named = |name: &str| json!([{ "linear": { "outputs": 3, "name": name } }]);
    for name in ["", "input", "conv*", "fc 1"] {
        assert_eq!(refused(named(name)).path, ["0", "linear", "name"], "{name}");
    }
    assert!(ListedNet::read(named("fc_1-a.b")).is_ok());
    // The second convolution without a name would be called conv2 as well.
    let error = refused(json!([
        { "conv": { "filters": 3, "kernel": 3, "name": "conv2" } },
        { "conv": { "filters": 3, "kernel": 3 } },
    ]));
    assert_eq!(error.path, ["1", "conv", "name"]);
    assert!(error.message.contains("layer 0 is already called `conv2`"), "{error}");
}

#[test]
fn a_list_that_does_not_end_with_the_classes_is_refused_for_the_image() {
    let error = ListedNet::read(json!(["flatten", { "linear": 7 }])).unwrap().net(GRAY, 3);
    assert!(error.unwrap_err().to_string().contains("leaves 7×1×1 for each sample"));
    let error = ListedNet::read(json!([{ "linear": "classes" }])).unwrap().net(GRAY, 3);
    assert!(error.unwrap_err().to_string().contains("wants a flat sample"));
}

#[test]
fn the_schema_knows_the_kinds_and_their_settings() {
    let schema = SchemaGenerator::default().into_root_schema_for::<ListedNet>().to_value();
    let layers = schema["items"]["anyOf"].as_array().unwrap();
    assert_eq!(
        layers[0]["enum"],
        json!([
            "batch-norm",
            "relu",
            "leaky-relu",
            "tanh",
            "gelu",
            "max-pool",
            "average-pool",
            "global-average-pool",
            "flatten",
            "dropout"
        ])
    );
    let residual = &layers.last().unwrap()["properties"]["residual"];
    assert_eq!(residual["required"], json!(["body"]));
    assert_eq!(layers[1]["properties"]["conv"]["required"], json!(["filters", "kernel"]));
    let pool = &layers[8]["properties"]["max-pool"]["anyOf"];
    assert_eq!(pool[0]["type"], "integer");
    assert!(
        pool[1]["properties"]["from"].is_object() && pool[1]["properties"]["stride"].is_object()
    );
    assert_eq!(layers[2]["properties"]["linear"]["anyOf"][0]["anyOf"][1]["const"], "classes");
}

#[test]
fn a_residual_block_adds_what_came_in() {
    let conv = |stride: usize| json!({ "conv": { "filters": 4, "kernel": 3, "padding": 1, "stride": stride } });
    let list = json!([
        conv(1),
        { "residual": { "body": [conv(1), "batch-norm", "relu"] } },
        { "residual": {
            "body": [conv(2)],
            "shortcut": [{ "average-pool": 2 }, "tanh"],
            "name": "block2",
        } },
        "global-average-pool",
        { "linear": "classes" },
    ]);
    let listed = ListedNet::read(list).unwrap();
    assert_eq!(
        listed.describe(),
        "conv1 → conv2 → bn1 → relu1 → add1 → conv3 → pool1 → tanh1 → block2 → gap1 → fc1"
    );
    let net = listed.net(GRAY, 4).unwrap();
    assert_eq!(net.sources(4), [Source::Layer(3), Source::Layer(0)]);
    assert_eq!(net.sources(6), [Source::Layer(4)], "the shortcut starts from the block's input");
    assert_eq!(net.sources(8), [Source::Layer(7), Source::Layer(5)]);
    assert_eq!(ListedNet::read(listed.canonical()).unwrap(), listed);

    let first = json!([{ "residual": { "body": ["tanh"] } }, "flatten", { "linear": "classes" }]);
    let net = ListedNet::read(first).unwrap().net(GRAY, 4).unwrap();
    assert_eq!(net.sources(1), [Source::Layer(0), Source::Sample]);

    let error = refused(json!(["relu", { "residual": { "body": [{ "convv": 1 }] } }]));
    assert_eq!(error.path, ["1", "residual", "body", "0", "convv"]);
    assert_eq!(refused(json!([{ "residul": {} }])).nearest.as_deref(), Some("residual"));
    assert_eq!(refused(json!([{ "residual": { "body": [] } }])).path, ["0", "residual", "body"]);
}
