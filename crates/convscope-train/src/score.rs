//! How well a model does on samples: loss, accuracy, calibration, confusions.

/// How many bins of confidence the calibration error has.
const BINS: usize = 15;

/// What a model made of the samples seen so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    classes: usize,
    seen: u64,
    correct: u64,
    loss_sum: f64,
    bins: [Bin; BINS],
    confusion: Vec<u64>,
}

/// Samples whose confidence lies in one interval.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Bin {
    correct: u64,
    confidence_sum: f64,
}

impl Score {
    /// Starts with no sample.
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            seen: 0,
            correct: 0,
            loss_sum: 0.0,
            bins: [Bin::default(); BINS],
            confusion: vec![0; classes * classes],
        }
    }

    /// Forgets every sample; allocates nothing.
    pub fn clear(&mut self) {
        (self.seen, self.correct, self.loss_sum) = (0, 0, 0.0);
        self.bins = [Bin::default(); BINS];
        self.confusion.fill(0);
    }

    /// Counts one sample; of equal logits the first is the answer.
    pub fn see(&mut self, logits: &[f32], label: u16) {
        let label = usize::from(label);
        let larger = |best: usize, i: usize| if logits[i] > logits[best] { i } else { best };
        let answer = (1..logits.len()).fold(0, larger);
        let largest = f64::from(logits[answer]);
        let scale: f64 = logits.iter().map(|&logit| libm::exp(f64::from(logit) - largest)).sum();
        self.loss_sum += libm::log(scale) + largest - f64::from(logits[label]);
        self.seen += 1;
        self.correct += u64::from(answer == label);
        self.confusion[label * self.classes + answer] += 1;
        let confidence = 1.0 / scale;
        let bin = &mut self.bins[bin_of(confidence)];
        bin.correct += u64::from(answer == label);
        bin.confidence_sum += confidence;
    }

    /// Returns the mean cross-entropy in nats.
    pub fn loss(&self) -> f64 {
        self.loss_sum / self.seen as f64
    }

    /// Returns the share of right answers.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.seen as f64
    }

    /// Returns the expected calibration error.
    ///
    /// ```text
    /// Σ over bins  |right answers in the bin − sum of confidences in the bin| / samples
    /// ```
    pub fn calibration_error(&self) -> f64 {
        let gaps = self.bins.iter().map(|bin| (bin.correct as f64 - bin.confidence_sum).abs());
        gaps.sum::<f64>() / self.seen as f64
    }

    /// Returns how many samples of each class (row) were taken for each class (column).
    pub fn confusion(&self) -> &[u64] {
        &self.confusion
    }
}

/// Bin i holds confidences in (i / 15, (i + 1) / 15].
fn bin_of(confidence: f64) -> usize {
    let upper = (confidence * BINS as f64).ceil() as usize;
    upper.clamp(1, BINS) - 1
}

#[cfg(test)]
mod tests {
    use super::{BINS, Score, bin_of};

    fn score(samples: &[(&[f32], u16)]) -> Score {
        let mut score = Score::new(samples[0].0.len());
        for (logits, label) in samples {
            score.see(logits, *label);
        }
        score
    }

    #[test]
    fn the_loss_of_equal_logits_is_the_logarithm_of_the_classes() {
        let score = score(&[(&[2.0, 2.0, 2.0], 1), (&[-5.0, -5.0, -5.0], 2)]);
        assert!((score.loss() - 3.0_f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn logits_of_any_size_have_a_finite_loss() {
        let score = score(&[(&[3e38, -3e38], 1)]);
        assert!((score.loss() / 6e38 - 1.0).abs() < 1e-6);
    }

    #[test]
    fn of_equal_logits_the_first_is_the_answer() {
        let score = score(&[(&[1.0, 3.0, 3.0], 1), (&[1.0, 3.0, 3.0], 2), (&[0.0, 0.0, 0.0], 0)]);
        assert_eq!(score.confusion(), [1, 0, 0, 0, 1, 0, 0, 1, 0]);
        assert!((score.accuracy() - 2.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn calibration_compares_confidence_with_success() {
        // Two classes and logits ±ln(3)/2: the answer has probability 3/4. Three of four right is
        // calibrated; four of four is off by a quarter, none of four by three quarters.
        let x = 3.0_f32.ln() / 2.0;
        let sure: &[f32] = &[x, -x];
        let with = |right: usize| {
            let samples: Vec<_> = (0..4).map(|i| (sure, u16::from(i >= right))).collect();
            score(&samples).calibration_error()
        };
        assert!(with(3) < 1e-7 && (with(4) - 0.25).abs() < 1e-7 && (with(0) - 0.75).abs() < 1e-7);
    }

    #[test]
    fn errors_of_different_bins_do_not_cancel() {
        // Probability 3/4 and always wrong, probability 1/2 and always right: (3/4 + 1/2) / 2.
        let x = 3.0_f32.ln() / 2.0;
        let score = score(&[(&[x, -x], 1), (&[0.0, 0.0], 0)]);
        assert!((score.calibration_error() - 0.625).abs() < 1e-7);
    }

    #[test]
    fn bins_are_closed_above() {
        assert_eq!(BINS, 15);
        assert_eq!([0.0, 1e-9, 0.2, 0.21, 0.999, 1.0].map(bin_of), [0, 0, 2, 3, 14, 14]);
    }

    #[test]
    fn a_cleared_score_is_a_new_one() {
        let mut used = score(&[(&[1.0, 2.0], 0)]);
        used.clear();
        assert_eq!(used, Score::new(2));
    }
}
