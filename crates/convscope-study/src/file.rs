//! What a study file may say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A study as written: names are not yet looked up, `$axis` is not yet filled in.
///
/// Tables whose entries may hold an `$axis` are kept as they are until the axes have values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StudyFile {
    /// The question that the study asks.
    pub question: String,
    /// What a reader should know before the figures; paragraphs are set apart by empty lines.
    pub about: Option<String>,
    /// The document whose statements are tested.
    pub source: Option<String>,
    /// How many replicates of every model; intervals are over these.
    pub seeds: u32,
    /// The root of all random numbers.
    #[serde(default)]
    pub root_seed: u64,
    /// Axes: a name and its values. A value may be a table of settings that go together; then each
    /// of its keys is an axis. An axis multiplies only what mentions it as `$name`.
    #[serde(default)]
    pub sweep: Map<String, Value>,
    /// Recipes for data sets.
    #[serde(default)]
    pub data: Map<String, Value>,
    /// Ways to train.
    #[serde(default)]
    pub recipe: Map<String, Value>,
    /// Arms: ways of making models.
    pub model: Map<String, Value>,
    /// Measurements on models.
    #[serde(default)]
    pub measure: Map<String, Value>,
    /// Figures, in the order of the page.
    #[serde(default)]
    pub show: Vec<Show>,
    /// Statements to test.
    #[serde(default)]
    pub claim: Vec<Claim>,
}

/// `[data.NAME]`: where samples come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DataTable {
    /// A source's name, or a table with its name and settings.
    pub source: Value,
    /// What is done to each image, in order: names, or tables with name and settings.
    #[serde(default)]
    pub transform: Vec<Value>,
    /// What is done after that, anew in every epoch, to the images of this set that a model trains on: names,
    /// or tables with name and settings. Nothing of it is done where a set is validated or tested on.
    #[serde(default)]
    pub augment: Vec<Value>,
}

/// `[model.NAME]`: start, then edits, then training, then test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ModelTable {
    /// A net's name, a table with its name and settings, or a list of layers.
    pub net: Option<Value>,
    /// How its weights start: a name, or a table with name and settings.
    #[serde(default = "default_init")]
    pub init: Value,
    /// Whose weights are the start, in the place of `init`: another model of the study, once it is trained, by
    /// its name, or a file as `{ file = "lenet.safetensors" }`.
    #[schemars(with = "Option<NameOrFile>")]
    pub from: Option<Value>,
    /// What sets its random start and order of images apart from those of other models of a replicate,
    /// such as `"$noise"`; models of one draw share them, as all do that name none.
    pub draw: Option<Value>,
    /// What is done to the start before training: names, or tables with name and settings, in order.
    #[serde(default)]
    pub edit: Vec<Value>,
    /// Name patterns of parameters that training leaves alone, such as `conv*`.
    #[serde(default)]
    pub freeze: Vec<String>,
    /// What kernels are kept in from the first weights on, such as `{ on = "conv*.weight", to = "mirror-both" }`.
    #[serde(default)]
    pub constrain: Vec<Value>,
    /// What it is trained on.
    pub data: String,
    /// What it is watched on after every epoch.
    pub valid: Option<String>,
    /// What it is tested on, once, at the end.
    pub test: Option<String>,
    /// A recipe's name, or a recipe.
    pub recipe: Value,
}

/// `from = { file = "lenet.safetensors" }`: weights that were trained elsewhere, the same for all replicates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FromFile {
    /// The file, as it is or below one of the library's folders: .safetensors, .pt, .pth, .npz or .onnx with the
    /// parameters of the net by its names.
    pub file: String,
}

/// What `from` may be, for editors.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum NameOrFile {
    Name(String),
    File(FromFile),
}

fn default_init() -> Value {
    Value::from("pytorch")
}

/// `[measure.NAME]`: how alike models are, two by two.
///
/// Its results stand in the views under the measurement's name in the column `model`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MeasureTable {
    /// Which models.
    pub between: Between,
    /// What is compared of them.
    #[serde(default)]
    pub what: What,
    /// Measures of two filters, by name.
    pub by: Vec<String>,
}

