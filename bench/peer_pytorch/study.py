# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "numpy==2.4.6", "scipy==1.17.1"]
# ///
"""Trains the whole edge study in PyTorch and appends one JSON line for each cell and replicate.

Run: python bench/peer_pytorch/study.py --out results.jsonl [--replicates 10] [--only STUDY]
Cells come cheapest first. Run again to go on: what the file has is not trained again.
"""

import argparse
import json
import math
import time
import zlib
from pathlib import Path

import numpy as np
import torch

from cells import Cell, Settings, cells, trainings
from edges import SIDE, Edges, Part, draw, permute
from nets import Weights, module, stack
from training import Recipe, Samples, evaluate, orders, train_population

VALIDATION_IMAGES = 50

Key = tuple[str | float | None, ...]


def main() -> None:
    """Trains what is not yet in the file."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)
    done = _done(arguments.out)
    seeds = range(arguments.first, arguments.first + arguments.replicates)
    for group in trainings():
        wanted = [cell for cell in group if arguments.only in (None, cell.study)]
        missing = [cell for cell in wanted if any(_key(cell, s) not in done for s in seeds)]
        if missing:
            start = time.perf_counter()
            _train(missing, seeds, arguments.out, done)
            _say(missing[-1], time.perf_counter() - start)


def _train(group: list[Cell], seeds: range, out: Path, done: set[Key]) -> None:
    settings = group[0].settings
    recipe = Recipe(group[-1].epochs, settings.batch, settings.learning_rate, settings.optimizer)
    train, valid = _samples(settings, "train", seeds), _samples(settings, "valid", seeds)
    weights = stack([module(settings.net, _number(settings, "weights", s)) for s in seeds])
    order = np.stack(
        [orders(recipe, train.labels.shape[1], _stream(settings, "order", s)) for s in seeds]
    )
    for epoch in train_population(settings.net, weights, train, order, recipe):
        finished = [cell for cell in group if cell.epochs == epoch]
        if finished:
            scores = _scores(settings, weights, train, valid)
            lines = [
                _record(cell, seed, scores, place)
                for cell in finished
                for place, seed in enumerate(seeds)
                if _key(cell, seed) not in done
            ]
            with out.open("a") as file:
                file.writelines(json.dumps(line) + "\n" for line in lines)


def _samples(settings: Settings, part: Part, seeds: range) -> Samples:
    images = settings.images if part == "train" else VALIDATION_IMAGES
    edges = Edges(settings.classes, images, part, settings.ratio)
    sets = []
    for seed in seeds:
        # Models of one replicate share their images, so that they can be compared in pairs.
        stream = np.random.default_rng(
            [
                zlib.crc32(f"{part} {len(edges.classes)} {edges.ratio}".encode()),
                settings.images,
                seed,
            ]
        )
        pixels, labels = draw(edges, stream)
        if settings.permuted:
            shuffle = np.random.default_rng([zlib.crc32(b"permutation"), seed])
            pixels = permute(pixels, shuffle.permutation(SIDE * SIDE))
        sets.append((pixels, labels))
    return Samples.gather(sets)


def _scores(
    settings: Settings, weights: Weights, train: Samples, valid: Samples
) -> dict[str, list[float]]:
    net = settings.net
    on_train, on_valid = evaluate(net, weights, train), evaluate(net, weights, valid)
    return {
        "train_accuracy": on_train.accuracy.tolist(),
        "train_loss": on_train.loss.tolist(),
        "valid_accuracy": on_valid.accuracy.tolist(),
        "valid_loss": on_valid.loss.tolist(),
    }


def _record(cell: Cell, seed: int, scores: dict[str, list[float]], place: int) -> dict:
    diverged = not math.isfinite(scores["train_loss"][place])
    return {
        **cell.axes(),
        "seed": seed,
        "diverged": diverged,
        **{name: None if diverged else values[place] for name, values in scores.items()},
    }


def _key(cell: Cell, seed: int) -> Key:
    return (*cell.axes().values(), seed)


def _done(out: Path) -> set[Key]:
    fields = (*next(cells()).axes(), "seed")
    done: set[Key] = set()
    for line in out.read_text().splitlines() if out.exists() else ():
        try:
            record = json.loads(line)
            done.add(tuple(record[field] for field in fields))
        except json.JSONDecodeError:
            print(f"skipping a broken line in {out.name}: {line[:60]}")
    return done


def _stream(settings: Settings, purpose: str, seed: int) -> np.random.Generator:
    return np.random.default_rng(_number(settings, purpose, seed))


def _number(settings: Settings, purpose: str, seed: int) -> int:
    """Returns a number of its own for each training, purpose and replicate."""
    return zlib.crc32(f"{settings} {purpose} {seed}".encode())


def _say(cell: Cell, seconds: float) -> None:
    axes = " ".join(str(value) for value in cell.axes().values())
    print(f"{axes}: {seconds:.1f} s", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="file of JSON lines to append to")
    parser.add_argument("--replicates", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="number of the first replicate")
    parser.add_argument("--only", help="one study")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
