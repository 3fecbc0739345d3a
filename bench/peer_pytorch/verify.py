# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "numpy==2.4.6", "scipy==1.17.1"]
# ///
"""Checks that a population trains each of its models as ordinary PyTorch trains it alone.

Run: python bench/peer_pytorch/verify.py
"""

import sys

import numpy as np
import torch

from cells import trainings
from edges import Edges, draw
from nets import Conv, Net, logits, module, stack
from training import Recipe, Samples, orders, train_one, train_population

MODELS = 3
TOLERANCE = 1e-5


def main() -> int:
    """Prints the largest difference of any weight for each network; fails above the tolerance."""
    torch.set_num_threads(1)
    worst = 0.0
    kinds = {
        (group[-1].settings.net, group[-1].settings.classes, group[-1].settings.optimizer)
        for group in trainings()
    }
    for net, classes, optimizer in sorted(kinds, key=str):
        difference = largest_difference(net, classes, optimizer)
        print(f"{difference:.1e} {optimizer:4} {net}")
        worst = max(worst, difference)
    leak = neighbour_of_broken_model_differs(Conv(7))
    print(f"a broken model {'changes' if leak else 'does not change'} its neighbours")
    return int(worst > TOLERANCE or leak)


def largest_difference(net: Net, classes: tuple[str, ...], optimizer: str) -> float:
    """Trains alone and together from equal starts on equal batches, and compares the weights."""
    recipe = Recipe(epochs=12, batch=10, learning_rate=0.01, optimizer=optimizer)
    sets = [draw(Edges(classes, 9, "train"), np.random.default_rng(m)) for m in range(MODELS)]
    samples = Samples.gather(sets)
    order = np.stack(
        [orders(recipe, len(sets[0][1]), np.random.default_rng([m, 1])) for m in range(MODELS)]
    )
    weights = stack([module(net, m) for m in range(MODELS)])
    for _ in train_population(net, weights, samples, order, recipe):
        pass
    difference = 0.0
    for m in range(MODELS):
        alone = train_one(module(net, m), samples.images[m], samples.labels[m], order[m], recipe)
        for name, weight in alone.named_parameters():
            difference = max(difference, (weight - weights[name][m]).abs().max().item())
    return difference


def neighbour_of_broken_model_differs(net: Net) -> bool:
    """Tells whether a model full of NaN reaches another model of its population."""
    weights = stack([module(net, m) for m in range(MODELS)])
    images = torch.rand(5, MODELS, 28, 28)
    sound = logits(net, weights, images)
    with torch.no_grad():
        for weight in weights.values():
            weight[0] = torch.nan
    broken = logits(net, weights, images)
    return not torch.equal(sound[1:], broken[1:])


if __name__ == "__main__":
    sys.exit(main())
