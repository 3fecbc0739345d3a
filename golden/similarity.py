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
# ]
# ///
"""Writes similarity.json: every measure of two layers, computed by packages of others.

Inputs follow from an integer formula, which the file repeats, so that any program can make the same
numbers exactly. Where no package computes a measure, its published definition is written out with
the decompositions of SciPy, by another route than convscope's. Run: python golden/similarity.py
"""

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import dcor
import numpy as np
import ot
from hyppo.independence import Dcorr
from numpy.typing import NDArray
from rsatoolbox.rdm import RDMs, compare
from scipy import linalg
from scipy.optimize import linear_sum_assignment
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist, jensenshannon, pdist, squareform
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import NearestNeighbors

FORMULA = {
    "generator": "state = (1664525 * state + 1013904223) mod 2^32, starting from the seed; each "
    "number is the sum of four successive (state >> 8) / 2^24, less 2",
    "matrix": "rows in order, each from left to right",
    "random": "X from seed 1 is n x p; Y = X M + E, M from seed 2 is p x q, E from seed 3",
    "rank-deficient": "as random, then column p-1 of X is column 0 + column 1, column p-2 of X is "
    "constant 1, column q-1 of Y is 2 * column 0",
    "wide": "as random",
    "ill-conditioned": "as random, then X = 10 + 0.3 X and Y = 10 + 0.3 Y",
    "wide and ill-conditioned": "as ill-conditioned",
    "maps": "as random; units are channel x 4 x 5, channels 3 and 2",
    "outputs": "scores from seed 5 and 6, n x 4; probabilities are (score + 2) / their row sum; "
    "labels are i mod 4",
}

SHAPES = {
    "random": (40, 6, 5),
    "rank-deficient": (40, 6, 5),
    "wide": (16, 24, 20),
    "ill-conditioned": (50, 8, 7),
    "wide and ill-conditioned": (16, 24, 20),
    "maps": (12, 60, 40),
}

Matrix = NDArray[np.float64]


def main() -> None:
    """Writes the file beside this script."""
    warnings.simplefilter("ignore")
    cases = []
    for name, (n, p, q) in SHAPES.items():
        x, y = layers(name)
        found = values(name, x, y)
        # Rounding the input exchanges ranks, which moves what is counted by whole steps.
        single = values(name, *(m.astype(np.float32).astype(np.float64) for m in (x, y)))
        for entry, rounded in zip(found, single, strict=True):
            if entry["settings"].get("compare") in ("spearman", "kendall-tau-a"):
                entry["from 32 bits"] = rounded["value"]
        cases.append({"name": name, "n": n, "p": p, "q": q, "values": found})
    file = {"formula": FORMULA, "cases": cases, "outputs": outputs()}
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(file, indent=1, ensure_ascii=False) + "\n")


def draw(seed: int, rows: int, columns: int) -> Matrix:
    """Returns the matrix of a seed."""
    state, numbers = seed, []
    for _ in range(rows * columns):
        total = 0.0
        for _ in range(4):
            state = (1664525 * state + 1013904223) % 2**32
            total += (state >> 8) / 2**24
        numbers.append(total - 2)
    return np.array(numbers).reshape(rows, columns)


def layers(name: str) -> tuple[Matrix, Matrix]:
    """Returns the two layers of a case."""
    n, p, q = SHAPES[name]
    x = draw(1, n, p)
    y = x @ draw(2, p, q) + draw(3, n, q)
    if name == "rank-deficient":
        x[:, p - 1] = x[:, 0] + x[:, 1]
        x[:, p - 2] = 1
        y[:, q - 1] = 2 * y[:, 0]
    if name.endswith("ill-conditioned"):
        x, y = 10 + 0.3 * x, 10 + 0.3 * y
    return x, y


def values(name: str, x: Matrix, y: Matrix) -> list[dict]:
    """Returns every measure that has a value for a case."""
    found: list[dict] = []

    def add(measure: str, by: str, value: float, **settings: object) -> None:
        assert np.isfinite(value), (name, measure, value)
        found.append({"id": measure, "settings": settings, "by": by, "value": float(value)})

    if name == "maps":
        add("shift-procrustes", "scipy", shifted(x, y, 4, 5), height=4, width=5)
        return found
    dependence(add, x, y)
    shapes(add, x, y)
    neighbours(add, x, y)
    if len(x) > x.shape[1]:
        canonical(add, x, y)
    leading = [leading_directions(m - m.mean(0), 0.9) for m in (x, y)]
    add("svcca", "scipy", np.cos(linalg.subspace_angles(*leading)).mean(), variance=0.9)
    return found


