# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch==2.15.0", "torchvision==0.29.2", "numpy==2.4.6", "scipy==1.17.1", "safetensors==0.8.0"
# ]
# ///
"""Trains ResNet-18 for an epoch here and in PyTorch, from the same start, and shows both loss curves.

Run: python bench/curve.py data_batch_1.bin.gz [--images 5120] [--threads 2] [--keep curve.json]
The file is one of CIFAR-10's binary batches, or one in their format.
"""

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

sys.path.insert(0, str(Path(__file__).parent / "peer_pytorch"))

from zoo import zoo

BATCH = 64
RECORD = 1 + 3 * 32 * 32


def main() -> None:
    """Prints the losses side by side, means over every eight steps."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    model, _ = zoo("resnet-18")
    raw = np.frombuffer(gzip.decompress(arguments.file.read_bytes()), np.uint8)
    records = raw.reshape(-1, RECORD)[: arguments.images]
    labels, pixels = records[:, 0].copy(), records[:, 1:].astype(np.float32) / 255
    order = np.random.default_rng(0).permutation(len(labels)).astype(np.uint32)
    ours, our_rate = _ours(model, pixels, labels, order, arguments.threads)
    theirs, their_rate = _theirs(model, pixels, labels, order)
    print(f"{'step':>6} {'convscope':>10} {'PyTorch':>10}")
    for first in range(0, len(ours), 8):
        means = [statistics.mean(losses[first : first + 8]) for losses in (ours, theirs)]
        print(f"{first + 1:>6} {means[0]:>10.4f} {means[1]:>10.4f}")
    apart = [abs(a - b) for a, b in zip(ours, theirs, strict=True)]
    print(f"differences of the first ten losses: {' '.join(f'{each:.0e}' for each in apart[:10])}")
    print(f"images a second: convscope {our_rate:.1f}, PyTorch {their_rate:.1f}")
    if arguments.keep:
        document = {
            "images": len(labels),
            "threads": arguments.threads,
            "convscope": ours,
            "pytorch": theirs,
            "images_per_second": {"convscope": our_rate, "pytorch": their_rate},
        }
        arguments.keep.write_text(json.dumps(document) + "\n")


def _ours(
    model: nn.Module,
    pixels: NDArray[np.float32],
    labels: NDArray[np.uint8],
    order: NDArray[np.uint32],
    threads: int,
) -> tuple[list[float], float]:
    with tempfile.TemporaryDirectory() as folder:
        save_file(model.state_dict(), Path(folder) / "start.safetensors")
        for name, numbers in (("pixels", pixels), ("labels", labels), ("order", order)):
            (Path(folder) / name).write_bytes(numbers.tobytes())
        command = ["cargo", "run", "--quiet", "--release", "-p", "convscope-engine"]
        command += ["--example", "curve", "--", folder, str(threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    *losses, rate = map(float, done.stdout.split())
    return losses, rate


def _theirs(
    model: nn.Module,
    pixels: NDArray[np.float32],
    labels: NDArray[np.uint8],
    order: NDArray[np.uint32],
) -> tuple[list[float], float]:
    images = torch.from_numpy(pixels).reshape(-1, 3, 32, 32)
    targets = torch.from_numpy(labels.astype(np.int64))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    losses, start = [], time.perf_counter()
    model.train()
    for batch in torch.from_numpy(order.astype(np.int64)).split(BATCH):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images[batch]), targets[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, len(order) / (time.perf_counter() - start)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="a binary batch of CIFAR-10, gzipped")
    parser.add_argument("--images", type=int, default=5120)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="file for both curves")
    return parser.parse_args()


if __name__ == "__main__":
    main()
