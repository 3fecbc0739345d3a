//! The bits of a result do not depend on the number of threads.

use convscope_measure::{MEASURES, Prepared, scores};
use serde_json::json;

use crate::{normal, prepared};

fn bits(threads: usize) -> Vec<Option<u64>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        // More columns than one panel, more samples than units and fewer.
        let shapes = [("a", 150), ("b", 40), ("c", 320)];
        let layers: Vec<Prepared> =
            shapes.iter().map(|(seed, units)| prepared(&normal(seed, 290, *units))).collect();
        let all: Vec<&Prepared> = layers.iter().collect();
        let mut bits = Vec::new();
        for entry in MEASURES {
            let measure = (entry.build)(json!({})).unwrap();
            for row in scores(&*measure, &all, &all[1..]).unwrap() {
                bits.extend(row.iter().map(|score| score.value.number().map(f64::to_bits)));
            }
        }
        bits
    })
}

#[test]
fn one_two_and_five_threads_give_the_same_bits() {
    let one = bits(1);
    assert!(one.iter().filter(|bits| bits.is_some()).count() > 100);
    assert!(one == bits(2) && one == bits(5));
}

#[test]
fn a_matrix_holds_what_pairs_give() {
    let layers: Vec<Prepared> =
        [("a", 5), ("b", 70), ("c", 9)].iter().map(|(s, p)| prepared(&normal(s, 80, *p))).collect();
    let all: Vec<&Prepared> = layers.iter().collect();
    for entry in MEASURES {
        let measure = (entry.build)(json!({})).unwrap();
        let (square, part) =
            (scores(&*measure, &all, &all).unwrap(), scores(&*measure, &all, &all[..2]));
        let part = part.unwrap();
        for i in 0..3 {
            for j in 0..2 {
                let alone = measure.score(convscope_measure::Pair::new(all[i], all[j]).unwrap());
                for other in [&square[i][j], &part[i][j]] {
                    match (alone.value.number(), other.value.number()) {
                        (Some(a), Some(b)) => {
                            assert!(
                                (a - b).abs() < 1e-11 * a.abs().max(1.0),
                                "{}: {a} {b}",
                                entry.id
                            );
                        }
                        (a, b) => assert_eq!(a, b, "{}", entry.id),
                    }
                    assert_eq!(alone.caveats, other.caveats, "{}", entry.id);
                }
            }
        }
    }
}
