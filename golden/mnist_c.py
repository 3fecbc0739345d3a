# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "scipy==1.17.1", "scikit-image==0.26.0"]
# ///
"""Writes mnist_c.json: digits drawn here, corrupted as MNIST-C describes, by SciPy and scikit-image.

Random numbers come from an integer formula, so that a test has the same ones: number i is
((first + i) · 2654435761 mod 2³²) / 2⁸, cut to a whole number, / 2²⁴. Written from the description and
parameters of Mu and Gilmer 2019; filters, warps, edges, quantiles are those of the packages. With
--magick FILE, an ImageMagick `convert`, motion blur is also held against that.
Run: python golden/mnist_c.py
"""

import argparse
import json
import math
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate, gaussian_filter
from scipy.stats import poisson
from skimage import color, feature, transform

STRIDE = 13
MARGIN = 3e-4
Image = NDArray[np.float64]


def images() -> dict[str, Image]:
    """Returns levels: a slanted ring and a bar, soft at their borders, and one of another size."""
    r, c = np.mgrid[0:28, 0:28]
    ring = np.abs(np.hypot((r - 13.2) / 1.2, c - 12.1 + 0.2 * r) - 5.3)
    digit = 253.7 * np.clip(2.6 - ring, 0, 1) * (0.9 + 0.004 * c)
    r, c = np.mgrid[0:28, 0:28]
    seven = np.maximum(np.abs(r - 6.3) * 1.1, np.abs(c - 14.2) - 6.1)
    stem = np.maximum(np.abs(c - 19.7 + 0.43 * (r - 6.3)), np.abs(r - 14.7) - 8.4)
    bar = 251.3 * np.clip(2.7 - np.minimum(seven, stem), 0, 1) * (1 - 0.003 * r)
    r, c = np.mgrid[0:21, 0:30]
    slope = (7 * r * r + 3 * c * r + 11 * c) % 239 / 3 + 5 * r + np.where((r - 9) ** 2 < c, 70, 0)
    return {
        "ring": np.floor(digit),
        "seven": np.floor(bar),
        "slope": np.floor(np.clip(slope, 0, 255)),
    }


IMAGES = images()
CASES: list[dict] = []


def case(corruption: str, image: str, parameters: dict, result: Image) -> None:
    """Keeps a result; stops where a level hangs on the last digits.

    Counts have no last digits: their levels are those of 32 bits.
    """
    counts = corruption == "shot-noise"
    result = np.clip(result, 0, 1)
    scaled = result.astype(np.float32) * np.float32(255) if counts else result * 255
    nearest = np.abs(scaled - np.floor(scaled) - 0.5).min()
    assert counts or nearest > MARGIN, f"{corruption} of {image} {parameters}: {nearest} from rounding"
    CASES.append(
        {
            "transform": corruption,
            "image": image,
            "parameters": parameters,
            "shape": [1, *result.shape],
            "levels": np.rint(scaled).astype(np.uint8).tobytes().hex(),
            "stride": STRIDE,
            "values": [float(f"{v:.9g}") for v in result.ravel()[::STRIDE]],
        }
    )


def formula(first: int, count: int) -> Image:
    """Returns numbers in 0..1."""
    bits = (np.arange(count, dtype=np.uint64) + np.uint64(first)) * np.uint64(2_654_435_761)
    return ((bits % np.uint64(1 << 32)) >> np.uint64(8)) / float(1 << 24)


def settled(make: Callable[[int], tuple[dict, Image]], start: int) -> tuple[dict, Image]:
    """Tries numbers from `start` on until no level hangs on the last digits."""
    for number in range(start, start + 400):
        parameters, result = make(number)
        scaled = np.clip(result, 0, 1) * 255
        if np.abs(scaled - np.floor(scaled) - 0.5).min() > 2 * MARGIN:
            return parameters, result
    raise AssertionError("no number will do")


def light() -> None:
    """Brightness and stripes."""
    for image, severity in (("ring", 2), ("ring", 4), ("seven", 4), ("slope", 2)):
        hsv = color.rgb2hsv(color.gray2rgb(IMAGES[image] / 255))
        hsv[:, :, 2] = np.clip(hsv[:, :, 2] + severity / 10, 0, 1)
        result = color.rgb2gray(color.hsv2rgb(hsv))
        # Odd severities add half a level: nothing would be far enough from rounding.
        case("brightness", image, {"severity": severity}, result)
    for image in ("ring", "seven"):
        result = IMAGES[image] / 255
        result[:, :7], result[:, 21:] = 1 - result[:, :7], 1 - result[:, 21:]
        case("stripe", image, {}, result)


