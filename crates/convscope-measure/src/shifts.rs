//! Cross-products of convolutional layers at all cyclic shifts.

use faer::Mat;
use rayon::prelude::*;
use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

use crate::align::{self, Body};
use crate::whitening::LOSS;
use crate::{Pair, Prepared, Refusal, linalg};

/// Returns the smallest angle over cyclic shifts and rotations of channels.
pub(crate) fn best_angle(pair: Pair<'_>, height: usize, width: usize) -> Result<f64, Refusal> {
    let (x, y) = (by_place(pair.x, height * width), by_place(pair.y, height * width));
    let products = cross_products([&x, &y], pair.samples(), height, width);
    let norm = |product: &Mat<f64>| linalg::nuclear_norm(product.as_ref(), |norm| LOSS * norm);
    let norms: Vec<Result<f64, Refusal>> = products.par_iter().map(norm).collect();
    let mut best = (0, f64::NEG_INFINITY);
    for (shift, norm) in norms.into_iter().enumerate() {
        let norm = norm?;
        if norm > best.1 {
            best = (shift, norm);
        }
    }
    // The angle itself is taken at the best shift, where a small one needs the difference.
    let n = pair.samples();
    let (down, right) = (best.0 / width, best.0 % width);
    let shifted = Mat::from_fn(y.nrows(), y.ncols(), |row, channel| {
        let (place, sample) = (row / n, row % n);
        let (r, c) = ((place / width + down) % height, (place % width + right) % width);
        y[((r * width + c) * n + sample, channel)]
    });
    align::angle(Body::new(x.as_ref()), Body::new(shifted.as_ref()))
}

/// Returns a layer as (place, sample) × channel, centred channel by channel.
fn by_place(layer: &Prepared, places: usize) -> Mat<f64> {
    let (n, channels) = (layer.samples(), layer.units() / places);
    let raw = layer.centred();
    let mean = |channel: usize| {
        layer.means()[channel * places..(channel + 1) * places].iter().sum::<f64>() / places as f64
    };
    let means: Vec<f64> = (0..channels).map(mean).collect();
    Mat::from_fn(places * n, channels, |row, channel| {
        let unit = channel * places + row / n;
        raw[(row % n, unit)] + (layer.means()[unit] - means[channel])
    })
}

/// Returns Σ over samples and places of x(u) y(u + t)ᵀ for every shift t, row by row.
fn cross_products([x, y]: [&Mat<f64>; 2], n: usize, height: usize, width: usize) -> Vec<Mat<f64>> {
    let places = height * width;
    let half = width / 2 + 1;
    let (fx, fy) = (spectra(x, n, height, width), spectra(y, n, height, width));
    let (p, q) = (x.ncols(), y.ncols());
    // (a + b i)ᴴ (c + d i) = (aᵀc + bᵀd) + (aᵀd − bᵀc) i, of real products: complex ones would be three
    // megabytes of code for this alone.
    let by_frequency: Vec<[Mat<f64>; 2]> = (0..height * half)
        .into_par_iter()
        .map(|frequency| {
            let (x, y) = (&fx[frequency], &fy[frequency]);
            let turned = |i: usize, j| if i < n { y[(i + n, j)] } else { -y[(i - n, j)] };
            let turned = Mat::from_fn(2 * n, q, turned);
            [y, &turned].map(|y| linalg::cross(x.as_ref(), y.as_ref()))
        })
        .collect();
    let pairs: Vec<Vec<f64>> = (0..p * q)
        .into_par_iter()
        .map(|pair| {
            let spectrum = by_frequency.iter().map(|[real, imaginary]| {
                let place = (pair % p, pair / p);
                Complex::new(real[place], imaginary[place])
            });
            inverse(spectrum.collect(), height, width)
        })
        .collect();
    (0..places).map(|shift| Mat::from_fn(p, q, |i, j| pairs[j * p + i][shift])).collect()
}

/// Returns the Fourier coefficients of every map, for each frequency a matrix of samples × channels: their real
/// parts above their imaginary ones.
fn spectra(x: &Mat<f64>, n: usize, height: usize, width: usize) -> Vec<Mat<f64>> {
    let half = width / 2 + 1;
    let channels = x.ncols();
    let maps: Vec<Vec<Complex<f64>>> = (0..n * channels)
        .into_par_iter()
        .map(|map| {
            let column = x.col_as_slice(map / n);
            let image = (0..height * width).map(|place| column[place * n + map % n]).collect();
            forward(image, height, width)
        })
        .collect();
    let part = |frequency: usize, i: usize, channel: usize| {
        let coefficient = maps[channel * n + i % n][frequency];
        if i < n { coefficient.re } else { coefficient.im }
    };
    (0..height * half)
        .map(|frequency| Mat::from_fn(2 * n, channels, |i, c| part(frequency, i, c)))
        .collect()
}

fn forward(mut image: Vec<f64>, height: usize, width: usize) -> Vec<Complex<f64>> {
    let half = width / 2 + 1;
    let mut planner = RealFftPlanner::<f64>::new();
    let rows = planner.plan_fft_forward(width);
    let mut spectrum = vec![Complex::default(); height * half];
    for (row, out) in image.chunks_exact_mut(width).zip(spectrum.chunks_exact_mut(half)) {
        // The lengths are the plan's own, which is all that can go wrong.
        let _ = rows.process(row, out);
    }
    columns(&mut spectrum, height, half, rustfft::FftDirection::Forward);
    spectrum
}

fn inverse(mut spectrum: Vec<Complex<f64>>, height: usize, width: usize) -> Vec<f64> {
    let half = width / 2 + 1;
    columns(&mut spectrum, height, half, rustfft::FftDirection::Inverse);
    let mut planner = RealFftPlanner::<f64>::new();
    let rows = planner.plan_fft_inverse(width);
    let mut image = vec![0.0; height * width];
    for (row, out) in spectrum.chunks_exact_mut(half).zip(image.chunks_exact_mut(width)) {
        // What is left of the imaginary parts of real coefficients is rounding.
        row[0].im = 0.0;
        if width.is_multiple_of(2) {
            row[half - 1].im = 0.0;
        }
        let _ = rows.process(row, out);
    }
    let scale = (height * width) as f64;
    for x in &mut image {
        *x /= scale;
    }
    image
}

fn columns(
    spectrum: &mut [Complex<f64>],
    height: usize,
    half: usize,
    direction: rustfft::FftDirection,
) {
    let plan = rustfft::FftPlanner::<f64>::new().plan_fft(height, direction);
    for column in 0..half {
        let mut values: Vec<Complex<f64>> =
            (0..height).map(|row| spectrum[row * half + column]).collect();
        plan.process(&mut values);
        for (row, value) in values.into_iter().enumerate() {
            spectrum[row * half + column] = value;
        }
    }
}
