# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy==2.4.6",
#     "scipy==1.17.1",
#     "scikit-learn==1.9.1",
#     "rsatoolbox==0.3.2",
#     "hyppo==0.5.2",
#     "dcor==0.7",
#     "POT==0.9.7.post1",
#     "cca-zoo==4.0.1",
#     "tensorly==0.10.0",
#     "torch==2.15.0",
#     "torch-cka==0.21",
#     "pytorch-cka==1.1.3",
#     "ckatorch==1.0.3",
# ]
# ///
"""Times what others offer for the rows of bench/similarity, one JSON line each.

A package where one computes the row at this size; beside it the published formula in the fastest
NumPy, SciPy or PyTorch. What repeats its work for each pair or batch is timed on some of them and
multiplied; its name says so.
"""

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import linalg
from scipy.spatial.distance import cdist, pdist
from scipy.stats import spearmanr

WIDTHS = (256, 512, 1024, 2048, 8192)
Matrix = NDArray[np.float64]


def main() -> None:
    """Times the rows named on the command line, or all."""
    warnings.simplefilter("ignore")
    wanted = sys.argv[1:]
    for row, timed in ROWS.items():
        if not wanted or row in wanted:
            timed(row)


def clock(row: str, peer: str, work: Callable[[], object], times: float = 1.0) -> None:
    """Times a call and prints a line; `times` is how often the whole row would make it."""
    start, computed = time.perf_counter(), time.process_time()
    work()
    line = {
        "who": peer,
        "row": row,
        "seconds": (time.perf_counter() - start) * times,
        "processor": (time.process_time() - computed) * times,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(line), flush=True)


def pair(n: int, p: int) -> tuple[Matrix, Matrix]:
    """Returns two related layers."""
    draws = np.random.default_rng(1)
    x = draws.standard_normal((n, p))
    return x, x + draws.standard_normal((n, p))


def centred(x: Matrix, y: Matrix) -> tuple[Matrix, Matrix]:
    """Takes off means, which is part of every peer's time as of ours."""
    return x - x.mean(0), y - y.mean(0)


def u_centred(x: torch.Tensor) -> torch.Tensor:
    """Returns the U-centred Gram matrix of a layer."""
    n = len(x)
    x = x - x.mean(0)
    gram = x @ x.T
    gram.fill_diagonal_(0)
    means = gram.sum(0) / (n - 2)
    means -= means.sum() / (2 * (n - 1))
    gram -= means[None, :] + means[:, None]
    gram.fill_diagonal_(0)
    return gram


def cka_matrix(row: str) -> None:
    """Fifty layers against themselves: cached Grams in one product, and pair after pair."""
    from cka import cka_from_features
    from ckatorch import cka_base

    for kind in (torch.float64, torch.float32):
        name = str(kind).removeprefix("torch.")
        draws = torch.Generator().manual_seed(1)
        layers = [torch.randn(2048, WIDTHS[i % 5], generator=draws, dtype=kind) for i in range(50)]

        def cached(layers: list[torch.Tensor] = layers) -> torch.Tensor:
            stack = torch.stack([u_centred(x).flatten() for x in layers])
            hsic = stack @ stack.T
            sizes = hsic.diagonal().sqrt()
            return hsic / sizes[:, None] / sizes[None, :]

        if kind is torch.float64:
            # A symmetric product needs half of the multiplications of a full one.
            clock(row, LIMIT, lambda x=layers: [a @ a.T for a in x[:5]], 5)
        clock(row, f"PyTorch, Gram matrices kept, {name}", cached)
        # Ten layers make their Gram matrices a fifth of the times and their pairs a twenty-fifth.
        ten = f"pytorch-cka, {name} (10 × 10 timed, times 5: less than the whole)"
        clock(row, ten, lambda x=layers[:10]: cka_from_features(x, x), 5)
        if kind is torch.float32:
            # Layers 0 to 4 have the widths of all fifty in turn.
            pairs = [(layers[i], layers[(i + 2) % 5]) for i in (0, 2, 4)]
            clock(row, "torch-cka, float32 (3 pairs timed)", lambda p=pairs: torch_cka(p), 2500 / 3)
            continue

        def one(layers: list[torch.Tensor] = layers) -> None:
            for i, j in ((0, 1), (2, 3), (4, 0)):
                cka_base(layers[i], layers[j], unbiased=True)

        clock(row, "ckatorch, float64 (3 pairs timed)", one, 2500 / 3)


