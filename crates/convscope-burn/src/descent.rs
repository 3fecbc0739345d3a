//! Steps of optimisers on a device, as the engine takes them.

use burn_tensor::{Device, Tensor};
use convscope_engine::update;
use convscope_train::{Pace, Rule};

use crate::numbers::{Numbers, upload};

/// A descent of all members under way.
pub(crate) struct Descent {
    rules: Rules,
    /// How many steps were taken.
    steps: u64,
    /// What is remembered of each parameter: velocity, or mean and mean square of gradients.
    memory: Vec<Option<Memory>>,
}

/// Rules of one kind, one for each member.
enum Rules {
    Sgd(Vec<update::Sgd>),
    Adam(Vec<update::Adam>),
}

struct Memory {
    first: Tensor<2>,
    second: Option<Tensor<2>>,
}

impl Descent {
    /// Starts a descent by rules of one kind.
    pub(crate) fn start(rules: &[Rule], parameters: usize) -> Self {
        let memory = (0..parameters).map(|_| None).collect();
        Self { rules: Rules::of(rules), steps: 0, memory }
    }

    /// Takes a step at each member's pace; parameters without gradients stay.
    pub(crate) fn step(
        &mut self,
        paces: &[Pace],
        numbers: &mut Numbers,
        gradients: Vec<Option<Tensor<2>>>,
    ) {
        self.steps += 1;
        let Some(device) = numbers.tensors.first().map(Tensor::device) else { return };
        let way = self.rules.way(paces, self.steps, &device);
        let pairs = numbers.tensors.iter_mut().zip(gradients).zip(&mut self.memory);
        for ((weights, gradient), memory) in pairs {
            let Some(gradient) = gradient else { continue };
            let (stepped, kept) = way.step(weights.clone(), gradient, memory.take());
            *weights = stepped;
            *memory = kept;
        }
    }
}

impl Rules {
    fn of(rules: &[Rule]) -> Self {
        let (mut sgd, mut adam) = (Vec::new(), Vec::new());
        for rule in rules {
            match rule {
                Rule::Sgd(rule) => sgd.push(*rule),
                Rule::Adam(rule) => adam.push(*rule),
            }
        }
        assert!(sgd.is_empty() != adam.is_empty(), "caller's bug: rules of one kind");
        if adam.is_empty() { Self::Sgd(sgd) } else { Self::Adam(adam) }
    }

    /// Brings what a step multiplies by to the device.
    fn way(&self, paces: &[Pace], step: u64, device: &Device) -> Way {
        match self {
            Self::Sgd(rules) => {
                let of = |value: fn(&update::Sgd, Pace) -> f32| {
                    let pairs = rules.iter().zip(paces);
                    Factor::of(pairs.map(|(sgd, &pace)| value(sgd, pace)).collect(), device)
                };
                Way::Sgd(Box::new(SgdFactors {
                    lr: of(|_, pace| pace.rate as f32),
                    momentum: of(|sgd, pace| pace.momentum.map_or(sgd.momentum, |m| m as f32)),
                    decay: of(|sgd, _| sgd.weight_decay),
                    nesterov: rules[0].nesterov,
                }))
            }
            Self::Adam(rules) => {
                let of = |value: &dyn Fn(&update::Adam, f64) -> f64| {
                    let values = rules.iter().zip(paces).map(|(adam, pace)| {
                        let beta1 = pace.momentum.unwrap_or(adam.beta1);
                        value(&update::Adam { beta1, ..*adam }, pace.rate) as f32
                    });
                    Factor::of(values.collect(), device)
                };
                let unbias = |beta: f64| 1.0 - beta.powf(step as f64);
                let coupled =
                    |adam: &update::Adam| if adam.decoupled { 0.0 } else { adam.weight_decay };
                let lost = |adam: &update::Adam| adam.weight_decay - coupled(adam);
                Way::Adam(Box::new(AdamFactors {
                    lr: of(&|adam, rate| rate / unbias(adam.beta1)),
                    root: of(&|adam, _| 1.0 / unbias(adam.beta2).sqrt()),
                    fresh1: of(&|adam, _| 1.0 - adam.beta1),
                    beta2: of(&|adam, _| adam.beta2),
                    fresh2: of(&|adam, _| 1.0 - adam.beta2),
                    epsilon: of(&|adam, _| adam.epsilon),
                    coupled: of(&|adam, _| coupled(adam)),
                    keep: of(&|adam, rate| 1.0 - rate * lost(adam)),
                }))
            }
        }
    }
}

