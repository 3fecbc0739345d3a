"""The lines that the sides of a bench print: read, and kept with their circumstances."""

import argparse
import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path


def read(description: str | None) -> tuple[list[dict], Path | None]:
    """Returns the lines of the file that the command line names, and where to keep them."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("lines", type=Path)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    lines = [json.loads(line) for line in arguments.lines.read_text().splitlines() if line]
    return lines, arguments.keep


def keep(path: Path | None, lines: list[dict], **more: float | str) -> None:
    """Appends lines to a file, as one line with the machine they come from."""
    if path is None:
        return
    path.parent.mkdir(exist_ok=True)
    about = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
    }
    with path.open("a") as file:
        file.write(json.dumps({**about, **more, "lines": lines}) + "\n")
