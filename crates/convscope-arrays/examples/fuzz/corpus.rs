//! Valid files to be damaged.

use convscope_core::Stream;

use crate::make::{bytes_of, npy, npz, safetensors, zip};
use crate::mutate::mutated;

/// One valid file of each kind, by name.
pub(crate) fn files() -> Vec<(&'static str, Vec<u8>)> {
    let numbers: Vec<f32> = (0..60).map(|i| i as f32 / 7.0).collect();
    let array = |shape: &str| npy("<f4", "False", shape, &bytes_of(&numbers));
    let ids = npy("|S2", "False", "(5,)", b"a1b2c3d4e5");
    let tensors = r#"{"__metadata__":{"sample_ids":"[1,2,3,4,5]"},"conv":{"dtype":"F32","shape":[5,3,2,2],"data_offsets":[0,240]},"fc":{"dtype":"F16","shape":[5,2],"data_offsets":[240,260]}}"#;
    let golden = |bytes: &[u8]| bytes.to_vec();
    vec![
        ("npy", array("(5, 12)")),
        ("npy, columns first", npy("<f4", "True", "(5, 12)", &bytes_of(&numbers))),
        (
            "npz",
            npz(&[("conv", array("(5, 3, 2, 2)")), ("fc", array("(5, 12)")), ("sample_ids", ids)]),
        ),
        ("safetensors", safetensors(tensors, &[bytes_of(&numbers), vec![0x3c; 20]].concat())),
        ("pt", golden(include_bytes!("../../../../golden/state_dicts/lenet.pt"))),
        ("activations", golden(include_bytes!("../../../../golden/state_dicts/activations.pt"))),
        ("whole pt", golden(include_bytes!("../../../../golden/state_dicts/lenet-whole.pt"))),
        ("strided pt", golden(include_bytes!("../../../../golden/state_dicts/resnet-strided.pt"))),
        ("legacy", golden(include_bytes!("../../../../golden/state_dicts/lenet-legacy.pth"))),
        ("onnx", golden(include_bytes!("../../../../golden/onnx_models/kinds.onnx"))),
        ("onnx, traced", golden(include_bytes!("../../../../golden/onnx_models/lenet.onnx"))),
    ]
}

/// Valid files, and the entries of those that are archives.
pub(crate) struct Corpus {
    files: Vec<Vec<u8>>,
    archives: Vec<Vec<(String, Vec<u8>)>>,
}

impl Corpus {
    pub(crate) fn new() -> Self {
        let files: Vec<Vec<u8>> = files().into_iter().map(|(_, bytes)| bytes).collect();
        let archives = files.iter().filter_map(|bytes| entries(bytes)).collect();
        Self { files, archives }
    }

    /// Draws a file and damages it: as it is, or an entry of an archive, whose checksum then is
    /// that of the damaged entry.
    pub(crate) fn damaged(&self, draws: &mut Stream) -> Vec<u8> {
        let mut below = |count: usize| draws.below(count as u64) as usize;
        if below(2) == 0 {
            let (one, other) = (below(self.files.len()), below(self.files.len()));
            return mutated(&self.files[one], &self.files[other], draws);
        }
        let mut entries = self.archives[below(self.archives.len())].clone();
        let other = below(self.files.len());
        // The pickle and the arrays' headers stand in the first entries.
        let entry = below(entries.len()).min(below(entries.len()));
        entries[entry].1 = mutated(&entries[entry].1, &self.files[other], draws);
        zip(&entries)
    }
}

/// Takes an archive apart by its directory; `None` for other files.
fn entries(archive: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let number = |place: usize, width: usize| {
        archive[place..place + width].iter().rev().fold(0, |n, byte| n << 8 | usize::from(*byte))
    };
    let end = archive.windows(4).rposition(|four| four == b"PK\x05\x06")?;
    let mut line = number(end + 16, 4);
    let mut entries = Vec::new();
    for _ in 0..number(end + 10, 2) {
        let lengths = [number(line + 28, 2), number(line + 30, 2), number(line + 32, 2)];
        let name = &archive[line + 46..][..lengths[0]];
        let (size, start) = (number(line + 20, 4), number(line + 42, 4));
        let start = start + 30 + number(start + 26, 2) + number(start + 28, 2);
        let name = String::from_utf8(name.to_vec()).unwrap();
        entries.push((name, archive[start..][..size].to_vec()));
        line += 46 + lengths.iter().sum::<usize>();
    }
    Some(entries)
}
