//! What lets trainings take their steps together.

use convscope_model::Net;

use crate::handling::Handling;
use crate::optimizers::Rule;
use crate::recipe::Recipe;

/// The form of a training: trainings of one form take the same count of steps of the same shape, and
/// so can be computed as one.
///
/// What is not in it may differ: images, first weights, masks, seeds, and every number of the
/// optimiser and of its schedule.
///
/// ```
/// use convscope_core::Shape;
/// use convscope_model::{Layer, Net, Op, layer::Linear};
/// use convscope_train::{Form, Handling, Recipe};
/// use serde_json::json;
///
/// let linear = Op::Linear(Linear { outputs: 2, bias: true });
/// let net = Net::new(Shape::flat(4), vec![Layer::new("fc", linear)])?;
/// let handling = Handling::of_flags(&[false, false]);
/// let of = |recipe| Form { net: &net, recipe, handling: &handling, counts: [Some(9), None, None] };
/// let slow = Recipe::read(json!({ "optimizer": { "sgd": { "lr": 0.01 } } }))?;
/// let fast = Recipe::read(json!({ "optimizer": { "sgd": { "lr": 0.1 } } }))?;
/// let adam = Recipe::read(json!({ "optimizer": "adam" }))?;
/// assert_eq!(of(&slow).differs(&of(&fast)), None);
/// assert_eq!(of(&slow).differs(&of(&adam)), Some("its kind of optimiser"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// The net.
    pub net: &'a Net,
    /// The recipe.
    pub recipe: &'a Recipe,
    /// How each parameter is handled.
    pub handling: &'a [Handling],
    /// How many images it is trained on, watched on and tested on.
    pub counts: [Option<usize>; 3],
}

impl Form<'_> {
    /// Says in what a training of another form differs from this one, if it does.
    pub fn differs(&self, other: &Self) -> Option<&'static str> {
        let frozen = |form: &Self| form.handling.iter().map(|own| own.frozen).collect::<Vec<_>>();
        let smoothing = |form: &Self| form.recipe.label_smoothing().to_bits();
        let rule = |form: &Self| form.recipe.optimizer().rule();
        let alike = [
            ("its batches", self.recipe.batch() == other.recipe.batch()),
            ("its epochs", self.recipe.epochs() == other.recipe.epochs()),
            ("its counts of images", self.counts == other.counts),
            ("its kind of optimiser", one_kind(rule(self), rule(other))),
            ("its smoothing of labels", smoothing(self) == smoothing(other)),
            ("its net", self.net == other.net),
            ("what is frozen", frozen(self) == frozen(other)),
        ];
        alike.into_iter().find(|(_, same)| !same).map(|(what, _)| what)
    }
}

/// Returns whether two rules take steps of one kind.
fn one_kind(one: Rule, other: Rule) -> bool {
    match (one, other) {
        (Rule::Sgd(one), Rule::Sgd(other)) => one.nesterov == other.nesterov,
        (Rule::Adam(one), Rule::Adam(other)) => one.decoupled == other.decoupled,
        _ => false,
    }
}
