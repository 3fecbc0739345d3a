# /// script
# requires-python = ">=3.11"
# ///
"""Times `convscope scan` on a file, from its start to its end, and prints one JSON line as the peers do."""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Runs the command and prints seconds, the most memory it took, and the mean of each probe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", type=Path)
    parser.add_argument("path", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    words = [arguments.command.resolve(), "scan", arguments.path, "--threads", str(arguments.threads), "--json"]
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(words, stdout=said)
        peak = 0
        while process.poll() is None:
            peak = max(peak, peak_kilobytes(process.pid))
            time.sleep(0.005)
        seconds = time.perf_counter() - start
        if process.returncode != 0:
            raise SystemExit(process.returncode)
        said.seek(0)
        total = json.load(said)["total"]
    line = {
        "who": "convscope",
        "threads": arguments.threads,
        "kernels": total["kernels"],
        "seconds": seconds,
        "peak_megabytes": peak / 1024,
        "means": {name: score["mean"] for name, score in total["scores"].items()},
    }
    print(json.dumps(line))


def peak_kilobytes(process: int) -> int:
    """Returns the most memory that a process took so far, on Linux; 0 of one that has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    lines = (line.split() for line in status.splitlines())
    return next((int(words[1]) for words in lines if words and words[0] == "VmHWM:"), 0)


if __name__ == "__main__":
    main()
