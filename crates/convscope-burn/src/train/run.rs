//! The loop of a population.

use burn_tensor::{Device, Tensor};
use convscope_core::Seed;
use convscope_data::Images;
use convscope_model::layer::BatchNorm;
use convscope_model::{Net, Op, Role};
use convscope_train::{
    Augmented, ComputeError, Continue, Epoch, Ledger, Member, Outcome, Pace, Trained, Training,
};

use super::PopulationError;
use super::sets::Sets;
use crate::descent::Descent;
use crate::forward::forward;
use crate::layers::Observed;
use crate::learning::{Lessons, learn};
use crate::numbers::{Numbers, read, upload};
use crate::population::{Population, Precision};

/// How many samples of all members together are evaluated at once, if a step does not take more.
const AT_ONCE: usize = 256;

/// A training of a population under way.
pub(super) struct Run<'a> {
    members: &'a [Member<'a>],
    population: Population,
    images: Sets<'a>,
    /// What draws the images of each epoch, where they are not always the same.
    augmented: Vec<Option<Augmented<'a>>>,
    valid: Option<Sets<'a>>,
    test: Option<Sets<'a>>,
    numbers: Numbers,
    descent: Descent,
    /// By parameter: 1 where a member's number is a weight, elsewhere 0.
    masks: Option<Vec<Tensor<2>>>,
    ledgers: Vec<Ledger<'a>>,
    /// Each member's weights after the last epoch that stayed finite.
    finite: Vec<Vec<f32>>,
    /// How members ended that ended early.
    ended: Vec<Option<Outcome>>,
    frozen: Vec<bool>,
    steps: u64,
    steps_per_epoch: u64,
}

