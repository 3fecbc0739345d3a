//! Members of a population against single models.

use convscope_burn::{Lesson, Population, Precision};
use convscope_core::{Seed, Shape};
use convscope_engine::Samples;
use convscope_model::Net;

use super::{assert_near, device, named, nets, off_corners, samples, start};

const BATCH: usize = 5;

/// What members leave of a step: their losses, gradients and statistics.
type Left = Vec<(f64, usize, Vec<f32>, Vec<f32>)>;

/// Takes a step of some members: each with its own weights, samples, order and draws.
fn step(net: &Net, members: std::ops::Range<u64>) -> Left {
    let own: Vec<_> = members.clone().map(|member| samples(net, 8, 100 + member)).collect();
    let batches: Vec<Vec<u32>> = members
        .clone()
        .map(|member| {
            let mut order: Vec<u32> = (0..8).collect();
            Seed::root(member).stream().shuffle(&mut order);
            order.truncate(BATCH);
            order
        })
        .collect();
    let mut weights: Vec<Vec<f32>> =
        members.clone().map(|member| off_corners(net, start(net, member))).collect();
    let mut gradients = vec![vec![f32::NAN; net.parameter_count()]; weights.len()];
    let lessons: Vec<Lesson<'_>> = own
        .iter()
        .zip(&batches)
        .zip(members)
        .map(|(((pixels, labels), batch), member)| {
            let samples = Samples { pixels, labels };
            Lesson { samples, batch, noise: Seed::root(member).child("noise") }
        })
        .collect();
    let mut population = Population::new(net, &device(), Precision::Single);
    let slices: Vec<&[f32]> = weights.iter().map(Vec::as_slice).collect();
    let mut to: Vec<&mut [f32]> = gradients.iter_mut().map(Vec::as_mut_slice).collect();
    let scores = population.gradients(&slices, &lessons, &mut to).unwrap();
    let mut tracked: Vec<&mut [f32]> = weights.iter_mut().map(Vec::as_mut_slice).collect();
    population.track_statistics(&mut tracked);
    let numbers = gradients.into_iter().zip(weights);
    scores.into_iter().zip(numbers).map(|(s, (g, w))| (s.loss_sum, s.correct, g, w)).collect()
}

#[test]
fn each_member_is_the_single_model() {
    let zoo = ["simple-cnn", "lenet-5", "lenet-300-100"]
        .map(|name| (name, named(name, Shape::image(1, 28, 28), 3)));
    let large = [("resnet-20", named("resnet-20", Shape::image(3, 16, 16), 3))];
    for (name, net) in zoo.into_iter().chain(large).chain(nets::layered()) {
        let together = step(&net, 0..3);
        for member in 0..3 {
            let alone = step(&net, member..member + 1).swap_remove(0);
            let (loss, correct, gradients, weights) = &together[member as usize];
            let what = format!("{name}, member {member}");
            assert!((loss - alone.0).abs() <= 1e-5 * (1.0 + alone.0), "{what}");
            assert_eq!(*correct, alone.1, "{what}");
            assert_near(gradients, &alone.2, 1e-5, &what);
            assert_near(weights, &alone.3, 1e-5, &what);
        }
        assert_ne!(together[0].2, together[1].2, "{name}: members differ");
    }
}

#[test]
fn members_show_their_own_values_of_the_same_samples() {
    let net = named("lenet-5", Shape::image(1, 28, 28), 3);
    let (pixels, _) = samples(&net, 7, 1);
    let weights: Vec<Vec<f32>> = (0..3).map(|member| start(&net, member)).collect();
    let slices: Vec<&[f32]> = weights.iter().map(Vec::as_slice).collect();
    let population = Population::new(&net, &device(), Precision::Single);
    let conv2 = net.layers().iter().position(|layer| layer.name == "conv2").unwrap();
    let mut together = vec![vec![Vec::new(); 7]; 3];
    let keep =
        |member: usize, sample: usize, values: &[f32]| together[member][sample] = values.to_vec();
    population.capture(&slices, &pixels, (conv2, 4), keep).unwrap();
    for (member, weights) in slices.iter().enumerate() {
        let check = |_: usize, sample: usize, values: &[f32]| {
            assert_near(&together[member][sample], values, 1e-5, &format!("member {member}"));
        };
        population.capture(&[weights], &pixels, (conv2, 7), check).unwrap();
    }
}

#[test]
#[should_panic(expected = "caller's bug: batches of one size")]
fn batches_of_two_sizes_are_a_bug() {
    let net = named("two-layer-mlp", Shape::image(1, 4, 4), 2);
    let (pixels, labels) = samples(&net, 3, 1);
    let (samples, weights) = (Samples { pixels: &pixels, labels: &labels }, start(&net, 1));
    let lesson = |batch| Lesson { samples, batch, noise: Seed::root(0) };
    let mut gradients = [vec![0.0; weights.len()], vec![0.0; weights.len()]];
    let [one, two] = &mut gradients;
    let _ = Population::new(&net, &device(), Precision::Single).gradients(
        &[&weights, &weights],
        &[lesson(&[0, 1]), lesson(&[0])],
        &mut [one, two],
    );
}
