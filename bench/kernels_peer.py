# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "scipy==1.17.1"]
# ///
"""Computes every probe of 3 × 3 kernels in vectorised NumPy, from an .npy of 32-bit floats.

`--make MILLIONS` writes such a file; else one JSON line: seconds, in which the file is read twice, first
for its largest number, and the mean of each probe, so that all sides can be seen to compute the same. What is a projection or an
operator comes from ../golden/probes.py. Two ways:

plain  kernels × numbers, as one writes it: one product of matrices for all projections, NumPy's sort
       and eigenvalues of products (several times faster here than singular values)
tuned  numbers × kernels in buffers that stay in the caches, as few operations as we know of: our own
       products of coordinates, sorting network, closed form of the ranks and lengths without logarithms,
       what is the same at 3 × 3 computed once, one histogram of all probes
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))
import probes as golden  # noqa: E402

Array = NDArray[np.float64]
BINS = 64
SHAPE = (3, 3)
CENTRED = ("smooth-radial", "edge", "line")
OTHERS = (
    "separability",
    "effective-rank",
    "stable-rank",
    "operator",
    "unique-values",
    "smooth-unique-values",
    "quantised-entropy",
    "renyi-entropy",
    "code-length",
)
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


def range_of(name: str) -> tuple[float, float]:
    """Returns the range of a probe's histogram."""
    return RANGES.get(name, (-1, 1) if name.startswith("score") else (0, 1))


def forms() -> dict[str, Array]:
    """Returns the matrix of each probe that is a quadratic form over the energy.

    The energy is that without the mean for the probes of CENTRED.
    """

    def heights(flat: Array) -> dict[str, float]:
        kernel = flat.reshape(SHAPE)
        whole, centred = (kernel**2).sum(), ((kernel - kernel.mean()) ** 2).sum()
        values = golden.energies(kernel) | golden.fits(kernel)
        return {
            name: value * (centred if name in CENTRED else whole)
            for name, value in values.items()
            if name not in OTHERS
        }

    units = np.eye(9)
    own = [heights(unit) for unit in units]
    found = {name: np.diag([h[name] for h in own]) for name in own[0]}
    for i in range(9):
        for j in range(i):
            for name, height in heights(units[i] + units[j]).items():
                half = (height - own[i][name] - own[j][name]) / 2
                found[name][i, j] = found[name][j, i] = half
    return found


def operators() -> Array:
    """Returns the known operators without means, all flips, each once up to its sign, in columns."""
    images: list[Array] = []
    for known in golden.bank(SHAPE):
        for flip in golden.FLIPS.values():
            image = np.asarray(flip(known), float).ravel()
            image = image - image.mean()
            image /= np.linalg.norm(image)
            if not any(abs(image @ other) > 1 - 1e-9 for other in images):
                images.append(image)
    return np.stack(images, 1)


