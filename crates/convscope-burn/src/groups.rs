//! Populations in as many groups as memory wants.

use std::ops::Range;

/// Attempts all of `count` at once; halves the group whenever it was too large.
///
/// `attempt` computes a range, `halved` hears why the next groups have how many at most; a single
/// one that is too large is the end.
pub(crate) fn in_groups<W, T, E>(
    count: usize,
    world: &mut W,
    mut attempt: impl FnMut(&mut W, Range<usize>) -> Result<Vec<T>, E>,
    too_large: impl Fn(&E) -> bool,
    mut halved: impl FnMut(&mut W, usize, &E),
) -> Result<Vec<T>, E> {
    let mut most = count;
    let mut done = Vec::with_capacity(count);
    while done.len() < count {
        let group = done.len()..(done.len() + most).min(count);
        let size = group.len();
        match attempt(world, group) {
            Ok(results) => done.extend(results),
            Err(error) if size > 1 && too_large(&error) => {
                most = size.div_ceil(2);
                halved(world, most, &error);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::in_groups;

    /// Computes squares on a device with room for `room` at once; returns them and what was said.
    fn squares(count: usize, room: usize) -> (Result<Vec<usize>, &'static str>, Vec<usize>) {
        let mut said = Vec::new();
        let done = in_groups(
            count,
            &mut said,
            |_, range| {
                if range.len() > room { Err("full") } else { Ok(range.map(|i| i * i).collect()) }
            },
            |error| *error == "full",
            |said, most, _| said.push(most),
        );
        (done, said)
    }

    #[test]
    fn a_population_is_halved_until_it_fits_and_stays_so() {
        let all: Vec<usize> = (0..37).map(|i| i * i).collect();
        assert_eq!(squares(37, 37), (Ok(all.clone()), vec![]));
        assert_eq!(squares(37, 36), (Ok(all.clone()), vec![19]));
        assert_eq!(squares(37, 5), (Ok(all), vec![19, 10, 5]));
    }

    #[test]
    fn one_that_does_not_fit_is_the_end() {
        assert_eq!(squares(4, 0), (Err("full"), vec![2, 1]));
    }

    #[test]
    fn another_failure_is_not_tried_again() {
        let mut attempts = 0;
        let failed: Result<Vec<()>, _> = in_groups(
            4,
            &mut attempts,
            |n, _| {
                *n += 1;
                Err("broken")
            },
            |e| *e == "full",
            |_, _, _| {},
        );
        assert_eq!((failed, attempts), (Err("broken"), 1));
    }
}
