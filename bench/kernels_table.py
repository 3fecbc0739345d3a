# /// script
# requires-python = ">=3.11"
# ///
"""Turns the lines of bench/kernels into one table and keeps them with their circumstances."""

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
    sides: dict[tuple[str, int], list[dict]] = defaultdict(list)
    for line in lines:
        sides[line["who"], line["threads"]].append(line)
    rates = {
        side: statistics.median(line["kernels"] / line["seconds"] * 60e-6 for line in of)
        for side, of in sides.items()
    }
    print("| who | threads | rounds | million kernels a minute | times NumPy | peak MB |")
    print("|---|---|---|---|---|---|")
    for (who, threads), of in sides.items():
        rate = rates[who, threads]
        peak = max(line["peak_megabytes"] for line in of)
        ratio = rate / rates["numpy", 1]
        print(f"| {who} | {threads} | {len(of)} | {rate:.1f} | {ratio:.1f} | {peak:.0f} |")
    ours, peer = sides["convscope", 1][0]["means"], sides["numpy", 1][0]["means"]
    only = sorted(ours.keys() ^ peer.keys())
    apart = max(abs(ours[name] - peer[name]) for name in ours.keys() & peer.keys())
    print(f"\n{len(ours)} probes; means differ by at most {apart:.1e}; on one side only: {only}")
    if arguments.keep:
        arguments.keep.parent.mkdir(exist_ok=True)
        about = {
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
        }
        kept = [{key: value for key, value in line.items() if key != "means"} for line in lines]
        with arguments.keep.open("a") as file:
            file.write(json.dumps({**about, "apart": apart, "lines": kept}) + "\n")


if __name__ == "__main__":
    main()
