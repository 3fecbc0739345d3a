# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==2.4.6", "torch==2.15.0", "torchvision==0.29.2"]
# ///
"""Writes transforms.json: small images as torchvision transforms them, and the parameters.

Parameters are drawn here; torchvision's functions do the rest. Levels are 255 times the results on
images of floats, rounded; where torchvision also transforms images of bytes and rounds, its bytes are
the same, or the script stops. Parameters for which a level hangs on the last digit, or for which the
nearest pixel in 32 bits is another than in 64, are drawn again.
Run: python golden/transforms.py
"""

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import RandomErasing
from torchvision.transforms.v2 import functional as tv

STRIDE = 13
DRAWS = random.Random(5)
# How far 255 times a value must stay away from where rounding turns.
MARGIN = 3e-4


def images() -> dict[str, torch.Tensor]:
    """Returns bytes: slopes, a disk and a bar, so that corners, edges and flat parts are there."""
    r, c = np.mgrid[0:28, 0:28]
    grey = (4 * r + 3 * c) % 97 + 20
    grey[(r - 9) ** 2 + (c - 17) ** 2 < 40] = 251
    grey[20:24, 3:22] = 3
    r, c = np.mgrid[0:22, 0:26]
    red = (9 * r + c) % 256
    green = np.where((r - 12) ** 2 + (c - 8) ** 2 < 50, 230, (5 * c + 40) % 200)
    blue = np.where(np.abs(r - c) < 3, 255, (3 * r * c) % 120)
    colour = np.stack([red, green, blue])
    return {
        "grey": torch.tensor(grey[None].astype(np.uint8)),
        "colour": torch.tensor(colour.astype(np.uint8)),
    }


IMAGES = images()
FLOATS = {name: image.to(torch.float32) / 255 for name, image in IMAGES.items()}
CASES: list[dict] = []


def levels_of(values: torch.Tensor) -> torch.Tensor:
    """Returns the 8 bits of values in 0..1, clipped."""
    return (values.clamp(0, 1) * 255).round().to(torch.uint8)


def settled(values: torch.Tensor, margin: float) -> bool:
    """Says whether no level hangs on the last digits."""
    scaled = values.clamp(0, 1).double() * 255
    return bool(((scaled - scaled.floor() - 0.5).abs() > margin).all())


def case(
    transform: str, image: str, draw: Callable[[], dict], apply: Callable, in_bytes: bool = True
) -> None:
    """Draws parameters until no level hangs on the last digits, and keeps the result.

    `apply` takes an image and parameters; `in_bytes` says whether it rounds images of bytes.
    """
    for _ in range(1000):
        parameters = draw()
        values = apply(FLOATS[image], parameters)
        exact = apply(FLOATS[image].double(), parameters)
        if not torch.equal(levels_of(values), levels_of(exact)):
            continue
        if settled(values, MARGIN if in_bytes or transform == "color-jitter" else MARGIN / 10):
            break
    else:
        raise AssertionError(f"{transform}: no parameters are far enough from rounding")
    levels = levels_of(values)
    if in_bytes:
        scaled = dict(parameters)
        if "fill" in scaled:
            fill = scaled["fill"]
            each = [round(255 * f) for f in (fill if isinstance(fill, list) else [fill])]
            scaled["fill"] = each if isinstance(fill, list) else each[0]
        assert torch.equal(levels, apply(IMAGES[image], scaled)), (transform, parameters)
    CASES.append(
        {
            "transform": transform,
            "image": image,
            "parameters": parameters,
            "shape": list(values.shape),
            "levels": levels.numpy().tobytes().hex(),
            "stride": STRIDE,
            "values": [float(f"{v:.9g}") for v in values.flatten()[::STRIDE].tolist()],
        }
    )


def fills(image: str, place: int) -> float | list[float]:
    """Returns black, a grey, or another one for each channel."""
    if image == "colour" and place % 3 == 2:
        return [51 / 255, 102 / 255, 204 / 255]
    return [0.0, 51 / 255, 1.0][place % 3]


def number(low: float, high: float) -> float:
    """Draws with few digits."""
    return round(DRAWS.uniform(low, high), 4)


