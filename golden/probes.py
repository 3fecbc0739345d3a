# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "scipy==1.17.1"]
# ///
"""Writes probes.json: every probe of kernels and of layers by NumPy and SciPy, from the definitions.

Kernels follow from an integer formula, which the file repeats. Projections are averages over moves
or least squares; singular values, eigenvalues and fits are SciPy's. Run: python golden/probes.py
"""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, spatial, special, stats
from scipy.sparse import csgraph

Array = NDArray[np.float64]
FORMULA = (
    "state = (1664525 * state + 1013904223) mod 2^32, starting from the seed; each number is the sum "
    "of four successive (state >> 8) / 2^24, less 2; kernels row by row, one after another"
)
SIZES = [(2, 2), (3, 3), (4, 4), (5, 5), (3, 5), (6, 4), (7, 7), (1, 4)]
LARGEST = 2.5
FLIPS: dict[str, Callable[[Array], Array]] = {
    "none": lambda k: k,
    "left-right": np.fliplr,
    "up-down": np.flipud,
    "half-turn": lambda k: np.rot90(k, 2),
    "quarter-turn": lambda k: np.rot90(k, -1),
    "three-quarter-turn": np.rot90,
    "diagonal": lambda k: k.T,
    "antidiagonal": lambda k: np.rot90(k.T, 2),
}
CHARACTERS = {
    "a1": [1, 1, 1, 1, 1, 1, 1, 1],
    "a2": [1, -1, -1, 1, 1, 1, -1, -1],
    "b1": [1, 1, 1, 1, -1, -1, -1, -1],
    "b2": [1, -1, -1, 1, -1, -1, 1, 1],
    "e": [2, 0, 0, -2, 0, 0, 0, 0],
}


def draw(seed: int, count: int) -> Array:
    """Draws numbers by the formula."""
    state, numbers = seed, []
    for _ in range(count):
        total = 0.0
        for _ in range(4):
            state = (1664525 * state + 1013904223) % 2**32
            total += (state >> 8) / 2**24
        numbers.append(total - 2.0)
    return np.array(numbers)


def grid(shape: tuple[int, int]) -> tuple[Array, Array]:
    """Returns how far down and right each place lies from the middle."""
    rows, columns = shape
    down, right = np.mgrid[:rows, :columns].astype(float)
    return down - (rows - 1) / 2, right - (columns - 1) / 2


def averages(shape: tuple[int, int]) -> dict[str, Callable[[Array], Array]]:
    """Returns the projections on structures whose numbers are tied, as averages."""

    def rows_alike(k: Array) -> Array:
        return np.broadcast_to(k.mean(0, keepdims=True), k.shape)

    def columns_alike(k: Array) -> Array:
        return np.broadcast_to(k.mean(1, keepdims=True), k.shape)

    def part(flip: str, sign: int) -> Callable[[Array], Array]:
        return lambda k: (k + sign * FLIPS[flip](k)) / 2

    def after(*steps: Callable[[Array], Array]) -> Callable[[Array], Array]:
        def all_of(k: Array) -> Array:
            for step in steps:
                k = step(k)
            return k

        return all_of

    found = {
        "constant": lambda k: np.full(k.shape, k.mean()),
        "identical-columns-mirrored": after(columns_alike, part("up-down", 1)),
        "identical-rows-mirrored": after(rows_alike, part("left-right", 1)),
        "identical-columns-opposed": after(columns_alike, part("up-down", -1)),
        "identical-rows-opposed": after(rows_alike, part("left-right", -1)),
        "identical-columns": columns_alike,
        "identical-rows": rows_alike,
        "mirror-both": after(part("up-down", 1), part("left-right", 1)),
        "mirror-left-right": part("left-right", 1),
        "mirror-up-down": part("up-down", 1),
        "half-turn": part("half-turn", 1),
        "opposed-left-right": part("left-right", -1),
        "opposed-up-down": part("up-down", -1),
        "opposed-half-turn": part("half-turn", -1),
    }
    if shape[0] == shape[1]:
        found |= {
            "all-flips": lambda k: sum(flip(k) for flip in FLIPS.values()) / 8,
            "quarter-turn": lambda k: sum(np.rot90(k, i) for i in range(4)) / 4,
            "mirror-diagonal": part("diagonal", 1),
            "mirror-antidiagonal": part("antidiagonal", 1),
            "opposed-diagonal": part("diagonal", -1),
            "opposed-antidiagonal": part("antidiagonal", -1),
        }
    return found


