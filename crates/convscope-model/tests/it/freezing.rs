use convscope_model::{Net, freeze};
use serde_json::json;

use crate::{names, net};

fn frozen(net: &Net, patterns: &[&str]) -> Vec<String> {
    let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
    let flags = freeze::flags(net, &patterns).expect("each pattern matches");
    let chosen = names(net).into_iter().zip(flags).filter(|(_, frozen)| *frozen);
    chosen.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn stars_stand_for_any_characters() {
    let net = net("simple-cnn", json!({}), 3);
    assert_eq!(
        frozen(&net, &["conv*"]),
        ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"]
    );
    assert_eq!(frozen(&net, &["*.bias"]), ["conv1.bias", "conv2.bias", "fc.bias"]);
    assert_eq!(frozen(&net, &["c*1.*t", "fc.bias"]), ["conv1.weight", "fc.bias"]);
    assert_eq!(frozen(&net, &["conv1.weight"]), ["conv1.weight"]);
    assert_eq!(frozen(&net, &["*"]).len(), 6);
    assert_eq!(frozen(&net, &["********.********t********"]).len(), 3);
    assert_eq!(frozen(&net, &[]), [""; 0]);
}

#[test]
fn pieces_of_a_pattern_do_not_overlap() {
    let net = net("two-layer-mlp", json!({}), 3);
    for pattern in ["fc1.weight*t", "fc1*c1.bias", "f*bias*s", "fc1"] {
        assert!(freeze::flags(&net, &[pattern.into()]).is_err(), "{pattern}");
    }
}

#[test]
fn a_pattern_that_matches_nothing_is_an_error_with_the_nearest_name() {
    let net = net("simple-cnn", json!({}), 3);
    let error = freeze::flags(&net, &["fc*".into(), "cnov1.*".into()]).unwrap_err();
    assert_eq!(error.path, ["1"]);
    assert_eq!(error.nearest.as_deref(), Some("conv1.*"));
    assert!(error.message.contains("conv1.weight, conv1.bias, conv2.weight"), "{error}");
    let error = freeze::flags(&net, &["conv1.weigth".into()]).unwrap_err();
    assert_eq!(error.nearest.as_deref(), Some("conv1.weight"));
}
