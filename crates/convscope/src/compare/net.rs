//! Which net two models are of.

use std::path::Path;

use convscope_core::registry::{self, SettingError};
use convscope_model::formats::{Misfit, Misshaped, Missing};
use convscope_model::{Architecture, Dimensions, ListedNet, NETS, Net, Shape, fitted, recognise};
use convscope_study::Text;
use serde_json::Value;

use super::Model;
use crate::complaint::Complaint;

/// A net that both models are of.
pub(crate) struct Known {
    /// Its name, or the file's.
    pub(crate) name: String,
    /// The settings in which it differs from the usual one of its name.
    pub(crate) settings: Value,
    /// The net.
    pub(crate) net: Net,
    /// Whether the user named it.
    pub(crate) given: bool,
}

/// Finds the net: the one named, else one of the zoo with just these tensors, or why there is none.
pub(crate) fn known(
    named: Option<&str>,
    models: &[Model; 2],
) -> Result<Result<Known, String>, Complaint> {
    let Some(name) = named else { return Ok(recognised(models)) };
    let (architecture, settings) = architecture(name)?;
    let [a, b] = models;
    let net = fitted(&*architecture, &a.dimensions())
        .ok_or_else(|| misfit_complaint(name, a, guessed(&*architecture, &a.dimensions())))?;
    if misfit(&net, b).is_some() {
        return Err(misfit_complaint(name, b, Some(net)));
    }
    Ok(Ok(Known { name: name.to_owned(), settings, net, given: true }))
}

fn recognised([a, b]: &[Model; 2]) -> Result<Known, String> {
    let Some(found) = recognise(&a.dimensions()) else {
        let known = recognise(&b.dimensions());
        let of_b = known.map(|found| format!(", but B is a {}", found.id)).unwrap_or_default();
        return Err(format!(
            "no net of `convscope list nets` has the tensors of A{of_b}; `--net` names one, or a \
             file that lists its layers"
        ));
    };
    if let Some(misfit) = misfit(&found.net, b) {
        return Err(format!("A is a {}, but B does not fit it: {misfit}", found.id));
    }
    let (name, settings) = (found.id.to_owned(), found.settings);
    Ok(Known { name, settings, net: found.net, given: false })
}

/// Reads a name of the zoo, or a TOML file whose `net` is a name, a table or a list of layers.
pub(crate) fn architecture(named: &str) -> Result<(Box<dyn Architecture>, Value), Complaint> {
    let path = Path::new(named);
    let is_file = path.extension().is_some_and(|extension| extension == "toml");
    let value = if is_file { file(path)? } else { Value::from(named) };
    let built = if value.is_array() {
        ListedNet::read(value).map(|listed| {
            let settings = listed.canonical();
            (Box::new(listed) as Box<dyn Architecture>, settings)
        })
    } else {
        let own = |settings: Value| match settings {
            Value::Object(table) => table.into_iter().next().map_or(Value::Null, |(_, own)| own),
            other => other,
        };
        registry::build(NETS, "net", &value).map(|(built, settings)| (built, own(settings)))
    };
    built.map_err(|error: SettingError| Complaint::Usage {
        message: match error.path.as_slice() {
            [] => format!("--net {named}: {}", error.message),
            path => format!("--net {named}: {}: {}", path.join("."), error.message),
        },
        help: Some(error.nearest.map_or_else(
            || "`convscope list nets` shows all names".to_owned(),
            |nearest| format!("did you mean `{nearest}`?"),
        )),
    })
}

fn file(path: &Path) -> Result<Value, Complaint> {
    let shown = path.display();
    let written = std::fs::read_to_string(path)
        .map_err(|error| Complaint::usage(format!("cannot read {shown}: {error}")))?;
    let complain =
        |error| Complaint::Study { file: shown.to_string(), text: written.clone(), error };
    let text = Text::parse(&written).map_err(complain)?;
    text.values().get("net").cloned().ok_or_else(|| Complaint::Usage {
        message: format!("{shown} has no `net`"),
        help: Some("write `net = [ … ]`, a list of layers as in a study file".into()),
    })
}

/// Makes the net as it would be for what the tensors hint at, to say what does not fit.
fn guessed(architecture: &dyn Architecture, tensors: &Dimensions<'_>) -> Option<Net> {
    let of_rank = |rank: usize| tensors.values().filter(move |own| own.len() == rank);
    let classes = of_rank(2).map(|own| own[0]).min().unwrap_or(10);
    let channels = of_rank(4).map(|own| own[1]).min().unwrap_or(3);
    let features = of_rank(2).map(|own| own[1]).max().unwrap_or(1);
    let shapes = [32, 224, 28].map(|side| Shape::image(channels, side, side));
    let mut shapes = shapes.into_iter().chain([Shape::flat(features)]);
    shapes.find_map(|shape| architecture.net(shape, classes).ok())
}

fn misfit_complaint(name: &str, model: &Model, net: Option<Net>) -> Complaint {
    let misfit = net.and_then(|net| misfit(&net, model)).map(|misfit| format!(": {misfit}"));
    let path = &model.path;
    Complaint::Usage {
        message: format!("{path} is no model of {name}{}", misfit.unwrap_or_default()),
        help: Some("without --net the net is looked for by names and shapes".into()),
    }
}

/// Returns in what a model's tensors differ from a net's.
pub(crate) fn misfit(net: &Net, model: &Model) -> Option<Misfit> {
    let mut misfit = Misfit::default();
    for own in net.tensors() {
        let (name, wanted) = (own.name.clone(), own.dimensions.clone());
        match model.tensors.get(&own.name).map(|tensor| tensor.dimensions.clone()) {
            None => misfit.missing.push(Missing { name, wanted, nearest: None }),
            Some(came) if came != wanted => {
                misfit.misshaped.push(Misshaped { name, wanted, came });
            }
            Some(_) => {}
        }
    }
    for (name, tensor) in &model.tensors {
        let counts = name.rsplit('.').next() == Some("num_batches_tracked");
        if !counts && !net.tensors().any(|own| own.name == *name) {
            misfit.extra.push((name.clone(), tensor.dimensions.clone()));
        }
    }
    (misfit != Misfit::default()).then_some(misfit)
}
