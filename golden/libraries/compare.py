# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "numpy==2.4.6",
#     "scipy==1.17.1",
#     "scikit-learn==1.9.1",
#     "torch==2.15.0",
#     "torch-cka==0.21",
#     "pytorch-cka==1.1.3",
#     "ckatorch==1.0.3",
#     "calibrated-similarity==0.1.1",
#     "repsim==0.1.5",
#     "rsatoolbox==0.3.2",
#     "hyppo==0.5.2",
#     "dcor==0.7",
#     "POT==0.9.7.post1",
#     "cca-zoo==4.0.1",
#     "tensorly==0.10.0",
#     "numba==0.68.1",
# ]
# ///
"""Writes values.json and the tables of docs/what-libraries-compute.md, or checks them.

Every cell is a function of a package, run on a pair of layers and held against the definition in
the paper. thingsvision asks for an older NumPy than the others and is installed without what it
asks for: pip install --no-deps thingsvision==2.7.3. Run: python golden/libraries/compare.py
[--check]
"""

import argparse
import json
import math
import sys
import tomllib
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

import defects  # noqa: E402
import numpy as np  # noqa: E402
from inputs import INPUTS, pairs  # noqa: E402
from packages import MEASURES, Call, Value  # noqa: E402

PAGE = HERE.parents[1] / "docs" / "what-libraries-compute.md"
VALUES = HERE / "values.json"
NARROW = {"distance after the best order of units": 8, "soft-matching distance": 24}
SPANS = ("CCA", "Procrustes", "regression")
# Which entry of similarity.json, which convscope's tests hold it to, is which measure of ours.
GOLDEN = {
    "linear CKA, biased": ("cka", {}),
    "linear CKA, debiased": ("debiased-cka", {}),
    "RBF CKA, biased, width √median d² over all entries": ("rbf-cka", {"bandwidth": 1.0}),
    "mean CCA": ("mean-cca", {}),
    "mean squared CCA": ("squared-cca", {}),
    "PWCCA, weighted by the first layer": ("pwcca", {"weights": "first"}),
    "normalised Bures similarity": ("nbs", {}),
    "squared Procrustes distance": ("squared-procrustes", {}),
    "RSA: Euclidean, Pearson": ("rsa", {"dissimilarity": "euclidean", "compare": "pearson"}),
    "RSA: correlation, Spearman": ("rsa", {"dissimilarity": "correlation", "compare": "spearman"}),
    "RSA: Euclidean, Kendall's tau-a": (
        "rsa",
        {"dissimilarity": "euclidean", "compare": "kendall-tau-a"},
    ),
    "distance correlation": ("distance-correlation", {}),
    "distance correlation, debiased and squared": ("debiased-distance-correlation", {}),
    "linear regression R², first layer from second": ("regression-r2", {}),
    "distance after the best order of units": ("permutation-procrustes", {}),
    "soft-matching distance": ("soft-matching-distance", {}),
    "mutual 5-nearest neighbours": ("mutual-knn", {"k": 5, "near": "euclidean"}),
}
CASES = {"wide": "n < p", "ill-conditioned": "mean 10"}


def main() -> None:
    """Runs everything, then writes or checks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    found = {"versions": versions(), "measures": measures(), "beside the formula": beside()}
    agree_with_golden(found["measures"])
    page = filled(PAGE.read_text(), found)
    if check:
        differences = list(unlike(json.loads(VALUES.read_text()), found))
        if filled(PAGE.read_text(), json.loads(VALUES.read_text())) != PAGE.read_text():
            differences.append(f"{PAGE} does not show what {VALUES} holds")
        sys.exit("\n".join(differences) or 0)
    VALUES.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(page)


def versions() -> dict[str, str]:
    """Returns what is installed, which must be what the head of this file names."""
    head = Path(__file__).read_text().split("# ///")[1].splitlines()[1:]
    wanted = tomllib.loads("\n".join(line.removeprefix("# ") for line in head))["dependencies"]
    names = dict(entry.split("==") for entry in [*wanted, "thingsvision==2.7.3"])
    for name, pinned in names.items():
        got = version(name).split("+")[0]
        if got != pinned:
            sys.exit(f"{name} {got} is installed, {pinned} is wanted")
    return names


def measures() -> dict[str, list[dict]]:
    """Returns every measure with its definition's values and those of each function."""
    layers = pairs()
    found = {}
    for measure, (definition, calls) in MEASURES.items():
        print(measure, file=sys.stderr)
        defined = {
            name: value_of(definition, *(m.astype(np.float64) for m in pair))
            for name, pair in layers.items()
            if asked(measure, name, pair)
        }
        rows = [{"package": "", "function": "", "values": defined}]
        for call in calls:
            rows.append(row(call, defined, layers))
        found[measure] = rows
    return found


