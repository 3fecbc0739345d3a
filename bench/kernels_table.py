# /// script
# requires-python = ">=3.11"
# ///
"""Turns the lines of bench/kernels into one table and keeps them with their circumstances."""

import statistics
from collections import defaultdict

from lines import keep, read


def main() -> None:
    """Prints the table and appends one line to the results."""
    lines, path = read(__doc__)
    sides: dict[tuple[str, int], list[dict]] = defaultdict(list)
    for line in lines:
        sides[line["who"], line["threads"]].append(line)
    rates = {
        side: statistics.median(line["kernels"] / line["seconds"] * 60e-6 for line in of)
        for side, of in sides.items()
    }
    peers = sorted(who for who, _ in sides if who != "convscope")
    times = " | ".join(f"times {peer}" for peer in peers)
    print(f"| who | threads | rounds | million kernels a minute | {times} | peak MB |")
    print("|---|---|---|---|---|" + "---|" * len(peers))
    for (who, threads), of in sides.items():
        rate = rates[who, threads]
        peak = max(line["peak_megabytes"] for line in of)
        ratios = " | ".join(f"{rate / rates[peer, 1]:.1f}" for peer in peers)
        print(f"| {who} | {threads} | {len(of)} | {rate:.1f} | {ratios} | {peak:.0f} |")
    ours = sides["convscope", 1][0]["means"]
    print(f"\n{len(ours)} probes")
    furthest = 0.0
    for peer in peers:
        theirs = sides[peer, 1][0]["means"]
        only = sorted(ours.keys() ^ theirs.keys())
        apart = max(abs(ours[name] - theirs[name]) for name in ours.keys() & theirs.keys())
        furthest = max(furthest, apart)
        print(f"{peer}: means differ by at most {apart:.1e}; on one side only: {only}")
    kept = [{key: value for key, value in line.items() if key != "means"} for line in lines]
    keep(path, kept, apart=furthest)


if __name__ == "__main__":
    main()
