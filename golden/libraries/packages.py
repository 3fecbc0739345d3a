"""What each package is asked for: one entry a function, beside the definition it is held against.

`instead`, where there is one, is what the function computes in place of the definition; it is
checked as the definition is, so that an explanation is a result too.
"""

import importlib
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import cka as pytorch_cka
import ckatorch
import dcor
import definitions as paper
import numpy as np
import ot
import repsim
import torch
from batches import one_batch
from cca_zoo.linear import CCA as ZooCCA
from definitions import Matrix, centred
from hyppo.independence import Dcorr, Hsic
from instead import (
    Value,
    both_ways,
    equal_axes_svcca,
    gaussian_cka,
    late_diagonal,
    lower_median,
    mean_r2,
    mixed_ratio,
    off_square,
    off_width,
    one_width,
    root,
    squares,
    without_diagonal,
)
from rsatoolbox.data import Dataset
from rsatoolbox.rdm import RDMs, calc_rdm, compare
from scipy import linalg, spatial, stats
from scipy.optimize import linear_sum_assignment
from sklearn.cross_decomposition import CCA as NipalsCCA
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.neighbors import NearestNeighbors


@dataclass(frozen=True)
class Call:
    """A function of a package; `single`, where it computes in 32 bits whatever it is given."""

    package: str
    name: str
    run: Value
    instead: Value | None = None
    words: str = ""
    single: bool = False


def thingsvision(module: str) -> types.ModuleType:
    """Imports a module of thingsvision without the networks that its front page imports."""
    name = f"thingsvision.core.{module}"
    if "thingsvision" not in sys.modules:
        where = find_spec("thingsvision")
        if where is None or where.submodule_search_locations is None:
            sys.exit("thingsvision is missing: pip install --no-deps thingsvision==2.7.3")
        root = next(iter(where.submodule_search_locations))
        for package in ("thingsvision", "thingsvision.core", "thingsvision.core.cka"):
            bare = types.ModuleType(package)
            bare.__path__ = ["/".join([root, *package.split(".")[1:]])]
            sys.modules[package] = bare
    return importlib.import_module(name)


cka_numpy = thingsvision("cka.cka_numpy").CKANumPy
things_rsa = thingsvision("rsa.helpers")


def tensors(x: Matrix, y: Matrix) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns both layers as tensors."""
    return torch.from_numpy(x), torch.from_numpy(y)


def things(kernel: str, **settings: object) -> Value:
    """Returns thingsvision's CKA; it writes into what it is given, so it gets copies."""
    return lambda x, y: float(
        cka_numpy(m=len(x), kernel=kernel, **settings).compare(x.copy(), y.copy())
    )


def of_repsim(function: Callable, *settings: str) -> Value:
    """Returns a function of repsim, which takes lists and gives matrices."""
    return lambda x, y: function([x, y], *settings)[0, 1]


def of_squares(function: Callable[[Matrix, Matrix], float]) -> Value:
    """Returns a function of squared distances, which are a linear kernel in disguise."""
    square = spatial.distance.cdist
    return lambda x, y: float(function(square(x, x, "sqeuclidean"), square(y, y, "sqeuclidean")))


def rdms(method: str) -> Callable[[Matrix, Matrix], float]:
    """Returns rsatoolbox's comparison of two square matrices."""

    def compared(a: Matrix, b: Matrix) -> float:
        packed = (RDMs(spatial.distance.squareform(m, checks=False)[None, :]) for m in (a, b))
        return float(np.squeeze(compare(*packed, method=method)))

    return compared


def whole_rsa(dissimilarity: str, method: str) -> Value:
    """Returns rsatoolbox's own dissimilarities, compared."""

    def compared(x: Matrix, y: Matrix) -> float:
        made = (calc_rdm(Dataset(m), method=dissimilarity) for m in (x, y))
        return float(np.squeeze(compare(*made, method=method)))

    return compared


def things_compared(dissimilarity: str, method: str) -> Value:
    """Returns thingsvision's dissimilarities, compared."""

    def compared(x: Matrix, y: Matrix) -> float:
        made = (things_rsa.compute_rdm(m, dissimilarity) for m in (x, y))
        return float(things_rsa.correlate_rdms(*made, correlation=method))

    return compared


def scipy_rsa(dissimilarity: str, correlation: Callable) -> Value:
    """Returns SciPy's distances and one of its correlations."""
    pdist = spatial.distance.pdist
    return lambda x, y: float(correlation(pdist(x, dissimilarity), pdist(y, dissimilarity))[0])


