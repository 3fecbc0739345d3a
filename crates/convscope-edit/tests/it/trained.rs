//! Small models that have learnt edges.

use std::sync::OnceLock;

use convscope_core::{Seed, Shape};
use convscope_data::{Draw, Images, Library, SOURCES};
use convscope_edit::{Calibration, Edited, Subject};
use convscope_engine::Level;
use convscope_model::layer::{BatchNorm, Conv, Linear};
use convscope_model::{INITS, Layer, NETS, Net, Op};
use convscope_train::{Continue, Handling, Recipe, Training, train};
use serde_json::{Value, json};

pub(crate) struct Model {
    pub(crate) net: Net,
    pub(crate) weights: Vec<f32>,
    pub(crate) images: Images,
}

pub(crate) fn edges(per_class: u32) -> Images {
    let entry = convscope_core::registry::find(SOURCES, "data source", "edges").unwrap();
    let source = (entry.build)(json!({ "per-class": per_class })).unwrap();
    let set = source.open(&Library::default()).unwrap();
    set.load(Draw { seed: Seed::root(3) }).unwrap()
}

/// A net of two convolutions with kernels of a side, 5 or 7, that knows its images.
pub(crate) fn simple(kernel: usize) -> &'static Model {
    static MODELS: [OnceLock<Model>; 2] = [OnceLock::new(), OnceLock::new()];
    MODELS[usize::from(kernel == 7)].get_or_init(|| {
        let images = edges(20);
        let entry = convscope_core::registry::find(NETS, "net", "simple-cnn").unwrap();
        let net = (entry.build)(json!({ "kernel": kernel })).unwrap();
        learnt(&net.net(images.shape(), 3).unwrap(), &images, (0.01, 200, 0.1))
    })
}

/// A net with batch norms that knows its images.
pub(crate) fn normed() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let conv = |filters| {
            let conv =
                Conv { filters, kernel: 5, padding: 2, stride: 2, bias: false, ..Conv::default() };
            Op::Conv(conv)
        };
        let layers = vec![
            Layer::new("conv1", conv(4)),
            Layer::new("bn1", Op::BatchNorm(BatchNorm::default())),
            Layer::new("relu1", Op::Relu),
            Layer::new("conv2", conv(4)),
            Layer::new("bn2", Op::BatchNorm(BatchNorm::default())),
            Layer::new("relu2", Op::Relu),
            Layer::new("mean", Op::GlobalAveragePool),
            Layer::new("fc", Op::Linear(Linear { outputs: 3, bias: true })),
        ];
        let images = edges(20);
        learnt(&Net::new(images.shape(), layers).unwrap(), &images, (0.05, 150, 0.4))
    })
}

/// Trains from the first of some starts that leads to a low loss.
fn learnt(net: &Net, images: &Images, (rate, epochs, loss): (f64, u32, f64)) -> Model {
    let init = convscope_core::registry::find(INITS, "initialiser", "pytorch").unwrap();
    let init = (init.build)(json!({})).unwrap();
    let optimizer = json!({ "sgd": { "lr": rate, "momentum": 0.9 } });
    let recipe = Recipe::read(json!({ "optimizer": optimizer, "epochs": epochs, "batch": 10 }));
    let training = Training {
        net,
        images,
        augment: None,
        valid: None,
        test: None,
        recipe: &recipe.unwrap(),
        handling: &vec![Handling::default(); net.parameters().len()],
        seed: Seed::root(1),
        level: Level::detect(),
        threads: 1,
    };
    let from = |start: u64| {
        let start = init.weights(net, Seed::root(start)).unwrap();
        let weights = train(&training, start, &mut |_, _| Continue::Yes).unwrap().weights;
        Model { net: net.clone(), weights, images: images.clone() }
    };
    (0..9).map(from).find(|model| model.loss(&model.weights) < loss).expect("one of nine learns")
}

impl Model {
    pub(crate) fn calibration(&self, threads: usize) -> Calibration<'_> {
        Calibration { images: &self.images, level: Level::detect(), threads }
    }

    pub(crate) fn loss(&self, weights: &[f32]) -> f64 {
        self.calibration(1).standing(&self.net, weights).loss
    }

    pub(crate) fn try_edit(
        &self,
        id: &str,
        more: &Value,
        threads: usize,
    ) -> Result<Edited, convscope_edit::EditError> {
        let mut settings = json!({ "calibrate": "train" });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let edit = crate::edit(id, settings).unwrap();
        edit.fits(&self.net, 0).unwrap();
        let calibration = Some(self.calibration(threads));
        let seed = Seed::root(9);
        let subject = Subject { net: &self.net, donors: &[], fresh: &[], calibration, seed };
        edit.apply(&subject, self.weights.clone())
    }

    #[expect(clippy::needless_pass_by_value, reason = "settings are written where they are used")]
    pub(crate) fn edit(&self, id: &str, more: Value) -> Edited {
        self.try_edit(id, &more, 1).unwrap()
    }
}

pub(crate) fn value(edited: &Edited, name: &str) -> f64 {
    let found = edited.values.iter().find(|(own, _)| own == name);
    found.unwrap_or_else(|| panic!("no {name}")).1
}

/// A net of one convolution, of which nothing is known but its kernels.
pub(crate) fn one_layer(kernel: usize) -> Net {
    let conv = Op::Conv(Conv { kernel, bias: false, ..Conv::default() });
    Net::new(Shape::image(1, kernel, kernel), vec![Layer::new("conv", conv)]).unwrap()
}
