//! Raw images made what a model was trained on.

use crate::CaptureError;

/// (x · scale − meanᶜ) / sdᶜ for the numbers of channel c, which is the second dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Normalisation {
    /// The factor, such as 1/255.
    pub scale: f64,
    /// What is taken away: one number for all channels, or one for each.
    pub mean: Vec<f64>,
    /// What is divided by: one number for all channels, or one for each.
    pub sd: Vec<f64>,
}

impl Normalisation {
    /// Changes the numbers of samples with these dimensions.
    ///
    /// # Errors
    /// [`CaptureError::Setting`] when there are neither one nor as many numbers as channels.
    pub fn apply(&self, dimensions: &[usize], numbers: &mut [f32]) -> Result<(), CaptureError> {
        let channels = dimensions.get(1).copied().unwrap_or(1);
        for (what, list) in [("mean", &self.mean), ("sd", &self.sd)] {
            if list.len() != 1 && list.len() != channels {
                return Err(CaptureError::Setting(format!(
                    "--{what} has {} numbers; one, or one for each of the {channels} channels, was \
                     wanted",
                    list.len()
                )));
            }
        }
        let plane: usize = dimensions.iter().skip(2).product();
        let of = |list: &[f64], channel: usize| list[channel % list.len()];
        for (index, plane) in numbers.chunks_mut(plane.max(1)).enumerate() {
            let channel = index % channels.max(1);
            let (mean, sd) = (of(&self.mean, channel), of(&self.sd, channel));
            for number in plane {
                *number = ((f64::from(*number) * self.scale - mean) / sd) as f32;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Normalisation;

    #[test]
    fn channels_have_their_own_mean_and_deviation() {
        let normal = Normalisation { scale: 0.5, mean: vec![1.0, 2.0], sd: vec![1.0, 4.0] };
        let mut numbers = [2.0, 4.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0];
        normal.apply(&[2, 2, 2], &mut numbers).unwrap();
        let wanted = [0.0, 1.0, -0.25, 0.0, 2.0, 3.0, 1.0, 1.5];
        assert_eq!(numbers.map(f32::to_bits), wanted.map(f32::to_bits));
        let said = normal.apply(&[1, 3, 1], &mut [0.0; 3]).unwrap_err().to_string();
        assert!(said.contains("--mean has 2 numbers") && said.contains("3 channels"), "{said}");
        let one = Normalisation { scale: 1.0, mean: vec![0.5], sd: vec![0.5] };
        let mut numbers = [1.0, 0.0, 0.5];
        one.apply(&[1, 3], &mut numbers).unwrap();
        assert_eq!(numbers.map(f32::to_bits), [1.0, -1.0, 0.0].map(f32::to_bits));
    }
}