def zoo_cca(x: Matrix, y: Matrix) -> float:
    """Returns the mean correlation of cca-zoo's variates."""
    count = min(x.shape[1], y.shape[1])
    return variates(*ZooCCA(n_components=count).fit_transform([x, y]))


def nipals_cca(x: Matrix, y: Matrix) -> float:
    """Returns the mean correlation of scikit-learn's variates."""
    count = min(x.shape[1], y.shape[1], len(x))
    return variates(*NipalsCCA(n_components=count).fit(x, y).transform(x, y))


def variates(a: Matrix, b: Matrix) -> float:
    """Returns the mean correlation of columns."""
    return float(np.mean([paper.pearson(a[:, i], b[:, i]) for i in range(a.shape[1])]))


def angles_cca(x: Matrix, y: Matrix) -> float:
    """Returns the mean cosine of the angles between the spans of the centred layers."""
    return float(np.cos(linalg.subspace_angles(centred(x), centred(y))).mean())


def rotated(x: Matrix, y: Matrix) -> float:
    """Returns the squared distance after SciPy's rotation."""
    width = max(x.shape[1], y.shape[1])
    a, b = (np.pad(centred(m), ((0, 0), (0, width - m.shape[1]))) for m in (x, y))
    return float(linalg.norm(a - b @ linalg.orthogonal_procrustes(b, a)[0]) ** 2)


def variance_r2(x: Matrix, y: Matrix) -> float:
    """Returns scikit-learn's R2 over all units together."""
    fitted = LinearRegression().fit(y, x).predict(y)
    return float(r2_score(x, fitted, multioutput="variance_weighted"))


def assigned(x: Matrix, y: Matrix) -> float:
    """Returns the distance after SciPy's assignment of units."""
    a, b = centred(x), centred(y)
    b = np.pad(b, ((0, 0), (0, a.shape[1] - b.shape[1])))
    rows, columns = linear_sum_assignment(a.T @ b, maximize=True)
    return float(linalg.norm(a[:, rows] - b[:, columns]))


def transported(x: Matrix, y: Matrix) -> float:
    """Returns the distance under POT's transport plan of units."""
    a, b = centred(x), centred(y)
    shares = (np.full(m.shape[1], 1 / m.shape[1]) for m in (a, b))
    return float(np.sqrt(ot.emd2(*shares, spatial.distance.cdist(a.T, b.T, "sqeuclidean"))))


def kneighbors(x: Matrix, y: Matrix) -> float:
    """Returns the overlap of scikit-learn's neighbours."""
    search = NearestNeighbors(n_neighbors=5, algorithm="brute")
    a, b = (search.fit(m).kneighbors(return_distance=False) for m in (x, y))
    return float(np.mean([len(np.intersect1d(i, j)) / 5 for i, j in zip(a, b, strict=True)]))


def rsa(dissimilarity: Callable[[Matrix], Matrix], agreement: Callable) -> Value:
    """Returns the definition of RSA."""
    return lambda x, y: agreement(dissimilarity(x), dissimilarity(y))


def ranked(a: Matrix, b: Matrix) -> float:
    """Returns Spearman's correlation."""
    return paper.pearson(paper.ranks(a), paper.ranks(b))


