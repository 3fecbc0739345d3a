# /// script
# requires-python = ">=3.11"
# ///
"""Turns the lines of bench/engine into one table and keeps them with what they were measured on."""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
from collections import defaultdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HEAD = ("net", "batch", "threads", "beside", "images/s", "convscope", "ratio")

Case = tuple[str, int, int]


def main() -> None:
    """Prints the table and appends one line to the results."""
    arguments = _arguments()
    lines = [json.loads(line) for line in arguments.lines.read_text().splitlines() if line]
    ours, theirs = _medians(lines)
    rows: list[tuple[str, ...]] = [HEAD]
    for (case, mode), rate in sorted(theirs.items()):
        own = ours.get(case)
        ratio = f"{own / rate:.1f}" if own else "-"
        rows.append((*map(str, case), mode, f"{rate:,.0f}", f"{own:,.0f}" if own else "-", ratio))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    if arguments.keep:
        arguments.keep.parent.mkdir(exist_ok=True)
        with arguments.keep.open("a") as file:
            file.write(json.dumps({**_circumstances(), "lines": lines}) + "\n")


def _medians(lines: list[dict]) -> tuple[dict[Case, float], dict[tuple[Case, str], float]]:
    """Returns the median rate of each case over the rounds, ours and the others'."""
    ours: dict[Case, list[float]] = defaultdict(list)
    theirs: dict[tuple[Case, str], list[float]] = defaultdict(list)
    for line in lines:
        case = (line["net"], line["batch"], line["threads"])
        if line["who"] == "convscope":
            ours[case].append(line["images_per_second"])
        else:
            name = ", ".join(filter(None, (line["who"], line.get("mode"))))
            theirs[case, name].append(line["images_per_second"])
    return (
        {case: statistics.median(rates) for case, rates in ours.items()},
        {case: statistics.median(rates) for case, rates in theirs.items()},
    )


def _circumstances() -> dict[str, str | int | None]:
    return {
        "when": datetime.now(UTC).strftime("%Y-%m-%d"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "commit": _first_line("git", "rev-parse", "--short", "HEAD"),
        "rustc": _first_line("rustc", "--version"),
        "python": platform.python_version(),
        "torch": _version("torch"),
        "candle": _locked("candle-core", "bench/peer_candle/Cargo.lock"),
    }


def _processor() -> str:
    """Returns the processor's name, and its instruction level, which names often leave out."""
    path = Path("/proc/cpuinfo")
    text = path.read_text() if path.exists() else ""
    name = re.search(r"model name\s*: (.*)", text)
    flags = set(re.findall(r"\b(avx2|avx512f|amx_tile)\b", text))
    return f"{name[1] if name else platform.processor()} ({', '.join(sorted(flags)) or 'plain'})"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _locked(package: str, lock: str) -> str | None:
    found = re.search(rf'name = "{package}"\nversion = "(.*)"', Path(lock).read_text())
    return found[1] if found else None


def _first_line(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", type=Path, help="file of JSON lines")
    parser.add_argument("--keep", type=Path, help="file to append to")
    return parser.parse_args()


if __name__ == "__main__":
    main()
