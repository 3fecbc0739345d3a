//! Work shared between threads whose results are taken in order.

/// Does some work for each of `count` pieces and folds the results, the first piece first.
///
/// As many pieces as there are workers are done at once. What is folded does not depend on how many there
/// are, as long as the work on a piece does not depend on which worker does it.
pub(crate) fn waves<W: Send, R: Send>(
    workers: &mut [W],
    count: usize,
    work: impl Fn(&mut W, usize) -> R + Sync,
    mut fold: impl FnMut(R),
) {
    for first in (0..count).step_by(workers.len()) {
        let last = (first + workers.len()).min(count);
        if last - first == 1 {
            fold(work(&mut workers[0], first));
            continue;
        }
        let work = &work;
        let results: Vec<R> = std::thread::scope(|scope| {
            let pieces = workers.iter_mut().zip(first..last);
            let handles: Vec<_> =
                pieces.map(|(worker, piece)| scope.spawn(move || work(worker, piece))).collect();
            let joined = handles.into_iter().map(|handle| {
                handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            joined.collect()
        });
        results.into_iter().for_each(&mut fold);
    }
}
