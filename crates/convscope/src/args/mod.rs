//! What can be typed.

mod data;
mod files;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use self::data::{AddArgs, DataCommand, GetArgs, SampleArgs, ShowDataArgs, VerifyArgs};
pub(crate) use self::files::{
    CaptureArgs, CompareArgs, KernelsArgs, ScanArgs, Shown, SimilarityArgs, SnapArgs,
};

/// A laboratory for what convolutional networks learn, in which every claim is executable.
#[derive(Debug, Parser)]
#[command(version, after_help = "Begin with: convscope run hello")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train, measure, and write the report.
    Run(RunArgs),
    /// Show what a study would do and what it would cost; nothing is started.
    Plan(PlanArgs),
    /// Check studies: names, settings, geometry, queries.
    Check(StudiesArgs),
    /// Write the report from what the store holds.
    Report(ReportArgs),
    /// Write figures as SVG, PNG, CSV or Vega-Lite.
    Figure(FigureArgs),
    /// Compare the layers of two networks from files of activations.
    Similarity(SimilarityArgs),
    /// Run an ONNX model on samples and keep values within it.
    Capture(CaptureArgs),
    /// Print a built-in study's file, to copy and change.
    Show(ShowArgs),
    /// Ask the records in SQL: views results, curves, tables, jobs.
    Query(QueryArgs),
    /// Compare two models: parameters, distances beside chance, twins of filters, alignment.
    Compare(CompareArgs),
    /// Replace kernels by the ideal ones that they nearly are.
    Snap(SnapArgs),
    /// Look for structure in the kernels of a model: each beside its ideal, in bits, and beside chance.
    Kernels(KernelsArgs),
    /// Look at all 3 × 3 kernels of many files: structures and scores, beside chance.
    Scan(ScanArgs),
    /// List everything that a study can name.
    List(ListArgs),
    /// Look at data sets, and get or add published ones.
    #[command(subcommand)]
    Data(DataCommand),
    /// Print the JSON Schema of study files, for editors.
    Schema,
    /// Say what this machine offers and whether the store is sound.
    Doctor(DoctorArgs),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    /// The folder that keeps all results.
    #[arg(long, value_name = "DIR", default_value = "store")]
    pub(crate) store: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct StudiesArgs {
    /// Study files, folders of them, or names of built-in studies; and `key=value` overrides.
    #[arg(required = true, value_name = "STUDY | KEY=VALUE")]
    pub(crate) studies: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) studies: StudiesArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// How many models train at once on the processor [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
    /// Instructions to use [default: the best this machine has].
    #[arg(long, value_name = "LEVEL")]
    pub(crate) level: Option<String>,
    /// What computes: cpu, or cuda:0 and wgpu where they were built in; several as cuda:0,cuda:1.
    #[arg(long, value_name = "DEVICE", value_delimiter = ',', default_value = "cpu")]
    pub(crate) device: Vec<String>,
    /// The numbers that a GPU computes in: 32 bits, or products and activations in bfloat16.
    #[arg(long, value_enum, default_value_t = PrecisionName::Single)]
    pub(crate) precision: PrecisionName,
    /// Where the report goes [default: in the store].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// How progress is told.
    #[arg(long, value_enum, default_value_t = ProgressStyle::Auto)]
    pub(crate) progress: ProgressStyle,
    /// Say only what went wrong.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressStyle {
    /// A bar on a terminal, plain lines elsewhere.
    Auto,
    /// A bar.
    Bar,
    /// Plain lines.
    Plain,
    /// Nothing.
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PrecisionName {
    /// 32 bits everywhere.
    Single,
    /// Activations and products in 16 bits, all else in 32.
    Mixed,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) studies: StudiesArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) studies: StudiesArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Where the page goes [default: in the store].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct FigureArgs {
    #[command(flatten)]
    pub(crate) studies: StudiesArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Which figures, by the names that `--list` shows [default: all].
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// List the figures' names.
    #[arg(long)]
    pub(crate) list: bool,
    /// The format; repeat it for several.
    #[arg(long, value_enum, default_value = "svg")]
    pub(crate) format: Vec<FigureFormat>,
    /// The folder for the files.
    #[arg(long, value_name = "DIR", default_value = "figures")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FigureFormat {
    /// Scalable, for papers.
    Svg,
    /// Pixels, twice the size.
    Png,
    /// The table behind the figure.
    Csv,
    /// The chart's specification.
    VegaLite,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The name of a built-in study.
    pub(crate) study: String,
}

#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    /// A SELECT over the views results, curves, tables and jobs.
    pub(crate) sql: String,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Print one JSON array of objects.
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// Print CSV.
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only this family, such as `nets`.
    pub(crate) family: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: Shell,
}