/// `between = { pairs-of = "specialist", across = "noise" }` or `{ start-and-end-of = "warm" }`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Between {
    /// The arm of which every two models of a replicate are compared.
    pub pairs_of: Option<String>,
    /// The axis along which these models differ.
    pub across: Option<String>,
    /// The arm whose models are compared with what they were before training.
    pub start_and_end_of: Option<String>,
}

/// What is compared of two models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Each kernel of each convolution with the kernel of the same place.
    #[default]
    Kernels,
    /// Each row of each linear layer with the row of the same place.
    Rows,
}

/// `[[show]]`: a figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Show {
    /// The figure's title: best a statement or a question.
    pub title: String,
    /// What to look at, and what to beware of.
    pub note: Option<String>,
    /// A query over the views `results`, `curves`, `tables` and `jobs`, for `mark`.
    pub sql: Option<String>,
    /// How the query's rows are drawn.
    pub mark: Option<Value>,
    /// Kernels of trained models beside their start.
    pub kernels: Option<KernelShow>,
    /// Images of a data set.
    pub samples: Option<SampleShow>,
}

/// `kernels = { model = "cnn", layer = "conv1", at = { images = [10, 100] } }`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KernelShow {
    /// The arm.
    pub model: String,
    /// The layer's name.
    pub layer: String,
    /// The replicate.
    #[serde(default)]
    pub seed: u32,
    /// Which values of which axes; all when absent.
    #[serde(default)]
    pub at: Map<String, Value>,
}

/// `samples = { data = "train", per-class = 6 }`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SampleShow {
    /// The data set.
    pub data: String,
    /// How many of each class.
    #[serde(default = "default_per_class")]
    pub per_class: u32,
    /// The replicate.
    #[serde(default)]
    pub seed: u32,
    /// Which values of which axes; the first of the sweep when absent.
    #[serde(default)]
    pub at: Map<String, Value>,
}

fn default_per_class() -> u32 {
    6
}

/// `[[claim]]`: a statement that can be tested.
///
/// Either `published` with `measured`, or `more` with `less`. With `at`, one claim for each
/// position of its lists; `{axis}` in `says` is filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Claim {
    /// The statement.
    pub says: String,
    /// Where it was made.
    pub source: Option<String>,
    /// The published number as printed, such as `"86.67 %"`, or a range `"200 to 300"`; a list
    /// beside `at`.
    #[schemars(with = "Option<OneOrMany>")]
    pub published: Option<Value>,
    /// Axes and their values, all lists of one length, that make this one claim many.
    #[serde(default)]
    pub at: Map<String, Value>,
    /// Of how many images a published share is.
    pub images: Option<u32>,
    /// Over how many runs the published number is a mean.
    #[serde(default = "once")]
    pub replicates: u32,
    /// How far the expected range may reach on each side for agreement to mean anything.
    #[serde(default = "default_margin")]
    pub margin: String,
    /// Our numbers, one for each seed: a query with columns `seed` and `value`, or a table of
    /// columns of `results` and their values.
    #[schemars(with = "Option<Selection>")]
    pub measured: Option<Value>,
    /// What is said to be more.
    #[schemars(with = "Option<Selection>")]
    pub more: Option<Value>,
    /// What is said to be less; compared seed by seed.
    #[schemars(with = "Option<Selection>")]
    pub less: Option<Value>,
    /// By how much at least it is more.
    pub by: Option<String>,
    /// What explains that ours differs; the page has it where the claim is not reproduced.
    pub mismatch: Option<String>,
}

fn once() -> u32 {
    1
}

fn default_margin() -> String {
    "10 %".into()
}

/// One text, or one for each position of a claim's `at`.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the forms to editors; the claims are read by hand")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// A query with columns `seed` and `value`, or columns of `results` and what they must be.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the forms to editors; the claims are read by hand")]
enum Selection {
    Sql(String),
    Where(Map<String, Value>),
}
