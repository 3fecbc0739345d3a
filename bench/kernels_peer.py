# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6"]
# ///
"""Computes every probe of 3 × 3 kernels in vectorised NumPy, from a file of 32-bit floats.

`--make MILLIONS` writes such a file and prints its largest number; else one JSON line: seconds, and the
mean of each probe, so that both sides can be seen to compute the same. Each way was chosen for its speed:
all that is a projection is one product of matrices, in blocks that stay in the caches.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BLOCK = 1 << 12
BINS = 64
FLIPS: dict[str, Callable[[Array], Array]] = {
    "left-right": np.fliplr,
    "up-down": np.flipud,
    "half-turn": lambda k: np.rot90(k, 2),
    "quarter-turn": lambda k: np.rot90(k, -1),
    "three-quarter-turn": np.rot90,
    "diagonal": lambda k: k.T,
    "antidiagonal": lambda k: np.rot90(k.T, 2),
}
PARTS = {
    "a1": [1, 1, 1, 1, 1, 1, 1, 1],
    "b1": [1, 1, 1, 1, -1, -1, -1, -1],
    "b2": [1, -1, -1, 1, -1, -1, 1, 1],
    "e": [2, 0, 0, -2, 0, 0, 0, 0],
}
EYE = np.eye(9)


def of(move: Callable[[Array], Array]) -> Array:
    """Returns the matrix of a linear move of kernels."""
    return np.stack([np.asarray(move(e.reshape(3, 3))).ravel() for e in EYE], 1)


def basis(matrix: Array) -> Array:
    """Returns orthonormal columns that span those of a matrix."""
    left, values, _ = np.linalg.svd(matrix, full_matrices=False)
    return left[:, values > 1e-10 * values[0]]


MOVES = {name: of(flip) for name, flip in FLIPS.items()}
DOWN, RIGHT = (np.mgrid[:3, :3] - 1.0).reshape(2, 9)
SQUARE = DOWN**2 + RIGHT**2
VARIANCE = 0.75**2
BELL = np.exp(-SQUARE / (2 * VARIANCE))


def structures() -> dict[str, Array]:
    """Returns what spans each structure."""
    rows = np.repeat(np.eye(3), 3, 0) / np.sqrt(3)
    columns = np.tile(np.eye(3), (3, 1)) / np.sqrt(3)

    def half(move: str, sign: int) -> Array:
        return (EYE + sign * MOVES[move]) / 2

    return {
        "constant": np.full((9, 1), 1 / 3),
        "identical-columns-mirrored": half("up-down", 1) @ rows,
        "identical-rows-mirrored": half("left-right", 1) @ columns,
        "identical-columns-opposed": half("up-down", -1) @ rows,
        "identical-rows-opposed": half("left-right", -1) @ columns,
        "identical-columns": rows,
        "identical-rows": columns,
        "central-row": EYE[:, 3:6],
        "central-column": EYE[:, 1::3],
        "first-order-steerable": np.stack([DOWN * BELL, RIGHT * BELL], 1),
        "second-order-steerable": np.stack(
            [
                (DOWN**2 / VARIANCE - 1) * BELL,
                DOWN * RIGHT * BELL,
                (RIGHT**2 / VARIANCE - 1) * BELL,
            ],
            1,
        ),
        "smooth-radial": np.stack([np.ones(9), SQUARE], 1),
        "all-flips": (EYE + sum(MOVES.values())) / 8,
        "quarter-turn": (
            EYE + MOVES["quarter-turn"] + MOVES["half-turn"] + MOVES["three-quarter-turn"]
        )
        / 4,
        "mirror-both": half("left-right", 1) @ half("up-down", 1),
        "mirror-left-right": half("left-right", 1),
        "mirror-up-down": half("up-down", 1),
        "mirror-diagonal": half("diagonal", 1),
        "mirror-antidiagonal": half("antidiagonal", 1),
        "half-turn": half("half-turn", 1),
        "opposed-left-right": half("left-right", -1),
        "opposed-up-down": half("up-down", -1),
        "opposed-diagonal": half("diagonal", -1),
        "opposed-antidiagonal": half("antidiagonal", -1),
        "opposed-half-turn": half("half-turn", -1),
    }


def rings() -> dict[str, Array]:
    """Returns what spans the waves around rings."""
    angle, found = np.arctan2(DOWN, RIGHT), {}
    for wave in range(4):
        columns = [
            np.round(np.cos(wave * angle - turn), 12) * (SQUARE == ring)
            for ring in np.unique(SQUARE)
            for turn in (0, np.pi / 2)
            if wave == 0 or ring > 0
        ]
        found[f"wave-{wave}"] = np.stack(columns, 1)
    return found


def operators() -> Array:
    """Returns the known operators without means, all flips, each once up to its sign."""
    narrow = 0.5
    wide = 0.8
    known = [
        np.outer([1, 2, 1], [-1, 0, 1]),
        np.outer([1, 1, 1], [-1, 0, 1]),
        np.outer([3, 10, 3], [-1, 0, 1]),
        np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]]),
        np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
        (1 - SQUARE / (2 * narrow**2)) * np.exp(-SQUARE / (2 * narrow**2)),
        np.exp(-SQUARE / (2 * narrow**2)) / narrow**2 - np.exp(-SQUARE / (2 * wide**2)) / wide**2,
        BELL,
        DOWN * BELL,
        (DOWN**2 / VARIANCE - 1) * BELL,
        DOWN * RIGHT * BELL,
        np.array([[0, 0, 0], [1, 1, 1], [0, 0, 0]]),
        np.eye(3),
    ]
    images: list[Array] = []
    for kernel in known:
        for move in [EYE, *MOVES.values()]:
            image = move @ np.asarray(kernel, float).ravel()
            image = image - image.mean()
            image /= np.linalg.norm(image)
            if not any(abs(image @ other) > 1 - 1e-9 for other in images):
                images.append(image)
    return np.stack(images, 1)


class Tables:
    """Everything that is a product with the kernels, in one matrix."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.spans: list[slice] = []
        columns: list[Array] = []
        centred = EYE - 1 / 9
        spans = {f"in-{name}": span for name, span in structures().items()}
        for name, characters in PARTS.items():
            moves = zip(characters, [EYE, *(MOVES[m] for m in ORDER)], strict=True)
            spans[f"part-{name}"] = sum(c * m for c, m in moves) * characters[0] / 8
        spans |= rings()
        spans["edge"] = centred @ structures()["first-order-steerable"]
        spans["line"] = centred @ structures()["second-order-steerable"]
        spans["smooth-radial"] = centred @ SQUARE[:, None]
        start = 0
        for name, span in spans.items():
            block = basis(span)
            self.names.append(name)
            self.spans.append(slice(start, start + block.shape[1]))
            columns.append(block)
            start += block.shape[1]
        self.starts = np.array([span.start for span in self.spans])
        self.matrix = np.concatenate(columns, 1)
        self.operators = operators()
        self.quarter = MOVES["quarter-turn"]
        self.dimensions = {n: s.stop - s.start for n, s in zip(self.names, self.spans, strict=True)}