class Plain:
    """Kernels × numbers, a probe at a time."""

    block = 1 << 12

    def __init__(self) -> None:
        self.spans: list[tuple[str, slice, bool]] = []
        self.affine: dict[str, Array] = {}
        columns: list[Array] = []
        start = 0
        for name, form in forms().items():
            values, vectors = np.linalg.eigh(form)
            # These may be below 0; most scores follow from mirrors.
            if name.startswith("score") or name == "smooth-radial":
                self.affine[name] = form
                continue
            kept = vectors[:, values > 1e-10]
            self.spans.append((name, slice(start, start + kept.shape[1]), name in CENTRED))
            columns.append(kept * np.sqrt(values[values > 1e-10]))
            start += kept.shape[1]
        self.starts = np.array([span.start for _, span, _ in self.spans])
        self.matrix = np.concatenate(columns, 1)
        self.operators = operators()
        self.lengths = described()

    def add(self, kernels: NDArray[np.float32], largest: float, tally: "Tally") -> None:
        """Adds the probes of some kernels, none of which is constant."""
        for name, values in self.probe(kernels.astype(np.float64), largest).items():
            tally.add(name, values)

    def probe(self, kernels: Array, largest: float) -> dict[str, Array]:
        """Returns every probe of some kernels."""
        relative = kernels / largest
        own = np.abs(relative).max(1, keepdims=True)
        unit = relative / own
        energy = np.einsum("ij,ij->i", unit, unit)
        mean = unit.mean(1)
        centred = energy - 9 * mean * mean
        squares = (unit @ self.matrix) ** 2
        sums = np.add.reduceat(squares, self.starts, 1)
        found: dict[str, Array] = {}
        for at, (name, _, without_mean) in enumerate(self.spans):
            found[name] = sums[:, at] / (centred if without_mean else energy)
        for name, form in self.affine.items():
            mirror = "in-half-turn" if name == "score-half-turn" else name.replace("score", "in-mirror")
            if mirror in found:
                found[name] = 2 * found[mirror] - 1
            elif name == "score-three-quarter-turn":
                found[name] = found["score-quarter-turn"]
            else:
                whole = centred if name in CENTRED else energy
                found[name] = np.einsum("ij,ij->i", unit @ form, unit) / whole
        found["operator"] = np.abs(unit @ self.operators).max(1) / np.sqrt(centred)
        found |= self.ranks(unit) | self.information(relative, unit)
        factor = 12 / 9 * 127**2 * energy * own[:, 0] ** 2
        found["code-length"] = self.code_lengths(found, factor)
        return found

    @staticmethod
    def ranks(unit: Array) -> dict[str, Array]:
        """Returns what follows from singular values."""
        matrices = unit.reshape(-1, 3, 3)
        values = np.linalg.eigvalsh(matrices.transpose(0, 2, 1) @ matrices).clip(0)
        shares = values / values.sum(1, keepdims=True)
        logs = np.log(np.maximum(shares, 1e-300))
        return {
            "separability": shares[:, 2],
            "stable-rank": 1 / shares[:, 2],
            "effective-rank": np.exp(-(shares * logs).sum(1)),
        }

    @staticmethod
    def information(relative: Array, unit: Array) -> dict[str, Array]:
        """Returns what counts numbers."""
        gaps = np.diff(np.sort(relative, 1), axis=1)
        scaled = unit * 20
        steps = np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)
        same = (steps[:, :, None] == steps[:, None, :]).sum(2)
        pairs = np.tril_indices(9, -1)
        apart = scaled[:, pairs[0]] - scaled[:, pairs[1]]
        mean = (9 + 2 * np.exp(-(apart * apart) / 2).sum(1)) / 81
        return {
            "unique-values": 1.0 + (gaps > 0.05).sum(1),
            "smooth-unique-values": 1 + (1 - np.exp(-((gaps * 20) ** 2))).sum(1),
            "quantised-entropy": np.log2(9) - np.log2(same).sum(1) / 9,
            "renyi-entropy": -np.log2(mean),
        }

    def code_lengths(self, found: dict[str, Array], factor: Array) -> Array:
        """Returns the bits of the shortest description."""
        bits = np.log2(len(self.lengths) + 1)
        best = bits + np.where(factor > 12, np.minimum(8 * 9, 4.5 * np.log2(1 + factor)), 8 * 9)
        for name, dimension in self.lengths.items():
            left = (1 - found[name]).clip(0)
            length = bits + 8 * dimension + 4.5 * np.log2(1 + factor * left)
            np.minimum(best, length, out=best)
        return best


def described() -> dict[str, int]:
    """Returns the probe and the dimension of each structure but the free one, each set of kernels once."""
    distinct: dict[str, Array] = {}
    for name, projector in golden.projectors(SHAPE).items():
        if not any(np.allclose(projector, other) for other in distinct.values()):
            distinct[name] = projector
    found = {f"in-{name}": round(np.trace(projector)) for name, projector in distinct.items()}
    return found | {"separability": 5}


