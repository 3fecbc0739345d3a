# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "torchvision==0.29.2", "numpy==2.4.6"]
# ///
"""Trains the warm-start study in PyTorch and torchvision and appends one JSON line for each model.

Written from the description of the study alone. Of the arms that change what is put in, those by cosine
similarity are trained; units are not put into one order. Run:
python bench/peer_pytorch/warm_start.py MNIST_FOLDER --out results.jsonl [--replicates 5]
The folder holds the four gzip files of MNIST. Replicates that the file has are not trained again.
"""

import argparse
import gzip
import itertools
import json
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision.transforms import v2

from training import Recipe, train_one

SPECIALISTS, BATCH, EPOCHS = 6, 64, 6
NOISES: dict[str, Callable[[Tensor], Tensor]] = {
    "perspective": v2.RandomPerspective(0.3, p=1, fill=-1),
    "blur": v2.GaussianBlur(5, sigma=(1, 2)),
    "gaussian": v2.GaussianNoise(sigma=0.5, clip=False),
    "erasing": v2.RandomErasing(value=-1),
    "elastic": v2.ElasticTransform(alpha=50.0),
    "rotation": v2.RandomRotation((0, 30)),
}
# Each larger when two lists of weights are more alike.
METRICS: dict[str, Callable[[Tensor, Tensor], float]] = {
    "absolute-cosine": lambda a, b: _cosine(a, b),
    "absolute-pearson": lambda a, b: _cosine(a - a.mean(), b - b.mean()),
    "frobenius": lambda a, b: -(a - b).norm().item(),
}


@dataclass(frozen=True)
class Images:
    """Normalised images (n x 28 x 28) and their classes."""

    pixels: Tensor
    labels: Tensor

    def of(self, places: NDArray[np.int64]) -> "Images":
        """Returns some of them."""
        return Images(self.pixels[places], self.labels[places])


@dataclass(frozen=True)
class Transplant:
    """What is put into a fresh net, and what happens to it then."""

    take: str = "random"
    frozen: bool = False
    rescale: bool = False
    all_parts: bool = False


ARMS = {
    "warm-outside": Transplant("outside"),
    "warm-average": Transplant("average"),
    "warm-all-parts": Transplant(all_parts=True),
    "warm-rescaled": Transplant(rescale=True),
    "warm-frozen": Transplant(frozen=True),
}


