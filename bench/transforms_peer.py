# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "torchvision==0.29.2"]
# ///
"""Times torchvision's transforms.v2 on one thread, image by image, one JSON line for each row.

Each image draws its own parameters, as the corruptions of a data set must; torchvision does that only
image by image.
"""

import itertools
import json
import sys
import time
from collections.abc import Callable

import torch
from torchvision.transforms import v2

IMAGES = 64
# The best rate is sought for so long, in windows of about as long as others leave a core alone.
SEARCH = 1.0
WINDOW = 0.004
GREY, COLOUR = (1, 28, 28), (3, 32, 32)

CROP = v2.RandomCrop(32, padding=4)
FLIP = v2.RandomHorizontalFlip()
MEAN = v2.Normalize([0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616])
ROWS: dict[str, tuple[tuple[int, int, int], Callable[[torch.Tensor], torch.Tensor]]] = {
    "normalize": (GREY, v2.Normalize([0.5], [0.5])),
    "pad": (GREY, v2.Pad(2)),
    "channels": (GREY, v2.RGB()),
    "random-crop": (COLOUR, CROP),
    "horizontal-flip": (COLOUR, FLIP),
    "perspective": (GREY, v2.RandomPerspective(0.3, p=1, fill=-1)),
    "gaussian-blur": (GREY, v2.GaussianBlur(5, sigma=(1, 2))),
    "gaussian-noise": (GREY, v2.GaussianNoise(sigma=0.5, clip=False)),
    "random-erasing": (GREY, v2.RandomErasing(p=1, value=-1)),
    "elastic": (GREY, v2.ElasticTransform(alpha=50.0)),
    "rotation": (GREY, v2.RandomRotation((0, 30))),
    "rotation, bilinear": (
        GREY,
        v2.RandomRotation((0, 30), interpolation=v2.InterpolationMode.BILINEAR),
    ),
    "affine": (
        GREY,
        v2.RandomAffine(
            15, (0.1, 0.1), (0.9, 1.1), shear=10, interpolation=v2.InterpolationMode.BILINEAR
        ),
    ),
    "color-jitter": (COLOUR, v2.ColorJitter(0.4, 0.4, 0.4, 0.1)),
    "crop, flip, normalize": (COLOUR, v2.Compose([CROP, FLIP, MEAN])),
}


def rate(shape: tuple[int, int, int], transform: Callable[[torch.Tensor], torch.Tensor]) -> float:
    """Returns the best rate over short windows, in images a second."""
    images = itertools.cycle(list(torch.rand(IMAGES, *shape)))
    for _ in range(IMAGES):
        transform(next(images))
    search, best = time.perf_counter(), 0.0
    while time.perf_counter() - search < SEARCH:
        start, done = time.perf_counter(), 0
        while time.perf_counter() - start < WINDOW:
            transform(next(images))
            done += 1
        best = max(best, done / (time.perf_counter() - start))
    return best


def main() -> None:
    """Times the rows named on the command line, or all."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    wanted = sys.argv[1:]
    with torch.inference_mode():
        for row, (shape, transform) in ROWS.items():
            if not wanted or row in wanted:
                line = {
                    "who": "torchvision",
                    "row": row,
                    "images_per_second": rate(shape, transform),
                }
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
