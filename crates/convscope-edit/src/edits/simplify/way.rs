//! A way of making kernels simpler, as an edit.

use convscope_core::SettingError;
use convscope_model::Net;

use super::settings::{Common, Target, Then};
use super::{Method, fits, simplify};
use crate::edits::{CalibrationSet, Checked, Edit, EditError, Edited, Subject};

/// Settings among which are those that all ways have.
pub(crate) trait Shared {
    /// Returns these.
    fn common(&self) -> Common<'_>;
}

/// A way of making kernels simpler: what sets it apart from others.
pub(crate) trait Simplification: Shared + Send + Sync {
    /// Returns what offers kernels their forms.
    fn method(&self) -> impl Method;

    /// Checks its own settings, the others being checked.
    fn check_own(&self) -> Result<(), SettingError>;

    /// Says in a few words what it does, without where it ends.
    fn words(&self) -> String;
}

impl<S: Simplification> Checked for S {
    fn check(&self) -> Result<(), SettingError> {
        self.common().check()?;
        self.check_own()
    }
}

impl<S: Simplification> Edit for S {
    fn calibration(&self) -> Option<CalibrationSet<'_>> {
        let Common { calibrate, samples, .. } = self.common();
        calibrate.map(|set| CalibrationSet { set, samples })
    }

    fn handles(&self) -> bool {
        self.common().then != Then::Free
    }

    fn fits(&self, net: &Net, _: usize) -> Result<(), SettingError> {
        fits(self.common(), net)
    }

    fn apply(&self, subject: &Subject<'_>, weights: Vec<f32>) -> Result<Edited, EditError> {
        simplify(&self.method(), self.common(), subject, weights)
    }

    fn describe(&self) -> String {
        let until = match self.common().target() {
            Target::Bits(bits) => format!(" to {bits} of their bits"),
            Target::Budget(budget) => format!(" while the loss rises by at most {budget}"),
            Target::Choice => String::new(),
        };
        format!("{}{until}", self.words())
    }
}