impl<'a> Run<'a> {
    /// Brings everything to the device.
    pub(super) fn start(
        members: &'a [Member<'a>],
        device: &Device,
        precision: Precision,
    ) -> Result<Self, PopulationError> {
        let Training { net, recipe, handling, .. } = members[0].training;
        let open = |(place, member): (usize, &'a Member<'a>)| {
            Ledger::open(&member.training, &member.weights)
                .map_err(|error| PopulationError::Member { member: place, error })
        };
        let ledgers = members.iter().enumerate().map(open).collect::<Result<Vec<_>, _>>()?;
        let rules: Vec<_> =
            members.iter().map(|member| member.training.recipe.optimizer().rule()).collect();
        let descent = Descent::start(&rules, net.parameters().len());
        let finite: Vec<Vec<f32>> = members.iter().map(masked).collect();
        let slices: Vec<&[f32]> = finite.iter().map(Vec::as_slice).collect();
        let numbers = Numbers::upload(net, &slices, device);
        let population = Population::new(net, device, precision);
        let upload = |set: &dyn Fn(&Training<'a>) -> Option<&'a Images>| {
            let sets: Option<_> = members.iter().map(|member| set(&member.training)).collect();
            sets.map(|sets| Sets::upload(sets, device))
        };
        let images = Sets::upload(members.iter().map(|m| m.training.images).collect(), device);
        let steps_per_epoch = images.count().div_ceil(recipe.batch()) as u64;
        let valid = upload(&|training| training.valid);
        let test = upload(&|training| training.test);
        let ended = vec![None; members.len()];
        let masks = masks(net, members, device);
        Ok(Self {
            members,
            population,
            images,
            augmented: members.iter().map(|member| Augmented::of(&member.training)).collect(),
            valid,
            test,
            numbers,
            descent,
            masks,
            ledgers,
            finite,
            ended,
            frozen: handling.iter().map(|own| own.frozen).collect(),
            steps: 0,
            steps_per_epoch,
        })
    }

    /// Trains to the end of every member.
    pub(super) fn train(
        mut self,
        watch: &mut dyn FnMut(usize, &Epoch) -> Continue,
    ) -> Result<Vec<Trained>, PopulationError> {
        let epochs = self.members[0].training.recipe.epochs();
        for number in 1..=epochs {
            self.epoch(number, watch)?;
            if self.ended.iter().all(Option::is_some) {
                break;
            }
        }
        Ok(self.end()?)
    }

    fn epoch(
        &mut self,
        number: u32,
        watch: &mut dyn FnMut(usize, &Epoch) -> Continue,
    ) -> Result<(), ComputeError> {
        let epochs = self.members[0].training.recipe.epochs();
        let first = u64::from(number - 1) * self.steps_per_epoch;
        let scores = self.descend(number)?;
        let valid = self.valid.as_ref().map(|sets| self.logits(sets)).transpose()?;
        let weights = self.numbers.download(self.members[0].training.net)?;
        for (member, weights) in weights.into_iter().enumerate() {
            if self.ended[member].is_some() {
                continue;
            }
            let Training { images, recipe, .. } = self.members[member].training;
            let (loss_sum, correct) = scores[member];
            let count = images.len() as f64;
            let ledger = &mut self.ledgers[member];
            let valid = match &valid {
                Some(valid) => ledger.validate(&mut |images, visit| {
                    show(&valid[member], images, visit);
                    Ok::<_, ComputeError>(())
                })?,
                None => None,
            };
            let loss = valid.map_or(0.0, |(loss, _)| loss);
            let finite = weights.iter().all(|weight| weight.is_finite());
            if !(loss_sum.is_finite() && loss.is_finite() && finite) {
                self.ended[member] = Some(Outcome::Diverged { epoch: number });
                continue;
            }
            let (valid_loss, valid_accuracy) = valid.unzip();
            let epoch = Epoch {
                number,
                rate: recipe.pace(recipe.moment(first, self.steps_per_epoch)).rate,
                running_loss: loss_sum / count,
                running_accuracy: correct / count,
                valid_loss,
                valid_accuracy,
            };
            ledger.keep(&epoch);
            self.finite[member] = weights;
            if watch(member, &epoch) == Continue::No && number < epochs {
                self.ended[member] = Some(Outcome::Stopped { epoch: number });
            }
        }
        Ok(())
    }

    /// Takes the steps of an epoch; returns each member's sum of losses and count of right answers.
    fn descend(&mut self, number: u32) -> Result<Vec<(f64, f64)>, ComputeError> {
        let Training { images, recipe, .. } = self.members[0].training;
        let orders: Vec<Vec<u32>> = self
            .members
            .iter()
            .map(|member| {
                let mut order = vec![0; images.len()];
                member.training.shuffle(number, &mut order);
                order
            })
            .collect();
        self.images.redraw(&mut self.augmented, number);
        let mut scores = Vec::new();
        for first in (0..images.len()).step_by(recipe.batch()) {
            let batch = first..(first + recipe.batch()).min(images.len());
            let batches: Vec<&[u32]> = orders.iter().map(|order| &order[batch.clone()]).collect();
            let [losses, correct] = self.step(&batches);
            scores.extend([losses, correct]);
        }
        let count = self.members.len();
        let mut sums = vec![(0.0, 0.0); count];
        for pair in read(&scores, count)?.chunks_exact(2) {
            for (sum, (&loss, &correct)) in sums.iter_mut().zip(pair[0].iter().zip(&pair[1])) {
                sum.0 += f64::from(loss);
                sum.1 += f64::from(correct);
            }
        }
        Ok(sums)
    }

    /// Takes a step of all members; nothing comes back from the device.
    fn step(&mut self, batches: &[&[u32]]) -> [Tensor<1>; 2] {
        let members = self.members;
        let pace = |member: &Member<'_>| {
            let recipe = member.training.recipe;
            recipe.pace(recipe.moment(self.steps, self.steps_per_epoch))
        };
        let paces: Vec<Pace> = members.iter().map(pace).collect();
        let noise: Vec<Seed> =
            members.iter().map(|member| member.training.noise(self.steps)).collect();
        let pass = self.population.pass(members.len(), Some(&noise));
        let smoothing = members[0].training.recipe.label_smoothing() as f32;
        let batch = self.images.batch(batches);
        let taught = learn(pass, &self.numbers, &self.frozen, smoothing, batch);
        let Lessons { mut gradients, observed, losses, correct } = taught;
        if let Some(masks) = &self.masks {
            for (gradient, mask) in gradients.iter_mut().zip(masks) {
                *gradient = gradient.take().map(|gradient| gradient * mask.clone());
            }
        }
        self.descent.step(&paces, &mut self.numbers, gradients);
        track(members[0].training.net, &mut self.numbers, observed);
        self.steps += 1;
        [losses, correct]
    }

    fn end(mut self) -> Result<Vec<Trained>, ComputeError> {
        let sets = [Some(&self.images), self.valid.as_ref(), self.test.as_ref()];
        // What did not end as planned is not examined.
        let whole = self.ended.iter().any(Option::is_none);
        let sets = sets.into_iter().flatten().filter(|_| whole);
        let logits = sets.map(|sets| self.logits(sets)).collect::<Result<Vec<_>, _>>()?;
        let mut trained = Vec::with_capacity(self.members.len());
        for (member, ledger) in self.ledgers.into_iter().enumerate() {
            let outcome = self.ended[member].unwrap_or(Outcome::Done);
            let mut sets = logits.iter();
            let weights = std::mem::take(&mut self.finite[member]);
            trained.push(ledger.close(weights, outcome, &mut |images, visit| {
                let of_set = sets.next().expect("sets are examined in order, each once");
                show(&of_set[member], images, visit);
                Ok::<_, ComputeError>(())
            })?);
        }
        Ok(trained)
    }

    /// Computes every member's logits of every image of its own set: one list for each member.
    fn logits(&self, sets: &Sets<'_>) -> Result<Vec<Vec<f32>>, ComputeError> {
        let Training { net, recipe, .. } = self.members[0].training;
        let (members, last) = (self.members.len(), net.layers().len() - 1);
        let at_once = recipe.batch().max(AT_ONCE / members);
        let mut logits = vec![Vec::new(); members];
        for first in (0..sets.count()).step_by(at_once) {
            let batch: Vec<u32> =
                (first..(first + at_once).min(sets.count())).map(|i| i as u32).collect();
            let input = sets.batch(&vec![&batch[..]; members]).input;
            let pass = self.population.pass(members, None);
            let left = forward(pass, &self.numbers.tensors, input, last);
            let rows = read(&[left.output], members)?.swap_remove(0);
            for (place, row) in rows.chunks_exact(net.output().len()).enumerate() {
                logits[place % members].extend_from_slice(row);
            }
        }
        Ok(logits)
    }
}