def plain() -> None:
    """What draws nothing: normalisation, padding, grey in colour."""
    for image, mean, sd in (
        ("grey", 0.5, 0.5),
        ("grey", [0.1307], [0.3081]),
        ("colour", [0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]),
    ):

        def normalized(x: torch.Tensor, p: dict) -> torch.Tensor:
            mean, sd = (p[k] if isinstance(p[k], list) else [p[k]] for k in ("mean", "sd"))
            return tv.normalize(x, mean, sd)

        case("normalize", image, lambda m=mean, s=sd: {"mean": m, "sd": s}, normalized, False)

    def padded(x: torch.Tensor, p: dict) -> torch.Tensor:
        return tv.pad(x, p["amount"], fill=p["fill"], padding_mode=p["mode"])

    for image in IMAGES:
        for place in range(5):
            mode = ("constant", "reflect", "edge", "symmetric", "constant")[place]
            fill = fills(image, place // 2) if mode == "constant" else 0.0
            amount = (2, 5, 3, 4, 1)[place]
            draw = lambda a=amount, m=mode, f=fill: {"amount": a, "mode": m, "fill": f}  # noqa: E731
            case("pad", image, draw, padded)
    case("channels", "grey", dict, lambda x, _: tv.grayscale_to_rgb(x))


def places() -> None:
    """Crops, flips and erased rectangles."""
    for image in IMAGES:
        case("horizontal-flip", image, dict, lambda x, _: tv.horizontal_flip(x))
        height, width = IMAGES[image].shape[-2:]
        for place in range(4):
            padding = (0, 4, 3, 2)[place]
            mode = ("constant", "constant", "reflect", "edge")[place]
            size = [height - (5, 0, 2, 0)[place], width - (8, 0, 3, 0)[place]]

            def corner(padding: int = padding, mode: str = mode, size: list = size) -> dict:
                top = DRAWS.randint(0, height + 2 * padding - size[0])
                left = DRAWS.randint(0, width + 2 * padding - size[1])
                fill = 51 / 255 if mode == "constant" else 0.0
                return {
                    "size": size,
                    "padding": padding,
                    "mode": mode,
                    "fill": fill,
                    "corner": [top, left],
                }

            def cropped(x: torch.Tensor, p: dict) -> torch.Tensor:
                x = tv.pad(x, p["padding"], fill=p["fill"], padding_mode=p["mode"])
                return tv.crop(x, *p["corner"], *p["size"])

            case("random-crop", image, corner, cropped)
        for place in range(4):

            def rectangle(image: str = image, place: int = place) -> dict:
                drawn = RandomErasing(p=1).make_params([FLOATS[image]])
                sides = [drawn[k] for k in ("i", "j", "h", "w")]
                return {"rectangle": sides, "fill": fills(image, place)}

            def erased(x: torch.Tensor, p: dict) -> torch.Tensor:
                fill = p["fill"] if isinstance(p["fill"], list) else [p["fill"]]
                value = torch.tensor(fill).to(x.dtype)[:, None, None]
                return tv.erase(x, *p["rectangle"], value)

            case("random-erasing", image, rectangle, erased)


def geometry() -> None:
    """Rotation, affine maps, perspective, elastic fields."""

    def how(place: int) -> str:
        return ("nearest", "bilinear")[place % 2]

    def rotated(x: torch.Tensor, p: dict) -> torch.Tensor:
        mode = InterpolationMode(p["interpolation"])
        return tv.rotate(x, p["angle"], interpolation=mode, fill=p["fill"])

    def mapped(x: torch.Tensor, p: dict) -> torch.Tensor:
        mode = InterpolationMode(p["interpolation"])
        numbers = (p["angle"], p["translate"], p["scale"], p["shear"])
        return tv.affine(x, *numbers, interpolation=mode, fill=p["fill"])

    def seen(x: torch.Tensor, p: dict) -> torch.Tensor:
        height, width = x.shape[-2:]
        start = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
        mode = InterpolationMode(p["interpolation"])
        return tv.perspective(x, start, p["corners"], interpolation=mode, fill=p["fill"])

    def stretched(x: torch.Tensor, p: dict) -> torch.Tensor:
        mode = InterpolationMode(p["interpolation"])
        return tv.elastic(x, displacement(p, *x.shape[-2:]), interpolation=mode, fill=p["fill"])

    for image in IMAGES:
        height, width = IMAGES[image].shape[-2:]
        for place in range(8):
            exact = (0.0, 90.0, 180.0, -90.0)
            draw = lambda i=image, p=place: {  # noqa: E731
                "angle": exact[p // 2] if p >= 4 and p % 2 else number(*((0, 30), (-180, 180))[p % 2]),
                "interpolation": how(p // 2),
                "fill": fills(i, p),
            }
            case("rotation", image, draw, rotated)
        for place in range(6):
            draw = lambda i=image, p=place: {  # noqa: E731
                "angle": number(-40, 40),
                "translate": [DRAWS.randint(-4, 4), DRAWS.randint(-4, 4)],
                "scale": number(0.7, 1.4),
                "shear": [number(-20, 20), number(-20, 20) if p % 3 == 0 else 0.0],
                "interpolation": how(p),
                "fill": fills(i, p // 2),
            }
            case("affine", image, draw, mapped)
        for place in range(6):

            def corners(image: str = image, place: int = place) -> dict:
                share = (0.3, 0.5, 0.9)[place // 2]
                x, y = (int(share * (side // 2)) for side in (width, height))
                near = lambda most: DRAWS.randint(0, most)  # noqa: E731
                found = [
                    [near(x), near(y)],
                    [width - 1 - near(x), near(y)],
                    [width - 1 - near(x), height - 1 - near(y)],
                    [near(x), height - 1 - near(y)],
                ]
                return {
                    "corners": found,
                    "interpolation": how(place),
                    "fill": fills(image, place // 2),
                }

            case("perspective", image, corners, seen)
        for place in range(4):
            draw = lambda i=image, p=place: {  # noqa: E731
                "alpha": (50.0, 50.0, [90.0, 30.0], 4.0)[p],
                "sigma": (5.0, 5.0, [2.0, 1.5], 0.0)[p],
                "first": [DRAWS.randint(0, 10**6), DRAWS.randint(0, 10**6)],
                "interpolation": how(p + 1),
                "fill": fills(i, p),
            }
            case("elastic", image, draw, stretched)


def displacement(p: dict, height: int, width: int) -> torch.Tensor:
    """Does what ElasticTransform.make_params does, with fields from an integer formula.

    Number i of a field is ((first + i) · 2654435761 mod 2³²) / 2⁸ / 2²⁴, cut to a whole number
    between the divisions.
    """
    pair = lambda value: value if isinstance(value, list) else [value, value]  # noqa: E731
    alpha, sigma = pair(p["alpha"]), pair(p["sigma"])
    moves = []
    for axis, side in ((0, width), (1, height)):
        pixels = np.arange(height * width, dtype=np.uint64) + np.uint64(p["first"][axis])
        bits = (pixels * np.uint64(2_654_435_761)) % np.uint64(1 << 32)
        even = torch.tensor((bits >> np.uint64(8)).astype(np.float32) / np.float32(1 << 24))
        field = even.reshape(1, 1, height, width) * 2 - 1
        if sigma[axis] > 0:
            taps = int(8 * sigma[axis] + 1) | 1
            field = tv.gaussian_blur(field, [taps, taps], sigma)
        moves.append(field * alpha[axis] / side)
    return torch.concat(moves, 1).permute(0, 2, 3, 1)


def filters() -> None:
    """Blur."""
    for image in IMAGES:
        for taps in (3, 5, 5, 9, 41):
            draw = lambda t=taps: {"kernel": t, "sigma": number(0.3, 5.0 if t > 9 else 2.0)}  # noqa: E731
            case(
                "gaussian-blur",
                image,
                draw,
                lambda x, p: tv.gaussian_blur(x, [p["kernel"]] * 2, [p["sigma"]] * 2),
            )


CHANGES = {
    "brightness": (tv.adjust_brightness, 0.3, 1.7),
    "contrast": (tv.adjust_contrast, 0.3, 1.7),
    "saturation": (tv.adjust_saturation, 0.0, 2.0),
    "hue": (tv.adjust_hue, -0.5, 0.5),
}


def colours() -> None:
    """Each change alone, and all four in random order."""

    def changed(x: torch.Tensor, p: dict) -> torch.Tensor:
        for name, factor in p["changes"]:
            x = CHANGES[name][0](x, factor)
        return x

    def drawn(names: list[str]) -> dict:
        return {"changes": [[name, number(*CHANGES[name][1:])] for name in names]}

    for image in IMAGES:
        for name in [*CHANGES, *CHANGES]:
            # torchvision cuts images of bytes towards zero here.
            case("color-jitter", image, lambda n=name: drawn([n]), changed, in_bytes=False)
        for _ in range(2):
            draw = lambda: drawn(DRAWS.sample(list(CHANGES), 4))  # noqa: E731
            case("color-jitter", image, draw, changed, in_bytes=False)


def main() -> None:
    """Writes the file beside this script."""
    torch.manual_seed(5)
    for part in (plain, places, geometry, filters, colours):
        part()
    kept = {
        name: {"shape": list(image.shape), "levels": image.numpy().tobytes().hex()}
        for name, image in IMAGES.items()
    }
    path = Path(__file__).with_suffix(".json")
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in CASES)
    path.write_text(f'{{"images":{json.dumps(kept)},\n"cases":[\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
