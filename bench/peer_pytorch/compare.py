# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "scipy==1.17.1"]
# ///
"""Compares convscope's accuracies with PyTorch's, cell by cell, by their means over replicates.

A cell agrees when 0 lies in the Welch interval of the difference of means. The joint level is
shared out among the cells (Bonferroni), so that all of them hold at once. How many lie outside
their own interval of the same level is printed too, beside how many chance would put there. Run:

  convscope query --store S --json "select * from results where name = 'valid-accuracy'" > ours.json
  python bench/peer_pytorch/compare.py ours.json results.jsonl

and of the warm-start study with `name = 'test-accuracy'` and `--measure test_accuracy`.
"""

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

AXES = (
    *("images", "epochs", "kernel", "padding", "optimizer", "lr", "location_ratio"),
    *("noise", "metric"),
)
PEER_NAMES = {"lr": "learning_rate"}

Place = tuple[str | float | None, ...]


@dataclass(frozen=True)
class Difference:
    """Ours less theirs: the mean difference, its standard error and degrees of freedom."""

    ours: float
    theirs: float
    error: float
    freedom: float

    def half_width(self, level: float) -> float:
        """Returns half of the interval of the difference."""
        return self.error * float(stats.t.ppf(0.5 + level / 2, self.freedom))

    def agrees(self, level: float) -> bool:
        """Tells whether no difference is inside the interval."""
        return abs(self.ours - self.theirs) <= self.half_width(level) + 1e-12


def main() -> int:
    """Prints one line for each cell; fails when a cell lies outside the joint interval."""
    arguments = _arguments()
    ours, theirs = _ours(arguments.ours), _lines(arguments.theirs)
    found: dict[Place, Difference] = {}
    for place, values in ours.items():
        peers = _peers(place, theirs, arguments.measure)
        if len(peers) > 1 and len(values) > 1:
            found[place] = _difference(np.array(values), np.array(peers))
        else:
            print(f"not compared ({len(values)} ours, {len(peers)} theirs): {_text(place)}")
    joint = 1 - (1 - arguments.level) / max(len(found), 1)
    for place, each in sorted(found.items(), key=lambda item: str(item[0])):
        word = "agree" if each.agrees(joint) else "DIFFER"
        mark = "" if each.agrees(arguments.level) else " *"
        gap = f"{each.ours - each.theirs:+.4f} ± {each.half_width(joint):.4f}"
        print(f"{word:6} {each.ours:.4f} {each.theirs:.4f} {gap}{mark}  {_text(place)}")
    outside = sum(not each.agrees(arguments.level) for each in found.values())
    differ = sum(not each.agrees(joint) for each in found.values())
    chance = len(found) * (1 - arguments.level)
    print(
        f"{len(found)} cells: {differ} outside the joint interval, "
        f"{outside} outside their own (*) where chance puts {chance:.1f}"
    )
    return int(differ > 0)


def _difference(ours: np.ndarray, theirs: np.ndarray) -> Difference:
    """Returns the difference of means after Welch; without any spread only equality agrees."""
    parts = np.array([ours.var(ddof=1) / len(ours), theirs.var(ddof=1) / len(theirs)])
    sizes = np.array([len(ours), len(theirs)])
    freedom = parts.sum() ** 2 / (parts**2 / (sizes - 1)).sum() if parts.any() else sizes.sum() - 2
    return Difference(ours.mean(), theirs.mean(), float(np.sqrt(parts.sum())), float(freedom))


def _ours(path: Path) -> dict[Place, list[float]]:
    """Returns our values by cell: study, model and the axes that it has."""
    values: dict[Place, list[float]] = defaultdict(list)
    for row in json.loads(path.read_text()):
        if row["value"] is not None:
            place = (row["study"], row["model"], *(row.get(axis) for axis in AXES))
            values[place].append(row["value"])
    return values


def _peers(place: Place, lines: list[dict], measure: str) -> list[float]:
    """Returns the peer's values where all axes agree that our cell has."""
    names = ("study", "model", *(PEER_NAMES.get(axis, axis) for axis in AXES))
    wanted = {name: value for name, value in zip(names, place, strict=True) if value is not None}
    return [
        line[measure]
        for line in lines
        if line.get(measure) is not None and all(line.get(name) == value for name, value in wanted.items())
    ]


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def _text(place: Place) -> str:
    axes = zip(AXES, place[2:], strict=True)
    return " ".join([f"{place[0]} {place[1]}", *(f"{a}={v}" for a, v in axes if v is not None)])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ours", type=Path, help="rows of `convscope query --json`")
    parser.add_argument("theirs", type=Path, help="lines of study.py or warm_start.py")
    parser.add_argument("--measure", default="valid_accuracy")
    parser.add_argument("--level", type=float, default=0.99)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
