"""Measures as their papers define them, in plain NumPy and 64 bits, without regard to cost.

They share nothing with the packages they are held against, nor with similarity.py beside this
folder, whose values are found by other routes.
"""

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

Matrix = NDArray[np.float64]


def centring(n: int) -> Matrix:
    """Returns H = I - 11'/n."""
    return np.eye(n) - np.full((n, n), 1 / n)


def centred(x: Matrix) -> Matrix:
    """Returns a layer less the mean of each unit, taken twice to be exact far from zero."""
    x = x - x.mean(0)
    return x - x.mean(0)


def gram(x: Matrix) -> Matrix:
    """Returns the Gram matrix of the centred layer."""
    x = centred(x)
    return x @ x.T


def squared_distances(x: Matrix) -> Matrix:
    """Returns squared Euclidean distances, by subtraction."""
    return np.array([((x - row) ** 2).sum(1) for row in x])


def biased_alignment(k: Matrix, m: Matrix) -> float:
    """Returns <HKH, HLH> / (|HKH| |HLH|)."""
    h = centring(len(k))
    k, m = h @ k @ h, h @ m @ h
    return float((k * m).sum() / np.sqrt((k * k).sum() * (m * m).sum()))


def unbiased_hsic(k: Matrix, m: Matrix) -> float:
    """Returns HSIC_1 of Song et al. 2012 (Nguyen et al. 2021, equation 3)."""
    n = len(k)
    k, m = (a - np.diag(np.diag(a)) for a in (k, m))
    one = np.ones(n)
    middle = (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
    return float((np.trace(k @ m) + middle - 2 / (n - 2) * (one @ k @ m @ one)) / (n * (n - 3)))


def debiased_alignment(k: Matrix, m: Matrix) -> float:
    """Returns HSIC_1 over the root of the two self-terms."""
    return unbiased_hsic(k, m) / np.sqrt(unbiased_hsic(k, k) * unbiased_hsic(m, m))


def cka(x: Matrix, y: Matrix) -> float:
    """Linear CKA, Kornblith et al. 2019."""
    return biased_alignment(gram(x), gram(y))


def debiased_cka(x: Matrix, y: Matrix) -> float:
    """Linear CKA from HSIC_1, Nguyen et al. 2021, over all samples."""
    return debiased_alignment(gram(x), gram(y))


def minibatch_cka(x: Matrix, y: Matrix, batch: int) -> float:
    """Linear CKA from HSIC_1 summed over batches, Nguyen et al. 2021."""
    sums = np.zeros(3)
    for first in range(0, len(x), batch):
        k, m = (gram(a[first : first + batch]) for a in (x, y))
        sums += [unbiased_hsic(k, m), unbiased_hsic(k, k), unbiased_hsic(m, m)]
    return float(sums[0] / np.sqrt(sums[1] * sums[2]))


def gaussian(x: Matrix, squared_width: float) -> Matrix:
    """Returns exp(-d^2 / (2 width^2))."""
    return np.exp(-squared_distances(x) / (2 * squared_width))


def rbf_cka(x: Matrix, y: Matrix) -> float:
    """CKA of Gaussian kernels as wide as the median squared distance over all n^2 entries."""
    k, m = (gaussian(a, float(np.median(squared_distances(a)))) for a in (x, y))
    return biased_alignment(k, m)


def basis(x: Matrix) -> Matrix:
    """Returns left singular vectors above rounding."""
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    return u[:, s > max(x.shape) * np.finfo(float).eps * s[0]]


def canonical(x: Matrix, y: Matrix) -> Matrix | None:
    """Returns canonical correlations; none where a layer spans every direction."""
    u, v = (basis(centred(a)) for a in (x, y))
    if max(u.shape[1], v.shape[1]) >= len(x) - 1:
        return None
    return np.minimum(np.linalg.svd(u.T @ v, compute_uv=False), 1)


def mean_cca(x: Matrix, y: Matrix) -> float | None:
    """The mean canonical correlation."""
    rho = canonical(x, y)
    return None if rho is None else float(rho.mean())


def squared_cca(x: Matrix, y: Matrix) -> float | None:
    """The mean squared canonical correlation."""
    rho = canonical(x, y)
    return None if rho is None else float((rho**2).mean())


def svcca(x: Matrix, y: Matrix) -> float | None:
    """The mean canonical correlation of 99 % of the variance, Raghu et al. 2017."""
    kept = []
    for a in (x, y):
        u, s, _ = np.linalg.svd(centred(a), full_matrices=False)
        share = np.cumsum(s**2) / (s**2).sum()
        count = int(np.argmax(share >= 0.99 - 1e-12)) + 1
        if count >= len(a) - 1:
            return None
        kept.append(u[:, :count] * s[:count])
    return mean_cca(*kept)


def pwcca(x: Matrix, y: Matrix) -> float | None:
    """Canonical correlations weighted by the units of x, Morcos et al. 2018."""
    if canonical(x, y) is None:
        return None
    x = centred(x)
    u, v = basis(x), basis(centred(y))
    turn, rho, _ = np.linalg.svd(u.T @ v, full_matrices=False)
    alpha = np.abs((u @ turn).T @ x).sum(1)
    return float((alpha * np.minimum(rho, 1)).sum() / alpha.sum())


def nbs(x: Matrix, y: Matrix) -> float:
    """Normalised Bures similarity, Tang et al. 2020: roots of matrices, as written there."""
    k, m = gram(x), gram(y)
    values, vectors = np.linalg.eigh(k)
    # Values of rounding noise have roots that are not: the definition has exact zeros there.
    values = np.where(values > len(k) * np.finfo(float).eps * values[-1], values, 0)
    root = vectors * np.sqrt(values) @ vectors.T
    inner = np.linalg.eigvalsh(root @ m @ root)
    inner = np.where(inner > len(k) * np.finfo(float).eps * inner[-1], inner, 0)
    return float(np.sqrt(inner).sum() / np.sqrt(np.trace(k) * np.trace(m)))


def squared_procrustes(x: Matrix, y: Matrix) -> float:
    """The squared distance after the best rotation, by making that rotation."""
    x, y = centred(x), centred(y)
    width = max(x.shape[1], y.shape[1])
    x, y = (np.pad(a, ((0, 0), (0, width - a.shape[1]))) for a in (x, y))
    u, _, vt = np.linalg.svd(y.T @ x)
    return float(((x - y @ (u @ vt)) ** 2).sum())


def above(d: Matrix) -> Matrix:
    """Returns the entries above the diagonal."""
    return d[np.triu_indices(len(d), 1)]


def euclidean(x: Matrix) -> Matrix:
    """Returns distances of all pairs of samples."""
    return above(np.sqrt(squared_distances(x)))


def correlation(x: Matrix) -> Matrix:
    """Returns 1 - correlation of all pairs of samples."""
    x = x - x.mean(1, keepdims=True)
    x = x / np.sqrt((x**2).sum(1, keepdims=True))
    return above(1 - x @ x.T)


def pearson(a: Matrix, b: Matrix) -> float:
    """Returns Pearson's correlation."""
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def ranks(a: Matrix) -> Matrix:
    """Returns ranks, ties sharing their mean, by counting."""
    less = np.searchsorted(np.sort(a), a, "left")
    upto = np.searchsorted(np.sort(a), a, "right")
    return (less + upto + 1) / 2


def tau_a(a: Matrix, b: Matrix) -> float:
    """Returns concordant less discordant pairs over all pairs, by counting."""
    total = sum(
        (np.sign(a[i + 1 :] - a[i]) * np.sign(b[i + 1 :] - b[i])).sum() for i in range(len(a))
    )
    return float(total / (len(a) * (len(a) - 1) / 2))


def distance_correlation(x: Matrix, y: Matrix) -> float:
    """Distance correlation, Székely et al. 2007: the root of the ratio."""
    return float(np.sqrt(biased_alignment(*(np.sqrt(squared_distances(a)) for a in (x, y)))))


def debiased_distance_correlation(x: Matrix, y: Matrix) -> float:
    """The bias-corrected squared distance correlation, Székely and Rizzo 2013."""
    return debiased_alignment(*(np.sqrt(squared_distances(a)) for a in (x, y)))


def regression_r2(x: Matrix, y: Matrix) -> float | None:
    """The share of the variance of x that y explains, Kornblith et al. 2019."""
    x, v = centred(x), basis(centred(y))
    return None if v.shape[1] >= len(x) - 1 else float(((v.T @ x) ** 2).sum() / (x**2).sum())


def permutation_procrustes(x: Matrix, y: Matrix) -> float:
    """The distance after the best order of units, over all orders."""
    x, y = centred(x), centred(y)
    y = np.pad(y, ((0, 0), (0, x.shape[1] - y.shape[1])))
    every = itertools.permutations(range(x.shape[1]))
    return float(np.sqrt(min(((x - y[:, order]) ** 2).sum() for order in every)))


def soft_matching_distance(x: Matrix, y: Matrix) -> float:
    """The distance under the best transport of units, as a linear programme."""
    x, y = centred(x), centred(y)
    cost = ((x[:, :, None] - y[:, None, :]) ** 2).sum(0)
    p, q = cost.shape
    sums = np.vstack([np.kron(np.eye(p), np.ones(q)), np.kron(np.ones(p), np.eye(q))])
    margins = np.concatenate([np.full(p, 1 / p), np.full(q, 1 / q)])
    return float(np.sqrt(linprog(cost.ravel(), A_eq=sums, b_eq=margins, method="highs").fun))


def neighbours(x: Matrix, k: int) -> list[set[int]]:
    """Returns the nearest k others of each sample; the sample itself is left out by its number."""
    distances = squared_distances(x)
    np.fill_diagonal(distances, np.inf)
    return [set(np.argsort(row, kind="stable")[:k].tolist()) for row in distances]


def mutual_knn(x: Matrix, y: Matrix) -> float:
    """The share of five nearest others that both layers agree on."""
    both = zip(neighbours(x, 5), neighbours(y, 5), strict=True)
    return float(np.mean([len(a & b) / 5 for a, b in both]))
