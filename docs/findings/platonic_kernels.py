"""Prints every number of platonic-kernels.md that is not a claim of the page, from the store of the study.

Means over tasks and sizes of kernels, with half of the 95 % interval over seeds (Student), in percentage points. Run:
python docs/findings/platonic_kernels.py STORE [CONVSCOPE]
"""

import json
import math
import statistics
import subprocess
import sys
from collections import defaultdict

STUDENT = {3: 4.302653, 4: 3.182446, 5: 2.776445, 10: 2.262157, 20: 2.093024}
SHARES = (0.25, 0.5, 0.75)
PLAIN = (
    "snapped snapped-least-loss snapped-refitted random-subspaces random-kernels pruned codebook codebook-entropy "
    "mixture total-variation"
).split()
TUNED = "snapped-frozen snapped-kept snapped-refitted-kept random-subspaces-kept pruned-kept codebook-kept".split()
FORMS = "mirror-both half-turn opposed-half-turn identical-columns central-row separable".split()
HALVES = "snapped-half snapped-kept-half random-subspaces-half pruned-half codebook-half".split()

Cells = dict[tuple[int, str, int], float]


class Study:
    """The accuracies of a store: for each arm a value for each seed, task and size of kernels."""

    def __init__(self, store: str, convscope: str) -> None:
        self.store, self.convscope = store, convscope
        self.arms: dict[tuple, Cells] = defaultdict(dict)
        sql = """select model, bits, form, penalty, weight, noise, removed, name, seed, task, kernel, value from results
            where name in ('test-accuracy', 'unrounded-test-accuracy', 'train-accuracy')"""
        for row in self.ask(sql):
            keys = ("model", "bits", "form", "penalty", "weight", "noise", "removed", "name")
            arm = tuple(row.get(key) for key in keys)
            self.arms[arm][row["seed"], row["task"], row["kernel"]] = 100 * row["value"]
        self.seeds = sorted({seed for seed, _, _ in self.of("free")})

    def ask(self, sql: str) -> list[dict]:
        """Returns the rows of a query."""
        words = [self.convscope, "query", "--store", self.store, "--json", sql]
        return json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)

    def of(self, model: str, name: str = "test-accuracy", **axes: object) -> Cells:
        """Returns the values of one arm."""
        keys = ("bits", "form", "penalty", "weight", "noise", "removed")
        return self.arms[(model, *(axes.get(key) for key in keys), name)]

    def over(self, values: Cells) -> str:
        """Returns the mean over seeds with half of its interval."""
        seeds = [statistics.mean(v for (seed, _, _), v in values.items() if seed == own) for own in self.seeds]
        half = STUDENT[len(seeds)] * statistics.stdev(seeds) / math.sqrt(len(seeds))
        return f"{statistics.mean(seeds):+.2f} ± {half:.2f}"

    def less(self, one: Cells, other: Cells) -> str:
        """Returns the paired difference of two arms."""
        return self.over({cell: value - other[cell] for cell, value in one.items()})

    def lost(self, model: str) -> Cells:
        """Returns what a model loses with one kernel of its first layer, the mean over its four."""
        without = [self.of(f"{model}-without", removed=number) for number in range(4)]
        return {cell: value - statistics.mean(w[cell] for w in without) for cell, value in self.of(model).items()}

    def noisy(self, model: str) -> Cells:
        """Returns the accuracy under each noise, the mean over all."""
        wanted = (f"{model}-noisy", "test-accuracy")
        arms = [values for arm, values in self.arms.items() if (arm[0], arm[-1]) == wanted]
        return {cell: statistics.mean(arm[cell] for arm in arms) for cell in arms[0]}


def main() -> None:
    """Prints all of them."""
    study = Study(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "convscope")
    print(len(study.seeds), "seeds")
    frontier(study)
    trainings(study)
    motivations(study)
    controls(study)


def frontier(study: Study) -> None:
    """Prints the table of the frontier."""
    rounded, tuned = study.of("free-rounded"), study.of("free-tuned")
    print("free-rounded less free", study.less(rounded, study.of("free")))
    print("free-tuned less free-rounded", study.less(tuned, rounded))
    for rest, models in ((rounded, PLAIN), (tuned, TUNED)):
        for model in models:
            print(model, *(study.less(study.of(model, bits=share), rest) for share in SHARES), sep=" | ")
    for model in TUNED:
        by_rounding = (
            study.less(study.of(model, bits=share), study.of(model, "unrounded-test-accuracy", bits=share))
            for share in SHARES
        )
        print("by rounding again,", model, *by_rounding, sep=" | ")


def trainings(study: Study) -> None:
    """Prints what constraints and penalties cost."""
    free, rounded = study.of("free"), study.of("free-rounded")
    for form in FORMS:
        kept, random = study.of("constrained", form=form), study.of("constrained-random", form=form)
        print("kept", form, study.less(kept, free), "in random subspaces", study.less(random, free))
    penalties = sorted({(arm[3], arm[4]) for arm in study.arms if arm[0] == "penalised"})
    for penalty, weight in penalties:
        at = {"penalty": penalty, "weight": weight}
        itself = study.less(study.of("penalised", **at), free)
        then = [study.of("penalised-snapped", bits=share, **at) for share in SHARES]
        print("after", penalty, weight, itself, *(study.less(own, rounded) for own in then), sep=" | ")


def motivations(study: Study) -> None:
    """Prints robustness, over-fitting, modularity and structure."""
    for model in HALVES:
        rest = "free-tuned" if "kept" in model else "free"
        print("under noise", model, "less", rest, study.less(study.noisy(model), study.noisy(rest)))
        print("lost more", model, "less", rest, study.less(study.lost(model), study.lost(rest)))
    for model in ("free", "free-tuned", *HALVES):
        print("over-fitting", model, study.less(study.of(model, "train-accuracy"), study.of(model)))
    for model in ("begun", "grown"):
        shares = study.ask(f"""select one.seed, one.task, one.kernel, one.value / every.value as share
            from results as one join results as every on every.job = one.job and every.model = one.model
            and every.name = 'kernels' where one.name = 'kernels-snapped' and one.model = '{model}'""")
        cells = {(row["seed"], row["task"], row["kernel"]): 100 * row["share"] for row in shares}
        print("kernels with a structure,", model, study.over(cells))
        for task, kernel in sorted({cell[1:] for cell in cells}):
            own = statistics.mean(value for cell, value in cells.items() if cell[1:] == (task, kernel))
            print("  ", task, kernel, f"{own:.1f} %")


def controls(study: Study) -> None:
    """Prints arms against each other."""
    for one, other in (
        ("snapped-frozen", "snapped"),
        ("snapped-refitted", "snapped"),
        ("snapped-least-loss", "snapped"),
        ("codebook", "snapped"),
        ("snapped-refitted", "codebook"),
        ("mixture", "codebook-entropy"),
        ("pruned-kept", "snapped-kept"),
        ("codebook-kept", "snapped-kept"),
    ):
        differences = (study.less(study.of(one, bits=share), study.of(other, bits=share)) for share in SHARES)
        print(one, "less", other, *differences, sep=" | ")


if __name__ == "__main__":
    main()
