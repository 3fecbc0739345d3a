//! How a net is computed: samples and weights go in, logits, scores and gradients come out.
//!
//! [`Executor`] plans the buffers of one net once and then computes batch after batch; [`update`]
//! takes the optimiser's step. A population is as many executors as there are threads.
//!
//! Small nets are computed block by block, without taking memory:
//!
//! ```text
//! samples ─16 to a block─► images ─conv, ReLU, pools─► images ─flatten, mean─► rows ─linear─► logits
//!                          a lane is a sample       block by block         a lane is a feature
//! ```
//!
//! Up to the last convolution one vector lane is one sample: a weight multiplies sixteen samples at
//! once, and every kernel size, stride and padding vectorises without a shuffle. Linear layers are
//! computed for the whole batch, one lane a feature.
//!
//! Nets with batch norms, branches or many channels are computed layer by layer, each for the whole
//! batch and on several threads if wanted; there lanes are samples throughout, convolutions of 3 × 3 are
//! those of Winograd, others of many channels products of gathered windows, and the slopes by weights
//! are products with transposed inputs.
//!
//! Every sum has one order, whatever the instruction [`Level`], the number of threads and the
//! samples beside it, and a gradient's sixteen partial sums are folded once for each batch: a
//! result is the same bits everywhere. [`reference`](mod@reference) computes the same by
//! definition, slowly, to be compared with.
//!
//! ```
//! use convscope_core::Seed;
//! use convscope_engine::update::{Sgd, sgd};
//! use convscope_engine::{Executor, Level, Samples};
//! use convscope_model::layer::{Conv, Linear};
//! use convscope_model::{Layer, Net, Op, Shape};
//!
//! let layers = vec![
//!     Layer::new("conv", Op::Conv(Conv { filters: 2, padding: 1, ..Conv::default() })),
//!     Layer::new("relu", Op::Relu),
//!     Layer::new("pool", Op::GlobalAveragePool),
//!     Layer::new("fc", Op::Linear(Linear { outputs: 2, bias: true })),
//! ];
//! let net = Net::new(Shape::image(1, 4, 4), layers)?;
//! // Two images, one of a horizontal line and one of a vertical line.
//! let mut pixels = [0.0; 32];
//! for i in 0..4 {
//!     pixels[4 + i] = 1.0;
//!     pixels[16 + 4 * i + 1] = 1.0;
//! }
//! let samples = Samples { pixels: &pixels, labels: &[0, 1] };
//!
//! let level = Level::detect();
//! let mut executor = Executor::new(&net, 2, level);
//! let mut weights: Vec<f32> = (0..net.parameter_count()).map(|i| (i as f32).sin()).collect();
//! let (mut gradients, mut velocity) = (vec![0.0; weights.len()], vec![0.0; weights.len()]);
//! let step = Sgd { lr: 0.5, momentum: 0.9, ..Sgd::default() };
//! let mut scores = Vec::new();
//! for _ in 0..100 {
//!     scores.push(executor.gradients(&weights, samples, &[0, 1], Seed::root(1), &mut gradients));
//!     sgd(level, &step, &mut weights, &gradients, &mut velocity);
//! }
//! assert!(scores[99].loss_sum < 0.1 * scores[0].loss_sum);
//! assert_eq!(scores[99].correct, 2);
//! # Ok::<(), convscope_model::NetError>(())
//! ```
#![allow(
    clippy::inline_always,
    clippy::needless_range_loop,
    reason = "loops must be compiled with the instructions of the level that calls them, and those \
              over registers are indexed"
)]

mod crew;
mod executor;
mod graph;
mod level;
mod noise;
mod passes;
pub mod peak;
mod plan;
pub mod reference;
mod simd;
mod sketch;
mod steps;
mod tensor;
pub mod update;

pub use executor::{Executor, Samples};
pub use graph::Turn;
pub use level::Level;
pub use noise::scales as dropout_scales;
pub use steps::BatchScore;
