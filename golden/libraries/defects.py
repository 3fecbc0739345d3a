"""What goes wrong beside the formula: batches, shuffling, clipping, width, copies of samples.

Each entry says what is done, what is defined and what a package gives; numbers only, and sentences
with places for them.
"""

from collections.abc import Callable, Iterator

import batches
import cka as pytorch_cka
import ckatorch
import definitions as paper
import inputs
import numpy as np
import repsim
import torch
from calibrated_similarity import calibrate
from definitions import Matrix
from packages import zoo_cca
from sklearn.neighbors import NearestNeighbors

Shown = tuple[str, str, dict[str, float | str]]


def shown() -> Iterator[Shown]:
    """Yields package, sentence and numbers."""
    for show in (
        hooked,
        shuffled,
        short_batch,
        clipped,
        last_batch,
        mixed,
        whitened,
        spanning,
        duplicates,
        permutations,
    ):
        yield from show()


def related(n: int) -> tuple[Matrix, Matrix]:
    """Returns two layers of ten units, in 32 bits."""
    draws = np.random.RandomState(3)
    x = draws.randn(n, 10)
    return x.astype(np.float32), (draws.randn(n, 10) + x).astype(np.float32)


def hooked() -> Iterator[Shown]:
    """How the value depends on the size of a batch."""
    x, y = related(512)
    whole = paper.debiased_cka(*wide(x, y))
    for package, run in (
        ("torch-cka", batches.of_torch_cka),
        ("pytorch-cka", batches.of_pytorch_cka),
    ):
        found = {f"of_{b}": run(x, y, b) for b in (8, 64, 512)}
        for b in (8, 64):
            close(found[f"of_{b}"], paper.minibatch_cka(*wide(x, y), b), 1e-4)
        yield (
            package,
            "512 samples in batches of 8, 64 and 512: {of_8}, {of_64}, {of_512}, as minibatch "
            "CKA is defined; over all samples it is {whole}.",
            {**found, "whole": whole},
        )


def shuffled() -> Iterator[Shown]:
    """Two passes over one shuffled loader see the samples in two orders."""
    x, _ = related(512)
    same = ("first", "first")
    yield (
        "torch-cka",
        "A layer compared with itself over a loader with `shuffle=True`: {shuffled}; without: "
        "{plain}. Without a second loader the one is read twice at once and shuffled anew each "
        "time, so that samples no longer belong together.",
        {
            "shuffled": batches.of_torch_cka(x, x, 128, True, same),
            "plain": batches.of_torch_cka(x, x, 128, False, same),
        },
    )


def short_batch() -> Iterator[Shown]:
    """A last batch of one sample."""
    x, y = related(513)
    for package, run in (
        ("torch-cka", batches.of_torch_cka),
        ("pytorch-cka", batches.of_pytorch_cka),
    ):
        yield package, "513 samples in batches of 128: {found}.", {"found": tried(run, x, y, 128)}


def clipped() -> Iterator[Shown]:
    """Values below zero."""
    draws = np.random.RandomState(4)
    layers = [(draws.randn(32, 64), draws.randn(32, 64)) for _ in range(200)]
    defined = [paper.debiased_cka(x, y) for x, y in layers]
    got = [
        float(pytorch_cka.cka_from_features(*map(torch.from_numpy, pair)).squeeze())
        for pair in layers
    ]
    close(np.mean(got), np.mean(np.clip(defined, 0, 1)), 1e-9)
    yield (
        "pytorch-cka",
        "200 unrelated pairs of 64 units on 32 samples: mean {got}, by definition {defined}: "
        "values below 0 are shown as 0, and their mean is biased again.",
        {"got": float(np.mean(got)), "defined": float(np.mean(defined))},
    )


def last_batch() -> Iterator[Shown]:
    """A matrix that each batch writes anew."""
    x, y = (m.reshape(64, 16, 10) for m in related(1024))
    last = float(ckatorch.cka_batch(*(torch.from_numpy(m[48:]) for m in (x, y))))
    found = batches.of_ckatorch(x, y, 16)
    close(found, last, 1e-5)
    flat = [m.reshape(1024, 10) for m in (x, y)]
    yield (
        "ckatorch",
        "`CKA` on 64 samples × 16 tokens × 10 units in four batches: {found}, which is "
        "`cka_batch` of the last batch alone, {last}; every batch overwrites the one before. "
        "Tokens of one sample are compared, not samples. Layers of samples × units: {flat}.",
        {"found": found, "last": last, "flat": tried(batches.of_ckatorch, *flat, 128)},
    )