Add = Callable[..., None]


def dependence(add: Add, x: Matrix, y: Matrix) -> None:
    """Adds kernel alignment, distance correlation and dissimilarities."""
    # Squared distances, doubly centred, are -2 times the linear kernel.
    squared = [cdist(m, m, "sqeuclidean") for m in (x - x.mean(0), y - y.mean(0))]
    debiased = Dcorr(compute_distance=None, bias=False).statistic

    def biased(a: Matrix, b: Matrix) -> float:
        """Returns the ratio itself; hyppo's plug-in estimate is its root."""
        return Dcorr(compute_distance=None, bias=True).statistic(a, b) ** 2

    add("cka", "hyppo", biased(*squared))
    add("debiased-cka", "hyppo", debiased(*squared))
    check(biased(*squared), rdm_compare(squared, "cosine_cov"), 1e-9)
    check(biased(*squared), dcor.distance_correlation_sqr(x, y, exponent=2), 1e-9)
    check(debiased(*squared), dcor.u_distance_correlation_sqr(x, y, exponent=2), 1e-9)
    for t in (0.5, 1.0):
        kernels = [
            rbf_kernel(m, gamma=1 / (2 * t * t * np.median(cdist(m, m) ** 2))) for m in (x, y)
        ]
        away = [1 - k for k in kernels]
        add("rbf-cka", "scikit-learn, hyppo", biased(*away), bandwidth=t)
        add("debiased-rbf-cka", "scikit-learn, hyppo", debiased(*away), bandwidth=t)
    batch = 8
    sums = np.zeros(3)
    for first in range(0, len(x) - batch + 1, batch):
        a, b = (m[first : first + batch] - m.mean(0) for m in (x, y))
        cov = [dcor.u_distance_covariance_sqr(*two, exponent=2) for two in ((a, b), (a, a), (b, b))]
        sums += cov
    add("minibatch-cka", "dcor", sums[0] / np.sqrt(sums[1] * sums[2]), batch=batch)
    add("distance-correlation", "dcor", dcor.distance_correlation(x, y))
    add("debiased-distance-correlation", "dcor", dcor.u_distance_correlation_sqr(x, y))
    check(dcor.distance_correlation(x, y), Dcorr(bias=True).statistic(x, y), 1e-9)
    check(dcor.u_distance_correlation_sqr(x, y), Dcorr(bias=False).statistic(x, y), 1e-9)
    for dissimilarity in ("correlation", "euclidean"):
        rdms = [squareform(pdist(m, dissimilarity)) for m in (x, y)]
        for method, word in (
            ("corr", "pearson"),
            ("spearman", "spearman"),
            ("tau-a", "kendall-tau-a"),
        ):
            value = rdm_compare(rdms, method)
            add("rsa", "scipy, rsatoolbox", value, dissimilarity=dissimilarity, compare=word)
    a, b = (pdist(m) for m in (x, y))
    a, b = (squareform(d / np.quantile(d, 0.9)) for d in (a, b))
    tree = [minimum_spanning_tree(d).sum() for d in (a, b, np.minimum(a, b))]
    add("rtd-lite", "scipy", (tree[0] + tree[1]) / 2 - tree[2])


