//! A model of a known net, snapped while images show what that costs.

use std::collections::BTreeMap;

use convscope_core::registry;
use convscope_core::{Seed, Shape};
use convscope_data::transforms::Chain;
use convscope_data::{Draw, Images, Set};
use convscope_edit::{Calibration, EDITS, Subject};
use convscope_engine::Level;
use convscope_model::{Architecture, NETS, Net, recognise};
use convscope_study::replicate_seed;
use serde_json::{Value, json};

use super::{Arrays, Layer, Snapped, misset, refused, settings};
use crate::args::SnapArgs;
use crate::commands::data::{opened, refused as data_refused};
use crate::compare::{Model, architecture, misfit};
use crate::complaint::Complaint;
use crate::kernels::{Found, Layout, Sought};

/// Snaps a model whose net is named or recognised.
pub(super) fn snapped(args: &SnapArgs) -> Result<Snapped, Complaint> {
    let sought = Sought::of(&args.file, ("--on", &[]), &args.layout)?;
    if !args.layout.is_empty() {
        in_order(&sought)?;
    }
    let data = opened(&args.data)?;
    let test = (!args.test.is_empty()).then(|| opened(&args.test)).transpose()?;
    if let Some(test) = &test {
        apart(args, &*data, &**test)?;
    }
    let model = Model::read(&args.file)?;
    let path = model.path.clone();
    let all = images(&*data, &args.transform)?;
    let (name, net) = net(args.net.as_deref(), &model, &all)
        .map_err(|complaint| in_order(&sought).err().unwrap_or(complaint))?;
    let weights = weights(&net, &model)?;
    let (edit, _) = registry::build(EDITS, "edit", &json!({ "snap": settings(args) }))
        .map_err(|error| misset(&without_first(error)))?;
    edit.fits(&net, 0).map_err(|error| misset(&error))?;
    let calibrating = spread(&all, args.samples as usize)?;
    let (level, threads) = (Level::detect(), threads(args));
    let calibration = Calibration { images: &calibrating, level, threads };
    // Only controls leave something to chance, and there are none here.
    let (calibration, seed) = (Some(calibration), Seed::root(0));
    let subject = Subject { net: &net, donors: &[], fresh: &[], calibration, seed };
    let before = weights.clone();
    let edited = edit.apply(&subject, weights).map_err(|error| refused(&path, &error))?;
    let mut standings = Vec::new();
    let mut examine = |name: String, images: &Images| {
        let of = |weights| Calibration { images, level, threads }.standing(&net, weights);
        standings.push((name, [of(&before), of(&edited.weights)]));
    };
    examine(format!("{} images of {}", calibrating.len(), args.data.join(" ")), &calibrating);
    if let Some(test) = test {
        let test = images(&*test, &args.transform)?;
        same_task(&net, &all, &test)?;
        examine(format!("{} images of {}", test.len(), args.test.join(" ")), &test);
    }
    let layers = net.parameters().iter().filter_map(|own| {
        let &[filters, channels, rows, columns] = &own.dimensions[..] else { return None };
        let range = own.range();
        edited.forms.iter().any(|form| range.contains(&form.range.start)).then(|| Layer {
            name: own.name.clone(),
            dimensions: own.dimensions.clone(),
            layout: Layout::known("oirc"),
            counts: [filters, channels],
            sides: [rows, columns],
            offset: own.offset,
            before: before[range].to_vec(),
            unfit: BTreeMap::new(),
        })
    });
    let layers = layers.collect();
    let what = format!("{name}, {} numbers, for images of {}", net.number_count(), net.input());
    let (remarks, arrays) = (model.notes.clone(), Arrays::Net(Box::new(net)));
    Ok(Snapped { path, what, layers, edited, standings, remarks, arrays })
}

/// Checks that no kernels of the file are in another order than those of nets are.
fn in_order(sought: &Sought) -> Result<(), Complaint> {
    let Ok((_, found)) = Found::open(sought) else { return Ok(()) };
    let mut of_four = found.layers.iter().filter(|layer| layer.layout.letters().len() == 4);
    let Some(layer) = of_four.find(|layer| !layer.layout.is_ordered()) else {
        return Ok(());
    };
    let letters = layer.layout.letters();
    let axes: Vec<String> =
        "oirc".chars().filter_map(|letter| Some(letters.find(letter)?.to_string())).collect();
    Err(Complaint::Usage {
        message: format!(
            "{}: `{}` {:?} is read as {letters} ({}); with --data the arrays of a net are wanted as oirc: \
             outputs, inputs, rows, columns",
            sought.path.display(),
            layer.name,
            layer.array.dimensions(),
            layer.how
        ),
        help: Some(format!(
            "save each as `numpy.transpose(array, ({}))` does, under the names of the net; or leave --data \
             out: without images kernels of any layout are snapped",
            axes.join(", ")
        )),
    })
}

