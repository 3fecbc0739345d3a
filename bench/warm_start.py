# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "torchvision==0.29.2", "numpy==2.4.6"]
# ///
"""Times one replicate of the warm-start study as published, here and in PyTorch with torchvision, in turns.

Both read MNIST, change the images, train eleven nets and test them; convscope also measures, keeps its records
and writes its page. Runs without epochs, with these nets and with ones that compute next to nothing, tell what of
convscope's time are steps, scores, and everything else: reading, noise, identities of images, records, the page. Run:
python bench/warm_start.py MNIST_FOLDER [--rounds 3] [--threads 1 2]
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
STUDY, PEER = HERE / "warm_start.toml", HERE / "peer_pytorch" / "warm_start.py"
NO_STEPS = [f"recipe.{name}.epochs=0" for name in ("six-epochs", "one-epoch", "two-epochs")]
MODELS = ("specialist", "all-clean", "fresh-two-epochs", "warm")
NO_NETS = [f'model.{name}.net=["global-average-pool", {{ linear = "classes" }}]' for name in MODELS]
# Without kernels there is nothing to transplant; one warm start for each metric stays one.
NOTHING = [*NO_STEPS, *NO_NETS, "model.warm.edit=[]", "model.warm.draw='$metric'"]
# 6 x 10,000 and 60,000 images six times, 60,000 for each of three warm starts, twice for the random one.
IMAGES = 1_020_000


def main() -> None:
    """Prints one line for each number of threads, medians over the rounds."""
    arguments = _arguments()
    build = ["cargo", "build", "--quiet", "--release", "--locked"]
    subprocess.run(build, check=True, cwd=HERE.parent)
    for threads in arguments.threads:
        ours, no_steps, nothing, theirs = [], [], [], []
        for _ in range(arguments.rounds):
            ours.append(_convscope(arguments.folder, threads, []))
            if not arguments.alone:
                theirs.append(_pytorch(arguments.folder, threads))
            no_steps.append(_convscope(arguments.folder, threads, NO_STEPS))
            nothing.append(_convscope(arguments.folder, threads, NOTHING))
        _say(threads, [ours, no_steps, nothing], theirs, arguments.keep)


def _convscope(folder: Path, threads: int, overrides: list[str]) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as store:
        target = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target"))
        command = [target / "release" / "convscope", "run", STUDY, *overrides, "--store", store]
        command += ["--threads", str(threads), "--quiet"]
        return _timed(command, {**os.environ, "CONVSCOPE_DATA": str(folder.parent.resolve())})


def _pytorch(folder: Path, threads: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, PEER, folder, "--out", Path(out) / "lines.jsonl", "--published"]
        command += ["--replicates", "1", "--threads", str(threads)]
        return _timed(command, {**os.environ})


def _timed(command: list, environment: dict[str, str]) -> tuple[float, float]:
    """Returns seconds, and seconds that processors computed."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    computed = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, computed


def _say(threads: int, runs: list[list], theirs: list, keep: Path | None) -> None:
    (wall, cpu), (_, no_steps), (_, nothing) = map(_medians, runs)
    line = {
        "threads": threads,
        "rounds": len(runs[0]),
        "convscope_s": round(wall, 2),
        "convscope_processor_s": round(cpu, 2),
        "convscope_images_per_s": round(IMAGES / wall),
        "convscope_share_steps": round((cpu - no_steps) / cpu, 3),
        "convscope_share_scores": round((no_steps - nothing) / cpu, 3),
        "convscope_share_besides": round(nothing / cpu, 3),
    }
    if theirs:
        wall_peer, cpu_peer = _medians(theirs)
        line |= {
            "pytorch_s": round(wall_peer, 2),
            "pytorch_processor_s": round(cpu_peer, 2),
            "ratio": round(wall_peer / wall, 1),
            "processor_ratio": round(cpu_peer / cpu, 1),
        }
    print(json.dumps(line), flush=True)
    if keep:
        with keep.open("a") as file:
            file.write(json.dumps(line) + "\n")


def _medians(runs: list[tuple[float, float]]) -> tuple[float, float]:
    wall, cpu = zip(*runs, strict=True)
    return statistics.median(wall), statistics.median(cpu)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="a folder `mnist` with its four gzip files")
    parser.add_argument("--alone", action="store_true", help="without PyTorch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--keep", type=Path, help="file of JSON lines to append to")
    return parser.parse_args()


if __name__ == "__main__":
    main()