def shapes(add: Add, x: Matrix, y: Matrix) -> None:
    """Adds distances after rotations, permutations and transport, ridge and GULP."""
    xc, yc = x - x.mean(0), y - y.mean(0)
    a, b = xc, yc
    width = max(a.shape[1], b.shape[1])
    a, b = (np.pad(m, ((0, 0), (0, width - m.shape[1]))) for m in (a, b))
    rotation, nuclear = linalg.orthogonal_procrustes(b, a)
    cosine = nuclear / (linalg.norm(a) * linalg.norm(b))
    add("squared-procrustes", "scipy", linalg.norm(a - b @ rotation) ** 2)
    add("nbs", "scipy", cosine)
    add("angular-shape", "scipy", np.arccos(cosine))
    squared = [cdist(m, m, "sqeuclidean") for m in (xc, yc)]
    check(cosine, rdm_compare(squared, "bures"), 1e-5)

    rows, columns = linear_sum_assignment(a.T @ b, maximize=True)
    add("permutation-procrustes", "scipy", linalg.norm(a[:, rows] - b[:, columns]))
    unit = [m / np.where(s > 1e-12, s, np.inf) for m in (xc, yc) for s in [linalg.norm(m, axis=0)]]
    corr = unit[0].T @ unit[1]
    rows, columns = linear_sum_assignment(corr, maximize=True)
    add("hard-matching", "scipy", corr[rows, columns].mean())
    weights = [np.full(m.shape[1], 1 / m.shape[1]) for m in (xc, yc)]
    add("soft-matching", "POT", 1 - ot.emd2(*weights, 1 - corr))
    costs = cdist(xc.T, yc.T, "sqeuclidean")
    add("soft-matching-distance", "POT", np.sqrt(ot.emd2(*weights, costs)))

    alpha = 0.1 * (yc**2).sum() / yc.shape[1]
    fitted = Ridge(alpha=alpha, solver="svd").fit(yc, xc).predict(yc)
    add(
        "ridge-r2", "scikit-learn", r2_score(xc, fitted, multioutput="variance_weighted"), ridge=0.1
    )

    rho = linalg.svdvals(shrunk(xc, 0.1).T @ shrunk(yc, 0.1))
    rank = min(np.linalg.matrix_rank(m) for m in (xc, yc))
    add("mean-cca", "scipy", rho.sum() / rank, ridge=0.1)
    add("squared-cca", "scipy", (rho**2).sum() / rank, ridge=0.1)

    n, ridge = len(x), 0.01
    a, b = (m * np.sqrt(n) / linalg.norm(m) for m in (xc, yc))
    cov = {(i, j): p.T @ q / n for i, p in enumerate((a, b)) for j, q in enumerate((a, b))}
    solve = [linalg.inv(cov[i, i] + ridge * np.eye(len(cov[i, i]))) for i in (0, 1)]
    own = [np.trace(solve[i] @ cov[i, i] @ solve[i] @ cov[i, i]) for i in (0, 1)]
    both = np.trace(solve[0] @ cov[0, 1] @ solve[1] @ cov[1, 0])
    add("gulp", "scipy", own[0] + own[1] - 2 * both, ridge=ridge)


def shrunk(x: Matrix, ridge: float) -> Matrix:
    """Returns x (x'x + lambda I)^(-1/2) up to a rotation, by the triangle of its inverse."""
    size = ridge * (x**2).sum() / x.shape[1]
    lower = linalg.cholesky(x.T @ x + size * np.eye(x.shape[1]), lower=True)
    return linalg.solve_triangular(lower, x.T, lower=True).T


def neighbours(add: Add, x: Matrix, y: Matrix) -> None:
    """Adds what nearest neighbours tell."""
    k, n = 5, len(x)
    for near in ("cosine", "euclidean"):
        search = NearestNeighbors(n_neighbors=k, metric=near, algorithm="brute")
        a, b = (search.fit(m).kneighbors(return_distance=False) for m in (x, y))
        shared = [np.intersect1d(a[i], b[i]) for i in range(n)]
        add("mutual-knn", "scikit-learn", np.mean([len(s) / k for s in shared]), k=k, near=near)
        jaccard = [len(s) / len(np.union1d(a[i], b[i])) for i, s in enumerate(shared)]
        add("jaccard-knn", "scikit-learn", np.mean(jaccard), k=k, near=near)
        ranks = []
        for i, s in enumerate(shared):
            r, t = (np.array([np.flatnonzero(m[i] == j)[0] + 1 for j in s]) for m in (a, b))
            most = sum(1 / m for m in range(1, len(s) + 1))
            agreed = (2 / ((1 + np.abs(r - t)) * (r + t))).sum() if len(s) else 0
            ranks.append(agreed / most if len(s) else 0)
        add("rank-similarity", "scikit-learn", np.mean(ranks), k=k, near=near)
        if near == "cosine":
            ca, cb = (1 - cdist(m, m, "cosine") for m in (x, y))
            second = []
            for i in range(n):
                either = np.union1d(a[i], b[i])
                second.append(1 - pdist([ca[i, either], cb[i, either]], "cosine")[0])
            add("second-order-cosine", "scikit-learn, scipy", np.mean(second), k=k)


def canonical(add: Add, x: Matrix, y: Matrix) -> None:
    """Adds canonical correlations and regression, which need more samples than units."""
    xc, yc = x - x.mean(0), y - y.mean(0)
    # Without the units that are constant or follow from others: they span the same.
    kept = [linalg.orth(m) for m in (xc, yc)]
    rho = np.cos(linalg.subspace_angles(*kept))
    add("mean-cca", "scipy", rho.mean())
    add("squared-cca", "scipy", (rho**2).mean())
    raw = [linalg.orth(m) for m in (x, y)]
    rho = np.cos(linalg.subspace_angles(*raw))
    add("eigenspace-overlap", "scipy", (rho**2).sum() / max(m.shape[1] for m in raw))
    fitted = LinearRegression().fit(yc, xc).predict(yc)
    add("regression-r2", "scikit-learn", r2_score(xc, fitted, multioutput="variance_weighted"))
    add("pwcca", "scipy", projection_weighted(xc, yc), weights="first")
    add("pwcca", "scipy", projection_weighted(yc, xc), weights="second")
    white = [partly_white(m, 0.5) for m in (xc, yc)]
    white[1] = np.pad(white[1], ((0, 0), (0, x.shape[1] - y.shape[1])))
    nuclear = linalg.orthogonal_procrustes(white[1], white[0])[1]
    cosine = nuclear / (linalg.norm(white[0]) * linalg.norm(white[1]))
    add("angular-shape", "scipy", np.arccos(cosine), alpha=0.5)