def agree_with_golden(found: dict[str, list[dict]]) -> None:
    """Stops if a definition differs from what convscope's tests compare with."""
    cases = json.loads((HERE.parent / "similarity.json").read_text())["cases"]
    for measure, key in GOLDEN.items():
        defined = found[measure][0]["values"]
        seen = 0
        for case in cases:
            ours = defined.get(CASES.get(case["name"], case["name"]))
            for entry in case["values"]:
                if (entry["id"], entry["settings"]) == key and ours is not None:
                    seen += 1
                    if not near(ours, entry["value"], 1e-9):
                        sys.exit(f"{measure} on {case['name']}: {ours} and {entry['value']}")
        if seen < 2:
            sys.exit(f"{measure} was compared {seen} times with similarity.json")


def asked(measure: str, name: str, pair: tuple) -> bool:
    """Returns whether a measure is tried on an input: some definitions cost too much, and some
    packages take minutes for wide layers.
    """
    units = max(m.shape[1] for m in pair)
    if units > NARROW.get(measure, units):
        return False
    spans = any(word in measure for word in SPANS) and "CKA" not in measure
    return not (spans and name == "wide, f32")


def value_of(function: Value, x: np.ndarray, y: np.ndarray) -> float | str | None:
    """Returns a value, the name of the error, or nothing where there is no value."""
    try:
        value = function(x, y)
    except Exception as error:
        return type(error).__name__
    if value is None:
        return None
    return float(value) if math.isfinite(value) else "NaN"


def row(call: Call, defined: dict, layers: dict) -> dict:
    """Returns what a function gives on every input, and how that is to be read."""
    values, verdicts = {}, {}
    for name, wanted in defined.items():
        x, y = layers[name]
        got = value_of(call.run, x.copy(), y.copy())
        other = None
        if call.instead:
            other = value_of(call.instead, *(m.astype(np.float64) for m in (x, y)))
        values[name] = got
        verdicts[name] = verdict(got, wanted, other, call.single or "f32" in name)
    if call.instead:
        told = {verdicts[name] for name in ("published", "random") if name in verdicts}
        if not told <= {"equal", "explained", "error"}:
            sys.exit(f"{call.package} {call.name} is not explained: {verdicts}")
    return {
        "package": call.package,
        "function": call.name,
        "instead": call.words,
        "values": values,
        "verdicts": verdicts,
    }


def verdict(got: object, wanted: object, other: object, single: bool) -> str:
    """Returns how a value relates to the definition, and to what is said in its place."""
    if isinstance(got, str):
        return "error"
    within = 1e-5 if single else 1e-9
    if near(got, wanted, within):
        return "equal"
    if near(got, other, max(within, 1e-8)):
        return "explained"
    if wanted is None:
        return "undefined"
    return "close" if abs(wanted) > 1e-3 and near(got, wanted, 1e-3) else "other"


def near(got: float, wanted: object, within: float) -> bool:
    """Returns whether two numbers agree; near zero, by their difference."""
    if not isinstance(wanted, float):
        return False
    return abs(got - wanted) <= within * (abs(wanted) if abs(wanted) > 1e-3 else 1)


def beside() -> list[dict]:
    """Returns what goes wrong beside the formula."""
    return [{"package": p, "says": says, "numbers": n} for p, says, n in defects.shown()]


def filled(page: str, found: dict) -> str:
    """Returns the page with its marked parts written anew."""
    parts: dict[str, Callable[[dict], Iterator[str]]] = {
        "versions": version_lines,
        "inputs": input_lines,
        "summary": summary,
        "tables": tables,
        "beside": beside_lines,
    }
    for name, lines in parts.items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, rest = page.split(start)
        after = rest.split(end)[1]
        page = before + start + "\n".join(lines(found)) + "\n" + end + after
    return page


