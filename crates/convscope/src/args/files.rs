//! What can be typed of files: weights, activations and models that others wrote.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What is shown of a pair of layers beyond its scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shown {
    /// Correlations of all units, partners of the best one-to-one matching on the diagonal.
    UnitCorrelations,
    /// All canonical correlations.
    CanonicalCorrelations,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: convscope similarity a.npz b.npz --measure debiased-cka \
--measure rbf-cka.bandwidth=0.5 --permutations 999 --out page.html")]
pub(crate) struct SimilarityArgs {
    /// Activations of the first network: .npy, .npz, .safetensors or .pt, a layer by each name,
    /// samples along the first dimension.
    pub(crate) a: PathBuf,
    /// Activations of the second network on the same samples.
    pub(crate) b: PathBuf,
    /// A measure, with settings as `rbf-cka.bandwidth=0.5`; repeat it for several; `all` for all
    /// [default: CKA, CCA, PWCCA, shapes and regression].
    #[arg(long, value_name = "NAME[.SETTING=VALUE]")]
    pub(crate) measure: Vec<String>,
    /// Only layers whose names fit a pattern, such as `conv*`.
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    pub(crate) layers: Vec<String>,
    /// How layers of maps become matrices; several are computed side by side.
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "flatten")]
    pub(crate) conv: Vec<String>,
    /// What the dimensions of layers of maps are: `n` samples, `c` channels, other letters places
    /// [default: nchw, ncdhw].
    #[arg(long, value_name = "LETTERS", value_delimiter = ',')]
    pub(crate) layout: Vec<String>,
    /// How many places of maps stand as samples at most, drawn at random.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(4..))]
    pub(crate) places: u32,
    /// Test every table against random orders of the samples, shared by all its cells.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) permutations: Option<u32>,
    /// Give 95 % intervals from samples drawn with replacement.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub(crate) bootstrap: Option<u32>,
    /// Show of every pair of layers, 64 at most, which units go together, or in which directions the
    /// layers agree.
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub(crate) show: Vec<Shown>,
    /// Where all random choices come from.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Layers that take more gigabytes than this are read in blocks; then only debiased-cka and
    /// minibatch-cka are computed.
    #[arg(long, value_name = "GB", default_value_t = 4.0)]
    pub(crate) memory: f64,
    /// How many threads [default: all cores]; the results are the same.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a page of heat maps with the tables behind them.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: convscope capture model.onnx --data images.npy --scale 1/255 \
--layers 'conv*,relu1' --out acts.safetensors; without --layers the values are listed")]
pub(crate) struct CaptureArgs {
    /// The model.
    #[arg(value_name = "MODEL.onnx")]
    pub(crate) model: PathBuf,
    /// Samples along the first dimension: .npy, .npz, .safetensors or .pt, or a folder of them;
    /// repeat it for several. With several inputs, an array for each by its name.
    #[arg(long, value_name = "FILE", requires = "layers")]
    pub(crate) data: Vec<PathBuf>,
    /// Which values, by names or modules, such as `conv*` [default: they are listed].
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', requires = "data")]
    pub(crate) layers: Vec<String>,
    /// Where the values go.
    #[arg(long, value_name = "FILE", default_value = "acts.safetensors")]
    pub(crate) out: PathBuf,
    /// How many samples are computed at once [default: 32, or what the model says].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) batch: Option<u16>,
    /// How many gigabytes values within the model may take at once; what would take more is not run.
    #[arg(long, value_name = "GB", default_value_t = 4.0)]
    pub(crate) memory: f64,
    /// Multiply floats by this before all else, such as 1/255.
    #[arg(long, value_name = "FACTOR", value_parser = crate::capture::fraction)]
    pub(crate) scale: Option<f64>,
    /// Take this away: one number, or one for each channel.
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) mean: Vec<f64>,
    /// Divide by this after that: one number, or one for each channel.
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pub(crate) sd: Vec<f64>,
    /// How many threads [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The first model: .safetensors, .pt, .pth, .npz or .onnx.
    pub(crate) a: PathBuf,
    /// The second model.
    pub(crate) b: PathBuf,
    /// The net, by its name or a TOML file with its layers [default: looked for by names and shapes].
    #[arg(long, value_name = "NET")]
    pub(crate) net: Option<String>,
    /// Match hidden units by what they do on these samples too: one tensor [n, channels, rows, columns].
    #[arg(long, value_name = "FILE")]
    pub(crate) samples: Option<PathBuf>,
    /// How many starts the alignment has, the first from B as it is.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) starts: u16,
    /// The seed of starts, samples and chance levels.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u32,
    /// Write a page with kernels and figures.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: convscope snap model.pt --data mnist split=train --transform normalize --budget 0.02 --out snapped.safetensors --report page.html"
)]
pub(crate) struct SnapArgs {
    /// A model, .safetensors, .pt, .pth or .npz, or bare kernels, .npz or .npy.
    pub(crate) file: PathBuf,
    /// Images that show the loss: a source, such as `mnist`, and `key=value` settings of it.
    #[arg(long, value_name = "SOURCE | KEY=VALUE", num_args = 1..)]
    pub(crate) data: Vec<String>,
    /// How many of them, spread evenly over all.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) samples: u32,
    /// More images, on which the model is examined before and after.
    #[arg(long, value_name = "SOURCE | KEY=VALUE", num_args = 1..)]
    pub(crate) test: Vec<String>,
    /// What is done to every image, such as `normalize`.
    #[arg(long, value_name = "NAME")]
    pub(crate) transform: Vec<String>,
    /// How much the loss on the images may rise, in nats.
    #[arg(long, value_name = "NATS", conflicts_with = "bits")]
    pub(crate) budget: Option<f64>,
    /// To which share of the bits of free kernels they are brought.
    #[arg(long, value_name = "SHARE")]
    pub(crate) bits: Option<f64>,
    /// Choose structures that leave at most this share of a kernel's sum of squares.
    #[arg(long, value_name = "SHARE")]
    pub(crate) tolerance: Option<f64>,
    /// How the structure of a kernel is chosen.
    #[arg(long, value_enum, default_value_t = ChooseName::CodeLength)]
    pub(crate) choose: ChooseName,
    /// The bits of a number, 2 to 31, or `none`: numbers are not rounded.
    #[arg(long, value_name = "BITS", default_value = "8")]
    pub(crate) precision: NumberBits,
    /// Only kernels of parameters that fit one of these patterns, such as `conv1*`.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) on: Vec<String>,
    /// What the dimensions of arrays of kernels are: `o` outputs, `i` inputs of each, `r` rows, `c`
    /// columns [default: as `convscope kernels` reads them; with --data oirc].
    #[arg(long, value_name = "LETTERS", value_delimiter = ',')]
    pub(crate) layout: Vec<String>,
    /// In how many rounds kernels are snapped.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Fit layers behind those that changed anew, to leave what they left before.
    #[arg(long)]
    pub(crate) refit: bool,
    /// The net, by its name or a TOML file with its layers [default: looked for by names and shapes].
    #[arg(long, value_name = "NET")]
    pub(crate) net: Option<String>,
    /// How many threads compute [default: as many as there are cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Write the snapped kernels, with all else that the file holds, as .safetensors.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write a page of kernels before and after.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How the structure of a kernel is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChooseName {
    /// The one with the shortest code.
    CodeLength,
    /// Any, whichever is predicted to cost least of the loss for each bit.
    LeastLoss,
}

