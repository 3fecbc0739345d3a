# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0"]
# ///
"""Writes kernel_penalties.json: penalties on kernels and their slopes, by PyTorch's gradients in 64 bits.

Structures are averages over flips and over rows, and singular value decompositions; none is a basis. Run:
python golden/kernel_penalties.py
"""

import json
import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

KERNELS = 6
FORMULA = "weight i is (i * 7919 + 13) % 1009 / 1009 * 0.6 - 0.3, rounded to 32 bits"


def weights(side: int) -> Tensor:
    places = torch.arange(KERNELS * side * side)
    values = ((places * 7919 + 13) % 1009).double() / 1009 * 0.6 - 0.3
    return values.float().double().reshape(KERNELS, side, side)


def bandwidth(layer: Tensor, share: float) -> Tensor:
    return share * layer.square().mean().sqrt()


def entropy(layer: Tensor, share: float) -> Tensor:
    values = layer.reshape(KERNELS, -1)
    apart = values[:, :, None] - values[:, None, :]
    near = torch.exp(-apart.square() / (2 * bandwidth(layer, share).square()))
    return -near.mean(dim=(1, 2)).log2().sum()


def unique(layer: Tensor, share: float) -> Tensor:
    gaps = layer.reshape(KERNELS, -1).sort(dim=1).values.diff(dim=1)
    return (1 + (1 - torch.exp(-(gaps / bandwidth(layer, share)).square())).sum(dim=1)).sum()


def mirrored(kernel: Tensor) -> Tensor:
    return (kernel + kernel.flip(0) + kernel.flip(1) + kernel.flip(0, 1)) / 4


def identical_columns(kernel: Tensor) -> Tensor:
    return kernel.mean(dim=1, keepdim=True).expand_as(kernel)


def separable(kernel: Tensor) -> Tensor:
    left, values, right = torch.linalg.svd(kernel)
    return values[0] * torch.outer(left[:, 0], right[0])


def nearest(layer: Tensor) -> Tensor:
    structures = (mirrored, identical_columns, separable)
    left = [torch.stack([(k - near(k)).square().sum() for near in structures]) for k in layer]
    return sum(distances.min() for distances in left) / 2


def mixture(layer: Tensor, components: int) -> Callable[[Tensor], Tensor]:
    """Fits the mixture to a layer, as at the start of a training."""
    w = layer.flatten()
    prior = 0.05**2 * w.square().mean()
    apart = (w.max() - w.min()) / (components - 2)
    mean = torch.cat([torch.zeros(1), w.min() + apart * torch.arange(components - 1)])
    variance = torch.full((components,), max(apart.item() ** 2, prior.item()))
    share = torch.full((components,), 1 / components)

    def terms(values: Tensor) -> Tensor:
        normal = -(values[:, None] - mean).square() / (2 * variance)
        return share.log() - (2 * math.pi * variance).log() / 2 + normal

    for _ in range(10):
        held = terms(w).softmax(dim=1)
        count = held.sum(dim=0)
        mean = torch.cat([torch.zeros(1), ((held * w[:, None]).sum(dim=0) / count)[1:]])
        spread = (held * (w[:, None] - mean).square()).sum(dim=0)
        variance = (10 * prior + spread) / (10 + count)
        share = count / len(w)
    return lambda values: -terms(values.flatten()).logsumexp(dim=1).sum()


def case(name: str, settings: dict, penalty: Callable[[Tensor], Tensor], side: int) -> dict:
    layer = weights(side).requires_grad_()
    value = penalty(layer)
    value.backward()
    slope = layer.grad.flatten().tolist()
    return {"name": name, "settings": settings, "side": side, "value": value.item(), "slope": slope}


def main() -> None:
    torch.set_default_dtype(torch.float64)
    structures = ["mirror-both", "identical-columns", "separable"]
    cases = []
    for side in (3, 5):
        shared = mixture(weights(side), 5)
        cases += [
            case("kernel-entropy", {"bandwidth": 0.4}, lambda w: entropy(w, 0.4), side),
            case("unique-values", {"bandwidth": 0.1}, lambda w: unique(w, 0.1), side),
            case("nearest-structure", {"structures": structures, "dimension": 0.6}, nearest, side),
            case("soft-weight-sharing", {"components": 5}, shared, side),
        ]
    written = {"formula": FORMULA, "kernels": KERNELS, "cases": cases}
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