class Tuned:
    """Numbers × kernels, all probes in one buffer, what is the same once."""

    block = 1 << 10

    def __init__(self) -> None:
        turned = {name: DIRECTIONS @ form @ DIRECTIONS.T for name, form in forms().items()}
        self.row_of: dict[str, int] = {}
        kept: list[tuple[str, Array]] = []
        for name in sorted(turned, key=lambda name: name in CENTRED):
            alike = (
                at
                for at, (other, form) in enumerate(kept)
                if (other in CENTRED, range_of(other)) == (name in CENTRED, range_of(name))
                and np.allclose(form, turned[name])
            )
            self.row_of[name] = next(alike, len(kept))
            if self.row_of[name] == len(kept):
                kept.append((name, turned[name]))
        self.whole = sum(name not in CENTRED for name, _ in kept)
        squares = [(i, i) for i in range(9)]
        mixed = [
            (i, j)
            for i in range(9)
            for j in range(i)
            if any(abs(form[i, j]) > 1e-12 for _, form in kept)
        ]
        self.pairs = squares + mixed
        self.factors = np.array(
            [[form[i, j] * (1 if i == j else 2) for i, j in self.pairs] for _, form in kept]
        )
        self.row_of |= {name: len(kept) + at for at, name in enumerate(OTHERS)}
        names = [name for name, _ in kept] + list(OTHERS)
        self.low = np.array([[range_of(name)[0]] for name in names], float)
        self.scale = np.array([[BINS / (high - low)] for low, high in map(range_of, names)])
        self.offsets = BINS * np.arange(len(names))[:, None]
        self.operators = (DIRECTIONS @ operators()).T.copy()
        lengths = described()
        name = np.log2(len(lengths) + 1)
        self.free = [2 ** (bits / 4.5) for bits in (name, name + 72)]
        self.described = np.array([self.row_of[name] for name in lengths])
        self.powers = np.array([[2 ** ((name + 8 * d) / 4.5)] for d in lengths.values()])

    def add(self, kernels: NDArray[np.float32], largest: float, tally: "Tally") -> None:
        """Adds the probes of some kernels, none of which is constant."""
        values = self.probe(kernels, largest)
        sums = values.sum(1)
        values -= self.low
        values *= self.scale
        places = values.astype(np.intp)
        np.minimum(places, BINS - 1, out=places)
        places += self.offsets
        counts = np.bincount(places.ravel(), minlength=self.offsets.size * BINS).reshape(-1, BINS)
        for name, row in self.row_of.items():
            tally.sums[name] = tally.sums.get(name, 0.0) + sums[row]
        tally.counts = tally.counts + counts

    def probe(self, kernels: NDArray[np.float32], largest: float) -> Array:
        """Returns every probe of some kernels, row by row."""
        numbers = np.ascontiguousarray(kernels.T, np.float64)
        own = np.abs(numbers).max(0)
        unit = numbers / own
        along = DIRECTIONS @ unit
        products = np.empty((len(self.pairs), unit.shape[1]))
        for product, (i, j) in zip(products, self.pairs, strict=True):
            np.multiply(along[i], along[j], out=product)
        energy = products[:9].sum(0)
        centred = energy - products[0]
        values = np.empty((len(self.low), unit.shape[1]))
        made = len(self.factors)
        np.matmul(self.factors, products, out=values[:made])
        values[: self.whole] *= 1 / energy
        values[self.whole : made] *= 1 / centred
        at = {name: values[self.row_of[name]] for name in OTHERS}
        ranks(unit, at)
        np.divide(np.abs(self.operators @ along).max(0), np.sqrt(centred), out=at["operator"])
        information(numbers, own, largest, at)
        factor = energy * (own / largest) ** 2 * (12 / 9 * 127**2)
        lengths = 1 - values[self.described]
        lengths *= factor
        lengths += 1
        lengths *= self.powers
        name, most = self.free
        free = np.where(factor > 12, np.minimum(name * (1 + factor), most), most)
        np.multiply(np.log2(np.minimum(lengths.min(0), free)), 4.5, out=at["code-length"])
        return values


