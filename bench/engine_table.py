# /// script
# requires-python = ">=3.11"
# ///
"""Turns the lines of bench/engine into two tables and keeps them with what they were measured on."""

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

PEERS = ("net", "batch", "threads", "beside", "images/s", "MiB", "convscope", "ratio")
OURS = ("net", "batch", "threads", "images/s", "share of peak", "MiB")

Case = tuple[str, int, int]
Medians = dict[str, float]


def main() -> None:
    """Prints the tables and appends one line to the results."""
    arguments = _arguments()
    lines = [json.loads(line) for line in arguments.lines.read_text().splitlines() if line]
    ours, theirs = _medians(lines)
    rows: list[tuple[str, ...]] = [PEERS]
    for (case, mode), their in sorted(theirs.items()):
        rate, own = their["images_per_second"], ours.get(case, {}).get("images_per_second")
        ratio = f"{own / rate:.1f}" if own else "-"
        numbers = (f"{rate:,.0f}", _number(their, "peak_mib"), f"{own:,.0f}" if own else "-", ratio)
        rows.append((*map(str, case), mode, *numbers))
    _print(rows)
    print("\nconvscope alone; the share is of the measured peak of as many cores as there are threads")
    _print([OURS, *((*map(str, case), *_own(own)) for case, own in sorted(ours.items()))])
    if arguments.keep:
        arguments.keep.parent.mkdir(exist_ok=True)
        with arguments.keep.open("a") as file:
            file.write(json.dumps({**_circumstances(), "lines": lines}) + "\n")


def _own(own: Medians) -> tuple[str, str, str]:
    share = own.get("share_of_peak")
    share = "-" if share is None else f"{share:.0%}"
    return f"{own['images_per_second']:,.0f}", share, _number(own, "peak_mib")


def _number(medians: Medians, key: str) -> str:
    return f"{medians[key]:,.0f}" if key in medians else "-"


def _print(rows: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def _medians(lines: list[dict]) -> tuple[dict[Case, Medians], dict[tuple[Case, str], Medians]]:
    """Returns the medians of each case's numbers over the rounds, ours and the others'."""
    ours: dict[Case, list[dict]] = defaultdict(list)
    theirs: dict[tuple[Case, str], list[dict]] = defaultdict(list)
    for line in lines:
        case = (line["net"], line["batch"], line["threads"])
        if line["who"] == "convscope":
            ours[case].append(line)
        else:
            name = ", ".join(filter(None, (line["who"], line.get("mode"))))
            theirs[case, name].append(line)
    return (
        {case: _median(of_case) for case, of_case in ours.items()},
        {case: _median(of_case) for case, of_case in theirs.items()},
    )


def _median(lines: list[dict]) -> Medians:
    """Returns the median of each number that every line has."""
    keys = ("images_per_second", "share_of_peak", "peak_mib")
    present = [key for key in keys if all(line.get(key) is not None for line in lines)]
    return {key: statistics.median(line[key] for line in lines) for key in present}


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
        "burn": _locked("burn-tensor", "Cargo.lock"),
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
