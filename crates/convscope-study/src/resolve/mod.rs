//! From names to things: one arm at one point of the sweep.

mod data;
mod edits;
mod recipe;

use convscope_core::Seed;
use convscope_core::registry::{self, SettingError, build};
use convscope_data::Library;
use convscope_model::{Architecture, INITS, ListedNet, NETS, Net, freeze};
use convscope_train::{Constraints, Recipe};
use serde_json::{Map, Value, json};

use self::data::same_task;
use self::edits::Misfit;
use crate::described::Described;
use crate::error::{StudyError, defined};
use crate::file::{FromFile, ModelTable, StudyFile};
use crate::job::{Drawn, StartError, Training};
use crate::start::FileStart;
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

/// Whose weights an arm starts from.
enum From {
    /// Nobody's.
    Nothing,
    /// Those of an arm.
    Model(String),
    /// Those of a file.
    File(FromFile),
}

impl From {
    fn read(written: Option<&Value>) -> Result<Self, SettingError> {
        match written {
            None => Ok(Self::Nothing),
            Some(Value::String(name)) => Ok(Self::Model(name.clone())),
            Some(table @ Value::Object(_)) => registry::read(table.clone()).map(Self::File),
            Some(other) => {
                let message = format!(
                    "wanted the name of a model, or `{{ file = \"lenet.safetensors\" }}`, not {other}"
                );
                Err(SettingError::at("", message))
            }
        }
    }

    /// Finds the file, if it is one.
    fn file(&self, library: &Library, net: &Net) -> Result<Option<FileStart>, SettingError> {
        match self {
            Self::File(file) => FileStart::find(file, library, net).map(Some),
            Self::Nothing | Self::Model(_) => Ok(None),
        }
    }

    fn model(&self) -> Option<String> {
        match self {
            Self::Model(name) => Some(name.clone()),
            Self::Nothing | Self::File(_) => None,
        }
    }
}

/// What every model starts from unless it says otherwise, in canonical form.
fn default_init() -> Value {
    json!({ "pytorch": {} })
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
        let from = From::read(table.from.as_ref()).map_err(|error| placed(error.below("from")))?;
        let parent = match &from {
            From::Nothing | From::File(_) => None,
            From::Model(parent) => {
                let models = self.file.model.keys().map(String::as_str);
                defined("model", parent, models).map_err(|error| placed(error.below("from")))?;
                Some(self.arm_below(parent, point, children)?)
            }
        };
        let (recipe, recipe_settings) = self.recipe(name, &table.recipe, point)?;
        let sets = (data, valid, test);
        let mut resolved = self.assemble(
            name,
            &table,
            sets,
            (&from, parent.as_ref()),
            (recipe, &recipe_settings),
        )?;
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

    fn assemble(
        &self,
        name: &str,
        table: &ModelTable,
        (data, valid, test): (Drawn, Option<Drawn>, Option<Drawn>),
        (from, parent): (&From, Option<&Resolved>),
        (recipe, recipe_settings): (Recipe, &Value),
    ) -> Result<Resolved, StudyError> {
        let placed = |key: &'static str| {
            move |error: SettingError| {
                StudyError::of_setting(self.text, error.below(key).below(name).below("model"))
            }
        };
        let wrong = |key: &'static str, message: String| placed(key)(SettingError::at("", message));
        let (net, described, net_settings) = net_of(table, parent, &data).map_err(placed("net"))?;
        let start = from.file(self.library, &net).map_err(placed("from"))?;
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
        let training = Training {
            net,
            draw,
            init,
            start,
            edits: Vec::new(),
            calibrations: Vec::new(),
            frozen,
            constraints,
            data,
            valid,
            test,
            recipe,
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
            (table.from.is_none() && init_settings != default_init()).then_some(&init_settings);
        Ok(Resolved {
            settings: settings_of(&training, [net_settings, recipe_settings.clone()], own_init),
            training,
            init_settings,
            parent: parent.and(from.model()),
            described,
        })
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
    if let Some(start) = &training.start {
        set("start", json!({ "weights": start.content().as_str() }));
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

/// Returns the net of a model, which is that of its parent if it has one.
fn net_of(
    table: &ModelTable,
    parent: Option<&Resolved>,
    data: &Drawn,
) -> Result<(Net, String, Value), SettingError> {
    let wrong = |message: &str| SettingError::at("", message);
    let found = match (&table.net, parent) {
        (Some(net), _) => named_net(net, data)?,
        (None, Some(parent)) => (
            parent.training.net.clone(),
            parent.described.net.clone(),
            parent.settings["net"].clone(),
        ),
        (None, None) if table.from.is_some() => {
            return Err(wrong("a file has weights and no layers: a `net` is wanted beside it"));
        }
        (None, None) => return Err(wrong("a model wants a `net`, or a `from`")),
    };
    if parent.is_some_and(|parent| parent.training.net != found.0) {
        return Err(wrong("its net is not that of the model it starts from"));
    }
    Ok(found)
}

fn named_net(value: &Value, data: &Drawn) -> Result<(Net, String, Value), SettingError> {
    let (input, classes) = (data.shape(), data.set.classes().len());
    let (architecture, settings) = if value.is_array() {
        let listed = ListedNet::read(value.clone())?;
        let settings = listed.canonical();
        (Box::new(listed) as Box<dyn Architecture>, settings)
    } else {
        build(NETS, "net", value)?
    };
    let net = architecture
        .net(input, classes)
        .map_err(|error| SettingError::at("", error.to_string()))?;
    Ok((net, architecture.describe(), settings))
}