def version_lines(found: dict) -> Iterator[str]:
    """Yields packages and versions."""
    yield ", ".join(f"{name} {number}" for name, number in sorted(found["versions"].items())) + "."


def input_lines(_: dict) -> Iterator[str]:
    """Yields one line an input."""
    yield "| input | what it is |"
    yield "|---|---|"
    for name, words in INPUTS.items():
        yield f"| {name} | {words} |"


def summary(found: dict) -> Iterator[str]:
    """Yields one line a measure: who computes it, who something else."""
    yield "| measure | as defined | something else |"
    yield "|---|---|---|"
    for measure, rows in found["measures"].items():
        right, wrong = [], []
        for one in rows[1:]:
            name = f"{one['package']} `{one['function']}`"
            bad = [
                name
                for name, verdict in one["verdicts"].items()
                if verdict not in ("equal", "explained", "undefined") and "f32" not in name
            ]
            told = "explained" in one["verdicts"].values()
            where = f" (on {', '.join(bad)})" if bad else ""
            if told or bad:
                wrong.append(f"{name}: {one['instead'] or 'fails'}{where}")
            else:
                right.append(name)
        yield f"| {measure} | {'; '.join(right) or '–'} | {'; '.join(wrong) or '–'} |"


def tables(found: dict) -> Iterator[str]:
    """Yields a table for each measure."""
    for measure, rows in found["measures"].items():
        names = list(rows[0]["values"])
        yield f"### {measure}\n"
        yield "| | " + " | ".join(names) + " |"
        yield "|---|" + "---|" * len(names)
        yield "| *defined* | " + " | ".join(number(v) for v in rows[0]["values"].values()) + " |"
        for one in rows[1:]:
            cells = [cell(one, name, rows[0]["values"][name]) for name in names]
            yield f"| {one['package']} `{one['function']}` | " + " | ".join(cells) + " |"
        told = [one for one in rows[1:] if one["instead"]]
        if told:
            yield ""
        for one in told:
            yield f"- {one['package']} `{one['function']}`: {one['instead']}."
        yield ""


def cell(one: dict, name: str, wanted: object) -> str:
    """Returns what a cell shows."""
    got, how = one["values"][name], one["verdicts"][name]
    if how == "equal":
        return "equal"
    if how == "close":
        return f"off by {abs(got - wanted) / abs(wanted):.0e}"
    return number(got) if how == "explained" else f"**{number(got)}**"


def number(value: object) -> str:
    """Returns a number in four digits, or what came in its place."""
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    if 1e-12 < abs(value) < 1e-4:
        return f"{value:.0e}"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"


def beside_lines(found: dict) -> Iterator[str]:
    """Yields one point a finding."""
    for one in found["beside the formula"]:
        shown = {name: number(value) for name, value in one["numbers"].items()}
        yield f"- **{one['package']}.** " + one["says"].format(**shown)


def unlike(kept: object, got: object, at: str = "") -> Iterator[str]:
    """Yields where two results differ; values in 32 bits may differ by what rounding does."""
    if isinstance(kept, dict) and isinstance(got, dict) and list(kept) == list(got):
        for name in kept:
            yield from unlike(kept[name], got[name], f"{at} / {name}")
    elif isinstance(kept, list) and isinstance(got, list) and len(kept) == len(got):
        for place, pair in enumerate(zip(kept, got, strict=True)):
            yield from unlike(*pair, f"{at} / {place}")
    elif isinstance(kept, float) and isinstance(got, float):
        if "f32" not in at and not math.isclose(kept, got, rel_tol=1e-6, abs_tol=1e-6):
            yield f"{at}: {kept} is kept, {got} was found"
    elif "f32" in at and "/ verdicts /" in at:
        if "equal" in (kept, got) and kept != got:
            yield f"{at}: {kept} is kept, {got} was found"
    elif kept != got and "f32" not in at:
        yield f"{at}: {kept} is kept, {got} was found"


if __name__ == "__main__":
    main()
