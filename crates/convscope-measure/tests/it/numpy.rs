//! The generator behind `numpy.random.seed` and `randn`, to make published inputs again.

const LENGTH: usize = 624;

pub(crate) struct Legacy {
    words: [u32; LENGTH],
    next: usize,
    spare: Option<f64>,
}

impl Legacy {
    /// Starts as `numpy.random.seed(seed)` does (Matsumoto and Nishimura 1998).
    pub(crate) fn seeded(seed: u32) -> Self {
        let mut words = [seed; LENGTH];
        for i in 1..LENGTH {
            let before = words[i - 1];
            words[i] = (before ^ (before >> 30)).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { words, next: LENGTH, spare: None }
    }

    /// Draws as `numpy.random.randn` does (Marsaglia's polar method).
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (a, b) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = a * a + b * b;
            if square < 1.0 && square != 0.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(factor * a);
                return factor * b;
            }
        }
    }

    fn uniform(&mut self) -> f64 {
        let (high, low) = (self.word() >> 5, self.word() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    fn word(&mut self) -> u32 {
        if self.next == LENGTH {
            for i in 0..LENGTH {
                let y =
                    (self.words[i] & 0x8000_0000) | (self.words[(i + 1) % LENGTH] & 0x7fff_ffff);
                let twist = if y & 1 == 1 { 0x9908_b0df } else { 0 };
                self.words[i] = self.words[(i + 397) % LENGTH] ^ (y >> 1) ^ twist;
            }
            self.next = 0;
        }
        let mut y = self.words[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }
}
