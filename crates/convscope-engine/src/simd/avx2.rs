//! Eight numbers at a time.

use std::arch::x86_64::{
    __m256, __m256i, _CMP_EQ_OQ, _CMP_GT_OQ, _CMP_NLE_UQ, _CMP_UNORD_Q, _mm256_add_ps,
    _mm256_and_ps, _mm256_blendv_ps, _mm256_cmp_ps, _mm256_cmpgt_epi32, _mm256_fmadd_ps,
    _mm256_loadu_ps, _mm256_maskload_ps, _mm256_maskstore_ps, _mm256_or_ps, _mm256_permute2f128_ps,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_setr_epi32, _mm256_setzero_ps, _mm256_shuffle_ps,
    _mm256_storeu_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};

use super::{LANES, Simd, Work};
use crate::Level;

/// Proof that the machine has AVX2 and FMA.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// Looks for the instructions.
    pub(crate) fn detect() -> Option<Self> {
        Level::Avx2.is_available().then_some(Self(()))
    }
}

#[target_feature(enable = "avx2,fma")]
fn compiled<W: Work>(simd: Avx2, work: W) -> W::Output {
    work.run(simd)
}

impl Simd for Avx2 {
    type Vector = __m256;
    const WIDTH: usize = 8;
    // Sixteen registers: the tile, one for each of its rows, one for a column.
    const TILE: [usize; 4] = [7, 6, 4, 2];

    fn run<W: Work>(self, work: W) -> W::Output {
        // SAFETY: the token is proof of the instructions.
        unsafe { compiled(self, work) }
    }

    #[inline(always)]
    fn splat(self, x: f32) -> __m256 {
        // SAFETY: the token is proof of the instructions.
        unsafe { _mm256_set1_ps(x) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: the token is proof of the instructions.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token is proof of the instructions.
        unsafe { _mm256_add_ps(a, b) }
    }

    #[inline(always)]
    fn where_positive(self, x: __m256, by: __m256) -> __m256 {
        // SAFETY: the token is proof of the instructions.
        unsafe { _mm256_and_ps(x, _mm256_cmp_ps::<_CMP_NLE_UQ>(by, _mm256_setzero_ps())) }
    }

    #[inline(always)]
    fn where_equal(self, x: __m256, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token is proof of the instructions.
        unsafe { _mm256_and_ps(x, _mm256_cmp_ps::<_CMP_EQ_OQ>(a, b)) }
    }

    #[inline(always)]
    fn meet(self, best: (__m256, __m256), new: (__m256, __m256)) -> (__m256, __m256) {
        // SAFETY: the token is proof of the instructions.
        unsafe {
            let larger = _mm256_cmp_ps::<_CMP_GT_OQ>(new.0, best.0);
            let better = _mm256_or_ps(larger, _mm256_cmp_ps::<_CMP_UNORD_Q>(new.0, new.0));
            let pick = |old, new| _mm256_blendv_ps(old, new, better);
            (pick(best.0, new.0), pick(best.1, new.1))
        }
    }

    #[inline(always)]
    fn transpose(self, square: &mut [__m256; LANES]) {
        // SAFETY: the token is proof of the instructions.
        unsafe {
            // Each round puts numbers twice as far apart side by side: 1, 2 and 4 rows.
            for i in (0..8).step_by(2) {
                let (a, b) = (square[i], square[i + 1]);
                square[i] = _mm256_unpacklo_ps(a, b);
                square[i + 1] = _mm256_unpackhi_ps(a, b);
            }
            for i in (0..8).step_by(4) {
                let [a, b, c, d] = [square[i], square[i + 1], square[i + 2], square[i + 3]];
                square[i] = _mm256_shuffle_ps::<0x44>(a, c);
                square[i + 1] = _mm256_shuffle_ps::<0xee>(a, c);
                square[i + 2] = _mm256_shuffle_ps::<0x44>(b, d);
                square[i + 3] = _mm256_shuffle_ps::<0xee>(b, d);
            }
            for i in 0..4 {
                let (a, b) = (square[i], square[i + 4]);
                square[i] = _mm256_permute2f128_ps::<0x20>(a, b);
                square[i + 4] = _mm256_permute2f128_ps::<0x31>(a, b);
            }
        }
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m256 {
        // SAFETY: the token is proof of the instructions; the caller's promise.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, x: __m256) {
        // SAFETY: the token is proof of the instructions; the caller's promise.
        unsafe { _mm256_storeu_ps(to, x) }
    }

    #[inline(always)]
    unsafe fn load_first(self, count: usize, from: *const f32) -> __m256 {
        // SAFETY: the token is proof of the instructions; lanes that are masked out are not read.
        unsafe { _mm256_maskload_ps(from, first(count)) }
    }

    #[inline(always)]
    unsafe fn store_first(self, count: usize, to: *mut f32, x: __m256) {
        // SAFETY: the token is proof of the instructions; lanes that are masked out are not
        // written.
        unsafe { _mm256_maskstore_ps(to, first(count), x) }
    }
}

#[inline(always)]
fn first(count: usize) -> __m256i {
    // SAFETY: only the functions above call this, each with the token in hand.
    unsafe {
        let places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), places)
    }
}
