//! From names to things: one arm at one point of the sweep.

use std::collections::BTreeMap;

use convscope_core::Seed;
use convscope_core::registry::{self, SettingError, build};
use convscope_data::transforms::Chain;
use convscope_data::{DataError, Library, SOURCES};
use convscope_edit::{EDITS, Edit};
use convscope_model::{INITS, ListedNet, NETS, Net, freeze};
use convscope_train::{Constraints, Handling, Recipe};
use serde_json::{Map, Value, json};

use crate::error::{StudyError, defined};
use crate::file::{DataTable, ModelTable, StudyFile};
use crate::job::{Calibrating, Drawn, StartError, Training};
use crate::sweep::Point;
use crate::text::Text;

/// An arm at one point of the sweep, with all names looked up and all settings checked.
pub(crate) struct Resolved {
    pub(crate) training: Training,
    /// The canonical settings that all replicates share, without those of the parent.
    pub(crate) settings: Map<String, Value>,
    pub(crate) parent: Option<String>,
    pub(crate) described: Described,
    init_settings: Value,
}

impl Resolved {
    /// Adds an edit; which arm its donors are of does not count, they are named by their identities.
    ///
    /// Nor does the name of the set whose images it looks at, but what it is.
    fn note_edit(
        &mut self,
        edit: Box<dyn Edit>,
        mut settings: Value,
        calibrating: Option<Calibrating>,
    ) {
        let tables = settings.as_object_mut().into_iter().flat_map(Map::values_mut);
        for table in tables.filter_map(Value::as_object_mut) {
            if edit.donors().is_some() {
                table.retain(|key, _| key != "from" && key != "across");
            }
            if let Some(Calibrating { data, .. }) = &calibrating {
                let mut set = data.settings.clone();
                // Images are looked at as they are before they are drawn anew in every epoch.
                set.as_object_mut().into_iter().for_each(|set| drop(set.remove("augment")));
                table.insert("calibrate".into(), set);
            }
        }
        if edit.reads_fresh() && self.init_settings != default_init() {
            self.settings.insert("init".into(), self.init_settings.clone());
        }
        self.described.recipe = format!("{}; {}", edit.describe(), self.described.recipe);
        let edits = self.settings.entry("edit").or_insert_with(|| json!([]));
        edits.as_array_mut().expect("edits are a list").push(settings);
        self.training.edits.push(edit);
        self.training.calibrations.push(calibrating);
    }
}

/// What every model starts from unless it says otherwise, in canonical form.
fn default_init() -> Value {
    json!({ "pytorch": {} })
}

/// What is wrong with an edit, here or with a model that it needs.
enum Misfit {
    Here(SettingError),
    Elsewhere(StudyError),
}

impl From<SettingError> for Misfit {
    fn from(error: SettingError) -> Self {
        Self::Here(error)
    }
}

impl From<StudyError> for Misfit {
    fn from(error: StudyError) -> Self {
        Self::Elsewhere(error)
    }
}

/// Says where two nets begin to differ, with both shapes.
fn unlike_nets(net: &Net, other: &Net) -> String {
    let shape = |net: &Net| {
        let of = |own: &convscope_model::Parameter| {
            let sizes: Vec<String> = own.dimensions.iter().map(ToString::to_string).collect();
            format!("`{}` of {}", own.name, sizes.join("×"))
        };
        net.tensors().map(of).collect::<Vec<_>>()
    };
    let (here, there) = (shape(net), shape(other));
    let place = here.iter().zip(&there).position(|(here, there)| here != there);
    match place {
        Some(place) => format!(
            "parts are taken of models of the same net: this one has {}, those have {}",
            here[place], there[place]
        ),
        None if here.len() == there.len() => {
            "parts are taken of models of the same net: the weights of these have the same shapes, \
             but what happens between them differs"
                .into()
        }
        None => format!(
            "parts are taken of models of the same net: this one has {} tensors, those have {}",
            here.len(),
            there.len()
        ),
    }
}