def directions() -> Array:
    """Returns directions at right angles in which most flips are a change of sign, in rows."""
    rows = np.array(
        [
            [1, 1, 1, 1, 1, 1, 1, 1, 1],
            [1, -1, 1, -1, 0, -1, 1, -1, 1],
            [-1, -1, -1, -1, 8, -1, -1, -1, -1],
            [0, -1, 0, 1, 0, 1, 0, -1, 0],
            [1, 0, -1, 0, 0, 0, -1, 0, 1],
            [0, 0, 0, -1, 0, 1, 0, 0, 0],
            [0, -1, 0, 0, 0, 0, 0, 1, 0],
            [-1, 0, 1, 0, 0, 0, -1, 0, 1],
            [-1, 0, -1, 0, 0, 0, 1, 0, 1],
        ],
        float,
    )
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


DIRECTIONS = directions()


def ranks(unit: Array, at: dict[str, Array]) -> None:
    """Finds what follows from singular values, by the closed form that the scan has."""

    def product(i: int, j: int) -> Array:
        return unit[i] * unit[j] + unit[i + 3] * unit[j + 3] + unit[i + 6] * unit[j + 6]

    d = [product(i, i) for i in range(3)]
    o = [product(1, 2), product(0, 2), product(0, 1)]
    trace = d[0] + d[1] + d[2]
    q = trace / 3
    d = [entry - q for entry in d]
    p = np.sqrt((norm(d) + 2 * norm(o)) / 6)
    inverse = 1 / p
    b, o = [entry * inverse for entry in d], [entry * inverse for entry in o]
    r = b[0] * (b[1] * b[2] - o[0] * o[0]) - b[1] * o[1] * o[1] - b[2] * o[2] * o[2]
    r = r / 2 + o[0] * o[1] * o[2]
    root = np.cos(np.arccos(np.minimum(np.abs(r), 1)) / 3) * 2
    across = [o[(i + 1) % 3] * o[(i + 2) % 3] - (b[i] + r) * o[i] for i in range(3)]
    squares = [entry * entry for entry in o]
    around = squares[0] + squares[1] + squares[2] - 2
    along = [(b[i] - r) * b[i] + (around - squares[i]) for i in range(3)]
    half = np.sqrt((norm(along) + 2 * norm(across)) / 2) * p / (root * root - 1)
    signed = np.copysign(root, r) * p
    middle = q - signed / 2
    inverse = 1 / trace
    shares = [np.maximum(s, 0) * inverse for s in (q + signed, middle + half, middle - half)]
    first = np.maximum(shares[0], shares[1], out=at["separability"])
    np.divide(1, first, out=at["stable-rank"])
    nats = sum(share * np.log(np.maximum(share, 1e-20)) for share in shares)
    np.exp(-nats, out=at["effective-rank"])


def norm(entries: list[Array]) -> Array:
    """Returns the sum of three squares."""
    return entries[0] * entries[0] + entries[1] * entries[1] + entries[2] * entries[2]


NETWORK = [
    *((0, 1), (3, 4), (6, 7), (1, 2), (4, 5), (7, 8), (0, 1), (3, 4), (6, 7), (0, 3), (3, 6), (0, 3)),
    *((1, 4), (4, 7), (1, 4), (2, 5), (5, 8), (2, 5), (1, 3), (5, 7), (2, 6), (4, 6), (2, 4), (2, 3)),
    (5, 6),
]


