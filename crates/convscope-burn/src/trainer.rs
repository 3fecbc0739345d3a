//! A device that trains for whoever has trainings.

use burn_tensor::Device;
use convscope_train::{
    ComputeError, Continue, Epoch, Form, Member, TrainError, Trained, Trainer, train_with,
};

use crate::device::{DeviceError, device};
use crate::executor::Executor;
use crate::population::Precision;
use crate::train::{PopulationError, train, unsupported};

/// A device that trains models in the engine's place: together by [`train`](crate::train()), or, where
/// a training asks for what no population computes, alone by the loop of `convscope-train`.
pub struct DeviceTrainer {
    name: String,
    device: Device,
    precision: Precision,
}

impl DeviceTrainer {
    /// Finds a device by its name, as [`device()`] does, to compute in some precision.
    ///
    /// # Errors
    /// [`DeviceError`] when there is no such device, or it has no numbers of that precision.
    pub fn find(name: &str, precision: Precision) -> Result<Self, DeviceError> {
        let device = device(name)?;
        if !device.supports_dtype(precision.of_activations()) {
            return Err(DeviceError::Precision { name: name.into(), precision });
        }
        let name = match precision {
            Precision::Single => name.to_owned(),
            Precision::Mixed => format!("{name} {precision}"),
        };
        Ok(Self { name, device, precision })
    }
}

impl Trainer for DeviceTrainer {
    fn name(&self) -> &str {
        &self.name
    }

    fn alone(&self, form: &Form<'_>) -> Option<&'static str> {
        unsupported(form)
    }

    fn train(
        &self,
        members: &[Member<'_>],
        watch: &mut dyn FnMut(usize, &Epoch) -> Continue,
    ) -> Result<Vec<Trained>, TrainError> {
        if let [Member { training, weights }] = members
            && unsupported(&training.form()).is_some()
        {
            let mut compute = Executor::new(training.net, &self.device, self.precision);
            let mut watch = |epoch: &Epoch, _: &[f32]| watch(0, epoch);
            let trained = train_with(&mut compute, training, weights.clone(), &mut watch)?;
            return Ok(vec![trained]);
        }
        train(members, &self.device, self.precision, watch).map_err(|error| match error {
            PopulationError::Member { error, .. } => error,
            PopulationError::Device(error) => error.into(),
            unlike => ComputeError::Failed(unlike.to_string()).into(),
        })
    }
}