/// An arm in a few words, for the plan and the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The net.
    pub net: String,
    /// The data it is trained on.
    pub data: String,
    /// The recipe.
    pub recipe: String,
    /// How many numbers the net has.
    pub parameters: usize,
    /// How many of them training may change.
    pub trainable: usize,
}

impl Described {
    fn of(training: &Training, handling: &[Handling], net: String, data: String) -> Self {
        let Training { net: checked, recipe, constraints, .. } = training;
        let each = checked.parameters().iter().zip(handling);
        let recipe = constraints.describe().into_iter().chain([recipe.describe()]);
        Self {
            net,
            data,
            recipe: recipe.collect::<Vec<_>>().join("; "),
            parameters: checked.parameter_count(),
            trainable: each.map(|(parameter, own)| own.freedom(parameter.len())).sum(),
        }
    }
}

/// Looks names up in a study.
pub(crate) struct Resolver<'a> {
    pub(crate) text: &'a Text,
    pub(crate) file: &'a StudyFile,
    pub(crate) library: &'a Library,
}

impl Resolver<'_> {
    /// Resolves an arm; what it mentions of the sweep is noted in `point`.
    pub(crate) fn arm(&self, name: &str, point: &Point<'_>) -> Result<Resolved, StudyError> {
        self.arm_below(name, point, &mut Vec::new())
    }

    fn arm_below(
        &self,
        name: &str,
        point: &Point<'_>,
        children: &mut Vec<String>,
    ) -> Result<Resolved, StudyError> {
        let placed = |error: SettingError| {
            StudyError::of_setting(self.text, error.below(name).below("model"))
        };
        if children.iter().any(|child| child == name) {
            let message = format!("`{name}` starts from itself, through {}", children.join(", "));
            return Err(placed(SettingError::at("from", message)));
        }
        children.push(name.to_owned());
        let resolved = self.arm_among(name, point, children);
        children.pop();
        resolved
    }

    fn arm_among(
        &self,
        name: &str,
        point: &Point<'_>,
        children: &mut Vec<String>,
    ) -> Result<Resolved, StudyError> {
        let placed = |error: SettingError| {
            StudyError::of_setting(self.text, error.below(name).below("model"))
        };
        let table = point.fill(&self.file.model[name]).map_err(placed)?;
        let table: ModelTable = registry::read(table).map_err(placed)?;
        let data = self.data(name, "data", &table.data, point)?;
        let optional = |key: &str, data: &Option<String>| {
            data.as_deref().map(|data| self.data(name, key, data, point)).transpose()
        };
        let (valid, test) = (optional("valid", &table.valid)?, optional("test", &table.test)?);
        for (key, other) in [("valid", &valid), ("test", &test)] {
            same_task(&data, other.as_ref())
                .map_err(|message| placed(SettingError::at(key, message)))?;
        }
        let parent = match &table.from {
            None => None,
            Some(parent) => {
                let models = self.file.model.keys().map(String::as_str);
                defined("model", parent, models).map_err(|error| placed(error.below("from")))?;
                Some(self.arm_below(parent, point, children)?)
            }
        };
        let (recipe, recipe_settings) = self.recipe(name, &table.recipe, point)?;
        let sets = (data, valid, test);
        let mut resolved =
            self.assemble(name, &table, sets, parent.as_ref(), recipe, &recipe_settings)?;
        for (index, written) in table.edit.iter().enumerate() {
            self.add_edit(&mut resolved, written, point, children).map_err(
                |error| match error {
                    Misfit::Here(error) => placed(error.below(&index.to_string()).below("edit")),
                    Misfit::Elsewhere(error) => error,
                },
            )?;
        }
        Ok(resolved)
    }

    fn add_edit(
        &self,
        resolved: &mut Resolved,
        written: &Value,
        point: &Point<'_>,
        children: &mut Vec<String>,
    ) -> Result<(), Misfit> {
        let (edit, settings) = build(EDITS, "edit", written)?;
        let net = &resolved.training.net;
        let in_settings = |key: &str, error: SettingError| {
            let id = written.as_object().and_then(|table| table.keys().next());
            Misfit::Here(error.below(key).below(id.map_or("", String::as_str)))
        };
        let mut count = 0;
        if let Some(donors) = edit.donors() {
            let models = self.file.model.keys().map(String::as_str);
            defined("model", donors.from, models).map_err(|error| in_settings("from", error))?;
            let across =
                point.across(donors.across).map_err(|error| in_settings("across", error))?;
            for (_, there) in &across {
                let donor = self.arm_below(donors.from, there, children)?;
                if donor.training.net != *net {
                    let message = unlike_nets(net, &donor.training.net);
                    return Err(in_settings("from", SettingError::at("", message)));
                }
                point.mention_as(there, donors.across)?;
            }
            count = across.len();
        }
        edit.fits(net, count).map_err(|error| {
            let id = written.as_object().and_then(|table| table.keys().next());
            error.below(id.map_or("", String::as_str))
        })?;
        let calibrating = match edit.calibration() {
            None => None,
            Some(wanted) => {
                let names = self.file.data.keys().map(String::as_str);
                let placed = |error| in_settings("calibrate", error);
                defined("data set", wanted.set, names).map_err(placed)?;
                let data = self.data_set(wanted.set, point)?;
                calibrates(&resolved.training, &data)
                    .map_err(|message| placed(SettingError::at("", message)))?;
                Some(Calibrating { data, samples: wanted.samples })
            }
        };
        resolved.note_edit(edit, settings, calibrating);
        Ok(())
    }

    fn assemble(
        &self,
        name: &str,
        table: &ModelTable,
        (data, valid, test): (Drawn, Option<Drawn>, Option<Drawn>),
        parent: Option<&Resolved>,
        recipe: Recipe,
        recipe_settings: &Value,
    ) -> Result<Resolved, StudyError> {
        let placed = |key: &'static str| {
            move |error: SettingError| {
                StudyError::of_setting(self.text, error.below(key).below(name).below("model"))
            }
        };
        let wrong = |key: &'static str, message: String| placed(key)(SettingError::at("", message));
        let (net, described, net_settings) = match (&table.net, parent) {
            (Some(net), _) => named_net(net, &data).map_err(placed("net"))?,
            (None, Some(parent)) => (
                parent.training.net.clone(),
                parent.described.net.clone(),
                parent.settings["net"].clone(),
            ),
            (None, None) => return Err(wrong("net", "a model wants a `net`, or a `from`".into())),
        };
        if parent.is_some_and(|parent| parent.training.net != net) {
            return Err(wrong("net", "its net is not that of the model it starts from".into()));
        }
        let (init, init_settings) =
            build(INITS, "initialiser", &table.init).map_err(placed("init"))?;
        let frozen = freeze::flags(&net, &table.freeze)
            .map_err(|error| wrong("freeze", error.to_string()))?;
        let constraints = Constraints::read(&net, &table.constrain).map_err(placed("constrain"))?;
        if let Some(both) = constraints.frozen(&net, &frozen) {
            let message =
                format!("`{both}` is frozen as well; leave it out of `freeze` or of here");
            return Err(wrong("constrain", message));
        }
        recipe
            .fits(&net)
            .map_err(|error| placed("recipe")(SettingError { path: Vec::new(), ..error }))?;
        let draw = table.draw.as_ref().map(|draw| match draw {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let (edits, calibrations) = (Vec::new(), Vec::new());
        #[rustfmt::skip]
        let training = Training {
            net, draw, init, edits, calibrations, frozen, constraints, data, valid, test, recipe,
        };
        let handling = training.handling(Seed::root(0));
        match training.begin(Seed::root(0), &handling) {
            Err(StartError::Init(error)) => return Err(wrong("init", error.to_string())),
            Err(StartError::Form(error)) if parent.is_none() => {
                return Err(wrong("constrain", error.to_string()));
            }
            _ => {}
        }
        let described = Described::of(&training, &handling, described, table.data.clone());
        let own_init =
            (parent.is_none() && init_settings != default_init()).then_some(&init_settings);
        Ok(Resolved {
            settings: settings_of(&training, [net_settings, recipe_settings.clone()], own_init),
            training,
            init_settings,
            parent: table.from.clone(),
            described,
        })
    }

    /// Resolves a data set that a model or a figure names.
    pub(crate) fn data_set(&self, name: &str, point: &Point<'_>) -> Result<Drawn, StudyError> {
        let placed = |error: SettingError| {
            StudyError::of_setting(self.text, error.below(name).below("data"))
        };
        let table = point.fill(&self.file.data[name]).map_err(placed)?;
        let table: DataTable = registry::read(table).map_err(placed)?;
        let (source, settings) = build(SOURCES, "data source", &table.source)
            .map_err(|error| placed(error.below("source")))?;
        let source = source.open(self.library).map_err(|error| {
            let help = error.help().map(str::to_owned);
            let kind = table.source.as_object().and_then(|table| table.keys().next());
            let error = match error {
                DataError::Setting(error) => error,
                other => SettingError::at("", other.to_string()),
            };
            let error = kind.into_iter().fold(error, |error, kind| error.below(kind));
            let error = placed(error.below("source"));
            help.into_iter().fold(error, StudyError::help)
        })?;
        let transforms = Chain::build(&table.transform, source.shape())
            .map_err(|error| placed(error.below("transform")))?;
        let augment =
            augment(&table.augment, &transforms).map_err(|error| placed(error.below("augment")))?;
        let mut settings = json!({ "source": source.identified(settings) });
        if !transforms.is_empty() {
            settings["transform"] = json!(transforms.canonical());
        }
        if !augment.is_empty() {
            settings["augment"] = json!(augment.canonical());
        }
        Ok(Drawn { settings, set: source, transforms, augment })
    }

    fn data(
        &self,
        model: &str,
        key: &str,
        name: &str,
        point: &Point<'_>,
    ) -> Result<Drawn, StudyError> {
        let names = self.file.data.keys().map(String::as_str);
        defined("data set", name, names).map_err(|error| {
            StudyError::of_setting(self.text, error.below(key).below(model).below("model"))
        })?;
        self.data_set(name, point)
    }

    fn recipe(
        &self,
        model: &str,
        value: &Value,
        point: &Point<'_>,
    ) -> Result<(Recipe, Value), StudyError> {
        let here = ["model".to_owned(), model.to_owned(), "recipe".to_owned()];
        let mut layers = Vec::new();
        let (mut value, mut path) = (value.clone(), here.to_vec());
        loop {
            let base = match &value {
                Value::String(name) => Some(name.clone()),
                Value::Object(table) => {
                    layers.push((table.clone(), path.clone()));
                    table.get("like").and_then(Value::as_str).map(str::to_owned)
                }
                _ => {
                    return Err(self.wrong(
                        &path,
                        SettingError::at("", "wanted a recipe's name, or a recipe"),
                    ));
                }
            };
            let Some(name) = base else { break };
            let recipes = self.file.recipe.keys().map(String::as_str);
            defined("recipe", &name, recipes).map_err(|error| self.wrong(&path, error))?;
            path = vec!["recipe".to_owned(), name.clone()];
            if layers.len() > self.file.recipe.len() {
                let message = format!("`{name}` is like itself");
                return Err(self.wrong(&path, SettingError::at("like", message)));
            }
            value =
                point.fill(&self.file.recipe[&name]).map_err(|error| self.wrong(&path, error))?;
        }
        self.merged(&layers)
    }

    /// Puts later layers under earlier ones and reads the recipe that results.
    fn merged(
        &self,
        layers: &[(Map<String, Value>, Vec<String>)],
    ) -> Result<(Recipe, Value), StudyError> {
        let mut merged: BTreeMap<&str, (&Value, &[String])> = BTreeMap::new();
        for (table, path) in layers.iter().rev() {
            for (key, value) in table.iter().filter(|(key, _)| *key != "like") {
                merged.insert(key, (value, path));
            }
        }
        let table: Map<String, Value> =
            merged.iter().map(|(key, (value, _))| ((*key).to_owned(), (*value).clone())).collect();
        let placed = |error: SettingError| {
            let first = error.path.first().and_then(|key| merged.get(key.as_str()));
            let whole = layers.first().map_or(&[][..], |(_, path)| path);
            let path = first.map_or(whole, |(_, path)| path);
            self.wrong(path, error)
        };
        let recipe = Recipe::read(Value::Object(table)).map_err(placed)?;
        let canonical = recipe.canonical();
        Ok((recipe, canonical))
    }

    fn wrong(&self, path: &[String], error: SettingError) -> StudyError {
        let error = path.iter().rev().fold(error, |error, key| error.below(key));
        StudyError::of_setting(self.text, error)
    }
}

