//! How far it is, as a bar on a terminal; elsewhere nothing is told.

use convscope_probe::Reading;
use indicatif::{ProgressBar, ProgressStyle};

use super::laid::{Laid, Placed};
use super::summary::Summary;
use super::{Hears, Kernels};
use crate::complaint::Complaint;

/// A bar over all kernels, which is gone when it is done with.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// Begins a bar.
    pub(crate) fn of(kernels: &Kernels) -> Self {
        let bar = ProgressBar::new(kernels.count() as u64);
        let style = ProgressStyle::with_template("{bar:32} {percent:>3} %  {msg}  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }
}

impl Hears for Bar {
    fn layer(&mut self, laid: &Laid) -> Result<(), Complaint> {
        self.0.set_message(laid.name.clone());
        Ok(())
    }

    fn cards(&mut self, _: &Laid, cards: &[Placed]) -> Result<(), Complaint> {
        self.0.inc(cards.len() as u64);
        Ok(())
    }

    fn summary(
        &mut self,
        laid: &Laid,
        _: &Summary,
        _: Option<&Reading<'_>>,
    ) -> Result<(), Complaint> {
        self.0.inc(laid.unfit.len() as u64);
        Ok(())
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
