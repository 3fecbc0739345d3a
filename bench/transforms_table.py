# /// script
# requires-python = ">=3.11"
# ///
"""Turns the lines of bench/transforms into one table and keeps them with their circumstances."""

import argparse
import json
import os
import platform
import statistics
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path


def main() -> None:
    """Prints the table and appends one line to the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", type=Path)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    lines = [json.loads(line) for line in arguments.lines.read_text().splitlines() if line]
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
    if arguments.keep:
        arguments.keep.parent.mkdir(exist_ok=True)
        about = {
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
        }
        with arguments.keep.open("a") as file:
            file.write(json.dumps({**about, "lines": lines}) + "\n")


if __name__ == "__main__":
    main()
