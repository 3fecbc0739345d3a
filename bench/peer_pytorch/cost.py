# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "numpy==2.4.6", "scipy==1.17.1"]
# ///
"""Estimates how long ordinary PyTorch takes for the whole edge study, one model after another.

One epoch and one look at the validation images are timed for every kind of training, several
times; the sum over epochs and replicates is an extrapolation, and says so. Images lie in memory as
tensors, which is kinder to PyTorch than reading them through a loader. Run:
python bench/peer_pytorch/cost.py
"""

import argparse
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from cells import Cell, Settings, cells
from edges import Edges, draw
from nets import module
from study import VALIDATION_IMAGES
from training import Recipe, orders, train_one


def main() -> None:
    """Prints one line for each study and one for the sum."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    trained: set[tuple[Settings, int]] = set()
    epoch: dict[str, float] = defaultdict(float)
    look: dict[str, float] = defaultdict(float)
    measured: dict[tuple, tuple[float, float]] = {}
    for cell in cells():
        # A training that two studies share is made once.
        if (cell.settings, cell.epochs) in trained:
            continue
        trained.add((cell.settings, cell.epochs))
        kind = _kind(cell)
        if kind not in measured:
            measured[kind] = _seconds(cell.settings, arguments.windows)
        per_epoch, per_look = measured[kind]
        epoch[cell.study] += per_epoch * cell.epochs * arguments.replicates
        look[cell.study] += per_look * cell.epochs * arguments.replicates
    for study in epoch:
        _say(arguments, study, epoch[study], look[study])
    _say(arguments, "all", sum(epoch.values()), sum(look.values()))


def _kind(cell: Cell) -> tuple:
    """Returns what decides how long an epoch takes."""
    settings = cell.settings
    samples = settings.images * len(settings.classes)
    return settings.net, samples, settings.batch, settings.optimizer


def _seconds(settings: Settings, windows: int) -> tuple[float, float]:
    """Returns the seconds of one epoch and of one validation, medians over the windows."""
    rng = np.random.default_rng(0)
    pixels, labels = map(
        torch.from_numpy, draw(Edges(settings.classes, settings.images, "train"), rng)
    )
    unseen, answers = map(
        torch.from_numpy, draw(Edges(settings.classes, VALIDATION_IMAGES, "valid"), rng)
    )
    recipe = Recipe(1, settings.batch, settings.learning_rate, settings.optimizer)
    order = orders(recipe, len(labels), rng)
    model = module(settings.net, seed=0)

    @torch.no_grad()
    def look() -> None:
        scores = model(unseen.unsqueeze(1))
        F.cross_entropy(scores, answers).item()
        (scores.argmax(1) == answers).sum().item()

    def train() -> None:
        train_one(model, pixels, labels, order, recipe)

    return _median(train, windows), _median(look, windows)


def _median(work: Callable[[], None], windows: int) -> float:
    work()
    times = []
    for _ in range(windows):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _say(arguments: argparse.Namespace, study: str, training: float, looking: float) -> None:
    line = {
        "who": "pytorch",
        "study": study,
        "threads": arguments.threads,
        "replicates": arguments.replicates,
        "extrapolated": True,
        "seconds_training": round(training),
        "seconds_with_validation_each_epoch": round(training + looking),
    }
    print(json.dumps(line), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--replicates", type=int, default=10)
    return parser.parse_args()


if __name__ == "__main__":
    main()