def maps() -> None:
    """What scikit-image's warp does with a matrix about the centre."""

    def warped(image: str, linear: list[list[float]], moves: tuple = (0, 0)) -> Image:
        levels = IMAGES[image] / 255
        centre = (np.array(levels.shape[::-1]) - 1) / 2
        matrix = np.eye(3)
        matrix[:2, :2] = linear
        matrix[:2, 2] = centre - np.array(linear) @ centre + np.array(moves)
        return transform.warp(levels, inverse_map=matrix, order=1, mode="constant")

    for image, sign in (("ring", 1), ("ring", -1), ("seven", 1), ("slope", -1)):

        def lean(number: int, image: str = image, sign: int = sign) -> tuple[dict, Image]:
            s = sign * (0.4 + number / 1000)
            return {"lean": s}, warped(image, [[1, -math.sin(s)], [0, math.cos(s)]])

        case("shear", image, *settled(lean, 0))

        def turn(number: int, image: str = image, sign: int = sign) -> tuple[dict, Image]:
            s = sign * (0.6 + number / 1000)
            return {"angle": s}, warped(
                image, [[math.cos(s), -math.sin(s)], [math.sin(s), math.cos(s)]]
            )

        case("rotate", image, *settled(turn, 0))
    for image, size in (("ring", 0.7), ("seven", 0.9), ("seven", 0.5), ("slope", 0.6)):

        def small(number: int, image: str = image, size: float = size) -> tuple[dict, Image]:
            s = size + number / 1000
            return {"size": s}, warped(image, [[1 / s, 0], [0, 1 / s]])

        case("scale", image, *settled(small, 0))
    for image, moves in (("ring", (3, -3)), ("seven", (-1, 1)), ("seven", (5, 5)), ("slope", (2, -2))):
        result = warped(image, [[1, 0], [0, 1]], moves)
        case("translate", image, {"moves": list(moves)}, result)


def noise() -> None:
    """Poisson quantiles, glass, mud, fog."""
    for place, white in enumerate((60, 25, 12, 5, 3)):
        image = ("ring", "seven", "slope")[place % 3]
        levels = IMAGES[image] / 255

        def shots(number: int, levels: Image = levels, white: int = white) -> tuple[dict, Image]:
            chances = formula(number, levels.size).reshape(levels.shape)
            # The quantile of chance 0 is −1 in SciPy.
            counts = np.maximum(poisson.ppf(chances, levels * white), 0)
            return {"white": white, "first": number}, np.minimum(counts / white, 1)

        case("shot-noise", image, *shots(1000 * place))
    glass = ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2))
    for place, (sigma, reach, walks) in enumerate(glass):
        image = ("ring", "seven", "slope")[place % 3]

        def behind(
            number: int, image: str = image, sigma: float = sigma, reach: int = reach, walks: int = walks
        ) -> tuple[dict, Image]:
            numbers = iter(formula(number, 20_000))
            blurred = gaussian_filter(IMAGES[image] / 255, [sigma, 0], mode="nearest") * 255
            off = np.abs(blurred - np.rint(blurred))
            assert ((off < 1e-11) | (off > 1e-8)).all(), "a level depends on the last digit"
            # A level that the filter leaves as it is stays, whatever the last digit of its sum.
            result = walked(np.floor(blurred + 1e-9), numbers, reach, walks) / 255
            result = gaussian_filter(result, [sigma, 0], mode="nearest")
            return {"severity": severity, "first": number}, result

        severity = place + 1
        case("glass-blur", image, *settled(behind, 2000 * place))
    mud = (
        (0.65, 0.3, 4, 0.69, 0.6),
        (0.65, 0.3, 3, 0.68, 0.6),
        (0.65, 0.3, 2, 0.68, 0.5),
        (0.65, 0.3, 1, 0.65, 1.5),
        (0.67, 0.4, 1, 0.65, 1.5),
    )
    for place, settings in enumerate(mud):
        image = ("ring", "seven", "slope")[place % 3]

        def muddy(number: int, image: str = image, settings: tuple = settings) -> tuple[dict, Image]:
            mean, deviation, sigma, threshold, soft = settings
            levels = IMAGES[image] / 255
            # Values that 32 bits hold exactly.
            field = formula(number, levels.size).reshape(levels.shape) * 4 - 2
            liquid = gaussian_filter(mean + deviation * field, sigma, mode="nearest")
            assert np.abs(liquid - threshold).min() > 1e-9
            drops = gaussian_filter(1.0 * (liquid > threshold), soft, mode="nearest")
            drops[drops < 0.8] = 0
            return {"severity": severity, "first": number}, levels * (1 - drops) + 63 / 255 * drops

        severity = place + 1
        case("spatter", image, *settled(muddy, 3000 * place))
        assert (np.array(CASES[-1]["values"]) != 0).any()
    fog = ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4))
    for place, (density, decay) in enumerate(fog):
        image = ("ring", "seven", "slope")[place % 3]

        def foggy(
            number: int, image: str = image, density: float = density, decay: float = decay
        ) -> tuple[dict, Image]:
            levels = IMAGES[image] / 255
            height, width = levels.shape
            cloud = landscape(decay, iter(formula(number, 256 * 256)))[:height, :width]
            brightest = levels.max()
            result = (levels + density * cloud) * brightest / (brightest + density)
            return {"severity": severity, "first": number}, result

        severity = place + 1
        case("fog", image, *settled(foggy, 4000 * place))


