//! What goes wrong on a device.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use burn_tensor::ExecutionError;
use convscope_train::ComputeError;

/// Sorts what a device says.
pub(crate) fn of(error: &ExecutionError, models: usize) -> ComputeError {
    let reason = first_line(error.reason());
    if !error.is_device_poisoned() && is_about_memory(error.reason()) {
        return ComputeError::Memory { models, reason };
    }
    ComputeError::Failed(reason)
}

/// Makes an error of a panic that says that memory ended: some devices have no other way to say it.
pub(crate) fn caught<T, E: From<ComputeError>>(
    models: usize,
    compute: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(compute)).unwrap_or_else(|panic| {
        let reason = spoken(&*panic);
        if !is_about_memory(reason) {
            resume_unwind(panic);
        }
        Err(ComputeError::Memory { models, reason: first_line(reason) }.into())
    })
}

/// Returns what a panic says.
pub(crate) fn spoken(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default()
}

/// Returns the first line, without the frames that may follow.
pub(crate) fn first_line(text: &str) -> String {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned()
}

/// Runtimes say in words only that memory ended.
fn is_about_memory(text: &str) -> bool {
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    let letters = letters.to_ascii_lowercase();
    ["outofmemory", "outofdevicememory", "cantallocate"].iter().any(|said| letters.contains(said))
}

#[cfg(test)]
mod tests {
    use burn_tensor::ExecutionError;
    use convscope_train::ComputeError;

    use super::{caught, of};

    #[test]
    fn the_end_of_memory_is_known_by_what_runtimes_say() {
        for said in [
            "out of device memory allocating 4096 bytes",
            "An out-of-memory error happened during launch",
            "can't allocate buffer of size: 1099511627776",
            "CUDA_ERROR_OUT_OF_MEMORY",
        ] {
            let error = of(&ExecutionError::with_context(said), 3);
            assert_eq!(error, ComputeError::Memory { models: 3, reason: said.into() });
        }
        let other = of(&ExecutionError::with_context("an illegal address"), 3);
        assert_eq!(other, ComputeError::Failed("an illegal address".into()));
    }

    #[test]
    fn a_panic_about_memory_is_an_error_and_another_stays_a_panic() {
        let error = caught::<(), ComputeError>(2, || panic!("out of memory\nat frame 1"));
        let reason = "out of memory".to_owned();
        assert_eq!(error, Err(ComputeError::Memory { models: 2, reason }));
        let other = std::panic::catch_unwind(|| caught::<(), ComputeError>(2, || panic!("a bug")));
        assert!(other.is_err());
    }
}
