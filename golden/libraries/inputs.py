"""Pairs of layers on which packages are compared."""

import numpy as np
from definitions import Matrix

from similarity import layers

Pair = tuple[Matrix, Matrix]

INPUTS = {
    "published": "`np.random.seed(1337); X = randn(100, 10); Y = randn(100, 10) + X`",
    "random": "40 samples of 6 and 5 units, related",
    "rank-deficient": "the same with a constant unit, one that is a sum and one that is a multiple",
    "n < p": "16 samples of 24 and 20 units",
    "mean 10": "50 samples of 8 and 7 units of mean 10 and deviation 0.3",
    "mean 10, f32": "the same, rounded to 32 bits and given as such",
    "wide, f32": "128 samples of 4,000 units of mean 10 and deviation 0.3, in 32 bits",
    "unrelated": "32 samples of 512 and 512 independent normal units",
    "itself": "X of *random* and X again",
}


def pairs() -> dict[str, Pair]:
    """Returns the pair of layers of each input."""
    random = layers("random")
    near = layers("ill-conditioned")
    return {
        "published": published(),
        "random": random,
        "rank-deficient": layers("rank-deficient"),
        "n < p": layers("wide"),
        "mean 10": near,
        "mean 10, f32": tuple(m.astype(np.float32) for m in near),
        "wide, f32": far(),
        "unrelated": unrelated(),
        "itself": (random[0], random[0].copy()),
    }


def published() -> Pair:
    """Returns the vector whose values the authors of CKA print."""
    draws = np.random.RandomState(1337)
    x = draws.randn(100, 10)
    return x, draws.randn(100, 10) + x


def far() -> Pair:
    """Returns two wide layers whose mean is far above their deviation."""
    draws = np.random.RandomState(1)
    shared, own, other = (draws.randn(128, 4000) for _ in range(3))
    layers = (10 + 0.3 * (shared + noise) / np.sqrt(2) for noise in (own, other))
    return tuple(m.astype(np.float32) for m in layers)


def unrelated() -> Pair:
    """Returns two layers that share nothing."""
    draws = np.random.RandomState(0)
    return draws.randn(32, 512), draws.randn(32, 512)


def latent(shared: int = 5, units: int = 50, noise: float = 0.05) -> Pair:
    """Returns two noisy mixtures of the same few signals."""
    draws = np.random.RandomState(2)
    signals = draws.randn(500, shared)
    mixed = (signals @ draws.randn(shared, units) for _ in range(2))
    return tuple(m + noise * draws.randn(500, units) for m in mixed)