def information(numbers: Array, own: Array, largest: float, at: dict[str, Array]) -> None:
    """Finds what counts numbers; sorts them in place."""
    spare = np.empty_like(own)
    for i, j in NETWORK:
        np.minimum(numbers[i], numbers[j], out=spare)
        np.maximum(numbers[i], numbers[j], out=numbers[j])
        numbers[i] = spare
    gaps = np.diff(numbers / largest, axis=0)
    np.add((gaps > 0.05).sum(0), 1.0, out=at["unique-values"])
    gaps *= 20
    gaps *= gaps
    np.subtract(9, np.exp(-gaps).sum(0), out=at["smooth-unique-values"])
    scaled = numbers / own * 20
    steps = np.copysign(np.floor(np.abs(scaled) + 0.5), scaled)
    alike = steps[1:] == steps[:-1]
    before = np.ones_like(steps)
    for i in range(1, 9):
        np.multiply(before[i - 1], alike[i - 1], out=before[i])
        before[i] += 1
    product, after = before[8].copy(), np.zeros_like(own)
    for i in range(7, -1, -1):
        after += 1
        after *= alike[i]
        before[i] += after
        product *= before[i]
    np.subtract(np.log2(9), np.log2(product) / 9, out=at["quantised-entropy"])
    scaled *= np.sqrt(0.5)
    pairs = np.zeros_like(own)
    for i in range(1, 9):
        apart = scaled[i] - scaled[:i]
        apart *= apart
        np.negative(apart, out=apart)
        pairs += np.exp(apart, out=apart).sum(0)
    np.negative(np.log2((9 + 2 * pairs) / 81), out=at["renyi-entropy"])


class Tally:
    """The sum and the histogram of each probe."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.bins: dict[str, NDArray[np.intp]] = {}
        self.counts: NDArray[np.intp] = np.zeros((), np.intp)

    def add(self, name: str, values: Array) -> None:
        """Adds values of a probe."""
        self.sums[name] = self.sums.get(name, 0.0) + values.sum()
        low, high = range_of(name)
        places = ((values - low) * (BINS / (high - low))).astype(np.int64).clip(0, BINS - 1)
        self.bins[name] = self.bins.get(name, 0) + np.bincount(places, minlength=BINS)


WAYS: dict[str, Callable[[], Plain | Tuned]] = {"plain": Plain, "tuned": Tuned}


def main() -> None:
    """Makes a file or times the probes of one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", type=Path)
    parser.add_argument("--make", type=float)
    parser.add_argument("--way", choices=WAYS, default="tuned")
    parser.add_argument("--block", type=int, help="kernels at a time")
    arguments = parser.parse_args()
    if arguments.make:
        make(arguments.path, int(arguments.make * 1e6))
        return
    way, tally = WAYS[arguments.way](), Tally()
    size = arguments.block or way.block
    start = time.perf_counter()
    kernels = np.load(arguments.path, mmap_mode="r").reshape(-1, 9)
    blocks = range(0, len(kernels), 1 << 14)
    largest = max(float(np.abs(kernels[first : first + (1 << 14)]).max()) for first in blocks)
    for first in range(0, len(kernels), size):
        way.add(kernels[first : first + size], largest, tally)
    seconds = time.perf_counter() - start
    line = {
        "who": f"numpy, {arguments.way}",
        "threads": 1,
        "kernels": len(kernels),
        "seconds": seconds,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "means": {name: total / len(kernels) for name, total in tally.sums.items()},
    }
    print(json.dumps(line))


def make(path: Path, count: int) -> None:
    """Writes random kernels, half of them nearly mirrored."""
    rng = np.random.default_rng(1)
    all_kernels = np.lib.format.open_memmap(path, "w+", np.dtype("<f4"), (count, 3, 3))
    for first in range(0, count, 1 << 18):
        kernels = rng.standard_normal((min(1 << 18, count - first), 3, 3), np.float32)
        kernels[::2] += np.float32(0.9) * kernels[::2, :, ::-1]
        all_kernels[first : first + len(kernels)] = kernels


if __name__ == "__main__":
    main()
