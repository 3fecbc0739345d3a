//! Files that `PyTorch` and `NumPy` wrote (`golden/state_dicts.py`), and damaged ones.

use convscope_core::Seed;
use convscope_model::formats::{Loaded, Missing, WeightsError, read};
use convscope_model::layer::{Add, BatchNorm, Conv, Linear, Pool};
use convscope_model::{Layer, Net, Op, Shape};

/// The bytes of a file of `golden/state_dicts`.
macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!("../../../../golden/state_dicts/", $name)).as_slice()
    };
}

fn conv(name: &str, filters: usize, kernel: usize, bias: bool) -> Layer {
    Layer::new(name, Op::Conv(Conv { filters, kernel, bias, ..Conv::default() }))
}

fn linear(name: &str, outputs: usize) -> Layer {
    Layer::new(name, Op::Linear(Linear { outputs, bias: true }))
}

fn norm(name: &str) -> Layer {
    Layer::new(name, Op::BatchNorm(BatchNorm::default()))
}

fn lenet() -> Net {
    let pool = |name: &str| Layer::new(name, Op::MaxPool(Pool::default()));
    let layers = vec![
        conv("conv1", 2, 5, true),
        pool("pool1"),
        conv("conv2", 3, 3, true),
        pool("pool2"),
        Layer::new("flatten", Op::Flatten),
        linear("fc1", 5),
        linear("fc2", 4),
        linear("fc3", 3),
    ];
    Net::new(Shape::image(1, 12, 12), layers).expect("the layers fit")
}

fn vgg() -> Net {
    let layers = vec![
        conv("features.0", 4, 3, true),
        norm("features.1"),
        Layer::new("flatten", Op::Flatten),
        linear("classifier.0", 3),
    ];
    Net::new(Shape::image(3, 4, 4), layers).expect("the layers fit")
}

fn resnet() -> Net {
    let layers = vec![
        conv("conv1", 3, 3, false),
        norm("bn1"),
        conv("layer1.0.conv1", 4, 3, false),
        norm("layer1.0.bn1"),
        conv("layer1.0.conv2", 4, 3, false),
        norm("layer1.0.bn2"),
        conv("layer1.0.downsample.0", 4, 1, false).from("bn1"),
        norm("layer1.0.downsample.1"),
        Layer::new("gap", Op::GlobalAveragePool),
        linear("fc", 3),
    ];
    Net::new(Shape::image(2, 9, 9), layers).expect("the layers fit")
}

#[track_caller]
fn loaded(net: &Net, bytes: &[u8]) -> Loaded {
    match read(bytes).and_then(|state_dict| state_dict.weights(net)) {
        Ok(loaded) => loaded,
        Err(error) => panic!("{error}"),
    }
}

fn bits(weights: &[f32]) -> Vec<u32> {
    weights.iter().map(|weight| weight.to_bits()).collect()
}

#[test]
fn every_way_of_saving_gives_the_same_bits() {
    let net = lenet();
    let mut wanted = Vec::new();
    for (number, tensor) in net.tensors().enumerate() {
        let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        let draws = std::iter::successors(Some(number as u32 + 1), next).skip(1);
        let draws = draws.map(|state| ((state >> 20) as f32 - 2048.0) / 2048.0 / 3.0);
        wanted.extend(draws.take(tensor.len()));
    }
    for (name, bytes) in [
        ("safetensors", golden!("lenet.safetensors")),
        ("npz", golden!("lenet.npz")),
        ("pt", golden!("lenet.pt")),
        ("legacy", golden!("lenet-legacy.pth")),
        ("protocol 4", golden!("lenet-protocol-4.pt")),
    ] {
        let loaded = loaded(&net, bytes);
        assert_eq!(bits(&loaded.weights), bits(&wanted), "{name}");
        assert_eq!(loaded.notes, [""; 0], "{name}");
    }
    for bytes in [golden!("lenet-whole.pt"), golden!("lenet-legacy-whole.pth")] {
        let loaded = loaded(&net, bytes);
        assert_eq!(bits(&loaded.weights), bits(&wanted));
        assert_eq!(
            loaded.notes,
            ["a whole model was saved; its tensors were taken, its code was not"]
        );
    }
}