/// Shows logits that were computed before.
fn show(logits: &[f32], images: &Images, visit: &mut dyn FnMut(usize, &[f32])) {
    let classes = logits.len() / images.len();
    for (image, logits) in logits.chunks_exact(classes).enumerate() {
        visit(image, logits);
    }
}

/// Moves running statistics; a variance of a single value is none.
fn track(net: &Net, numbers: &mut Numbers, observed: Vec<Observed>) {
    for Observed { layer, mean, variance, count } in observed {
        let Op::BatchNorm(BatchNorm { momentum, .. }) = net.layers()[layer].op else {
            unreachable!("batch norms alone see statistics");
        };
        let mut follow = |role, seen: Tensor<1>| {
            let place = Numbers::place(net, layer, role).expect("a batch norm keeps statistics");
            let running = &mut numbers.tensors[place];
            let seen = seen.reshape(running.dims());
            *running = running.clone().mul_scalar(1.0 - momentum) + seen.mul_scalar(momentum);
        };
        follow(Role::Mean, mean);
        if count > 1 {
            let unbiased = count as f64 / (count - 1) as f64;
            follow(Role::Variance, variance.mul_scalar(unbiased));
        }
    }
}

/// Returns a member's first weights, 0 where its masks have none.
fn masked(member: &Member<'_>) -> Vec<f32> {
    let mut weights = member.weights.clone();
    let Training { net, handling, .. } = member.training;
    for (parameter, own) in net.parameters().iter().zip(handling) {
        let Some(mask) = &own.mask else { continue };
        for (weight, _) in
            weights[parameter.range()].iter_mut().zip(&**mask).filter(|(_, is)| !**is)
        {
            *weight = 0.0;
        }
    }
    weights
}

/// Brings the masks to the device, if any member has one.
fn masks(net: &Net, members: &[Member<'_>], device: &Device) -> Option<Vec<Tensor<2>>> {
    let masks = |member: &Member<'_>| member.training.handling.iter().any(|own| own.mask.is_some());
    members.iter().any(masks).then(|| {
        let of = |(place, parameter): (usize, &convscope_model::Parameter)| {
            let flags = members.iter().flat_map(|member| {
                let mask = member.training.handling[place].mask.as_ref();
                let is = move |number: usize| mask.is_none_or(|mask| mask[number]);
                (0..parameter.len()).map(move |number| f32::from(u8::from(is(number))))
            });
            upload(flags.collect(), [members.len(), parameter.len()], device)
        };
        net.parameters().iter().enumerate().map(of).collect()
    })
}