impl ChooseName {
    /// Returns its name in settings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CodeLength => "code-length",
            Self::LeastLoss => "least-loss",
        }
    }
}

/// How many bits a number takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NumberBits(u32);

impl NumberBits {
    /// Returns the bits; 32 where numbers are not rounded.
    pub(crate) fn bits(self) -> u32 {
        self.0
    }
}

impl std::str::FromStr for NumberBits {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        if written == "none" {
            return Ok(Self(32));
        }
        let bits = written.parse().ok().filter(|bits| (2..32).contains(bits));
        bits.map(Self).ok_or_else(|| "wanted 2 to 31 bits, or `none`".into())
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  convscope kernels model.safetensors --out page.html     a table, and a page with a card of each kernel
  convscope kernels model.pt --layer 'layer1.*' --json    everything of some layers, card by card
  convscope kernels keras.npz --layout rcio               TensorFlow's order of dimensions
  convscope kernels kernel.npy                            one kernel, or a list of them
  convscope kernels after.pt --against before.pt          and how far layers of the same names lie apart

Kernels are arrays of four dimensions, or of three that are called weight or kernel: convolutions of
one dimension. Of .npy files, and of .npz files that hold nothing else, matrices are kernels too.
What is not looked at is counted, with the reason. `convscope list structures` and `convscope list
probes` say what is looked for.")]
pub(crate) struct KernelsArgs {
    /// The model: .safetensors, .pt, .pth, .npz or .onnx; or kernels alone: .npy or .npz.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) sought: SoughtArgs,
    /// Another file: how far its layers of the same names lie apart from these, beside the same kernels
    /// dealt at random.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// The seed of what is drawn for chance.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u32,
    /// Print JSON: everything, for each kernel and each layer.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a page with kernels by structure, their cards, and scores beside chance.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  convscope scan models/                        all files of a folder and the folders in it
  convscope scan model.safetensors --layers     and a row for each layer
  convscope scan kernels.npy --json             a list of kernels, of any length: it is read in blocks
  convscope scan models/ --out page.html        structures and scores beside chance, as a page

Which arrays are kernels is decided as `convscope kernels` does; of those, kernels of 3 × 3 are scanned.
What is not is counted, with the reason. A file that cannot be read does not end the scan of others:
it is named, and the exit code is 1.")]
pub(crate) struct ScanArgs {
    /// Models or kernels, .safetensors, .pt, .pth, .npz, .npy or .onnx, and folders of them.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) sought: SoughtArgs,
    /// Print a row for each layer too; --json has them anyway.
    #[arg(long)]
    pub(crate) layers: bool,
    /// The seed of what is drawn for chance.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u32,
    /// How many threads [default: all cores]; the results are the same.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Print JSON: everything, for each layer, each file and all.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a page with structures and scores beside chance.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Which arrays of a file are looked at, and how they are read.
#[derive(Debug, Args)]
pub(crate) struct SoughtArgs {
    /// Only layers whose names fit a pattern, such as `layer1.*`; repeat it for several.
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    pub(crate) layer: Vec<String>,
    /// What the dimensions of arrays of kernels are: `o` outputs, `i` inputs of each, `r` rows, `c`
    /// columns [default: oirc, as PyTorch has them, or what names and sizes say].
    #[arg(long, value_name = "LETTERS", value_delimiter = ',')]
    pub(crate) layout: Vec<String>,
}
