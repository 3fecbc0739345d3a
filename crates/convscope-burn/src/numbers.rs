//! A population's numbers on a device.

use burn_tensor::{Device, Tensor, TensorData, Transaction};
use convscope_model::{Net, Role};
use convscope_train::ComputeError;

use crate::error;

/// The numbers of every member: for each of the net's tensors, members × its count.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    /// In the order of [`Net::tensors`].
    pub(crate) tensors: Vec<Tensor<2>>,
    pub(crate) members: usize,
}

impl Numbers {
    /// Brings the numbers of models to a device.
    pub(crate) fn upload(net: &Net, models: &[&[f32]], device: &Device) -> Self {
        let wanted = net.number_count();
        assert!(
            models.iter().all(|model| model.len() == wanted),
            "caller's bug: one number for each of a model of the net"
        );
        let tensors = net.tensors().map(|tensor| {
            let rows: Vec<f32> =
                models.iter().flat_map(|model| &model[tensor.range()]).copied().collect();
            upload(rows, [models.len(), tensor.len()], device)
        });
        Self { tensors: tensors.collect(), members: models.len() }
    }

    /// Brings them back, a list for each member.
    pub(crate) fn download(&self, net: &Net) -> Result<Vec<Vec<f32>>, ComputeError> {
        let read = read(&self.tensors, self.members)?;
        let mut models = vec![vec![0.0; net.number_count()]; self.members];
        for (tensor, values) in net.tensors().zip(read) {
            for (model, row) in models.iter_mut().zip(values.chunks_exact(tensor.len())) {
                model[tensor.range()].copy_from_slice(row);
            }
        }
        Ok(models)
    }

    /// Returns the place of a layer's tensor of a role.
    pub(crate) fn place(net: &Net, layer: usize, role: Role) -> Option<usize> {
        net.tensors().position(|tensor| tensor.layer == layer && tensor.role == role)
    }
}

/// Brings values to a device.
pub(crate) fn upload<const D: usize>(
    values: Vec<f32>,
    dimensions: [usize; D],
    device: &Device,
) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, dimensions), device)
}

/// Brings the values of tensors back, all at once.
pub(crate) fn read<const D: usize>(
    tensors: &[Tensor<D>],
    members: usize,
) -> Result<Vec<Vec<f32>>, ComputeError> {
    let mut transaction = Transaction::default();
    for tensor in tensors {
        transaction = transaction.register(tensor.clone());
    }
    let read = transaction.try_execute().map_err(|error| error::of(&error, members))?;
    let values = |data: TensorData| {
        data.try_into_vec::<f32>().map_err(|error| ComputeError::Failed(format!("{error:?}")))
    };
    read.into_iter().map(values).collect()
}
