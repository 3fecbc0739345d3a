//! Instruction levels.

use std::fmt;
use std::str::FromStr;

use convscope_core::UnknownName;
use convscope_core::registry::nearest;

/// The vector instructions that a computation uses, chosen when the program runs.
///
/// Every level computes the same sums in the same order, each product and sum rounded once together
/// (fused), so that a level changes how long a result takes and not one bit of it. What is not a
/// number is so on every level, but its payload may differ.
///
/// ```
/// use convscope_engine::Level;
///
/// let level = Level::detect();
/// assert!(level.is_available());
/// assert_eq!(level.name().parse(), Ok(level));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 16 numbers at a time (x86-64 with AVX-512F, BW, DQ and VL).
    Avx512,
    /// 8 numbers at a time (x86-64 with AVX2 and FMA).
    Avx2,
    /// 4 numbers at a time (every 64-bit Arm).
    Neon,
    /// Whatever the compiler makes of plain loops; on every machine, and slow where the machine
    /// has no fused multiply-add.
    Plain,
}

impl Level {
    /// All levels, the fastest first.
    pub const ALL: [Self; 4] = [Self::Avx512, Self::Avx2, Self::Neon, Self::Plain];

    /// Returns the fastest level of this machine.
    pub fn detect() -> Self {
        Self::ALL.into_iter().find(|level| level.is_available()).unwrap_or(Self::Plain)
    }

    /// Returns the levels of this machine, the fastest first.
    pub fn available() -> Vec<Self> {
        Self::ALL.into_iter().filter(|level| level.is_available()).collect()
    }

    /// Returns whether this machine has the level's instructions.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("fma")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => true,
            Self::Plain => true,
            #[allow(unreachable_patterns, reason = "which levels are left depends on the target")]
            _ => false,
        }
    }

    /// Returns the name, as [`FromStr`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::Neon => "neon",
            Self::Plain => "plain",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|level| level.name() == name).ok_or_else(|| UnknownName {
            family: "instruction level",
            name: name.to_owned(),
            nearest: nearest(name, Self::ALL.map(Self::name)),
        })
    }
}
