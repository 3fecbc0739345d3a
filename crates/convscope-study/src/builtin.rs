//! The studies that come with the binary.

/// A study that comes with the binary.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// The folder whose name runs it together with its neighbours.
    pub folder: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
}

impl BuiltIn {
    /// Returns its place below `studies/`.
    pub fn path(&self) -> String {
        match self.folder {
            Some(folder) => format!("{folder}/{}.toml", self.name),
            None => format!("{}.toml", self.name),
        }
    }

    /// Returns the question that it asks.
    pub fn question(&self) -> &'static str {
        let line = self.text.lines().find_map(|line| line.strip_prefix("question = \""));
        line.map_or("", |line| line.trim_end_matches('"'))
    }
}

/// Every built-in study, in the order in which a folder's studies are read.
pub static BUILTIN: &[BuiltIn] = &[
    BuiltIn { folder: None, name: "hello", text: include_str!("../../../studies/hello.toml") },
    BuiltIn {
        folder: None,
        name: "warm-start",
        text: include_str!("../../../studies/warm-start.toml"),
    },
    BuiltIn {
        folder: None,
        name: "platonic-kernels",
        text: include_str!("../../../studies/platonic-kernels.toml"),
    },
    inductive_bias("overfit", include_str!("../../../studies/inductive-bias/overfit.toml")),
    inductive_bias("data-sweep", include_str!("../../../studies/inductive-bias/data-sweep.toml")),
    inductive_bias("edge-init", include_str!("../../../studies/inductive-bias/edge-init.toml")),
    inductive_bias("convergence", include_str!("../../../studies/inductive-bias/convergence.toml")),
    inductive_bias(
        "domain-shift",
        include_str!("../../../studies/inductive-bias/domain-shift.toml"),
    ),
    inductive_bias(
        "permuted-pixels",
        include_str!("../../../studies/inductive-bias/permuted-pixels.toml"),
    ),
    inductive_bias(
        "five-classes",
        include_str!("../../../studies/inductive-bias/five-classes.toml"),
    ),
    inductive_bias("pooling", include_str!("../../../studies/inductive-bias/pooling.toml")),
    inductive_bias("depth-width", include_str!("../../../studies/inductive-bias/depth-width.toml")),
    inductive_bias("padding", include_str!("../../../studies/inductive-bias/padding.toml")),
    inductive_bias(
        "hyper-parameters",
        include_str!("../../../studies/inductive-bias/hyper-parameters.toml"),
    ),
];

const fn inductive_bias(name: &'static str, text: &'static str) -> BuiltIn {
    BuiltIn { folder: Some("inductive-bias"), name, text }
}
