# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "scipy==1.17.1"]
# ///
"""Writes rotation.json: small images turned by splines, and their 8-bit levels.

Two images show an edge as the edge data set has it, one is of odd size and full of jumps, one is as
small as can be. Run: python golden/rotation.py
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import rotate

ANGLES = (30, 45, 120, 135)
ORDERS = (1, 3)

Image = NDArray[np.float64]


def originals() -> dict[str, tuple[Image, float]]:
    """Returns images by name, each with the value of what lies outside."""
    row = np.full((28, 28), 0.02)
    row[5:6, :] = 0.97
    columns = np.full((28, 28), 0.15)
    columns[:, 22:26] = 0.41
    r, c = np.mgrid[0:13, 0:13]
    jumps = ((5 * r * r + 3 * c * r + 7 * c) % 17) / 16
    tiny = np.array([[0.93, 0.22], [0.23, 0.11]])
    return {
        "one row": (row, 0.02),
        "four columns": (columns, 0.15),
        "jumps": (jumps, 0.3),
        "tiny": (tiny, 0.37),
    }


def turned(pixels: Image, angle: int, order: int, fill: float) -> dict[str, object]:
    """Returns one rotation, its values and both ways to cut them to 8 bits."""
    values = rotate(pixels, angle, reshape=False, order=order, mode="constant", cval=fill)
    scaled = values * 255
    from_whole = np.abs(scaled - np.rint(scaled)).min()
    assert from_whole > 1e-7, f"a level depends on the last digit: {from_whole}"
    levels = np.trunc(scaled).astype(np.int64)
    return {
        "angle": angle,
        "order": order,
        "values": [round(value, 13) for value in values.ravel().tolist()],
        "saturate": levels.clip(0, 255).astype(np.uint8).tobytes().hex(),
        "wrap": (levels % 256).astype(np.uint8).tobytes().hex(),
    }


def main() -> None:
    """Writes the file beside this script."""
    images = [
        {
            "name": name,
            "side": len(pixels),
            "fill": fill,
            "pixels": pixels.ravel().tolist(),
            "rotations": [turned(pixels, a, o, fill) for a in ANGLES for o in ORDERS],
        }
        for name, (pixels, fill) in originals().items()
    ]
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps({"images": images}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
