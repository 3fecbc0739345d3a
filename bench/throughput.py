# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "numpy==2.4.6", "scipy==1.17.1"]
# ///
"""Measures how many training images a second PyTorch takes, as one JSON line for each case.

A step is everything that training does: take a shuffled batch that lies in memory, forward, loss,
backward, SGD with momentum. A case is the median over windows. Run: python bench/throughput.py
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parent / "peer_pytorch"))

from nets import Conv, Mlp, Net, logits, module, stack

SAMPLES = 320
CASES: tuple[tuple[str, Net, int, int], ...] = (
    ("simple-cnn", Conv(7), 10, 1),
    ("simple-cnn", Conv(7), 32, 1),
    ("three-layer-mlp", Mlp(), 32, 1),
    ("simple-cnn", Conv(7), 10, 16),
    ("simple-cnn", Conv(7), 32, 16),
)

Step = Callable[[], None]


def main() -> None:
    """Prints one line for each case and number of threads."""
    arguments = _arguments()
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        for name, net, batch, population in CASES:
            step = _population_step(net, batch, population)
            if population == 1:
                step = _single_step(net, batch)
            rates = [
                batch * population * rate
                for rate in _rates(step, arguments.windows, arguments.seconds)
            ]
            line = {
                "who": "pytorch",
                "net": name,
                "batch": batch,
                "threads": threads,
                "population": population,
                "images_per_second": round(statistics.median(rates)),
                "slowest": round(min(rates)),
                "fastest": round(max(rates)),
            }
            print(json.dumps(line), flush=True)


def _single_step(net: Net, batch: int) -> Step:
    """One network as everybody writes it."""
    model = module(net, seed=0)
    images, labels = torch.rand(SAMPLES, 1, 28, 28), torch.arange(SAMPLES) % 3
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    criterion = nn.CrossEntropyLoss()
    batches = _batches(batch)

    def step() -> None:
        chosen = next(batches)
        optimizer.zero_grad()
        criterion(model(images[chosen]), labels[chosen]).backward()
        optimizer.step()

    return step


def _population_step(net: Net, batch: int, population: int) -> Step:
    """Equal networks as one grouped convolution, each on its own images."""
    weights = stack([module(net, seed) for seed in range(population)])
    images, labels = torch.rand(SAMPLES, population, 28, 28), torch.arange(SAMPLES) % 3
    optimizer = torch.optim.SGD(list(weights.values()), lr=0.01, momentum=0.9)
    batches = _batches(batch)

    def step() -> None:
        chosen = next(batches)
        optimizer.zero_grad()
        scores = logits(net, weights, images[chosen]).flatten(0, 1)
        F.cross_entropy(scores, labels[chosen].repeat(population), reduction="sum").backward()
        optimizer.step()

    return step


def _batches(batch: int) -> Iterator[Tensor]:
    order = torch.randperm(SAMPLES, generator=torch.Generator().manual_seed(0))
    return cycle(order.split(batch))


def _rates(step: Step, windows: int, seconds: float) -> Iterator[float]:
    """Yields steps a second, window after window, after warming up."""
    for window in range(windows + 1):
        steps, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds:
            step()
            steps += 1
        if window > 0:
            yield steps / elapsed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a window")
    return parser.parse_args()


if __name__ == "__main__":
    main()
