//! Work divided among threads.

use crate::simd::cut;

/// Does some work on each item, on at most so many threads.
///
/// Each thread takes a run of neighbours, the calling one the first. An item carries what it alone
/// may write, so that no result depends on the count of threads.
pub(crate) fn each<T: Send>(threads: usize, items: Vec<T>, work: impl Fn(T) + Sync) {
    let share = items.len().div_ceil(threads.max(1));
    if share >= items.len() {
        return items.into_iter().for_each(work);
    }
    let runs = cut(items.len(), share);
    let mut items = items.into_iter();
    let mut runs = runs.map(|run| items.by_ref().take(run.len).collect::<Vec<_>>());
    let own = runs.next();
    std::thread::scope(|scope| {
        let work = &work;
        for run in runs {
            scope.spawn(move || run.into_iter().for_each(work));
        }
        own.into_iter().flatten().for_each(work);
    });
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn every_item_is_worked_on_once() {
        for threads in [0, 1, 2, 3, 8, 50] {
            let mut counts = [0; 20];
            each(threads, counts.iter_mut().collect(), |count| *count += 1);
            assert_eq!(counts, [1; 20], "{threads} threads");
        }
    }
}
