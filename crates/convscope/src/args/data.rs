//! What can be typed of data sets.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ProgressStyle;

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// List the published data sets: what is there, where, and how large it is.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Get published data sets from their hosts; nothing is ever got unasked.
    Get(GetArgs),
    /// Check a copy of a published data set and put it where studies find it.
    Add(AddArgs),
    /// Hold the files of published data sets against their checksums.
    Verify(VerifyArgs),
    /// Say what images are like: counts of classes, mean, deviation, range.
    Show(ShowDataArgs),
    /// Draw images of a source and write them as one PNG.
    Sample(SampleArgs),
}

#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// Names that `convscope data list` shows.
    #[arg(required = true, value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Ask this host, which has the files by their names, in the place of the set's own; repeat it
    /// for several.
    #[arg(long, value_name = "URL")]
    pub(crate) host: Vec<String>,
    /// Get nothing: say whether it is there and sound.
    #[arg(long)]
    pub(crate) offline: bool,
    /// How progress is told.
    #[arg(long, value_enum, default_value_t = ProgressStyle::Auto)]
    pub(crate) progress: ProgressStyle,
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// A name that `convscope data list` shows.
    pub(crate) name: String,
    /// The folder of its files, packed or not, its archive, or a file of arrays of the same numbers (.npz).
    pub(crate) path: PathBuf,
    /// Leave links to the files instead of copies.
    #[arg(long)]
    pub(crate) link: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Names that `convscope data list` shows.
    #[arg(required = true, value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: convscope data show mnist split=test --out test.png")]
pub(crate) struct ShowDataArgs {
    /// A source, such as `mnist`; and `key=value` settings of it.
    #[arg(required = true, value_name = "SOURCE | KEY=VALUE")]
    pub(crate) source: Vec<String>,
    /// The replicate.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u32,
    /// Write images of each class as one PNG.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// How many of each class are on it.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) per_class: u16,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SampleArgs {
    /// A source, such as `edges`; and `key=value` settings of it.
    #[arg(required = true, value_name = "SOURCE | KEY=VALUE")]
    pub(crate) source: Vec<String>,
    /// How many of each class.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) per_class: u16,
    /// The replicate.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u32,
    /// The file to write.
    #[arg(long, value_name = "FILE", default_value = "sample.png")]
    pub(crate) out: PathBuf,
}
