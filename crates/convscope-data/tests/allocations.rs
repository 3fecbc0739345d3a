//! Transforms take no memory anew; a binary of its own, because the allocator counts for the whole of it.

use allocation_counter::measure;
use convscope_core::{Seed, Shape};
use convscope_data::TRANSFORMS;
use convscope_data::transforms::Chain;
use serde_json::{Value, json};

#[test]
fn after_some_images_a_worker_allocates_nothing() {
    let shape = Shape::image(1, 28, 28);
    let image: Vec<f32> = (0..784).map(|at| (at * 37 % 256) as f32 / 255.0).collect();
    // All at once, too: what one step leaves in memory must do for the next.
    let grey = TRANSFORMS.iter().filter(|entry| entry.id != "channels");
    let all: Vec<Value> = grey.map(|entry| json!(entry.id)).collect();
    let each = TRANSFORMS.iter().map(|entry| vec![json!(entry.id)]);
    for steps in each.chain([all]) {
        let chain = Chain::build(&steps, shape).expect("defaults fit");
        let mut worker = chain.worker(Seed::root(1));
        let mut to = Vec::new();
        // Erased noise and crops have sizes of their own for each image: the first few find them.
        for sample in 0..50 {
            worker.apply(sample, &image, &mut to);
        }
        let counted = measure(|| {
            worker.restart(Seed::root(2));
            for sample in 0..50 {
                worker.apply(sample, &image, &mut to);
            }
        });
        assert_eq!(counted.count_total, 0, "{steps:?}");
    }
}
