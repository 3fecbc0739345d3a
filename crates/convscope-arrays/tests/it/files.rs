//! Numbers come out as they were put in, from memory and from the disk, whole and in rows.

use convscope_arrays::Arrays;

use crate::{bytes_of, npy, npz, safetensors};

fn numbers(arrays: &Arrays<'_>, name: &str) -> Vec<f64> {
    arrays.get(name).unwrap().numbers(arrays.source()).unwrap().unwrap()
}

/// Reads bytes from memory and from the disk, and some of their rows from both.
fn both(bytes: &[u8], name: &str, rows: std::ops::Range<usize>) -> (Vec<f64>, Vec<f64>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    let (near, far) = (Arrays::read(bytes).unwrap(), Arrays::open(&path).unwrap());
    let all = numbers(&near, name);
    assert_eq!(all, numbers(&far, name));
    let part = |arrays: &Arrays<'_>| {
        let array = arrays.get(name).unwrap();
        array.rows::<f64>(arrays.source(), rows.clone()).unwrap().unwrap()
    };
    assert_eq!(part(&near), part(&far));
    (all, part(&far))
}

#[test]
fn arrays_of_numpy_in_both_orders() {
    let counted: Vec<f32> = (0..12).map(|i| i as f32).collect();
    let rows = npy("<f4", "False", "(4, 3)", &bytes_of(&counted));
    assert_eq!(
        both(&rows, "", 1..3),
        ((0..12).map(f64::from).collect(), vec![3., 4., 5., 6., 7., 8.])
    );
    // The same numbers, columns first: row i holds i, i + 4, i + 8.
    let columns = npy("<f4", "True", "(4, 3)", &bytes_of(&counted));
    let (all, some) = both(&columns, "", 1..3);
    assert_eq!(all[..6], [0., 4., 8., 1., 5., 9.]);
    assert_eq!(some, [1., 5., 9., 2., 6., 10.]);
    // So few rows of so many that columns are read one by one.
    let long: Vec<f32> = (0..300).map(|i| i as f32).collect();
    let columns = npy("<f4", "True", "(100, 3)", &bytes_of(&long));
    assert_eq!(both(&columns, "", 98..100).1, [98., 198., 298., 99., 199., 299.]);
    assert_eq!(both(&columns, "", 5..5).1, [0.0; 0]);
}

#[test]
fn parts_and_joined_dimensions_are_the_same_numbers() {
    let counted: Vec<f32> = (0..24).map(|i| i as f32).collect();
    let bytes = npy("<f4", "False", "(2, 3, 4)", &bytes_of(&counted));
    let arrays = Arrays::read(&bytes).unwrap();
    let whole = arrays.get("").unwrap();
    let rows = |array: &convscope_arrays::Array, rows| {
        array.rows::<f64>(arrays.source(), rows).unwrap().unwrap()
    };
    let joined = whole.joined().unwrap();
    assert_eq!(joined.dimensions(), [6, 4]);
    assert_eq!(rows(&joined, 2..4), (8..16).map(f64::from).collect::<Vec<_>>());
    let part = whole.within(1).within(2);
    assert_eq!((part.dimensions(), part.bytes()), (&[4][..], 16));
    assert_eq!(rows(&part, 1..3), [21.0, 22.0]);
    assert_eq!(
        whole.within(1).within(2).within(3).numbers(arrays.source()).unwrap(),
        Some(vec![23.0])
    );
    assert_eq!(part.joined(), None, "one dimension");
    // Columns first: dimensions cannot be joined, but where one of them has one place.
    let bytes = npy("<f4", "True", "(2, 3, 4)", &bytes_of(&counted));
    let arrays = Arrays::read(&bytes).unwrap();
    let whole = arrays.get("").unwrap();
    assert_eq!(whole.joined(), None);
    let part = whole.within(1);
    let numbers = part.numbers::<f64>(arrays.source()).unwrap().unwrap();
    assert_eq!(numbers[..4], [1.0, 7.0, 13.0, 19.0]);
    for shape in ["(1, 6, 4)", "(6, 1, 4)"] {
        let bytes = npy("<f4", "True", shape, &bytes_of(&counted));
        let arrays = Arrays::read(&bytes).unwrap();
        let whole = arrays.get("").unwrap();
        let joined = whole.joined().unwrap();
        assert_eq!(joined.dimensions(), [6, 4]);
        let all = |array: &convscope_arrays::Array| array.numbers::<f64>(arrays.source()).unwrap();
        assert_eq!(all(&joined), all(whole), "{shape}");
    }
}

