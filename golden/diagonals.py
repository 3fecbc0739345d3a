# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "scipy==1.17.1"]
# ///
"""Counts the diagonal edge images in which cubic splines overshoot below zero.

Run: python golden/diagonals.py. Writes golden/diagonals.json.
"""

import json
from pathlib import Path

import numpy as np
from scipy.ndimage import rotate

SIDE = 28
IMAGES = 120_000
TURNS = (30, 45, 120, 135)


def main() -> None:
    """Draws the images by the rules of the edge images' description and counts."""
    rng = np.random.default_rng(7)
    below = sum(bool((_diagonal(index, rng) < 0).any()) for index in range(IMAGES))
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({"images": IMAGES, "below": below}) + "\n")


def _diagonal(index: int, rng: np.random.Generator) -> np.ndarray:
    """One line a pixel wide, lying or upright by turns, turned about the middle of the image."""
    background = rng.uniform(0.0, 0.2)
    image = np.full((SIDE, SIDE), background)
    start = rng.integers(0, SIDE - 1)
    # The last row is left out as it is from all edge images.
    end = min(start + 1, SIDE - 1)
    brightness = rng.uniform(0.25, 1.0)
    if index % 2 == 0:
        image[start:end, :] = brightness
    else:
        image[:, start:end] = brightness
    angle = rng.choice(TURNS)
    return rotate(image, angle, reshape=False, order=3, mode="constant", cval=background)


if __name__ == "__main__":
    main()
