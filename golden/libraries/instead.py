"""What functions of packages were found to compute in place of a paper's definition."""

from collections.abc import Callable

import definitions as paper
import numpy as np
from definitions import Matrix, above, centred

Value = Callable[[Matrix, Matrix], float | None]


def mean_r2(x: Matrix, y: Matrix) -> float | None:
    """Returns the mean over units of the variance that y explains, all of that of constant ones."""
    if paper.regression_r2(x, y) is None:
        return None
    varying = [x[:, [i]] for i in range(x.shape[1]) if np.ptp(x[:, i]) > 0]
    constant = x.shape[1] - len(varying)
    return float((sum(paper.regression_r2(u, y) for u in varying) + constant) / x.shape[1])


def root(value: Value) -> Value:
    """Returns the root of a definition."""
    return lambda x, y: float(np.sqrt(value(x, y)))


def mixed_ratio(hsic: Callable[[Matrix, Matrix], float]) -> Value:
    """Returns some HSIC over the root of the biased self-terms."""

    def ratio(x: Matrix, y: Matrix) -> float:
        k, m = paper.gram(x), paper.gram(y)
        biased = (k * k).sum() * (m * m).sum() / (len(x) - 1) ** 4
        return float(hsic(k, m) / np.sqrt(biased))

    return ratio


def without_diagonal(k: Matrix, m: Matrix) -> float:
    """Returns HSIC with the diagonal left out after centring, which is too late."""
    n = len(k)
    return float(2 * (above(k) * above(m)).sum() / (n * (n - 3)))


def late_diagonal(x: Matrix, y: Matrix) -> float:
    """Returns debiased CKA of 1 - K / max K, diagonal counted in its row sums, not centred."""
    ready = []
    for a in (x, y):
        d = 1 - a @ a.T / (a @ a.T).max()
        n = len(d)
        sums = d.sum(0) / (n - 2)
        ready.append(above(d - sums - sums[:, None] + d.sum() / ((n - 1) * (n - 2))))
    a, b = ready
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def off_width(x: Matrix) -> float:
    """Returns the squared median distance of different samples."""
    return float(np.median(paper.euclidean(x)) ** 2)


def off_square(x: Matrix) -> float:
    """Returns the median squared distance of different samples."""
    return float(np.median(above(paper.squared_distances(x))))


def lower_median(x: Matrix) -> float:
    """Returns the lower of the two middle squared distances over all entries."""
    squares = np.sort(paper.squared_distances(x), axis=None)
    return float(squares[(len(squares) - 1) // 2])


def one_width(x: Matrix, y: Matrix) -> float:
    """Returns the root of biased CKA of Gaussian kernels, both as wide as the first asks for."""
    width = off_width(x)
    return float(np.sqrt(paper.biased_alignment(*(paper.gaussian(a, width) for a in (x, y)))))


def gaussian_cka(width: Callable[[Matrix], float]) -> Value:
    """Returns biased CKA of Gaussian kernels of another width."""
    return lambda x, y: paper.biased_alignment(*(paper.gaussian(a, width(a)) for a in (x, y)))


def squares(x: Matrix) -> Matrix:
    """Returns squared distances of all pairs."""
    return above(paper.squared_distances(x))


def both_ways(x: Matrix, y: Matrix) -> float | None:
    """Returns the mean of PWCCA weighted by either layer."""
    values = paper.pwcca(x, y), paper.pwcca(y, x)
    return None if None in values else float(np.mean(values))


def equal_axes_svcca(x: Matrix, y: Matrix) -> float:
    """Returns SVCCA of layers whose directions were first made equally large."""
    before = [paper.basis(m) for m in (x, y)]
    kept = []
    for u in before:
        turned, s, _ = np.linalg.svd(centred(u), full_matrices=False)
        count = int(np.argmax(np.cumsum(s**2) / (s**2).sum() >= 0.99)) + 1
        kept.append(turned[:, :count])
    rho = np.linalg.svd(kept[0].T @ kept[1], compute_uv=False)
    return float(rho.sum() / min(u.shape[1] for u in before))
