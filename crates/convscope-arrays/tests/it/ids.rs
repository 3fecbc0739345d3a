//! Which samples rows are.

use convscope_arrays::{Arrays, Order, SampleIds, Unmatched};

use crate::{npy, npz, safetensors};

fn ids(bytes: &[u8]) -> Result<Option<SampleIds>, String> {
    Arrays::read(bytes).unwrap().sample_ids()
}

fn names(names: &[&str]) -> SampleIds {
    SampleIds::Names(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn ids_are_whole_numbers_or_texts() {
    let whole = [3_i64, -7].iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<_>>();
    let of = |array: Vec<u8>| ids(&npz(&[("sample_ids", array)]));
    assert_eq!(of(npy("<i8", "False", "(2,)", &whole)), Ok(Some(names(&["3", "-7"]))));
    assert_eq!(of(npy("|u1", "False", "(2,)", &[3, 255])), Ok(Some(names(&["3", "255"]))));
    assert_eq!(of(npy("|S3", "False", "(2,)", b"ab\0c\0\0")), Ok(Some(names(&["ab", "c"]))));
    let letters: Vec<u8> =
        "äb\0c\0\0".chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect();
    assert_eq!(of(npy("<U3", "False", "(2,)", &letters)), Ok(Some(names(&["äb", "c"]))));
    for odd in [
        npy("<f4", "False", "(2,)", &[0; 8]),
        npy("|u1", "False", "(1, 2)", &[0; 2]),
        npy("|S1", "False", "(2,)", &[0xff, 0xfe]),
        npy("<U1", "False", "(1,)", &[0, 0xd8, 0, 0]),
    ] {
        let why = of(odd).unwrap_err();
        assert!(why.contains("one list of whole numbers or texts was wanted"), "{why}");
    }
    assert!(Arrays::read(&npy("<U0", "False", "(9,)", b"")).is_err());
    assert!(Arrays::read(&npy("<U99999999999999999999", "False", "(0,)", b"")).is_err());
}

#[test]
fn ids_may_stand_in_metadata_as_a_list_or_a_hash() {
    let of = |text: &str| {
        let header = format!(
            r#"{{"__metadata__":{{"sample_ids":{}}},"a":{{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}}}"#,
            serde_json::Value::from(text)
        );
        ids(&safetensors(&header, &[0])).unwrap().unwrap()
    };
    assert_eq!(of(r#"["a", 7]"#), names(&["a", "7"]));
    assert_eq!(of(" 0f3a "), SampleIds::Hash("0f3a".into()));
    // printf 'a\n7\n' | sha256sum
    let hash = "4eb06681967c68c1e75e3ab9c80c82a7f54da3e3003daadd2b2babc08e6558e2";
    assert_eq!(names(&["a", "7"]).hash(), hash);
    assert_eq!(of(&names(&["a", "7"]).hash()).order_of(&names(&["a", "7"])), Ok(Order::Same));
}

#[test]
fn another_order_is_found_and_other_samples_are_named() {
    let first = names(&["a", "b", "c"]);
    assert_eq!(first.order_of(&first.clone()), Ok(Order::Same));
    assert_eq!(first.order_of(&names(&["c", "a", "b"])), Ok(Order::Shuffled(vec![1, 2, 0])));
    let missing = first.order_of(&names(&["a", "d", "b", "e"])).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "the files hold other samples: `c` stand in the first file only; `d`, `e` stand in the \
         second file only"
    );
    let many: Vec<String> = (0..9).map(|i| i.to_string()).collect();
    let many = SampleIds::Names(many).order_of(&names(&["0"])).unwrap_err().to_string();
    assert!(many.contains("`1`, `2`, `3`, `4`, `5` and 3 more"), "{many}");
    let twice = names(&["a", "b", "a"]);
    assert_eq!(twice.order_of(&twice.clone()), Ok(Order::Same));
    assert_eq!(
        twice.order_of(&names(&["b", "a", "a"])).unwrap_err(),
        Unmatched::Ambiguous("a".into())
    );
    let hash = SampleIds::Hash("00".into());
    assert!(matches!(hash.order_of(&first), Err(Unmatched::Hash(_))));
    assert_eq!(SampleIds::Hash(first.hash()).order_of(&first), Ok(Order::Same));
}

#[test]
fn ids_may_stand_beside_tensors_as_a_list() {
    let file = include_bytes!("../../../../golden/state_dicts/activations.pt");
    let arrays = Arrays::read(file).unwrap();
    assert_eq!(arrays.names().collect::<Vec<_>>(), ["conv1", "fc"]);
    assert_eq!(arrays.notes(), [""; 0], "they are no entry that is left out");
    assert_eq!(arrays.sample_ids(), Ok(Some(names(&["a", "b", "c", "d", "7"]))));
    let conv = arrays.get("conv1").unwrap();
    assert_eq!((conv.dimensions(), conv.kind()), (&[5, 2, 2, 2][..], "F32"));
    // The first draw of the script: (s >> 20) − 2048 of 2048, by three.
    let state = 71_u32.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    let first = ((state >> 20) as f32 - 2048.0) / 2048.0 / 3.0;
    let numbers = conv.rows::<f32>(arrays.source(), 0..1).unwrap().unwrap();
    assert_eq!(numbers[0].to_bits(), first.to_bits());
}
