# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "torch==2.15.0", "torchvision==0.29.2"]
# ///
"""Digests, counts and means of published data sets, as torchvision and NumPy read the files.

    uv run golden/published.py FOLDER     # a folder with mnist/, fashion-mnist/ and cifar-10/

MNIST and Fashion-MNIST go through torchvision's own reader of IDX; the records of CIFAR-10 after JPEG through NumPy,
because torchvision reads only the pickled form. Floats are what `to_tensor` makes of bytes.
"""

import gzip
import hashlib
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from torchvision.datasets import CIFAR10, MNIST, FashionMNIST
from torchvision.datasets.mnist import read_image_file, read_label_file
from torchvision.transforms.functional import to_tensor

FOLDER = Path(sys.argv[1])


def unpacked(path: Path, folder: str) -> str:
    plain = Path(folder) / path.name.removesuffix(".gz")
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    return str(plain)


def idx(name: str, prefix: str) -> tuple[np.ndarray, np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        images = read_image_file(unpacked(FOLDER / name / f"{prefix}-images-idx3-ubyte.gz", folder))
        labels = read_label_file(unpacked(FOLDER / name / f"{prefix}-labels-idx1-ubyte.gz", folder))
    return images.numpy()[:, None], labels.numpy().astype(np.uint8)


def records(names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    raw = b"".join(gzip.decompress((FOLDER / "cifar-10" / f"{name}.bin.gz").read_bytes()) for name in names)
    rows = np.frombuffer(raw, np.uint8).reshape(-1, 3073)
    return rows[:, 1:].reshape(-1, 3, 32, 32), rows[:, 0].copy()


def described(images: np.ndarray, labels: np.ndarray, classes: list[str]) -> dict:
    levels = images.astype(np.float64) / 255
    floats = to_tensor(images[7].transpose(1, 2, 0).copy()).contiguous()
    return {
        "pixels": hashlib.sha256(np.ascontiguousarray(images).tobytes()).hexdigest(),
        "labels": hashlib.sha256(labels.tobytes()).hexdigest(),
        "classes": classes,
        "counts": np.bincount(labels, minlength=len(classes)).tolist(),
        "means": levels.mean((0, 2, 3)).tolist(),
        "deviations": levels.std((0, 2, 3)).tolist(),
        "floats of image 7": hashlib.sha256(floats.numpy().astype("<f4").tobytes()).hexdigest(),
    }


def main() -> None:
    digits = [name.split(" ")[0] for name in MNIST.classes]
    ten = (FOLDER / "cifar-10" / "batches.meta.txt").read_text().split()
    sets = {
        "mnist": {"train": (*idx("mnist", "train"), digits), "test": (*idx("mnist", "t10k"), digits)},
        "fashion-mnist": {
            "train": (*idx("fashion-mnist", "train"), FashionMNIST.classes),
            "test": (*idx("fashion-mnist", "t10k"), FashionMNIST.classes),
        },
        "cifar-10-jpeg": {
            "train": (*records(["data_batch_1", "data_batch_2"]), ten),
            "test": (*records(["test_batch"]), ten),
        },
    }
    golden = {name: {split: described(*data) for split, data in splits.items()} for name, splits in sets.items()}
    out = Path(__file__).with_suffix(".json")
    out.write_text(json.dumps({"sets": golden}, indent=1) + "\n")


main()