#[test]
fn every_type_of_float_is_read_to_64_bits() {
    let numbers: Vec<u8> = [1.5_f64, -0.1].iter().flat_map(|x| x.to_le_bytes()).collect();
    assert_eq!(
        both(&npy("<f8", "False", "(2,)", &numbers), "", 1..2),
        (vec![1.5, -0.1], vec![-0.1])
    );
    let half = npy("<f2", "False", "(2, 1)", &[0x00, 0x3e, 0x01, 0x80]);
    assert_eq!(both(&half, "", 0..1).0, [1.5, -f64::powi(2.0, -24)]);
    let header = r#"{"a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}}"#;
    let brain = safetensors(header, &[0xc0, 0x3f, 0x80, 0xff]);
    assert_eq!(both(&brain, "a", 0..1).0, [1.5, f64::NEG_INFINITY]);
}

#[test]
fn archives_hold_arrays_by_name_in_the_order_of_saving() {
    let one = |x: f32| npy("<f4", "False", "(1, 1)", &bytes_of(&[x]));
    let file = npz(&[("fc", one(1.0)), ("conv1", one(2.0))]);
    let arrays = Arrays::read(&file).unwrap();
    assert_eq!(arrays.names().collect::<Vec<_>>(), ["conv1", "fc"]);
    assert!(arrays.format().in_order);
    let place = |name: &str| arrays.get(name).unwrap().place();
    assert!(place("fc") < place("conv1"));
    assert_eq!(both(&file, "conv1", 0..1).0, [2.0]);
}

#[test]
fn tensors_of_pytorch_are_followed_by_their_strides_on_the_disk_too() {
    let file = include_bytes!("../../../../golden/state_dicts/resnet-strided.pt");
    let plain = include_bytes!("../../../../golden/state_dicts/resnet.safetensors");
    let plain = Arrays::read(plain).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.pt");
    std::fs::write(&path, file).unwrap();
    let far = Arrays::open(&path).unwrap();
    let mut seen = 0;
    for name in plain.names().filter(|name| plain.get(name).unwrap().is_float()) {
        let array = far.get(name).unwrap();
        assert_eq!(numbers(&far, name), numbers(&plain, name), "{name}");
        let rows = array.dimensions()[0];
        let one_by_one: Vec<f64> = (0..rows)
            .flat_map(|row| array.rows::<f64>(far.source(), row..row + 1).unwrap().unwrap())
            .collect();
        assert_eq!(one_by_one, numbers(&plain, name), "{name}");
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn bytes_are_read_as_they_are_in_both_orders_and_other_types_are_not() {
    let read = |file: &[u8]| {
        let arrays = Arrays::read(file).unwrap();
        arrays.get("").unwrap().octets(arrays.source()).unwrap()
    };
    let bytes: Vec<u8> = (250..=255).collect();
    assert_eq!(read(&npy("|u1", "False", "(2, 3)", &bytes)), Some(bytes.clone()));
    assert_eq!(
        read(&npy("|u1", "True", "(2, 3)", &bytes)),
        Some(vec![250, 252, 254, 251, 253, 255])
    );
    assert_eq!(read(&npy("|i1", "False", "(2, 3)", &bytes)), None);
    assert_eq!(read(&npy("|u1", "False", "(0, 3)", &[])), Some(vec![]));
}
