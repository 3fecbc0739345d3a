//! Work shared between threads.

/// Does some work for every item; which thread does which must not matter.
///
/// One thread works where it stands. More are started for this work alone and take neighbouring items each,
/// which costs some tens of microseconds.
pub(crate) fn each<T: Send>(threads: usize, mut items: Vec<T>, work: impl Fn(T) + Sync) {
    if threads <= 1 || items.len() <= 1 {
        return items.into_iter().for_each(work);
    }
    let share = items.len().div_ceil(threads);
    std::thread::scope(|scope| {
        while items.len() > share {
            let own = items.split_off(items.len() - share);
            let work = &work;
            scope.spawn(move || own.into_iter().for_each(work));
        }
        items.into_iter().for_each(&work);
    });
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn every_item_is_worked_on_once() {
        for threads in 1..5 {
            for count in 0..12 {
                let mut seen = vec![0; count];
                each(threads, seen.iter_mut().enumerate().collect(), |(i, seen)| *seen += i + 1);
                assert_eq!(seen, (1..=count).collect::<Vec<_>>(), "{count} on {threads}");
            }
        }
    }
}
