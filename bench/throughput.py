# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch==2.15.0", "torchvision==0.29.2", "numpy==2.4.6", "scipy==1.17.1"
# ]
# ///
"""Measures how many training images a second PyTorch takes, as one JSON line for each case.

A step is everything that training does: take a shuffled batch that lies in memory, forward, loss,
backward, the optimiser's step. A case is the median over windows. Run: python bench/throughput.py NET
"""

import argparse
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

sys.path.insert(0, str(Path(__file__).parent / "peer_pytorch"))

from nets import Conv, Mlp, Net, logits, module, stack
from zoo import zoo

SAMPLES = 320


@dataclass(frozen=True)
class Case:
    """A net, how it is trained, and how PyTorch is asked to do it."""

    net: str
    batch: int
    mode: str = "one model"
    adam: bool = False


ONE = ("one model", "one model, channels last, fused", "one model, compiled")
SMALL = (*ONE, "16 models at once")
LARGE = (*ONE, "one model, bf16")
CASES: tuple[Case, ...] = (
    *(Case("simple-cnn", batch, mode) for batch in (10, 32) for mode in SMALL),
    *(Case("three-layer-mlp", 32, mode) for mode in SMALL),
    *(Case("two-conv", 64, mode, adam=True) for mode in SMALL),
    *(Case("lenet-5", 64, mode) for mode in SMALL),
    *(Case("vgg-11-bn", 64, mode) for mode in LARGE),
    *(Case("resnet-18", 64, mode) for mode in LARGE),
)

OURS: dict[str, Net] = {"simple-cnn": Conv(7), "three-layer-mlp": Mlp()}

Step = Callable[[], None]


def main() -> None:
    """Prints one line for each case of a net and number of threads."""
    arguments = _arguments()
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        for case in CASES:
            if case.net != arguments.net:
                continue
            population = 16 if case.mode.startswith("16") else 1
            step = _population_step(case, population) if population > 1 else _single_step(case)
            rates = [
                case.batch * population * rate
                for rate in _rates(step, arguments.windows, arguments.seconds)
            ]
            line = {
                "who": "pytorch",
                "net": case.net,
                "batch": case.batch,
                "threads": threads,
                "mode": case.mode,
                "images_per_second": statistics.median(rates),
                "slowest": min(rates),
                "fastest": max(rates),
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
            print(json.dumps(line), flush=True)


def _single_step(case: Case) -> Step:
    """One network as everybody writes it, or as its mode says."""
    model, shape = _model(case.net)
    tuned = "channels last" in case.mode
    images, labels = torch.rand(SAMPLES, *shape), torch.arange(SAMPLES) % 3
    if tuned:
        model = model.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    net = torch.compile(model) if "compiled" in case.mode else model
    settings = {"fused": True} if tuned else {}
    optimizer: torch.optim.Optimizer = (
        torch.optim.Adam(model.parameters(), **settings)
        if case.adam
        else torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, **settings)
    )
    criterion = nn.CrossEntropyLoss()
    batches = _batches(case.batch)

    def step() -> None:
        chosen = next(batches)
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled="bf16" in case.mode):
            loss = criterion(net(images[chosen]), labels[chosen])
        loss.backward()
        optimizer.step()

    return step


def _model(name: str) -> tuple[nn.Module, tuple[int, int, int]]:
    if name in OURS:
        return module(OURS[name], seed=0), (1, 28, 28)
    return zoo(name)


def _population_step(case: Case, population: int) -> Step:
    """Equal networks in one pass, each on its own images: a grouped convolution, or `vmap`."""
    if case.net in OURS:
        return _grouped_step(OURS[case.net], case.batch, population)
    models = [_model(case.net)[0] for _ in range(population)]
    shape = _model(case.net)[1]
    weights, _ = stack_module_state(models)
    images = torch.rand(SAMPLES, population, *shape)
    labels = torch.arange(SAMPLES) % 3
    optimizer: torch.optim.Optimizer = (
        torch.optim.Adam(list(weights.values()))
        if case.adam
        else torch.optim.SGD(list(weights.values()), lr=0.01, momentum=0.9)
    )
    one = vmap(lambda own, batch: functional_call(models[0], own, (batch,)), in_dims=(0, 1))
    batches = _batches(case.batch)

    def step() -> None:
        chosen = next(batches)
        optimizer.zero_grad()
        scores = one(weights, images[chosen]).flatten(0, 1)
        F.cross_entropy(scores, labels[chosen].repeat(population), reduction="sum").backward()
        optimizer.step()

    return step


def _grouped_step(net: Net, batch: int, population: int) -> Step:
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
    """Yields steps a second, window after window, after warming up; a window has a step at least."""
    for window in range(windows + 1):
        steps, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds:
            step()
            steps += 1
        if window > 0:
            yield steps / elapsed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("net", choices=sorted({case.net for case in CASES}))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a window")
    return parser.parse_args()


if __name__ == "__main__":
    main()