MEASURES: dict[str, tuple[Value, list[Call]]] = {
    "linear CKA, biased": (
        paper.cka,
        [
            Call("ckatorch", "cka_base", lambda x, y: float(ckatorch.cka_base(*tensors(x, y)))),
            Call(
                "ckatorch",
                "cka_base(method='hsic')",
                lambda x, y: float(ckatorch.cka_base(*tensors(x, y), method="hsic")),
            ),
            Call("repsim", "cka('linear', 'gretton')", of_repsim(repsim.cka, "linear", "gretton")),
            Call("thingsvision", "CKANumPy", things("linear")),
            Call("rsatoolbox", "compare('cosine_cov')", of_squares(rdms("cosine_cov"))),
            Call(
                "dcor",
                "distance_correlation_sqr(exponent=2)",
                lambda x, y: float(dcor.distance_correlation_sqr(x, y, exponent=2)),
            ),
            Call(
                "hyppo",
                "Hsic('linear', bias=True)",
                lambda x, y: Hsic(compute_kernel="linear", bias=True).statistic(x, y),
                root(paper.cka),
                "the root of CKA",
            ),
        ],
    ),
    "linear CKA, debiased": (
        paper.debiased_cka,
        [
            Call(
                "torch-cka",
                "CKA, one batch",
                one_batch,
                words="kernels are not centred, which its 32 bits do not bear far from zero",
                single=True,
            ),
            Call(
                "pytorch-cka",
                "cka_from_features",
                lambda x, y: float(pytorch_cka.cka_from_features(*tensors(x, y)).squeeze()),
                lambda x, y: float(np.clip(paper.debiased_cka(x, y), 0, 1)),
                "values below 0 are shown as 0; kernels are not centred, which 32 bits do not bear "
                "far from zero",
            ),
            Call(
                "ckatorch",
                "cka_base(unbiased=True)",
                lambda x, y: float(ckatorch.cka_base(*tensors(x, y), unbiased=True)),
            ),
            Call(
                "ckatorch",
                "cka_batch",
                lambda x, y: float(ckatorch.cka_batch(*(m[None] for m in tensors(x, y)))),
                words="kernels are not centred, which costs digits far from zero",
            ),
            Call(
                "repsim",
                "cka('linear', 'song')",
                of_repsim(repsim.cka, "linear", "song"),
                mixed_ratio(paper.unbiased_hsic),
                "unbiased HSIC over biased self-terms",
            ),
            Call(
                "repsim",
                "cka('linear', 'lange')",
                of_repsim(repsim.cka, "linear", "lange"),
                mixed_ratio(without_diagonal),
                "diagonal left out after centring, over biased self-terms",
            ),
            Call("thingsvision", "CKANumPy(unbiased=True)", things("linear", unbiased=True)),
            Call(
                "hyppo",
                "Dcorr on squared distances",
                of_squares(Dcorr(compute_distance=None, bias=False).statistic),
            ),
            Call(
                "hyppo",
                "Hsic('linear', bias=False)",
                lambda x, y: Hsic(compute_kernel="linear", bias=False).statistic(x, y),
                late_diagonal,
                "1 − K / max K uncentred, its diagonal counted in the row sums",
            ),
            Call(
                "dcor",
                "u_distance_correlation_sqr(exponent=2)",
                lambda x, y: float(dcor.u_distance_correlation_sqr(x, y, exponent=2)),
            ),
        ],
    ),
    "RBF CKA, biased, width √median d² over all entries": (
        paper.rbf_cka,
        [
            Call(
                "ckatorch",
                "cka_base(kernel='rbf')",
                lambda x, y: float(ckatorch.cka_base(*tensors(x, y), kernel="rbf")),
                gaussian_cka(lower_median),
                "the lower of the two middle entries for the median",
            ),
            Call(
                "repsim",
                "cka('rbf', 'gretton')",
                of_repsim(repsim.cka, "rbf", "gretton"),
                gaussian_cka(off_width),
                "the median of distances of different samples, squared",
            ),
            Call(
                "thingsvision",
                "CKANumPy('rbf', sigma=None)",
                things("rbf", sigma=None),
                gaussian_cka(off_square),
                "the median of squared distances other than 0",
            ),
            Call(
                "thingsvision",
                "CKANumPy('rbf')",
                things("rbf"),
                gaussian_cka(lambda _: 1.0),
                "width 1 whatever the scale of the layer",
            ),
            Call(
                "hyppo",
                "Hsic(bias=True)",
                lambda x, y: Hsic(bias=True).statistic(x, y),
                one_width,
                "the first layer's width for both, and the root of CKA",
            ),
        ],
    ),
    "mean CCA": (
        paper.mean_cca,
        [
            Call("cca-zoo", "CCA", zoo_cca),
            Call(
                "scikit-learn",
                "CCA",
                nipals_cca,
                words="iterates until a tolerance, direction after direction",
            ),
            Call("scipy", "subspace_angles of centred layers", angles_cca),
            Call("repsim", "cca('pillai')", of_repsim(repsim.cca, "pillai")),
        ],
    ),
    "mean squared CCA": (
        paper.squared_cca,
        [Call("repsim", "cca('yanai')", of_repsim(repsim.cca, "yanai"))],
    ),
    "SVCCA, 99 % of the variance": (
        paper.svcca,
        [
            Call(
                "repsim",
                "svcca('pillai')",
                of_repsim(repsim.svcca, "pillai"),
                equal_axes_svcca,
                "the layer is made orthonormal first, 99 % of its then equally large directions "
                "are kept, and the sum is divided by their number before",
            )
        ],
    ),
    "PWCCA, weighted by the first layer": (
        paper.pwcca,
        [
            Call(
                "repsim",
                "pwcca",
                of_repsim(repsim.pwcca),
                both_ways,
                "the mean of both ways",
            )
        ],
    ),
    "normalised Bures similarity": (
        paper.nbs,
        [
            Call(
                "rsatoolbox",
                "compare('bures')",
                of_squares(rdms("bures")),
                words="loses half of the digits in roots of matrices",
            )
        ],
    ),
    "squared Procrustes distance": (
        paper.squared_procrustes,
        [
            Call("scipy", "linalg.orthogonal_procrustes, then subtract", rotated),
            Call(
                "scipy",
                "spatial.procrustes",
                lambda x, y: float(spatial.procrustes(x, y)[2]),
                lambda x, y: 1 - paper.nbs(x, y) ** 2,
                "the layers are scaled to length 1 and to each other: 1 − NBS²",
            ),
            Call(
                "rsatoolbox",
                "compare('bures_metric')",
                of_squares(rdms("bures_metric")),
                words="loses half of the digits in roots of matrices",
            ),
        ],
    ),
    "RSA: Euclidean, Pearson": (
        rsa(paper.euclidean, paper.pearson),
        [
            Call("scipy", "pdist, pearsonr", scipy_rsa("euclidean", stats.pearsonr)),
            Call(
                "thingsvision",
                "compute_rdm, correlate_rdms",
                things_compared("euclidean", "pearson"),
            ),
            Call(
                "rsatoolbox",
                "calc_rdm('euclidean'), compare('corr')",
                whole_rsa("euclidean", "corr"),
                rsa(squares, paper.pearson),
                "squared distances",
            ),
        ],
    ),
    "RSA: correlation, Spearman": (
        rsa(paper.correlation, ranked),
        [
            Call("scipy", "pdist, spearmanr", scipy_rsa("correlation", stats.spearmanr)),
            Call(
                "rsatoolbox", "calc_rdm, compare('spearman')", whole_rsa("correlation", "spearman")
            ),
            Call(
                "thingsvision",
                "compute_rdm, correlate_rdms",
                things_compared("correlation", "spearman"),
            ),
        ],
    ),
    "RSA: Euclidean, Kendall's tau-a": (
        rsa(paper.euclidean, paper.tau_a),
        [
            Call("rsatoolbox", "calc_rdm, compare('tau-a')", whole_rsa("euclidean", "tau-a")),
            Call("scipy", "pdist, kendalltau", scipy_rsa("euclidean", stats.kendalltau)),
        ],
    ),
    "distance correlation": (
        paper.distance_correlation,
        [
            Call(
                "dcor", "distance_correlation", lambda x, y: float(dcor.distance_correlation(x, y))
            ),
            Call("hyppo", "Dcorr(bias=True)", lambda x, y: Dcorr(bias=True).statistic(x, y)),
        ],
    ),
    "distance correlation, debiased and squared": (
        paper.debiased_distance_correlation,
        [
            Call(
                "dcor",
                "u_distance_correlation_sqr",
                lambda x, y: float(dcor.u_distance_correlation_sqr(x, y)),
            ),
            Call("hyppo", "Dcorr(bias=False)", lambda x, y: Dcorr(bias=False).statistic(x, y)),
        ],
    ),
    "linear regression R², first layer from second": (
        paper.regression_r2,
        [
            Call("scikit-learn", "r2_score(multioutput='variance_weighted')", variance_r2),
            Call(
                "scikit-learn",
                "LinearRegression.score",
                lambda x, y: float(LinearRegression().fit(y, x).score(y, x)),
                mean_r2,
                "the mean of R² over units, small and large ones alike, 1 for constant ones",
            ),
        ],
    ),
    "distance after the best order of units": (
        paper.permutation_procrustes,
        [Call("scipy", "linear_sum_assignment", assigned)],
    ),
    "soft-matching distance": (
        paper.soft_matching_distance,
        [Call("POT", "emd2", transported)],
    ),
    "mutual 5-nearest neighbours": (
        paper.mutual_knn,
        [Call("scikit-learn", "NearestNeighbors.kneighbors()", kneighbors)],
    ),
}