fn threads(args: &SnapArgs) -> usize {
    args.threads.map_or_else(
        || std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        usize::from,
    )
}

/// Checks that no image on which a model is examined may be one that snapping looks at.
fn apart(args: &SnapArgs, data: &dyn Set, test: &dyn Set) -> Result<(), Complaint> {
    if !test.pool().shares_with(&data.pool()) {
        return Ok(());
    }
    Err(Complaint::Usage {
        message: format!(
            "`--test {}` draws images that `--data {}` does, and those say nothing of images that \
             snapping did not look at",
            args.test.join(" "),
            args.data.join(" ")
        ),
        help: Some(
            "name another `split` in one of them, or parts of one that do not meet, such as \
             `range=[0,50000]` and `range=[50000,60000]`"
                .into(),
        ),
    })
}

/// Draws the images of a source, each transformed.
fn images(set: &dyn Set, transform: &[String]) -> Result<Images, Complaint> {
    let seed = replicate_seed(0, 0);
    let images =
        set.load(Draw { seed: seed.child("data") }).map_err(|error| data_refused(&error))?;
    let steps: Vec<Value> = transform.iter().map(|name| json!(name)).collect();
    let chain = Chain::build(&steps, images.shape()).map_err(|error| Complaint::Usage {
        message: format!("--transform: {}", error.message),
        help: error.nearest.map(|nearest| format!("did you mean `{nearest}`?")),
    })?;
    if chain.is_empty() {
        return Ok(images);
    }
    chain
        .apply(&images, seed.child("transform"), |place| place as u64)
        .map_err(|error| data_refused(&error))
}

/// Takes so many images, spread evenly over all.
fn spread(all: &Images, samples: usize) -> Result<Images, Complaint> {
    let count = samples.min(all.len());
    let chosen = || (0..count).map(|place| place * all.len() / count);
    let pixels = chosen().flat_map(|image| all.sample(image)).copied().collect();
    let labels = chosen().map(|image| all.labels()[image]).collect();
    Images::new(all.shape(), pixels, labels, all.classes().to_vec())
        .map_err(|error| data_refused(&error))
}

/// Finds the net of a model for the images: the one that is named, else the one recognised.
fn net(named: Option<&str>, model: &Model, images: &Images) -> Result<(String, Net), Complaint> {
    let (input, classes) = (images.shape(), images.classes().len());
    let (name, built) = if let Some(name) = named {
        (name.to_owned(), architecture(name)?.0)
    } else {
        let found = recognise(&model.dimensions()).ok_or_else(|| Complaint::Usage {
            message: format!("{}: no net of `convscope list nets` has its tensors", model.path),
            help: Some(
                "`--net` names one, or a file that lists its layers; without --data kernels are \
                 snapped without a net"
                    .into(),
            ),
        })?;
        let entry = registry::find(NETS, "net", found.id).map_err(Complaint::trouble)?;
        let built = (entry.build)(found.settings).map_err(Complaint::trouble)?;
        (found.id.to_owned(), built)
    };
    let net = fitting(&*built, model, input, classes)?;
    Ok((name, net))
}

fn fitting(
    built: &dyn Architecture,
    model: &Model,
    input: Shape,
    classes: usize,
) -> Result<Net, Complaint> {
    let refuse = |why: String| Complaint::Usage {
        message: format!(
            "{} does not fit images of {input} and {classes} classes: {why}",
            model.path
        ),
        help: Some("--data wants images as those that it was trained on".into()),
    };
    let net = built.net(input, classes).map_err(|error| refuse(error.to_string()))?;
    match misfit(&net, model) {
        Some(misfit) => Err(refuse(misfit.to_string())),
        None => Ok(net),
    }
}

fn same_task(net: &Net, data: &Images, test: &Images) -> Result<(), Complaint> {
    if test.shape() != net.input() || test.classes() != data.classes() {
        let message = format!(
            "--test has images of {} and the classes {}, --data {} and {}",
            test.shape(),
            test.classes().join(", "),
            data.shape(),
            data.classes().join(", ")
        );
        return Err(Complaint::usage(message));
    }
    Ok(())
}

/// Puts a model's tensors into the order of the net.
fn weights(net: &Net, model: &Model) -> Result<Vec<f32>, Complaint> {
    let mut weights = Vec::with_capacity(net.number_count());
    for own in net.tensors() {
        let numbers = model.tensors[&own.name].numbers.as_ref().ok_or_else(|| {
            let kind = model.tensors[&own.name].kind;
            Complaint::usage(format!("{}: `{}` holds {kind}, no floats", model.path, own.name))
        })?;
        weights.extend(numbers);
    }
    Ok(weights)
}

/// Leaves out the name of the edit, which nobody typed.
fn without_first(mut error: convscope_core::SettingError) -> convscope_core::SettingError {
    if !error.path.is_empty() {
        error.path.remove(0);
    }
    error
}