/// What one step multiplies by.
enum Way {
    Sgd(Box<SgdFactors>),
    Adam(Box<AdamFactors>),
}

struct SgdFactors {
    lr: Factor,
    momentum: Factor,
    decay: Factor,
    nesterov: bool,
}

struct AdamFactors {
    lr: Factor,
    root: Factor,
    fresh1: Factor,
    beta2: Factor,
    fresh2: Factor,
    epsilon: Factor,
    coupled: Factor,
    keep: Factor,
}

/// The next weights of a parameter, and what is remembered of it.
type Stepped = (Tensor<2>, Option<Memory>);

impl Way {
    fn step(&self, weights: Tensor<2>, gradient: Tensor<2>, memory: Option<Memory>) -> Stepped {
        match self {
            Self::Sgd(factors) => factors.step(weights, gradient, memory),
            Self::Adam(factors) => factors.step(weights, gradient, memory),
        }
    }
}

impl SgdFactors {
    fn step(&self, weights: Tensor<2>, gradient: Tensor<2>, memory: Option<Memory>) -> Stepped {
        let Self { lr, momentum, decay, nesterov } = self;
        let gradient = gradient.pulled(&weights, decay);
        if momentum.is(0.0) {
            return (weights - lr.times(gradient), None);
        }
        let velocity = match memory {
            Some(Memory { first, .. }) => momentum.times(first) + gradient.clone(),
            None => gradient.clone(),
        };
        let down =
            if *nesterov { gradient + momentum.times(velocity.clone()) } else { velocity.clone() };
        (weights - lr.times(down), Some(Memory { first: velocity, second: None }))
    }
}

impl AdamFactors {
    fn step(&self, weights: Tensor<2>, gradient: Tensor<2>, memory: Option<Memory>) -> Stepped {
        let Self { lr, root, fresh1, beta2, fresh2, epsilon, coupled, keep } = self;
        let gradient = gradient.pulled(&weights, coupled);
        let square = gradient.clone() * gradient.clone();
        let (mean, square) = match memory {
            Some(Memory { first, second: Some(second) }) => (
                first.clone() + fresh1.times(gradient - first),
                beta2.times(second) + fresh2.times(square),
            ),
            _ => (fresh1.times(gradient), fresh2.times(square)),
        };
        let scale = epsilon.plus(root.times(square.clone().sqrt()));
        let down = lr.times(mean.clone() / scale);
        (keep.times(weights) - down, Some(Memory { first: mean, second: Some(square) }))
    }
}

/// Weight decay that goes through the gradient.
trait Pulled {
    fn pulled(self, weights: &Tensor<2>, decay: &Factor) -> Self;
}

impl Pulled for Tensor<2> {
    fn pulled(self, weights: &Tensor<2>, decay: &Factor) -> Self {
        if decay.is(0.0) { self } else { self + decay.times(weights.clone()) }
    }
}

/// A number for all members, or one for each.
enum Factor {
    Same(f32),
    Each(Box<Tensor<2>>),
}

impl Factor {
    fn of(values: Vec<f32>, device: &Device) -> Self {
        if values.iter().all(|value| value.to_bits() == values[0].to_bits()) {
            return Self::Same(values[0]);
        }
        let members = values.len();
        Self::Each(Box::new(upload(values, [members, 1], device)))
    }

    #[expect(clippy::float_cmp, reason = "it is the number that was written")]
    fn is(&self, value: f32) -> bool {
        matches!(self, Self::Same(own) if *own == value)
    }

    fn times(&self, tensor: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Same(value) => tensor.mul_scalar(*value),
            Self::Each(values) => tensor * (**values).clone(),
        }
    }

    fn plus(&self, tensor: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Same(value) => tensor.add_scalar(*value),
            Self::Each(values) => tensor + (**values).clone(),
        }
    }
}
