# /// script
# requires-python = ">=3.11"
# ///
"""Turns the lines of bench/similarity into one table and keeps them with their circumstances."""

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
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    for line in lines:
        seconds[line["row"], line["who"]].append(line["seconds"])
    medians = {case: statistics.median(times) for case, times in seconds.items()}
    print("| row | peer | peer, s | convscope, s | ratio |\n|---|---|---|---|---|")
    for (row, who), time in medians.items():
        own = medians.get((row, "convscope"))
        if who != "convscope" and own:
            print(f"| {row} | {who} | {time:.3g} | {own:.3g} | {time / own:.2f} |")
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