def curves(shape: tuple[int, int]) -> dict[str, Array]:
    """Returns what spans the structures that are sums of a few kernels, a column for each."""
    down, right = grid(shape)
    variance = (max(shape) / 4) ** 2
    square = down**2 + right**2
    bell = np.exp(-square / (2 * variance))
    found = {
        "first-order-steerable": [down * bell, right * bell],
        "second-order-steerable": [
            (down**2 / variance - 1) * bell,
            down * right * bell,
            (right**2 / variance - 1) * bell,
        ],
        "smooth-radial": [square**j for j in range(2 if min(shape) < 5 else 3)],
    }
    if shape[0] % 2:
        found["central-row"] = [unit(shape, (shape[0] // 2, c)) for c in range(shape[1])]
    if shape[1] % 2:
        found["central-column"] = [unit(shape, (r, shape[1] // 2)) for r in range(shape[0])]
    return {name: np.stack([k.ravel() for k in kernels], 1) for name, kernels in found.items()}


def unit(shape: tuple[int, int], place: tuple[int, int]) -> Array:
    """Returns a kernel of a single 1."""
    kernel = np.zeros(shape)
    kernel[place] = 1.0
    return kernel


def projector(spanning: Array) -> Array:
    """Returns the projection on the columns of a matrix."""
    basis = linalg.orth(spanning, rcond=1e-10)
    return basis @ basis.T


def projectors(shape: tuple[int, int]) -> dict[str, Array]:
    """Returns the projection of every linear structure that means something."""
    count = shape[0] * shape[1]
    places = list(product(range(shape[0]), range(shape[1])))
    found = {
        name: np.stack([average(unit(shape, place)).ravel() for place in places], 1)
        for name, average in averages(shape).items()
    }
    found |= {name: projector(spanning) for name, spanning in curves(shape).items()}
    return {name: p for name, p in found.items() if 0 < round(np.trace(p)) < count}


def energies(kernel: Array) -> dict[str, float]:
    """Returns the scores of flips, the irreducible parts and the structures."""
    whole = (kernel**2).sum()
    square = kernel.shape[0] == kernel.shape[1]
    found = {}
    for name, flip in FLIPS.items():
        moves = flip(np.arange(kernel.size).reshape(kernel.shape))
        fits = moves.shape == kernel.shape and (moves.ravel() != np.arange(kernel.size)).any()
        if fits and (square or name in ("left-right", "up-down", "half-turn")):
            found[f"score-{name}"] = (kernel * flip(kernel)).sum() / whole
    if square:
        for name, characters in CHARACTERS.items():
            flips = zip(characters, FLIPS.values(), strict=True)
            part = sum(character * flip(kernel) for character, flip in flips)
            if name != "a2" or kernel.shape[0] > 3:
                share = ((part * characters[0] / 8) ** 2).sum() / whole
                found[f"part-{name}"] = share
        if kernel.shape[0] == 2:
            del found["part-b1"]
    for name, p in projectors(kernel.shape).items():
        found[f"in-{name}"] = ((p @ kernel.ravel()) ** 2).sum() / whole
    return found


def fits(kernel: Array) -> dict[str, float]:
    """Returns ranks, rings and steerable fits."""
    found = {}
    count = kernel.size
    if min(kernel.shape) > 1:
        squares = linalg.svdvals(kernel) ** 2
        shares = squares / squares.sum()
        found |= {
            "separability": shares[0],
            "effective-rank": np.exp(stats.entropy(shares)),
            "stable-rank": 1 / shares[0],
        }
    down, right = grid(kernel.shape)
    square = down**2 + right**2
    powers = 1 if min(kernel.shape) < 5 else 2
    centred = kernel - kernel.mean()
    radial = np.stack([square.ravel() ** j for j in range(powers + 1)], 1)
    rank = np.linalg.matrix_rank(radial) - 1
    if 0 < rank < count - 1:
        left = kernel.ravel() - radial @ linalg.lstsq(radial, kernel.ravel())[0]
        share = (left**2).sum() / (centred**2).sum()
        found["smooth-radial"] = 1 - share * (count - 1) / (count - rank - 1)
    angle = np.arctan2(down, right)
    for wave in range(4):
        columns = []
        for ring in np.unique(square[square > 0] if wave else square):
            columns += [(np.cos(wave * angle - turn) * (square == ring)).ravel() for turn in (0, np.pi / 2)]
        p = projector(np.stack(columns, 1))
        if 0 < round(np.trace(p)) < count:
            found[f"wave-{wave}"] = ((p @ kernel.ravel()) ** 2).sum() / (kernel**2).sum()
    unitary = centred.ravel() / linalg.norm(centred)
    spans = curves(kernel.shape)
    for name, spanning in (("edge", "first-order-steerable"), ("line", "second-order-steerable")):
        columns = spans[spanning] - spans[spanning].mean(0)
        columns = columns[:, np.abs(columns).max(0) > 1e-12]
        p = projector(columns)
        if 0 < round(np.trace(p)) < count - 1:
            found[name] = ((p @ unitary) ** 2).sum()
    return found


def bank(shape: tuple[int, int]) -> list[Array]:
    """Returns the known operators at a size."""
    rows, columns = shape
    down, right = grid(shape)
    square, side = down**2 + right**2, max(shape)
    found = []
    if rows == columns and rows % 2 and rows > 1:
        smooth = special.comb(rows - 1, np.arange(rows))
        slope = np.convolve(special.comb(rows - 2, np.arange(rows - 1)), [-1, 1])
        inner = np.zeros((2, *shape))
        middle = slice(rows // 2 - 1, rows // 2 + 2)
        inner[0, middle, middle] = [[0, -1, 0], [-1, 4, -1], [0, -1, 0]]
        inner[1, middle, middle] = [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]
        found += [np.outer(smooth, slope), right, *inner, (down == 0).astype(float)]
    if shape == (3, 3):
        found.append(np.outer([3, 10, 3], [-1, 0, 1]))
    if shape == (2, 2):
        found.append(np.diag([1.0, -1.0]))
    if rows == columns and rows > 2:
        found.append(np.eye(rows))
    if min(shape) > 1:
        narrow = side / 6
        found.append((1 - square / (2 * narrow**2)) * np.exp(-square / (2 * narrow**2)))
        bells = [np.exp(-square / (2 * s**2)) / s**2 for s in (narrow, 1.6 * narrow)]
        found.append(bells[0] - bells[1])
        variance = (side / 4) ** 2
        bell = np.exp(-square / (2 * variance))
        found += [bell, down * bell, (down**2 / variance - 1) * bell, down * right * bell]
    return found


def operator(kernel: Array) -> float:
    """Returns the largest cosine with a known operator, without means."""
    flips = [
        flip
        for name, flip in FLIPS.items()
        if kernel.shape[0] == kernel.shape[1]
        or name in ("none", "left-right", "up-down", "half-turn")
    ]
    centred = kernel - kernel.mean()
    best = 0.0
    for known in bank(kernel.shape):
        for flip in flips:
            image = flip(known) - known.mean()
            if np.abs(image).max() > 1e-12:
                cosine = (image * centred).sum() / linalg.norm(image) / linalg.norm(centred)
                best = max(best, abs(cosine))
    return best


def information(kernel: Array) -> dict[str, float]:
    """Returns what counts numbers and bits."""
    gaps = np.diff(np.sort(kernel.ravel())) / LARGEST
    unitary = kernel.ravel() / np.abs(kernel).max()
    steps = np.sign(unitary) * np.floor(np.abs(unitary) / 0.05 + 0.5)
    counts = np.unique(steps, return_counts=True)[1]
    apart = unitary[:, None] - unitary[None, :]
    return {
        "unique-values": 1.0 + (gaps > 0.05).sum(),
        "smooth-unique-values": 1.0 + (1 - np.exp(-((gaps / 0.05) ** 2))).sum(),
        "quantised-entropy": stats.entropy(counts, base=2),
        "renyi-entropy": -np.log2(np.exp(-(apart**2) / (2 * 0.05**2)).mean()),
        "code-length": code_length(kernel / LARGEST),
    }


def code_length(kernel: Array) -> float:
    """Returns the bits of the shortest two-part description on an 8-bit grid."""
    distinct: list[Array] = []
    for p in projectors(kernel.shape).values():
        if not any(np.allclose(p, known, atol=1e-8) for known in distinct):
            distinct.append(p)
    flat, count = kernel.ravel(), kernel.size
    described = [(round(np.trace(p)), ((flat - p @ flat) ** 2).sum()) for p in distinct]
    if sum(kernel.shape) - 1 < count:
        described.append((sum(kernel.shape) - 1, (linalg.svdvals(kernel)[1:] ** 2).sum()))
    step = 1 / 127
    lengths = [8 * d + count / 2 * np.log2(1 + 12 * left / count / step**2) for d, left in described]
    # A free kernel is all numbers, or all residual where it exceeds a step.
    lengths.append(8 * count)
    if (flat**2).mean() > step**2:
        lengths.append(count / 2 * np.log2(1 + 12 * (flat**2).mean() / step**2))
    return np.log2(len(described) + 1) + min(lengths)


def kernels(shape: tuple[int, int], seed: int) -> list[Array]:
    """Returns a random kernel, one nearly mirrored, and one nearly of identical columns."""
    count = shape[0] * shape[1]
    drawn = draw(seed, 3 * count).reshape(3, *shape)
    mirrored = drawn[1] + 0.98 * np.fliplr(drawn[1])
    lines = 0.02 * drawn[2] + drawn[2][:, :1]
    return [drawn[0], mirrored, lines]


def gabor(shape: tuple[int, int], numbers: list[float], seed: int) -> dict:
    """Fits a planted wave under a bell with a little noise."""
    down, right = grid(shape)

    def waves(at: Array) -> Array:
        turn, wavelength, deviation, aspect = at[0], *np.exp(at[1:])
        along = right * np.cos(turn) + down * np.sin(turn)
        across = (down * np.cos(turn) - right * np.sin(turn)) * aspect
        bell = np.exp(-(along**2 + across**2) / (2 * deviation**2))
        phase = 2 * np.pi * along / wavelength
        return np.stack([(bell * np.cos(phase)).ravel(), (bell * np.sin(phase)).ravel(), np.ones(down.size)], 1)

    turn, wavelength, deviation, aspect, phase, offset = numbers
    planted = np.array([turn, *np.log([wavelength, deviation, aspect])])
    flat = waves(planted) @ np.array([np.cos(phase), -np.sin(phase), offset])
    kernel = flat + 0.01 * draw(seed, down.size)

    def left(at: Array) -> Array:
        spanning = waves(at)
        return kernel - spanning @ linalg.lstsq(spanning, kernel)[0]

    fit = optimize.least_squares(left, planted, xtol=1e-15, ftol=1e-15, gtol=1e-15, method="lm")
    share = (fit.fun**2).sum() / ((kernel - kernel.mean()) ** 2).sum()
    count = down.size
    return {
        "rows": shape[0],
        "columns": shape[1],
        "kernel": kernel.tolist(),
        "fit": 1 - share * (count - 1) / (count - 7),
        "direction": float(np.degrees(fit.x[0]) % 180),
        "wavelength": float(np.exp(fit.x[1])),
        "deviation": float(np.exp(fit.x[2])),
        "aspect": float(np.exp(fit.x[3])),
    }


def layer(seed: int) -> dict:
    """Looks at a layer of six filters on three inputs."""
    weights = draw(seed, 6 * 27).reshape(6, 3, 3, 3)
    flat = weights.reshape(18, 9)
    shares = linalg.eigvalsh(np.cov(flat.T))
    shares = np.sort(shares / shares.sum())[::-1]
    filters = weights.reshape(6, 27) / linalg.norm(weights.reshape(6, 27), axis=1, keepdims=True)
    cosines = np.abs(filters @ filters.T)
    axes = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]])
    axes = axes / linalg.norm(axes, axis=1, keepdims=True)
    turned = np.einsum("ac,ocn->oan", axes, weights.reshape(6, 3, 9))
    squares = [linalg.svdvals(f.reshape(3, 9)) ** 2 for f in weights]
    rows = [linalg.svdvals(f.reshape(9, 3)) ** 2 for f in weights]
    entropy = float(-(shares * np.log10(shares)).sum())
    place = np.log2(18) - 2.30436435
    return {
        "seed": seed,
        "shares": shares.tolist(),
        "variance-entropy": entropy,
        "normalised-entropy": entropy / (1.2618047 / (1 + np.exp(-0.88767525 * place)) - 0.31050834),
        "orthogonality": float(1 - (cosines.sum() - 6) / 30),
        "one-pattern": float(np.mean([s[0] / s.sum() for s in squares])),
        "one-row": float(np.mean([s[0] / s.sum() for s in rows])),
        "axes": ((turned**2).sum(2) / (weights**2).sum((1, 2, 3))[:, None]).tolist(),
        "colour-separability": [float(s[0] / s.sum()) for s in squares],
    }


def together(weights: Array, compared: int) -> dict[str, float]:
    """Looks at all kernels of a layer, and at so many of them for repeats where these are few."""
    outputs, inputs, rows, columns = weights.shape
    flat = weights.reshape(outputs * inputs, rows * columns)
    shares = linalg.eigvalsh(np.cov(flat.T))
    shares = shares[shares > 0] / shares.sum()
    filters = weights.reshape(outputs, -1)
    filters = filters[np.abs(filters).max(1) > 0]
    filters = filters / linalg.norm(filters, axis=1, keepdims=True)
    cosines = np.abs(filters @ filters.T)[np.triu_indices(len(filters), 1)]
    found = {
        "variance-entropy": float(-(shares * np.log10(shares)).sum()),
        "orthogonality": float(1 - cosines.mean()),
        "sparsity": float((np.abs(flat).max(1) < 0.01 * np.abs(flat).max()).mean()),
    }
    for name, width in (("one-pattern", rows * columns), ("one-row", columns)):
        each = filters.reshape(len(filters), -1, width)
        energies = np.linalg.eigvalsh(np.swapaxes(each, 1, 2) @ each)
        found[name] = float((energies[:, -1] / energies.sum(1)).mean())
    return found | (repeats(flat, (rows, columns), compared) if compared else {})


def repeats(flat: Array, shape: tuple[int, int], compared: int) -> dict[str, float]:
    """Counts kernels that others repeat, among the first so many that are not zeros."""
    flat = flat[np.abs(flat).max(1) > 0][:compared]
    lengths = linalg.norm(flat, axis=1)
    units = flat / lengths[:, None]
    moved = [flip(k.reshape(shape)).ravel() for flip in FLIPS.values() for k in units]
    moved = np.array(moved).reshape(len(FLIPS), len(units), -1)
    cosines = np.abs(moved @ units.T).max(0)
    longer, product = np.maximum.outer(lengths, lengths), np.multiply.outer(lengths, lengths)
    apart = np.add.outer(lengths**2, lengths**2) - 2 * product * cosines
    alike = np.triu(cosines >= 0.99, 1)
    equal = alike & (apart <= 0.02 * longer**2)
    left_out = [len(flat) - csgraph.connected_components(near)[0] for near in (alike, equal)]
    return {"alike": left_out[0], "equal": left_out[1], "pairs": int(alike.sum())}


def permuted(seed: int, shape: tuple[int, int, int, int], cut: float, power: int, draws: int) -> dict:
    """Looks at a layer, and at how it is when its numbers change places."""
    numbers = draw(seed, int(np.prod(shape)))
    # Zeros, far numbers, and a mean that is not 0.
    numbers = np.where(np.abs(numbers) < cut, 0, numbers**power + 0.1)
    kernels = numbers.reshape(shape[0] * shape[1], -1)
    few = int((np.abs(kernels).max(1) > 0).sum()) if len(kernels) < 100 else 0
    chance = np.random.RandomState(seed)
    all_drawn = [together(chance.permutation(numbers).reshape(shape), few) for _ in range(draws)]
    own = together(numbers.reshape(shape), few)
    found = {}
    for name, value in own.items():
        drawn = np.array([one[name] for one in all_drawn])
        below = float(100 * ((drawn < value - 1e-9).mean() + (drawn < value + 1e-9).mean()) / 2)
        moments = {"mean": float(drawn.mean()), "deviation": float(drawn.std(ddof=1))}
        found[name] = {"value": value, "percentile": below} | moments
    return {"seed": seed, "shape": shape, "cut": cut, "power": power, "draws": draws, "found": found}


def inputs(seed: int, shape: tuple[int, int, int, int]) -> dict:
    """Says how much each input of a layer matters by its kernels (KSE)."""
    weights = draw(seed, int(np.prod(shape))).reshape(shape)
    sizes, entropies = [], []
    for own in np.moveaxis(weights, 1, 0).reshape(shape[1], shape[0], -1):
        apart = spatial.distance.squareform(spatial.distance.pdist(own))
        # The nearest is the kernel itself.
        reach = np.sort(apart, 1)[:, 1 : min(5, shape[0] - 1) + 1].sum(1)
        sizes.append(np.abs(own).sum())
        entropies.append(stats.entropy(reach, base=2))
    s, e = (np.array(values) for values in (sizes, entropies))
    s, e = ((values - values.min()) / np.ptp(values) for values in (s, e))
    found = {"sparsity": sizes, "entropy": entropies, "indicator": np.sqrt(s / (1 + e))}
    found = {name: [float(value) for value in values] for name, values in found.items()}
    return {"seed": seed, "shape": shape, **found}


def products(seed: int, shape: tuple[int, int, int, int]) -> dict:
    """Finds how near each filter is to one product, as the best of many random starts.

    For given numbers of the inputs the best column and row are the first singular vectors of one matrix,
    and for given column and row the best numbers are a contraction.
    """
    weights = draw(seed, int(np.prod(shape))).reshape(shape)
    starts = np.random.RandomState(seed).randn(400, shape[1])
    energies = []
    for own in weights:
        best = 0.0
        for start in starts:
            numbers, reached = start / linalg.norm(start), 0.0
            for _ in range(2000):
                down, values, right = linalg.svd(np.tensordot(numbers, own, 1))
                numbers = own @ right[0] @ down[:, 0]
                before, reached = reached, (numbers**2).sum()
                numbers = numbers / linalg.norm(numbers)
                if reached - before < 1e-15 * reached:
                    break
            best = max(best, reached)
        energies.append(float(best / (own**2).sum()))
    return {"seed": seed, "shape": shape, "energies": energies}


def drifts() -> list[dict]:
    """Says how far two sets of kernels lie apart."""
    found = []
    for shape, seeds, counts in (((3, 3), (11, 12), (60, 45)), ((2, 4), (13, 14), (30, 30))):
        count = shape[0] * shape[1]
        sets = [draw(s, n * count).reshape(n, count) for s, n in zip(seeds, counts, strict=True)]
        # The second set is smoother along a kernel.
        sets[1][:, 1:] += 0.6 * sets[1][:, :-1]
        moved = stats.ks_2samp(*(np.abs(own).sum(1) for own in sets)).statistic
        ones = [own / np.abs(own).max(1, keepdims=True) for own in sets]
        whole = np.concatenate(ones)
        variances, basis = linalg.eigh(np.cov(whole.T))
        divergence = 0.0
        for variance, direction in zip(variances / variances.sum(), basis.T, strict=True):
            along = [(own - whole.mean(0)) @ direction for own in ones]
            low, high = min(map(np.min, along)), max(map(np.max, along))
            shares = [np.histogram(own, bins=70, range=(low, high))[0] / len(own) for own in along]
            p, q = (np.where(share > 0, share, np.finfo(np.float32).eps) for share in shares)
            # Not SciPy's entropy, which scales both to a sum of 1.
            divergence += variance * ((p - q) * np.log(p / q)).sum()
        a, b = (np.cov(own.T) for own in ones)
        turned = 1 - (a * b).sum() / linalg.norm(a) / linalg.norm(b)
        found.append({
            "rows": shape[0],
            "columns": shape[1],
            "seeds": seeds,
            "counts": counts,
            "divergence": float(divergence),
            "turned": float(turned),
            "moved": float(moved),
        })
    return found


def nulls() -> list[dict]:
    """Returns quantiles of the closed forms."""
    found = []
    for dimension, whole in ((1, 9), (3, 9), (6, 9), (2, 24), (15, 25), (4, 49), (9, 27)):
        share = stats.beta(dimension / 2, (whole - dimension) / 2)
        points = share.ppf([0.05, 0.5, 0.95, 0.999])
        case = {"dimension": dimension, "whole": whole, "quantiles": points.tolist()}
        found.append(case | {"deviation": float(share.std())})
    return found


def main() -> None:
    """Writes the file."""
    cases = []
    for shape, seed in product(SIZES, (1, 2)):
        for number, kernel in enumerate(kernels(shape, seed)):
            values = energies(kernel) | fits(kernel) | information(kernel)
            if kernel.size > 2 and bank(shape):
                values["operator"] = operator(kernel)
            case = {"rows": shape[0], "columns": shape[1], "seed": seed, "kernel": number}
            cases.append(case | {"values": {name: float(value) for name, value in values.items()}})
    waves = [
        gabor((5, 5), [0.3, 3.1, 1.4, 1.2, 0.7, 0.1], 3),
        gabor((7, 7), [2.0, 4.0, 1.9, 0.8, -1.2, 0.0], 4),
        gabor((9, 9), [1.1, 5.0, 2.2, 1.0, 2.5, -0.2], 5),
        gabor((6, 8), [0.0, 3.5, 1.8, 1.0, 1.5, 0.3], 6),
    ]
    whole = {
        "formula": FORMULA,
        "kernels": "the first three from one seed: as drawn; the second plus 0.98 of its left-right "
        "mirror; 0.02 of the third plus its first column in each column",
        "largest": LARGEST,
        "cases": cases,
        "gabor": waves,
        "layers": [layer(7), layer(8)],
        "permuted": [
            permuted(18, (6, 4, 3, 3), 0.0, 1, 4000),
            permuted(19, (10, 6, 2, 2), 0.3, 3, 4000),
            permuted(20, (70, 70, 3, 3), 0.0, 5, 400),
            permuted(21, (300, 32, 3, 3), 0.45, 1, 400),
        ],
        "inputs": [inputs(9, (12, 4, 3, 3)), inputs(10, (4, 3, 2, 5))],
        "products": [products(15, (6, 4, 3, 3)), products(16, (4, 12, 2, 3)), products(17, (4, 3, 5, 5))],
        "drifts": drifts(),
        "nulls": nulls(),
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(whole, indent=1) + "\n")


if __name__ == "__main__":
    main()