ORDER = ["left-right", "up-down", "half-turn", "quarter-turn", "three-quarter-turn", "diagonal", "antidiagonal"]
PAIRS = np.tril_indices(9, -1)
LOG_OF_COUNT = np.log2(9)


def probe(kernels: Array, largest: float, tables: Tables) -> dict[str, Array]:
    """Returns every probe of some kernels, none of which is constant."""
    relative = kernels / largest
    own = np.abs(relative).max(1, keepdims=True)
    unit = relative / own
    energy = np.einsum("ij,ij->i", unit, unit)
    mean = unit.mean(1)
    centred = energy - 9 * mean * mean
    squares = (unit @ tables.matrix) ** 2
    sums = np.add.reduceat(squares, tables.starts, 1)
    found: dict[str, Array] = {}
    for at, name in enumerate(tables.names):
        if name == "smooth-radial":
            found[name] = 1 - (1 - sums[:, at] / centred) * 8 / 7
        else:
            found[name] = sums[:, at] / (centred if name in ("edge", "line") else energy)
    for name in ("left-right", "up-down", "diagonal", "antidiagonal"):
        found[f"score-{name}"] = 2 * found[f"in-mirror-{name}"] - 1
    found["score-half-turn"] = 2 * found["in-half-turn"] - 1
    quarter = np.einsum("ij,ij->i", unit @ tables.quarter, unit) / energy
    found["score-quarter-turn"] = found["score-three-quarter-turn"] = quarter
    found["operator"] = np.abs(unit @ tables.operators).max(1) / np.sqrt(centred)
    # Eigenvalues of products are several times faster here than singular values.
    matrices = unit.reshape(-1, 3, 3)
    values = np.linalg.eigvalsh(matrices.transpose(0, 2, 1) @ matrices).clip(0)
    shares = values / values.sum(1, keepdims=True)
    first = shares[:, 2]
    logs = np.log(np.maximum(shares, 1e-300))
    found |= {"separability": first, "stable-rank": 1 / first}
    found["effective-rank"] = np.exp(-(shares * logs).sum(1))
    found |= information(relative, unit)
    found["code-length"] = code_lengths(found, energy * own[:, 0] ** 2, tables)
    return found