def mixed() -> Iterator[Shown]:
    """Unbiased over biased."""
    x, y = inputs.unrelated()
    same = repsim.cka([x, x + 1e-9 * y], "linear", "song")[0, 1]
    yield (
        "repsim",
        "`cka('linear', 'song')` of a layer of 512 units on 32 samples and a copy of it that "
        "differs by 1e-9: {same} in place of 1; the diagonal of its matrix is set to 1, not "
        "computed.",
        {"same": float(same)},
    )


def whitened() -> Iterator[Shown]:
    """Directions kept by variance after the variance is gone."""
    x, y = inputs.latent()
    yield (
        "repsim",
        "`svcca` of two noisy mixtures of the same 5 signals by 50 units: {got}; by definition "
        "{defined}. Layers are made orthonormal first, after which 99 % of the variance is 99 % of "
        "the directions, noise included.",
        {"got": float(repsim.svcca([x, y], "pillai")[0, 1]), "defined": paper.svcca(x, y)},
    )


def spanning() -> Iterator[Shown]:
    """Unrelated layers that span every direction."""
    draws = np.random.RandomState(5)
    x, y = draws.randn(50, 80), draws.randn(50, 90)
    yield (
        "repsim",
        "50 samples of 80 and 90 unrelated units: `cca('pillai')` {cca}, `pwcca` {pwcca}, "
        "without a word; with n ≤ p every pair of layers has these values.",
        {
            "cca": tried(lambda: repsim.cca([x, y], "pillai")[0, 1]),
            "pwcca": tried(lambda: repsim.pwcca([x, y])[0, 1]),
        },
    )
    yield "cca-zoo", "The same layers: `CCA` {cca}.", {"cca": tried(zoo_cca, x, y)}


def duplicates() -> Iterator[Shown]:
    """Samples that occur twice, and a search that trusts the first to be oneself."""
    draws = np.random.RandomState(6)
    x = np.repeat(draws.randn(100, 8), 2, axis=0)
    found = NearestNeighbors(n_neighbors=6, algorithm="brute").fit(x).kneighbors(x)[1]
    own = found[:, 0] != np.arange(200)
    kept = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(x).kneighbors()[1]
    assert not (kept == np.arange(200)[:, None]).any()
    yield (
        "scikit-learn",
        "`kneighbors(X)` on 100 samples that occur twice: another sample stands first for "
        "{share} of them, so that dropping the first column keeps the sample as its own "
        "neighbour. `kneighbors()` without X leaves each sample out by its number.",
        {"share": float(own.mean())},
    )


def permutations() -> Iterator[Shown]:
    """A p-value over given orders."""
    x, y = (m[:40] for m in related(40))
    draws = np.random.RandomState(7)
    orders = [draws.permutation(40) for _ in range(199)]
    given = iter(orders)
    p = calibrate(
        torch.from_numpy(x),
        torch.from_numpy(y),
        lambda a, b: paper.cka(*wide(a.numpy(), b.numpy())),
        K=199,
        perm_fn=lambda n, device: torch.from_numpy(next(given)),
    )[1]
    seen = paper.cka(*wide(x, y))
    beaten = sum(paper.cka(*wide(x, y[order])) >= seen for order in orders)
    close(float(p), (1 + beaten) / 200, 1e-6)
    yield (
        "calibrated-similarity",
        "`calibrate` with 199 given orders of 40 samples: p = {p}, the share of orders that do as "
        "well, the data's own counted; the measure is the caller's.",
        {"p": float(p)},
    )


def wide(x: Matrix, y: Matrix) -> tuple[Matrix, Matrix]:
    """Returns both layers in 64 bits."""
    return x.astype(np.float64), y.astype(np.float64)


def tried(run: Callable, *arguments: object) -> float | str:
    """Returns the value, or what kind of error came."""
    try:
        return float(run(*arguments))
    except Exception as error:
        return type(error).__name__


def close(got: float, wanted: float, within: float) -> None:
    """Stops if an explanation does not hold."""
    assert abs(got - wanted) <= within * max(1, abs(wanted)), (got, wanted)
