//! Sets of images that several jobs use, drawn once.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use convscope_core::{Identity, Seed};
use convscope_data::{DataError, Images};

use crate::job::Drawn;

/// How many pixels stay at hand for jobs to come; the training set of MNIST has 47 million.
const PIXELS: usize = 1 << 26;

/// The sets that were used last, the latest at the end.
///
/// Which sets are at hand decides how long a job takes, never what comes of it.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<Vec<Place>>);

struct Place {
    key: (Identity, Seed),
    pixels: usize,
    set: Arc<OnceLock<Result<Arc<Shelved>, DataError>>>,
}

/// A set of images with the identity of all that is in it.
pub(crate) struct Shelved {
    pub(crate) images: Images,
    content: OnceLock<Identity>,
}

impl Shelved {
    /// Returns [`Images::content`], taken once.
    pub(crate) fn content(&self) -> &Identity {
        self.content.get_or_init(|| self.images.content())
    }
}

impl Shelf {
    /// Returns a set of a replicate; of several who ask at once one draws it.
    ///
    /// # Errors
    /// As [`Drawn::load`].
    pub(crate) fn get(&self, drawn: &Drawn, seed: Seed) -> Result<Arc<Shelved>, DataError> {
        let set = self.place(drawn, seed);
        let draw = || {
            let images = drawn.load(seed)?;
            Ok(Arc::new(Shelved { images, content: OnceLock::new() }))
        };
        set.get_or_init(draw).clone()
    }

    fn place(&self, drawn: &Drawn, seed: Seed) -> Arc<OnceLock<Result<Arc<Shelved>, DataError>>> {
        let key = (Identity::of_json(&drawn.settings), seed);
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = places.iter().position(|place| place.key == key);
        let place = match known {
            Some(known) => places.remove(known),
            None => {
                Place { key, pixels: drawn.set.len() * drawn.shape().len(), set: Arc::default() }
            }
        };
        let set = Arc::clone(&place.set);
        places.push(place);
        // The latest stays, however large.
        let mut pixels: usize = places.iter().map(|place| place.pixels).sum();
        while pixels > PIXELS && places.len() > 1 {
            pixels -= places.remove(0).pixels;
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use convscope_core::{Seed, Shape};
    use convscope_data::transforms::Chain;
    use convscope_data::{DataError, Draw, Images, Pool, Set};
    use serde_json::json;

    use super::{PIXELS, Shelf};
    use crate::job::Drawn;

    /// One sample of so many pixels, by its word; counts how often it is loaded.
    struct Counted(usize, Arc<AtomicUsize>);

    impl Set for Counted {
        fn classes(&self) -> Vec<String> {
            vec!["all".into()]
        }

        fn shape(&self) -> Shape {
            Shape::flat(self.0)
        }

        fn len(&self) -> usize {
            1
        }

        fn pool(&self) -> Pool {
            unreachable!("nobody compares it with another set")
        }

        fn load(&self, _: Draw) -> Result<Images, DataError> {
            self.1.fetch_add(1, Ordering::Relaxed);
            Images::new(Shape::flat(1), vec![0.5], vec![0], self.classes())
        }
    }

    fn drawn(name: &str, pixels: usize) -> (Drawn, Arc<AtomicUsize>) {
        let loads = Arc::new(AtomicUsize::new(0));
        let chain = || Chain::build(&[], Shape::flat(pixels)).expect("no step is wrong");
        let set = Box::new(Counted(pixels, Arc::clone(&loads)));
        let drawn = Drawn { settings: json!(name), set, transforms: chain(), augment: chain() };
        (drawn, loads)
    }

    fn count(loads: &AtomicUsize) -> usize {
        loads.load(Ordering::Relaxed)
    }

    #[test]
    fn a_set_is_drawn_once_for_each_replicate() {
        let (shelf, (set, loads)) = (Shelf::default(), drawn("a", 9));
        for seed in [1, 1, 2, 1, 2] {
            assert!(shelf.get(&set, Seed::root(seed)).is_ok());
        }
        assert_eq!(count(&loads), 2);
    }

    #[test]
    fn large_sets_make_room_for_each_other_and_small_ones_for_none() {
        let shelf = Shelf::default();
        let [(small, small_loads), (large, large_loads), (other, _)] =
            [("small", 9), ("large", PIXELS - 9), ("other", PIXELS / 2)].map(|(n, p)| drawn(n, p));
        for set in [&small, &large, &small, &large] {
            assert!(shelf.get(set, Seed::root(1)).is_ok());
        }
        assert_eq!([count(&small_loads), count(&large_loads)], [1, 1]);
        assert!(shelf.get(&other, Seed::root(1)).is_ok());
        assert!(shelf.get(&large, Seed::root(1)).is_ok());
        assert_eq!(count(&large_loads), 2);
    }
}
