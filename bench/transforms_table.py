# /// script
# requires-python = ">=3.11"
# ///
"""Turns the lines of bench/transforms into one table and keeps them with their circumstances."""

import statistics
from collections import defaultdict

from lines import keep, read


def main() -> None:
    """Prints the table and appends one line to the results."""
    lines, path = read(__doc__)
    rates: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        rates[line["row"]][line["who"]].append(line["images_per_second"])
    print("| row | torchvision, images/s | convscope, images/s | ratio |")
    print("|---|---|---|---|")
    for row, of in rates.items():
        own = statistics.median(of["convscope"])
        peer = statistics.median(of["torchvision"]) if "torchvision" in of else None
        cells = (f"{peer:,.0f}", f"{own / peer:.1f}") if peer else ("–", "–")
        print(f"| {row} | {cells[0]} | {own:,.0f} | {cells[1]} |")
    keep(path, lines)


if __name__ == "__main__":
    main()
