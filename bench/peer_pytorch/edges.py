"""Edge images: a line on a flat background, drawn from the published description of the task.

Every image is 28 x 28 and grey. Background, line brightness, line width and place are uniform; a
diagonal line is a straight one turned with cubic splines. Brightness is cut to 8 bits.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import rotate

SIDE = 28
THREE = ("horizontal", "vertical", "none")
FIVE = ("horizontal", "vertical", "diagonal", "both", "none")

Images = NDArray[np.float32]
Labels = NDArray[np.int64]
Part = Literal["train", "valid"]


@dataclass(frozen=True)
class Edges:
    """What to draw: `images` of each class, with lines confined to a part of the picture.

    With `ratio` below 1 the training lines start in the first `ratio` of the rows (or columns)
    and the validation lines in the rest; a `ratio` of 1 puts both anywhere.
    """

    classes: tuple[str, ...]
    images: int
    part: Part
    ratio: float = 1.0
    out_of_range: Literal["saturate", "wrap"] = "saturate"


def draw(edges: Edges, rng: np.random.Generator) -> tuple[Images, Labels]:
    """Returns pixels in 0..1 (samples x rows x columns) and labels, class after class."""
    pixels = np.concatenate([_of_class(name, edges, rng) for name in edges.classes])
    labels = np.repeat(np.arange(len(edges.classes)), edges.images)
    return _eight_bits(pixels, edges.out_of_range), labels


def permute(pixels: Images, order: NDArray[np.int64]) -> Images:
    """Shuffles the pixels of every image in the same way."""
    return pixels.reshape(len(pixels), -1)[:, order].reshape(pixels.shape)


def _of_class(name: str, edges: Edges, rng: np.random.Generator) -> NDArray[np.float64]:
    background = rng.uniform(0.0, 0.2, (edges.images, 1, 1))
    pixels = np.broadcast_to(background, (edges.images, SIDE, SIDE)).copy()
    lines = {"none": 0, "both": 2}.get(name, 1)
    for line in range(lines):
        inside = _places(edges, rng, widest=1 if name == "diagonal" else 4)
        brightness = rng.uniform(0.25, 1.0, (edges.images, 1, 1))
        upright = np.full(edges.images, name == "vertical" or line == 1)
        if name == "diagonal":
            upright = np.arange(edges.images) % 2 == 1
        mask = np.where(upright[:, None, None], inside[:, None, :], inside[:, :, None])
        pixels = np.where(mask, brightness, pixels)
    if name == "diagonal":
        angles = rng.choice([30, 45, 120, 135], edges.images)
        each = zip(pixels, angles, background.flat, strict=True)
        pixels = np.stack([_turned(*one) for one in each])
    return pixels


def _places(edges: Edges, rng: np.random.Generator, widest: int) -> NDArray[np.bool_]:
    """Which rows (or columns) the line of each image covers: samples x SIDE."""
    border = int(edges.ratio * SIDE)
    shifted = edges.ratio < 1.0
    first = border if shifted and edges.part == "valid" else 0
    limit = border if shifted and edges.part == "train" else SIDE
    width = rng.integers(1, widest + 1, edges.images)
    start = rng.integers(first, limit - width)
    end = np.minimum(start + width, limit - 1)
    row = np.arange(SIDE)
    return (row >= start[:, None]) & (row < end[:, None])


def _turned(image: NDArray[np.float64], angle: int, fill: float) -> NDArray[np.float64]:
    return rotate(image, angle, reshape=False, order=3, mode="constant", cval=fill)


def _eight_bits(pixels: NDArray[np.float64], out_of_range: str) -> Images:
    """Cuts to 256 levels; splines overshoot, so values outside 0..1 need a policy."""
    levels = np.trunc(pixels * 255)
    levels = np.clip(levels, 0, 255) if out_of_range == "saturate" else levels % 256
    return (levels / 255).astype(np.float32)