def walked(levels: Image, numbers: Iterator[float], reach: int, walks: int) -> Image:
    """Exchanges pixels with neighbours."""
    height, width = levels.shape
    for _ in range(walks):
        for row in range(height - reach, reach, -1):
            for column in range(width - reach, reach, -1):
                coin, right, down = next(numbers), next(numbers), next(numbers)
                if coin < 0.5:
                    other = (
                        row + math.floor(down * 2 * reach) - reach,
                        column + math.floor(right * 2 * reach) - reach,
                    )
                    levels[row, column], levels[other] = levels[other], levels[row, column]
    return levels


def landscape(decay: float, numbers: Iterator[float]) -> Image:
    """Returns heights from 0 to 1 by the diamond-square algorithm, one height after the other."""
    side = 256
    heights = np.zeros((side, side))
    step, stray = side, 100.0
    while step >= 2:
        half = step // 2
        for down, right in ((half, half), (0, half), (half, 0)):
            for row in range(down, side, step):
                for column in range(right, side, step):
                    if down and right:
                        around = [(-half, -half), (-half, half), (half, -half), (half, half)]
                    else:
                        around = [(-half, 0), (half, 0), (0, -half), (0, half)]
                    known = sum(heights[(row + r) % side, (column + c) % side] for r, c in around)
                    heights[row, column] = known / 4 + stray * (2 * next(numbers) - 1) * stray
        step, stray = half, stray / decay
    return (heights - heights.min()) / (heights.max() - heights.min())