def leading_directions(x: Matrix, variance: float) -> Matrix:
    """Returns the fewest principal components that hold a share of the variance."""
    sizes, directions = linalg.eigh(x.T @ x)
    sizes, directions = sizes[::-1], directions[:, ::-1]
    kept = np.searchsorted(np.cumsum(sizes) / sizes.sum(), variance) + 1
    return x @ directions[:, :kept]


def projection_weighted(x: Matrix, y: Matrix) -> float:
    """Returns PWCCA weighted by x, from whitened covariances as in the paper."""
    white = [m @ inverse_root(m.T @ m)[0] for m in (x, y)]
    u, rho, _ = linalg.svd(white[0].T @ white[1], full_matrices=False)
    rank = min(inverse_root(m.T @ m)[1] for m in (x, y))
    alpha = np.abs((white[0] @ u[:, :rank]).T @ x).sum(1)
    return float((alpha * rho[:rank]).sum() / alpha.sum())


def partly_white(x: Matrix, alpha: float) -> Matrix:
    """Returns x (alpha I + (1 - alpha) s (x'x)^-1/2), s the root mean squared singular value."""
    covariance = x.T @ x
    root, rank = inverse_root(covariance)
    size = np.sqrt(np.trace(covariance) / rank)
    return x @ (alpha * np.eye(len(covariance)) + (1 - alpha) * size * root)


def inverse_root(covariance: Matrix) -> tuple[Matrix, int]:
    """Returns the inverse root where there is one, and the rank."""
    sizes, directions = linalg.eigh(covariance)
    held = sizes > 1e-12 * sizes[-1]
    inverse = directions[:, held] / np.sqrt(sizes[held]) @ directions[:, held].T
    return inverse, int(held.sum())


def shifted(x: Matrix, y: Matrix, height: int, width: int) -> float:
    """Returns the smallest angle over cyclic shifts, one shift after the other."""
    maps = []
    for m in (x, y):
        m = m.reshape(len(m), -1, height, width)
        maps.append(m - m.mean((0, 2, 3), keepdims=True))
    rows = [m.transpose(0, 2, 3, 1).reshape(-1, m.shape[1]) for m in maps]
    best = 0.0
    for down in range(height):
        for right in range(width):
            moved = np.roll(maps[1], (-down, -right), (2, 3))
            moved = moved.transpose(0, 2, 3, 1).reshape(-1, moved.shape[1])
            best = max(best, linalg.svdvals(rows[0].T @ moved).sum())
    return float(np.arccos(best / (linalg.norm(rows[0]) * linalg.norm(rows[1]))))


def rdm_compare(squares: list[Matrix], method: str) -> float:
    """Compares two square matrices of dissimilarities with rsatoolbox."""
    first, second = (RDMs(squareform(m, checks=False)[None, :]) for m in squares)
    return float(np.squeeze(compare(first, second, method=method)))


def outputs() -> dict:
    """Returns measures of two networks' outputs."""
    n, classes = 30, 4
    p, q = (draw(seed, n, classes) + 2 for seed in (5, 6))
    p, q = (m / m.sum(1, keepdims=True) for m in (p, q))
    labels = np.arange(n) % classes
    right = [(m.argmax(1) == labels) for m in (p, q)]
    return {
        "n": n,
        "classes": classes,
        "jensen-shannon": float(np.mean(jensenshannon(p, q, axis=1, base=2) ** 2)),
        "disagreement": float((p.argmax(1) != q.argmax(1)).mean()),
        "accuracy-difference": float(abs(right[0].mean() - right[1].mean())),
        "newly-wrong": float((right[0] & ~right[1]).mean()),
        "newly-right": float((~right[0] & right[1]).mean()),
    }


def check(ours: float, theirs: float, within: float) -> None:
    """Stops if two packages differ."""
    assert abs(ours - theirs) < within, (ours, theirs)


if __name__ == "__main__":
    main()
