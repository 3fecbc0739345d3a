//! How alike a kernel is to itself when it is flipped or turned.

use super::energies::seen_but;
use super::{Probe, Ready, dot};
use crate::chance::Share;
use crate::{Flip, Flips, Size};

pub(super) fn probes() -> Vec<Probe> {
    Flip::ALL[1..].iter().map(|flip| of_flip(*flip)).collect()
}

fn of_flip(flip: Flip) -> Probe {
    let (name, flips) = match flip {
        Flip::LeftRight | Flip::UpDown => (format!("mirrored {}", flip.id()), Flips::Upright),
        Flip::Diagonal | Flip::Antidiagonal => {
            (format!("mirrored about its {}", flip.id()), Flips::Slanted)
        }
        _ => (format!("turned by a {}", flip.id()), Flips::All),
    };
    let about = match flip {
        Flip::ThreeQuarterTurn => {
            "As `score-quarter-turn`, whose value it always has: turning both sides shows it."
                .into()
        }
        _ => format!("How alike the kernel is to itself {name}: 1 unchanged, −1 its own negative."),
    };
    Probe {
        id: format!("score-{}", flip.id()),
        group: "flips",
        about,
        formula: "⟨K, gK⟩ / ‖K‖², g the flip",
        source: "representation theory of the dihedral group D4",
        range: [-1.0, 1.0],
        null: match flip {
            Flip::QuarterTurn | Flip::ThreeQuarterTurn => "drawn; mean (places that stay)/n",
            _ => {
                "2 Beta(d/2, (n − d)/2) − 1, d = (n + places that stay)/2; mean (places that stay)/n"
            }
        },
        unseen: seen_but(flips, false),
        make: Box::new(move |size: Size| score(flip, size)),
    }
}

fn score(flip: Flip, size: Size) -> Option<Ready> {
    let places = flip.places(size)?;
    let whole = size.count();
    let staying = places.iter().enumerate().filter(|(from, to)| from == *to).count();
    let twice_is_none = places.iter().enumerate().all(|(from, to)| places[*to] == from);
    (staying < whole).then(|| {
        let dimension = usize::midpoint(whole, staying);
        let closed = Share { dimension, whole, from: -1.0, to: 1.0 };
        Ready::new(twice_is_none.then_some(closed), move |seen| {
            let energy = seen.energy()?;
            let flipped: Vec<f64> = places.iter().map(|to| seen.unit[*to]).collect();
            Ok((dot(&seen.unit, &flipped) / energy).clamp(-1.0, 1.0))
        })
    })
}