#[test]
fn a_checkpoint_of_a_wrapped_model_is_unwrapped_aloud() {
    let net = vgg();
    let loaded = loaded(&net, golden!("vgg-checkpoint.pth"));
    let plain = self::loaded(&net, golden!("vgg.safetensors"));
    assert_eq!(bits(&loaded.weights), bits(&plain.weights));
    assert_eq!(
        loaded.notes,
        [
            "the tensors stood under `state_dict`",
            "`module.` stood before every name and was left out",
        ]
    );
}

#[test]
fn wrappers_that_belong_to_the_net_stay() {
    let layers = vec![linear("module.fc", 2)];
    let net = Net::new(Shape::flat(1), layers).unwrap();
    let bytes = convscope_model::formats::safetensors::write(&net, &[1.0, 2.0, 3.0, 4.0]).unwrap();
    assert_eq!(loaded(&net, &bytes), Loaded { weights: vec![1.0, 2.0, 3.0, 4.0], notes: vec![] });
    let bare = Net::new(Shape::flat(1), vec![linear("fc", 2)]).unwrap();
    assert_eq!(loaded(&bare, &bytes).weights, [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn every_type_of_float_becomes_what_pytorch_makes_of_it() {
    let net = resnet();
    let wanted = loaded(&net, golden!("resnet-mixed-as-f32.safetensors"));
    assert_eq!(wanted.notes, [""; 0]);
    for bytes in [golden!("resnet-mixed.pt"), golden!("resnet-mixed.safetensors")] {
        let came = loaded(&net, bytes);
        assert_eq!(bits(&came.weights), bits(&wanted.weights));
        assert_eq!(
            came.notes,
            [
                "5 of 22 tensors were BF16 and were read as F32",
                "7 of 22 tensors were F16 and were read as F32",
                "6 of 22 tensors were F64 and were read as F32",
            ]
        );
    }
    assert_ne!(bits(&loaded(&net, golden!("resnet.safetensors")).weights), bits(&wanted.weights));
}

#[test]
fn strides_and_offsets_are_followed() {
    let net = resnet();
    let plain = loaded(&net, golden!("resnet.safetensors"));
    for bytes in [golden!("resnet-strided.pt"), golden!("resnet-strided.pth")] {
        assert_eq!(bits(&loaded(&net, bytes).weights), bits(&plain.weights));
    }
}

#[test]
fn what_would_have_to_be_run_is_named() {
    let error = read(golden!("opaque.pt")).unwrap_err();
    assert_eq!(
        error,
        WeightsError::Code { global: "torch.nn.modules.activation.ReLU".into() },
        "{error}"
    );
    let error = read(golden!("compressed.npz")).unwrap_err();
    assert!(error.to_string().contains("not `numpy.savez_compressed`"), "{error}");
    assert_eq!(read(b"GIF89a").unwrap_err(), WeightsError::Unknown);
    let said = WeightsError::Unknown.to_string();
    assert!(said.ends_with("what is read is .npz, .onnx, .pt, .pth, .safetensors"), "{said}");
}

#[test]
fn everything_that_does_not_fit_is_said_at_once() {
    let layers = vec![
        conv("conv1", 2, 5, true),
        conv("conv3", 3, 3, true),
        Layer::new("sum", Op::Add(Add { with: "conv3".into() })),
        Layer::new("flatten", Op::Flatten),
        linear("fc1", 5),
    ];
    let net = Net::new(Shape::image(1, 12, 12), layers).unwrap();
    let state_dict = read(golden!("lenet.pt")).unwrap();
    let error = state_dict.weights(&net).unwrap_err();
    let WeightsError::Misfit(misfit) = &error else { panic!("{error}") };
    let missing = |name: &str, wanted: &[usize], nearest: &str| Missing {
        name: name.into(),
        wanted: wanted.to_vec(),
        nearest: Some(nearest.into()),
    };
    assert_eq!(
        misfit.missing,
        [
            missing("conv3.weight", &[3, 2, 3, 3], "conv2.weight"),
            missing("conv3.bias", &[3], "conv2.bias"),
        ]
    );
    let extra: Vec<&str> = misfit.extra.iter().map(|(name, _)| name.as_str()).collect();
    let names = ["conv2.bias", "conv2.weight", "fc2.bias", "fc2.weight", "fc3.bias", "fc3.weight"];
    assert_eq!(extra, names);
    assert_eq!(misfit.misshaped.len(), 1);
    assert_eq!(
        error.to_string(),
        "the file does not fit the net: it lacks `conv3.weight` [3, 2, 3, 3] (it has \
         `conv2.weight`), `conv3.bias` [3] (it has `conv2.bias`); `fc1.weight` is [5, 3] where the \
         net wants [5, 108]; the net has no `conv2.bias` [3], `conv2.weight` [3, 2, 3, 3], \
         `fc2.bias` [4], `fc2.weight` [4, 5], `fc3.bias` [3], `fc3.weight` [3, 4]"
    );
    let long = state_dict.weights(&resnet()).unwrap_err().to_string();
    assert!(long.contains("13 more") && long.contains("1 more"), "{long}");
}

/// Reads whatever came as far as it goes: an error or numbers, never a panic.
fn survives(net: &Net, bytes: &[u8]) -> Result<Loaded, WeightsError> {
    let state_dict = read(bytes)?;
    for name in state_dict.names() {
        let tensor = state_dict.tensor(name).expect("it has this name");
        if let Some(numbers) = tensor.numbers()? {
            assert!(numbers.len() <= bytes.len(), "more numbers than bytes");
            assert_eq!(numbers.len(), tensor.dimensions().iter().product::<usize>());
        }
    }
    state_dict.weights(net)
}

fn small_files() -> [(&'static str, &'static [u8]); 6] {
    [
        ("safetensors", golden!("lenet.safetensors")),
        ("npz", golden!("lenet.npz")),
        ("pt", golden!("lenet.pt")),
        ("whole", golden!("lenet-whole.pt")),
        ("legacy", golden!("lenet-legacy.pth")),
        ("legacy whole", golden!("lenet-legacy-whole.pth")),
    ]
}

#[test]
fn no_beginning_of_a_file_is_taken_for_the_whole() {
    let net = lenet();
    for (name, bytes) in small_files() {
        for length in 0..bytes.len() {
            let read = survives(&net, &bytes[..length]);
            assert!(read.is_err(), "{name}: {length} of {} bytes", bytes.len());
        }
    }
}

#[test]
fn damaged_files_are_errors_or_other_numbers() {
    let net = lenet();
    let mut draws = Seed::root(1).stream();
    let mut errors = 0;
    for (name, bytes) in small_files() {
        let whole = survives(&net, bytes).expect("it is not damaged");
        let checked = matches!(name, "npz" | "pt" | "whole");
        for round in 0..2000 {
            let mut damaged = bytes.to_vec();
            for _ in 0..=round % 3 {
                let place = draws.below(bytes.len() as u64) as usize;
                damaged[place] ^= 1 << draws.below(8);
            }
            match survives(&net, &damaged) {
                Err(_) => errors += 1,
                // Checksums notice what numbers alone would not tell.
                Ok(loaded) if checked => assert_eq!(bits(&loaded.weights), bits(&whole.weights)),
                Ok(loaded) => assert_eq!(loaded.weights.len(), whole.weights.len()),
            }
        }
    }
    assert!(errors > 2000, "{errors}");
}

#[test]
fn noise_with_the_right_beginning_is_survived() {
    let net = lenet();
    let mut draws = Seed::root(2).stream();
    // Steps of a pickle, so that noise gets further than its first byte.
    let steps =
        b"\x80\x02}q\x00(X\x01\x00\x00\x00at\x85\x86\x87R\x81bQ)]esu0h\x00K\x01J21\x8a\x010c";
    for (name, bytes) in small_files() {
        let kept = if name.starts_with("legacy") { 15 } else { 60 };
        for _ in 0..1500 {
            let mut noise = bytes.to_vec();
            let from = kept + draws.below((bytes.len() - kept) as u64) as usize;
            for byte in &mut noise[from..] {
                *byte = steps[draws.below(steps.len() as u64) as usize];
            }
            let _ = survives(&net, &noise);
        }
    }
}

/// A file of before version 1.6 whose third pickle is this.
fn pickled(steps: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec();
    bytes.extend(b"\x80\x02M\xe9\x03.");
    bytes.extend(b"\x80\x02}X\x0d\x00\x00\x00little_endian\x88s.");
    bytes.extend(b"\x80\x02");
    bytes.extend(steps);
    bytes.extend(b"\x80\x02]X\x01\x00\x00\x000a.\x02\x00\x00\x00\x00\x00\x00\x00");
    bytes.extend([1.0_f32, 2.0].iter().flat_map(|number| number.to_le_bytes()));
    bytes
}

/// Steps that make a tensor named `a` of the given sizes and strides over two numbers.
fn tensor(offset: &[u8], sizes: &[u8], strides: &[u8]) -> Vec<u8> {
    let mut steps = b"}X\x01\x00\x00\x00actorch._utils\n_rebuild_tensor_v2\n((".to_vec();
    steps.extend(b"X\x07\x00\x00\x00storagectorch\nFloatStorage\n");
    steps.extend(b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x02NtQ");
    steps.extend([offset, sizes, strides].concat());
    steps.extend(b"\x89NtRs.");
    steps
}

#[test]
fn sizes_are_held_against_the_storage() {
    let read_numbers = |offset: &[u8], sizes: &[u8], strides: &[u8]| {
        let bytes = pickled(&tensor(offset, sizes, strides));
        let state_dict = read(&bytes).map_err(|error| error.to_string())?;
        Ok::<_, String>(state_dict.tensor("a").unwrap().numbers().unwrap().unwrap())
    };
    assert_eq!(read_numbers(b"K\x00", b"K\x02\x85", b"K\x01\x85"), Ok(vec![1.0, 2.0]));
    assert_eq!(read_numbers(b"K\x01", b"K\x02\x85", b"K\x00\x85"), Ok(vec![2.0, 2.0]));
    assert_eq!(read_numbers(b"K\x01", b")", b")"), Ok(vec![2.0]));
    assert_eq!(read_numbers(b"K\x09", b"K\x00\x85", b"K\x01\x85"), Ok(vec![]));
    for (offset, sizes, strides) in [
        (&b"K\x01"[..], &b"K\x02\x85"[..], &b"K\x01\x85"[..]),
        (b"K\x02", b")", b")"),
        (b"K\x00", b"J\xff\xff\xff\x7f\x85", b"K\x00\x85"),
        (b"K\x00", b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x8a\x01\x04\x86", b"K\x00K\x00\x86"),
        (b"K\x00", b"K\x02\x85", b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85"),
        (b"K\x00", b"K\x02\x85", b")"),
        (b"K\x00", b"J\xff\xff\xff\xff\x85", b"K\x01\x85"),
    ] {
        let refused = read_numbers(offset, sizes, strides);
        assert!(refused.is_err(), "{offset:?} {sizes:?} {strides:?}: {refused:?}");
    }
}

#[test]
fn nothing_is_run_and_nothing_multiplies() {
    // What a pickle would call stays a name.
    let bytes = pickled(b"cos\nsystem\nX\x04\x00\x00\x00true\x85R.");
    assert_eq!(read(&bytes).unwrap_err(), WeightsError::Code { global: "os.system".into() });
    let bytes = pickled(b"}.");
    assert!(matches!(read(&bytes), Err(WeightsError::Format { .. })));

    // A layer that holds the one before twice, thirty times over: 2³⁰ names of one tensor.
    let mut steps = b"}q\x00X\x08\x00\x00\x00_modulesq\x01}q\x02".to_vec();
    steps.extend(b"cmodels\nLayer\nq\x03)\x81q\x04");
    for _ in 0..30 {
        steps.extend(b"h\x03)\x81}h\x01}X\x01\x00\x00\x00ah\x04sX\x01\x00\x00\x00bh\x04ssbq\x04");
    }
    steps.extend(b".");
    assert_eq!(
        read(&pickled(&steps)).unwrap_err(),
        WeightsError::Code { global: "models.Layer".into() }
    );

    // A dictionary made ten thousand times of a list of ten thousand pairs.
    let mut steps = b"ccollections\nOrderedDict\nq\x00](".to_vec();
    for _ in 0..10_000 {
        steps.extend(b"NN\x86");
    }
    steps.extend(b"e\x85q\x01");
    for _ in 0..10_000 {
        steps.extend(b"h\x00h\x01R0");
    }
    steps.extend(b".");
    let error = read(&pickled(&steps)).unwrap_err().to_string();
    assert!(error.contains("copies more than it holds"), "{error}");

    // More objects than any model has.
    let mut steps = vec![b')'; 5 << 20];
    steps.extend(b".");
    let error = read(&pickled(&steps)).unwrap_err().to_string();
    assert!(error.contains("more than 4194304 objects"), "{error}");
}