/// Returns what makes the identity of a training, without replicate and what it starts from.
fn settings_of(
    training: &Training,
    [net, recipe]: [Value; 2],
    init: Option<&Value>,
) -> Map<String, Value> {
    let mut settings = Map::new();
    let mut set = |key: &str, value: Value| settings.insert(key.into(), value);
    set("kind", json!("train"));
    set("net", net);
    set("data", training.data.settings.clone());
    set("recipe", recipe);
    if let Some(init) = init {
        set("init", init.clone());
    }
    if training.frozen.contains(&true) {
        let parameters = training.net.parameters().iter().zip(&training.frozen);
        let frozen = parameters.filter(|(_, frozen)| **frozen);
        set("freeze", frozen.map(|(parameter, _)| parameter.name.as_str()).collect());
    }
    let constrained = training.constraints.canonical(&training.net);
    if !constrained.is_empty() {
        set("constrain", Value::Object(constrained));
    }
    for (key, drawn) in [("valid", &training.valid), ("test", &training.test)] {
        if let Some(drawn) = drawn {
            set(key, drawn.settings.clone());
        }
    }
    if let Some(draw) = &training.draw {
        set("draw", json!(draw));
    }
    settings
}

fn named_net(value: &Value, data: &Drawn) -> Result<(Net, String, Value), SettingError> {
    let (input, classes) = (data.shape(), data.set.classes().len());
    let (architecture, settings) = if value.is_array() {
        let listed = ListedNet::read(value.clone())?;
        let settings = listed.canonical();
        (Box::new(listed) as Box<dyn convscope_model::Architecture>, settings)
    } else {
        build(NETS, "net", value)?
    };
    let net = architecture
        .net(input, classes)
        .map_err(|error| SettingError::at("", error.to_string()))?;
    Ok((net, architecture.describe(), settings))
}