@dataclass
class Replicate:
    """One replicate: its shuffle, its streams, and what it has measured."""

    seed: int
    train: Images
    test: Images
    lines: list[dict] = field(default_factory=list)

    def run(self) -> list[dict]:
        """Trains every arm once."""
        noisy = self._specialists("specialist", NOISES)
        plain = self._specialists("plain-specialist", dict.fromkeys(NOISES, lambda image: image))
        self._learnt("fresh", self._net("shared"), 1)
        self._learnt("fresh-two-epochs", self._net("shared"), 2)
        for metric in METRICS:
            self._warm("warm", noisy, metric, Transplant())
        for arm, transplant in ARMS.items():
            self._warm(arm, noisy, "absolute-cosine", transplant)
        self._warm("warm-no-noise", plain, "absolute-cosine", Transplant())
        self._warm("warm-as-run", plain, "absolute-cosine", Transplant("after-first"))
        self._shrink_and_perturb()
        return self.lines

    def run_published(self) -> list[dict]:
        """Trains what the published tables need, and no more."""
        noisy = self._specialists("specialist", NOISES)
        self._learnt("all-clean", self._net("shared"), EPOCHS)
        self._learnt("fresh-two-epochs", self._net("shared"), 2)
        for metric in METRICS:
            self._warm("warm", noisy, metric, Transplant())
        return self.lines

    def _specialists(self, arm: str, noises: dict[str, Callable]) -> list[nn.Module]:
        shuffle = self._stream("sixths").permutation(len(self.train.labels))
        nets = []
        for sixth, (noise, change) in enumerate(noises.items()):
            own = self.train.of(shuffle[sixth * 10_000 : (sixth + 1) * 10_000])
            torch.manual_seed(self._number(f"noise {noise}"))
            changed = torch.stack([change(image[None])[0] for image in own.pixels])
            net = self._net(f"specialist {noise}")
            self._learn(net, Images(changed, own.labels), EPOCHS, f"{arm} {noise}")
            self._record(arm, net, noise=noise)
            nets.append(net)
        return nets

    def _warm(self, arm: str, donors: list[nn.Module], metric: str, how: Transplant) -> None:
        net = self._net("shared")
        _transplant(net, donors, metric, how, self._stream(f"take {arm} {metric}"))
        self._learnt(arm, net, 1, metric=metric)

    def _shrink_and_perturb(self) -> None:
        net, fresh = self._net("shared"), self._net("perturbation")
        half = self.train.of(np.arange(30_000))
        self._learn(net, half, EPOCHS, "half")
        self._record("half", net)
        with torch.no_grad():
            for weights, noise in zip(net.parameters(), fresh.parameters(), strict=True):
                weights.mul_(0.4).add_(noise, alpha=0.1)
        self._learnt("shrink-perturb", net, 1)

    def _learnt(self, arm: str, net: nn.Module, epochs: int, metric: str | None = None) -> None:
        self._learn(net, self.train, epochs, "shared order")
        self._record(arm, net, metric=metric)

    def _learn(self, net: nn.Module, images: Images, epochs: int, purpose: str) -> None:
        rng = self._stream(purpose)
        order = np.stack([rng.permutation(len(images.labels)) for _ in range(epochs)])
        train_one(net, images.pixels, images.labels, order, Recipe(epochs, BATCH, 1e-3, "adam"))

    @torch.no_grad()
    def _record(
        self, arm: str, net: nn.Module, noise: str | None = None, metric: str | None = None
    ) -> None:
        parts = self.test.pixels.unsqueeze(1).split(1000)
        answers = torch.cat([net(part).argmax(1) for part in parts])
        accuracy = (answers == self.test.labels).double().mean().item()
        place = {"study": "warm-start", "model": arm, "noise": noise, "metric": metric}
        self.lines.append({**place, "seed": self.seed, "test_accuracy": accuracy})

    def _net(self, purpose: str) -> nn.Module:
        torch.manual_seed(self._number(purpose))
        conv = [nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        conv += [nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        return nn.Sequential(*conv, nn.Flatten(), nn.Linear(196, 16), nn.ReLU(), nn.Linear(16, 10))

    def _stream(self, purpose: str) -> np.random.Generator:
        return np.random.default_rng(self._number(purpose))

    def _number(self, purpose: str) -> int:
        return zlib.crc32(f"{purpose} {self.seed}".encode())


@torch.no_grad()
def _transplant(
    net: nn.Module, donors: list[nn.Module], metric: str, how: Transplant, rng: np.random.Generator
) -> None:
    """Puts every kernel of the pair of donors that agree most on it into the net."""
    leaders: dict[tuple[int, int], tuple[float, list[int]]] = {}
    for layer, output, place in _parts(net, how.all_parts):
        candidates = [donor[layer].weight[place].flatten() for donor in donors]
        pairs = list(itertools.combinations(range(len(donors)), 2))
        values = [METRICS[metric](candidates[a], candidates[b]) for a, b in pairs]
        winner = int(np.argmax(values))
        sources = _sources(how.take, pairs[winner], rng)
        new = torch.stack([candidates[source] for source in sources]).mean(0)
        weights = net[layer].weight[place]
        weights.copy_((new * (weights.norm() / new.norm()) if how.rescale else new).view_as(weights))
        best = leaders.get((layer, output))
        if best is None or values[winner] > best[0]:
            leaders[layer, output] = (values[winner], sources)
    if how.all_parts:
        for (layer, output), (_, sources) in leaders.items():
            biases = torch.stack([donors[source][layer].bias[output] for source in sources])
            net[layer].bias[output] = biases.mean()
    for layer in net:
        if how.frozen and isinstance(layer, nn.Conv2d):
            layer.weight.requires_grad_(requires_grad=False)


def _parts(net: nn.Module, rows: bool) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Returns layer, output and place of each kernel, and of each row of a dense layer if wanted."""
    for layer, module in enumerate(net):
        if isinstance(module, nn.Conv2d):
            for output, channel in itertools.product(*map(range, module.weight.shape[:2])):
                yield layer, output, (output, channel)
        elif rows and isinstance(module, nn.Linear):
            for output in range(module.out_features):
                yield layer, output, (output,)


def _sources(take: str, pair: tuple[int, int], rng: np.random.Generator) -> list[int]:
    """Returns the donors whose mean is taken."""
    others = [donor for donor in range(SPECIALISTS) if donor not in pair]
    return {
        "random": [pair[rng.integers(2)]],
        "average": list(pair),
        "after-first": [pair[0] + 1],
        "outside": [others[rng.integers(len(others))]],
    }[take]


def _cosine(a: Tensor, b: Tensor) -> float:
    return (a @ b / (a.norm() * b.norm())).abs().item()


def _mnist(folder: Path, split: str) -> Images:
    pixels = np.frombuffer(gzip.open(folder / f"{split}-images-idx3-ubyte.gz").read()[16:], np.uint8)
    labels = np.frombuffer(gzip.open(folder / f"{split}-labels-idx1-ubyte.gz").read()[8:], np.uint8)
    scaled = torch.from_numpy(pixels.reshape(-1, 28, 28).copy()).float().div(255)
    return Images(scaled.sub(0.5).div(0.5), torch.from_numpy(labels.astype(np.int64)))


def main() -> None:
    """Trains the replicates that the file lacks."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)
    train, test = _mnist(arguments.folder, "train"), _mnist(arguments.folder, "t10k")
    have = arguments.out.read_text().splitlines() if arguments.out.exists() else []
    done = {json.loads(line)["seed"] for line in have}
    for seed in range(arguments.first, arguments.first + arguments.replicates):
        if seed not in done:
            start = time.perf_counter()
            replicate = Replicate(seed, train, test)
            lines = replicate.run_published() if arguments.published else replicate.run()
            with arguments.out.open("a") as file:
                file.writelines(json.dumps(line) + "\n" for line in lines)
            print(f"replicate {seed}: {time.perf_counter() - start:.1f} s", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the gzip files of MNIST lie")
    parser.add_argument("--out", type=Path, required=True, help="file of JSON lines to append to")
    parser.add_argument("--replicates", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="number of the first replicate")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--published", action="store_true", help="only what the tables need")
    return parser.parse_args()


if __name__ == "__main__":
    main()