def information(relative: Array, unit: Array) -> dict[str, Array]:
    """Returns what counts numbers."""
    gaps = np.diff(np.sort(relative, 1), axis=1)
    scaled = unit * 20
    steps = np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)
    same = (steps[:, :, None] == steps[:, None, :]).sum(2)
    apart = scaled[:, PAIRS[0]] - scaled[:, PAIRS[1]]
    mean = (9 + 2 * np.exp(-(apart * apart) / 2).sum(1)) / 81
    return {
        "unique-values": 1.0 + (gaps > 0.05).sum(1),
        "smooth-unique-values": 1 + (1 - np.exp(-((gaps * 20) ** 2))).sum(1),
        "quantised-entropy": LOG_OF_COUNT - np.log2(same).sum(1) / 9,
        "renyi-entropy": -np.log2(mean),
    }


def code_lengths(found: dict[str, Array], energy: Array, tables: Tables) -> Array:
    """Returns the bits of the shortest description."""
    described = [n for n in tables.names if n.startswith("in-") and n not in SAME]
    bits = np.log2(len(described) + 2)
    factor = 12 / 9 * 127**2 * energy
    best = bits + np.where(factor > 12, np.minimum(8 * 9, 4.5 * np.log2(1 + factor)), 8 * 9)
    for name in [*described, "separability"]:
        dimension = tables.dimensions.get(name, 5)
        length = bits + 8 * dimension + 4.5 * np.log2(1 + factor * (1 - found[name]).clip(0))
        np.minimum(best, length, out=best)
    return best


# At 3 × 3 these are other structures again.
SAME: set[str] = set()


def distinct(tables: Tables) -> None:
    """Finds the structures that are others again."""
    seen: list[Array] = []
    for name, span in zip(tables.names, tables.spans, strict=True):
        if name.startswith("in-"):
            block = tables.matrix[:, span]
            projector = block @ block.T
            if any(np.allclose(projector, other) for other in seen):
                SAME.add(name)
            seen.append(projector)


RANGES = {
    "unique-values": (1, 9),
    "smooth-unique-values": (1, 9),
    "quantised-entropy": (0, 3.17),
    "renyi-entropy": (0, 3.17),
    "effective-rank": (1, 3),
    "stable-rank": (1, 3),
    "code-length": (0, 77),
    "smooth-radial": (-1, 1),
}


def main() -> None:
    """Makes a file or times the probes of one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--make", type=float)
    parser.add_argument("--largest", type=float)
    arguments = parser.parse_args()
    if arguments.make:
        make(arguments.path, int(arguments.make * 1e6))
        return
    tables = Tables()
    distinct(tables)
    start = time.perf_counter()
    kernels = np.memmap(arguments.path, np.float32, "r").reshape(-1, 9)
    sums: dict[str, float] = {}
    bins: dict[str, NDArray[np.int64]] = {}
    for first in range(0, len(kernels), BLOCK):
        block = np.asarray(kernels[first : first + BLOCK], np.float64)
        for name, values in probe(block, arguments.largest, tables).items():
            sums[name] = sums.get(name, 0.0) + values.sum()
            low, high = RANGES.get(name, (-1, 1) if name.startswith("score") else (0, 1))
            places = ((values - low) * (BINS / (high - low))).astype(np.int64).clip(0, BINS - 1)
            bins[name] = bins.get(name, 0) + np.bincount(places, minlength=BINS)
    seconds = time.perf_counter() - start
    line = {
        "who": "numpy",
        "threads": 1,
        "kernels": len(kernels),
        "seconds": seconds,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "means": {name: total / len(kernels) for name, total in sums.items()},
    }
    print(json.dumps(line))


def make(path: Path, count: int) -> None:
    """Writes random kernels, half of them nearly mirrored, and prints their largest number."""
    rng = np.random.default_rng(1)
    largest = np.float32(0)
    with path.open("wb") as file:
        for first in range(0, count, 1 << 18):
            kernels = rng.standard_normal((min(1 << 18, count - first), 3, 3), np.float32)
            kernels[::2] += np.float32(0.9) * kernels[::2, :, ::-1]
            largest = max(largest, np.abs(kernels).max())
            file.write(kernels.astype("<f4").tobytes())
    print(f"{largest:.9g}")


if __name__ == "__main__":
    main()