/// Builds what is done to images anew in every epoch; it leaves their shape as it is.
fn augment(written: &[Value], transforms: &Chain) -> Result<Chain, SettingError> {
    let chain = Chain::build(written, transforms.shape())?;
    let (before, after) = (chain.input(), chain.shape());
    if before != after {
        let message =
            format!("this makes images of {before} to {after}: what does belongs in `transform`");
        return Err(SettingError::at("", message));
    }
    Ok(chain)
}

/// Checks that an edit may look at a set: never at what its model is tested on.
fn calibrates(training: &Training, set: &Drawn) -> Result<(), String> {
    let tested = training.test.as_ref();
    if tested.is_some_and(|test| test.set.pool().shares_with(&set.set.pool())) {
        let help = "look at what it is trained on, or at a part of its own";
        return Err(format!("it draws images that `test` does: {help}"));
    }
    alike(&training.data, set)
}

fn same_task(data: &Drawn, other: Option<&Drawn>) -> Result<(), String> {
    let Some(other) = other else { return Ok(()) };
    if data.set.pool().shares_with(&other.set.pool()) {
        let help = "give it another part of the source, such as another `split` or `range`";
        return Err(format!("it draws the very images that `data` does: {help}"));
    }
    alike(data, other)
}

/// Checks that two sets are of one shape and of the same classes.
fn alike(data: &Drawn, other: &Drawn) -> Result<(), String> {
    let (here, there) = (data.shape(), other.shape());
    if here != there {
        return Err(format!("its images are {there}, those of `data` {here}"));
    }
    let (here, there) = (data.set.classes(), other.set.classes());
    if here != there {
        return Err(format!(
            "its classes are {}, those of `data` {}",
            there.join(", "),
            here.join(", ")
        ));
    }
    Ok(())
}
