# /// script
# requires-python = ">=3.11"
# ///
"""Turns the lines of bench/similarity into one table and keeps them with their circumstances."""

import os
import statistics
from collections import defaultdict

from lines import keep, read


def main() -> None:
    """Prints the table and appends one line to the results."""
    lines, path = read(__doc__)
    medians = {name: medians_of(lines, name) for name in ("seconds", "processor", "peak_mb")}
    print("| row | who | s | processor s | peak MB | s, by ours | processor s, by ours |")
    print("|---|---|---|---|---|---|---|")
    for case in medians["seconds"]:
        row, who = case
        by_ours = []
        for name in ("seconds", "processor"):
            own = medians[name].get((row, "convscope"))
            by_ours.append(f"{medians[name][case] / own:.2f}" if own else "-")
        cells = (f"{medians[name][case]:.3g}" for name in ("seconds", "processor"))
        peak = f"{medians['peak_mb'][case]:,.0f}"
        print(f"| {row} | {who} | {' | '.join(cells)} | {peak} | {' | '.join(by_ours)} |")
    keep(path, lines, threads=os.environ.get("RAYON_NUM_THREADS", "all"))


def medians_of(lines: list[dict], name: str) -> dict[tuple[str, str], float]:
    """Returns the median over the rounds of a number of each row and peer."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for line in lines:
        found[line["row"], line["who"]].append(line[name])
    return {case: statistics.median(numbers) for case, numbers in found.items()}


if __name__ == "__main__":
    main()