def strokes() -> None:
    """Dotted lines and zigzags."""

    def line(shape: tuple, c0: float, r0: float, c1: float, r1: float) -> Image:
        rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
        slope = (r1 - r0) / (c1 - c0)
        distance = np.clip(np.abs(rows - (slope * (columns - c0) + r0)), 0, 2.3 - 1e-10)
        ink = np.clip(np.log(1 - distance / 2.3) + 1, 0, 1)
        ink[:, : math.floor(c0)] = 0
        ink[:, math.ceil(c1) :] = 0
        return ink

    def dotted(image: str, rows: tuple[int, int]) -> Image:
        levels = IMAGES[image] / 255
        height, width = levels.shape
        ink = line((height, width), 0, rows[0], width - 1, rows[1])
        for first in range(0, width, 4):
            ink[:, first : first + 2] = 0
        return np.clip(levels + ink, 0, 1)

    def zigzag(image: str, rows: tuple[int, int]) -> Image:
        levels = IMAGES[image] / 255
        height, width = levels.shape
        c0, c1 = 2, width - 3
        theta = math.atan((rows[1] - rows[0]) / (c1 - c0))
        length = (c1 - c0) / math.cos(theta)
        corners = [(0.0, 0.0)]
        for swing in range(int((length - 2) // 4) + 1):
            corners.append(((2 * swing + 1) * 2.0, (-1) ** swing * 2.0))
        most = 4 * (length // 4)
        if length != most:
            corners.append((length, corners[-1][1] / (2 * (length - most))))
        turn = np.array([[math.cos(theta), -math.sin(theta)], [math.sin(theta), math.cos(theta)]])
        columns, heights = turn @ np.array(corners).T
        columns, heights = columns + c0, heights + rows[0]
        for k in range(1, len(corners)):
            ink = line((height, width), columns[k - 1], heights[k - 1], columns[k], heights[k])
            levels = np.clip(levels + ink, 0, 1)
        return levels

    for drawn, name, count in ((dotted, "dotted-line", 4), (zigzag, "zigzag", 6)):
        for place in range(count):
            image = ("ring", "seven", "slope")[place % 3]

            def stroke(
                number: int, image: str = image, drawn: Callable = drawn, name: str = name
            ) -> tuple[dict, Image]:
                height = IMAGES[image].shape[0]
                first = (number * 7) % (height - 1)
                last = (number * 11) % (height - 1) if name == "dotted-line" else first + number % 10 - 5
                return {"rows": [first, last]}, drawn(image, (first, last))

            case(name, image, *settled(stroke, 5 * place))


def edges() -> None:
    """scikit-image's detector."""
    for name, levels in IMAGES.items():
        case("canny-edges", name, {}, feature.canny(levels / 255).astype(float))
    for first in range(5):
        # Noise of several strengths, so that weak and strong edges meet in every direction.
        grid = formula(9000 * first, 20 * 24).reshape(20, 24)
        grid = gaussian_filter(grid, 0.4 + 0.3 * first)
        grid = (grid - grid.min()) / (grid.max() - grid.min())
        name = f"noise {first}"
        IMAGES[name] = np.floor(grid * (60 + 40 * first))
        case("canny-edges", name, {}, feature.canny(IMAGES[name] / 255).astype(float))


def motion(magick: str | None) -> None:
    """The mean along a line, with half a Gaussian as weights."""
    settings = ((10, 3.0), (15, 5.0), (15, 8.0), (15, 12.0), (20, 15.0), (10, 3.0))
    for place, (radius, sigma) in enumerate(settings):
        image = ("ring", "seven", "slope")[place % 3]

        def moved(
            number: int, image: str = image, radius: int = radius, sigma: float = sigma, place: int = place
        ) -> tuple[dict, Image]:
            angle = (-40.5, -17.25, 0.0, 12.5, 33.75, 44.0)[place] + number / 100
            taps = 2 * radius + 1
            kernel = np.zeros((2 * taps + 1, 2 * taps + 1))
            for tap in range(taps):
                right = math.ceil(tap * math.cos(math.radians(angle)) - 0.5)
                down = math.ceil(tap * math.sin(math.radians(angle)) - 0.5)
                kernel[taps + down, taps + right] += math.exp(-tap * tap / (2 * sigma * sigma))
            result = correlate(IMAGES[image] / 255, kernel / kernel.sum(), mode="nearest")
            return {"radius": radius, "sigma": sigma, "angle": angle}, result

        parameters, result = settled(moved, 0)
        case("motion-blur", image, parameters, result)
        if magick:
            other = by_magick(magick, IMAGES[image], parameters)
            off = np.abs(other - np.rint(result * 255))
            print(f"motion blur {parameters}: at most {off.max():.0f} levels from ImageMagick")


def by_magick(program: str, levels: Image, parameters: dict) -> Image:
    """Lets ImageMagick blur."""
    height, width = levels.shape
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.pgm", Path(folder) / "out.gray"
        source.write_bytes(f"P5 {width} {height} 255\n".encode() + levels.astype(np.uint8).tobytes())
        blur = "{radius}x{sigma}+{angle}".format(**parameters)
        if parameters["angle"] < 0:
            blur = "{radius}x{sigma}{angle}".format(**parameters)
        command = [program, str(source), "-motion-blur", blur, "-depth", "8", f"gray:{target}"]
        subprocess.run(command, check=True)
        return np.frombuffer(target.read_bytes(), np.uint8).reshape(height, width).astype(float)


def main() -> None:
    """Writes the file beside this script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--magick")
    magick = parser.parse_args().magick
    for part in (light, maps, noise, strokes, edges, lambda: motion(magick)):
        part()
    kept = {
        name: {"shape": [1, *levels.shape], "levels": levels.astype(np.uint8).tobytes().hex()}
        for name, levels in IMAGES.items()
    }
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in CASES)
    path = Path(__file__).with_suffix(".json")
    path.write_text(f'{{"images":{json.dumps(kept)},\n"cases":[\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