LIMIT = "symmetric Gram products alone, PyTorch, float64"


def torch_cka(pairs: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Does what torch-cka does for each pair, with its own HSIC."""
    from torch_cka import CKA

    compared = CKA(torch.nn.Identity(), torch.nn.Identity(), "a", "b", [], [])
    for x, y in pairs:
        k, m = (a @ a.t() for a in (x, y))
        for gram in (k, m):
            gram.fill_diagonal_(0)
        compared._HSIC(k, m)
        compared._HSIC(m, m)


def cca(row: str) -> None:
    """Canonical correlations by orthonormal bases, and by the covariances of google/svcca."""
    raw = pair(4096, 512)

    def by_bases() -> None:
        u, v = (linalg.qr(m, mode="economic")[0] for m in centred(*raw))
        linalg.svdvals(u.T @ v)

    def by_covariances() -> None:
        roots = []
        x, y = centred(*raw)
        for m in (x, y):
            values, vectors = np.linalg.eigh(m.T @ m)
            roots.append(vectors / np.sqrt(values) @ vectors.T)
        np.linalg.svd(roots[0] @ (x.T @ y) @ roots[1])

    from cca_zoo.linear import CCA

    clock(row, "SciPy, QR and singular values", by_bases)
    clock(row, "SciPy, subspace_angles", lambda: linalg.subspace_angles(*centred(*raw)))
    clock(row, "cca-zoo", lambda: CCA(n_components=512).fit_transform(list(centred(*raw))))
    clock(row, "NumPy, as google/svcca", by_covariances)


def pwcca(row: str) -> None:
    """Weights from the units of the first layer."""
    raw = pair(4096, 512)

    def weighted() -> None:
        x, y = centred(*raw)
        u, v = (linalg.qr(m, mode="economic")[0] for m in (x, y))
        turn, rho, _ = linalg.svd(u.T @ v, full_matrices=False)
        alpha = np.abs((u @ turn).T @ x).sum(1)
        (alpha * rho).sum() / alpha.sum()

    clock(row, "SciPy, QR and SVD", weighted)


def svcca(row: str) -> None:
    """Leading directions by a full decomposition, as svcca and its copies do."""
    raw = pair(4096, 512)

    def leading() -> None:
        kept = []
        for m in centred(*raw):
            u, s, _ = np.linalg.svd(m, full_matrices=False)
            kept.append(u[:, : np.searchsorted(np.cumsum(s**2) / (s**2).sum(), 0.99) + 1])
        linalg.svdvals(kept[0].T @ kept[1])

    clock(row, "NumPy, SVD", leading)


def procrustes(row: str) -> None:
    """The nuclear norm, and SciPy's own function, which also makes the rotation."""
    raw = pair(4096, 512)

    def by_product() -> None:
        x, y = centred(*raw)
        linalg.svdvals(x.T @ y)

    def by_function() -> None:
        linalg.orthogonal_procrustes(*centred(*raw))

    clock(row, "SciPy, orthogonal_procrustes", by_function)
    clock(row, "SciPy, singular values of the product", by_product)


def rsa(row: str) -> None:
    """Distances and their Spearman correlation by rsatoolbox."""
    from rsatoolbox.data import Dataset
    from rsatoolbox.rdm import calc_rdm, compare

    raw = pair(2000, 512)
    x, y = (Dataset(m) for m in raw)

    def whole() -> None:
        a, b = (calc_rdm(m, method="euclidean") for m in (x, y))
        compare(a, b, method="spearman")

    clock(row, "rsatoolbox", whole)

    def by_scipy() -> None:
        spearmanr(*(pdist(m) for m in raw))

    clock(row, "SciPy, pdist and spearmanr", by_scipy)


def rsa_matrix(row: str) -> None:
    """Twelve layers against themselves: dissimilarities kept, and pair after pair."""
    from rsatoolbox.data import Dataset
    from rsatoolbox.rdm import calc_rdm, compare

    draws = np.random.default_rng(1)
    layers = [draws.standard_normal((1000, 512)) for _ in range(12)]

    def kept() -> None:
        rdms = calc_rdm([Dataset(x) for x in layers], method="euclidean")
        compare(rdms, rdms, method="spearman")

    clock(row, "rsatoolbox, dissimilarities kept", kept)

    def pairs() -> None:
        for i, j in ((0, 1), (2, 3), (4, 5)):
            spearmanr(pdist(layers[i]), pdist(layers[j]))

    # Seventy-eight pairs, a layer with itself among them.
    clock(row, "SciPy, pair after pair (3 pairs timed)", pairs, 78 / 3)


def distance_correlation(row: str) -> None:
    """The debiased one by two packages."""
    import dcor
    from hyppo.independence import Dcorr

    x, y = pair(2000, 512)
    small = pair(50, 4)
    # The first call compiles.
    dcor.u_distance_correlation_sqr(*small)
    Dcorr().statistic(*small)
    # All differences of all units at once are 16 GB at 2,000 samples.
    part = (x[:500], y[:500])
    name = "dcor (500 samples timed, times 16)"
    clock(row, name, lambda: dcor.u_distance_correlation_sqr(*part), 16)
    clock(row, "hyppo", lambda: Dcorr().statistic(x, y))


def soft_matching(row: str) -> None:
    """The transport of units by POT."""
    import ot

    raw = pair(4096, 512)

    def whole() -> None:
        x, y = centred(*raw)
        shares = np.full(512, 1 / 512)
        ot.emd2(shares, shares, cdist(x.T, y.T, "sqeuclidean"), numItermax=10_000_000)

    clock(row, "POT", whole)


def knn(row: str) -> None:
    """Ten neighbours by scikit-learn, compared as sets."""
    from sklearn.neighbors import NearestNeighbors

    x, y = pair(10_000, 64)

    def whole() -> None:
        search = NearestNeighbors(n_neighbors=10, algorithm="brute", n_jobs=-1)
        a, b = (search.fit(m).kneighbors(return_distance=False) for m in (x, y))
        np.mean([len(np.intersect1d(i, j)) / 10 for i, j in zip(a, b, strict=True)])

    clock(row, "scikit-learn, brute force", whole)


def minibatches(row: str) -> None:
    """A million samples in batches of 256, HSIC averaged; nobody computes the value of all."""
    from cka import hsic

    x, y = (torch.from_numpy(m) for m in pair(8192, 512))
    x, y = x[: 256 * 32], y[: 256 * 32]

    def batches() -> None:
        sums = torch.zeros(3, dtype=torch.float64)
        for first in range(0, len(x), 256):
            k, m = u_centred(x[first : first + 256]), u_centred(y[first : first + 256])
            sums += torch.stack([(k * m).sum(), (k * k).sum(), (m * m).sum()])

    def by_package() -> None:
        for first in range(0, len(x), 256):
            k, m = (a[first : first + 256] for a in (x, y))
            hsic((k @ k.T)[None], (m @ m.T)[None])

    # What only a first call costs must not be multiplied.
    batches()
    clock(row, "PyTorch, minibatch HSIC (32 of 3,906 batches timed)", batches, 1e6 / len(x))
    clock(row, "pytorch-cka, minibatch HSIC (the same)", by_package, 1e6 / len(x))


ROWS: dict[str, Callable[[str], None]] = {
    "cka-matrix": cka_matrix,
    "mean-cca": cca,
    "pwcca": pwcca,
    "svcca": svcca,
    "nbs": procrustes,
    "squared-procrustes": procrustes,
    "rsa": rsa,
    "rsa-matrix": rsa_matrix,
    "distance-correlation": distance_correlation,
    "knn": knn,
    "soft-matching": soft_matching,
    "minibatch-cka": minibatches,
    "streaming": minibatches,
}

if __name__ == "__main__":
    main()
