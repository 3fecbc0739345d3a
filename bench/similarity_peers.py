# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy==2.4.6",
#     "scipy==1.17.1",
#     "scikit-learn==1.9.1",
#     "rsatoolbox==0.3.2",
#     "torch==2.15.0",
# ]
# ///
"""Times what others offer for the rows of bench/similarity, one JSON line each.

A package where one computes the row at this size; otherwise the published formula in the fastest
NumPy or PyTorch that its authors use. `naive` repeats the work for each pair as most packages do,
timed on some pairs and multiplied.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import linalg

WIDTHS = (256, 512, 1024, 2048, 8192)
Matrix = NDArray[np.float64]


def main() -> None:
    """Times the rows named on the command line, or all."""
    warnings.simplefilter("ignore")
    wanted = sys.argv[1:]
    for row, timed in ROWS.items():
        if not wanted or row in wanted:
            timed(row)


def report(row: str, peer: str, seconds: float) -> None:
    """Prints one line."""
    print(json.dumps({"who": peer, "row": row, "seconds": seconds}), flush=True)


def clock(row: str, peer: str, work: Callable[[], object], times: float = 1.0) -> None:
    """Times a call; `times` is how often the whole row would make it."""
    start = time.perf_counter()
    work()
    report(row, peer, (time.perf_counter() - start) * times)


def pair(n: int, p: int) -> tuple[Matrix, Matrix]:
    """Returns two related layers."""
    draws = np.random.default_rng(1)
    x = draws.standard_normal((n, p))
    return x, x + draws.standard_normal((n, p))


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
    draws = torch.Generator().manual_seed(1)
    for kind in (torch.float64, torch.float32):
        name = str(kind).removeprefix("torch.")
        layers = [torch.randn(2048, WIDTHS[i % 5], generator=draws, dtype=kind) for i in range(50)]

        def cached(layers: list[torch.Tensor] = layers) -> torch.Tensor:
            stack = torch.stack([u_centred(x).flatten() for x in layers])
            hsic = stack @ stack.T
            sizes = hsic.diagonal().sqrt()
            return hsic / sizes[:, None] / sizes[None, :]

        clock(row, f"PyTorch, Gram matrices kept, {name}", cached)
        if kind is torch.float64:
            start = time.perf_counter()
            for x in layers[:5]:
                x @ x.T
            # A symmetric product needs half of the multiplications of a full one.
            report(row, "symmetric Gram products alone, float64", (time.perf_counter() - start) * 5)

            def one(layers: list[torch.Tensor] = layers) -> None:
                for i, j in ((0, 1), (2, 3), (4, 0)):
                    k, m = u_centred(layers[i]), u_centred(layers[j])
                    (k * m).sum() / ((k * k).sum() * (m * m).sum()).sqrt()

            clock(row, "PyTorch, pair after pair, float64 (3 pairs timed)", one, 2500 / 3)


def cca(row: str) -> None:
    """Canonical correlations by orthonormal bases, and by the covariances of google/svcca."""
    x, y = (m - m.mean(0) for m in pair(4096, 512))

    def by_bases() -> None:
        u, v = (linalg.qr(m, mode="economic")[0] for m in (x, y))
        linalg.svdvals(u.T @ v)

    def by_covariances() -> None:
        roots = []
        for m in (x, y):
            values, vectors = np.linalg.eigh(m.T @ m)
            roots.append(vectors / np.sqrt(values) @ vectors.T)
        np.linalg.svd(roots[0] @ (x.T @ y) @ roots[1])

    clock(row, "SciPy, QR and singular values", by_bases)
    clock(row, "NumPy, as google/svcca", by_covariances)


def pwcca(row: str) -> None:
    """Weights from the units of the first layer."""
    x, y = (m - m.mean(0) for m in pair(4096, 512))

    def weighted() -> None:
        u, v = (linalg.qr(m, mode="economic")[0] for m in (x, y))
        turn, rho, _ = linalg.svd(u.T @ v, full_matrices=False)
        alpha = np.abs((u @ turn).T @ x).sum(1)
        (alpha * rho).sum() / alpha.sum()

    clock(row, "SciPy, QR and SVD", weighted)


def svcca(row: str) -> None:
    """Leading directions by a full decomposition, as svcca and its copies do."""
    x, y = (m - m.mean(0) for m in pair(4096, 512))

    def leading() -> None:
        kept = []
        for m in (x, y):
            u, s, _ = np.linalg.svd(m, full_matrices=False)
            kept.append(u[:, : np.searchsorted(np.cumsum(s**2) / (s**2).sum(), 0.99) + 1])
        linalg.svdvals(kept[0].T @ kept[1])

    clock(row, "NumPy, SVD", leading)


def procrustes(row: str) -> None:
    """The nuclear norm, and SciPy's own function, which also makes the rotation."""
    x, y = (m - m.mean(0) for m in pair(4096, 512))
    clock(row, "SciPy, orthogonal_procrustes", lambda: linalg.orthogonal_procrustes(x, y))
    clock(row, "SciPy, singular values of the product", lambda: linalg.svdvals(x.T @ y))


def rsa(row: str) -> None:
    """Distances and their Spearman correlation by rsatoolbox."""
    from rsatoolbox.data import Dataset
    from rsatoolbox.rdm import calc_rdm, compare

    x, y = (Dataset(m) for m in pair(2000, 512))

    def whole() -> None:
        a, b = (calc_rdm(m, method="euclidean") for m in (x, y))
        compare(a, b, method="spearman")

    clock(row, "rsatoolbox", whole)


def knn(row: str) -> None:
    """Ten neighbours by scikit-learn, compared as sets."""
    from sklearn.neighbors import NearestNeighbors

    x, y = pair(10_000, 64)

    def whole() -> None:
        search = NearestNeighbors(n_neighbors=10, algorithm="brute", n_jobs=-1)
        a, b = (search.fit(m).kneighbors(return_distance=False) for m in (x, y))
        np.mean([len(np.intersect1d(i, j)) / 10 for i, j in zip(a, b, strict=True)])

    clock(row, "scikit-learn, brute force", whole)


def streaming(row: str) -> None:
    """A million samples in batches of 256, HSIC averaged; nobody computes the value of all."""
    x, y = (torch.from_numpy(m) for m in pair(8192, 512))
    x, y = x[: 256 * 32], y[: 256 * 32]

    def batches() -> None:
        sums = torch.zeros(3, dtype=torch.float64)
        for first in range(0, len(x), 256):
            k, m = u_centred(x[first : first + 256]), u_centred(y[first : first + 256])
            sums += torch.stack([(k * m).sum(), (k * k).sum(), (m * m).sum()])

    clock(row, "PyTorch, minibatch HSIC (32 of 3,906 batches timed)", batches, 1e6 / len(x))


ROWS: dict[str, Callable[[str], None]] = {
    "cka-matrix": cka_matrix,
    "mean-cca": cca,
    "pwcca": pwcca,
    "svcca": svcca,
    "nbs": procrustes,
    "squared-procrustes": procrustes,
    "rsa": rsa,
    "knn": knn,
    "streaming": streaming,
}

if __name__ == "__main__":
    main()
