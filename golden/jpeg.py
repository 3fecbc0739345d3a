# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "pillow==13.0.0"]
# ///
"""Small JPEG files and what libjpeg-turbo, through Pillow, makes of them.

    uv run golden/jpeg.py

Grey, colour, and progressive, chroma at full resolution. Pixels follow an integer formula.
"""

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image


def picture(height: int, width: int, channels: int) -> np.ndarray:
    row, column, channel = np.indices((height, width, channels))
    return ((7 * row + 11 * column + 60 * channel + row * column // 3) % 256).astype(np.uint8)


def case(name: str, pixels: np.ndarray, **options: object) -> dict:
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(file, "JPEG", **options)
    decoded = np.asarray(Image.open(io.BytesIO(file.getvalue())))
    planes = decoded[None] if decoded.ndim == 2 else decoded.transpose(2, 0, 1)
    return {"name": name, "file": file.getvalue().hex(), "pixels": np.ascontiguousarray(planes).tobytes().hex()}


def main() -> None:
    cases = [
        case("grey", picture(17, 21, 1), quality=80),
        case("colour", picture(16, 24, 3) // 4 + 90, quality=90, subsampling=0),
        case("progressive", picture(17, 19, 3) // 4 + 90, quality=85, subsampling=0, progressive=True),
    ]
    Path(__file__).with_suffix(".json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")


main()
