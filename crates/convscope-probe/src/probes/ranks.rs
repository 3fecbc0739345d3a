//! How near a kernel is to a product of a column and a row.

use super::energies::seen_but;
use super::{Probe, Ready, Seen};
use crate::{Flips, Size, singular};

pub(super) fn probes() -> Vec<Probe> {
    vec![
        probe(
            "separability",
            "The share of the energy in the nearest product of a column and a row.",
            "σ₁² / Σσ²",
            "Rigamonti et al. 2013, Learning separable filters; Jaderberg et al. 2014, arXiv:1405.3866",
            1.0,
            |shares| shares[0],
        ),
        probe(
            "effective-rank",
            "How many products of a column and a row the energy is spread over.",
            "exp(−Σ p ln p), p = σ² / Σσ²",
            "Roy & Vetterli 2007, The effective rank, with energies for p",
            f64::INFINITY,
            |shares| {
                let nats: f64 = shares.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum();
                (-nats).exp().clamp(1.0, shares.len() as f64)
            },
        ),
        probe(
            "stable-rank",
            "The energy over that of the nearest product of a column and a row.",
            "Σσ² / σ₁²",
            "Rudelson & Vershynin 2007, Sampling from large matrices",
            f64::INFINITY,
            |shares| 1.0 / shares[0],
        ),
    ]
}

fn probe(
    id: &str,
    about: &str,
    formula: &'static str,
    source: &'static str,
    most: f64,
    of: fn(&[f64]) -> f64,
) -> Probe {
    Probe {
        id: id.to_owned(),
        group: "rank",
        about: about.to_owned(),
        formula,
        source,
        range: [if most > 1.0 { 1.0 } else { 0.0 }, most],
        null: "drawn",
        unseen: seen_but(Flips::All, false),
        make: Box::new(move |size: Size| {
            let several = size.rows.min(size.columns) > 1;
            several.then(|| Ready::new(None, move |seen| Ok(of(shares(seen, size)?))))
        }),
    }
}

/// Returns the share of the energy that each singular value has, falling.
fn shares(seen: &Seen, size: Size) -> Result<&[f64], super::Absent> {
    seen.energy()?;
    Ok(seen.shares.get_or_init(|| {
        let squares: Vec<f64> =
            singular(&seen.unit, size).values.iter().map(|value| value * value).collect();
        let whole: f64 = squares.iter().sum();
        squares.into_iter().map(|square| square / whole).collect()
    }))
}
