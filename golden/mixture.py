# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6"]
# ///
"""Writes mixture.json: mixtures of Gaussians fitted by expectation and maximisation, one mean fixed at 0.

Responsibilities are a table of numbers by components, in 64 bits; the formulas are those of Nowlan & Hinton 1992 with a
conjugate prior on each variance, and of Ullrich et al. 2017 where the share of the component at 0 is given. Run:
python golden/mixture.py
"""

import json
from pathlib import Path

import numpy as np

NUMBERS = 300
FORMULA = "number i is 8 * d**3 with d = (i * 7919 + 13) % 1009 / 1009 - 0.5"


def numbers() -> np.ndarray:
    drawn = ((np.arange(NUMBERS) * 7919 + 13) % 1009) / 1009 - 0.5
    return drawn * drawn * drawn * 8


def logs(w: np.ndarray, mean: np.ndarray, variance: np.ndarray, share: np.ndarray) -> np.ndarray:
    apart = (w[:, None] - mean[None, :]) ** 2
    with np.errstate(divide="ignore"):
        return np.log(share) - np.log(2 * np.pi * variance) / 2 - apart / (2 * variance)


def likelihood(parts: np.ndarray) -> np.ndarray:
    highest = parts.max(axis=1)
    return highest + np.log(np.exp(parts - highest[:, None]).sum(axis=1))


def fitted(components: int, zero: float | None, rounds: int) -> dict:
    w = numbers()
    prior, worth = 0.05**2 * np.mean(w**2), 10.0
    apart = (w.max() - w.min()) / max(components - 2, 1)
    mean = np.concatenate([[0.0], w.min() + apart * np.arange(components - 1)])
    variance = np.full(components, max(apart**2, prior))
    share = np.full(components, 1 / components)
    if zero is not None:
        share = np.concatenate([[zero], np.full(components - 1, (1 - zero) / (components - 1))])
    for _ in range(rounds):
        parts = logs(w, mean, variance, share)
        held = np.exp(parts - likelihood(parts)[:, None])
        count = held.sum(axis=0)
        mean = np.concatenate([[0.0], ((held * w[:, None]).sum(axis=0) / count)[1:]])
        spread = (held * (w[:, None] - mean[None, :]) ** 2).sum(axis=0)
        variance = (worth * prior + spread) / (worth + count)
        share = count / len(w)
        if zero is not None:
            share = np.concatenate([[zero], (1 - zero) * count[1:] / count[1:].sum()])
    parts = logs(w, mean, variance, share)
    return {
        "components": components,
        "zero": zero,
        "rounds": rounds,
        "variance": float(prior),
        "worth": worth,
        "means": mean.tolist(),
        "variances": variance.tolist(),
        "likelihood": float(likelihood(parts).sum()),
        "most-responsible": parts.argmax(axis=1).tolist(),
    }


def main() -> None:
    cases = [fitted(*case) for case in ((2, None, 30), (5, None, 30), (5, 0.9, 30), (16, None, 30), (16, 0.99, 30))]
    written = {"formula": FORMULA, "numbers": NUMBERS, "cases": cases}
    Path(__file__).with_suffix(".json").write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
