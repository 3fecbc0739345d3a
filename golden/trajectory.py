# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "numpy==2.4.6"]
# ///
"""Writes trajectory.json: fifty steps of two networks from fixed weights, images and batches.

Weights and images follow from an integer formula, which the file repeats in words, so that any
program can make the same 32-bit numbers exactly. Run: python golden/trajectory.py
"""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

STEPS = 50
IMAGES = 35
BATCH = 10
LEARNING_RATE = 0.01
MOMENTUM = 0.9

FORMULA = {
    "generator": "state = (1664525 * state + 1013904223) mod 2^32, starting from the seed; "
    "each number drawn is the new state >> 20, an integer from 0 to 4095",
    "weights": "parameter number p (in the order of `parameters`, from 0) has seed p + 1; its "
    "elements in row-major order are (drawn - 2048) / 2048 * scale",
    "images": "image i (from 0) has seed 1000 + i and label i mod 3; pixels in row-major order "
    "are (drawn >> 6) / 256, then, with f = 3 + (7 * i) mod 20, rows f and f + 1 become 192 / 256 "
    "if the label is 0, columns f and f + 1 if it is 1",
    "training": "each step takes the next of `batches`, the loss is the mean cross-entropy of the "
    "batch before the step; SGD with momentum as in PyTorch: v = momentum * v + g, w -= lr * v",
}

SCALES = {
    "simple-cnn": {"conv1": 0.5, "conv2": 0.125, "fc": 1.0},
    "three-layer-mlp": {"fc1": 0.0625, "fc2": 0.25, "fc3": 0.5},
}


class SimpleCnn(nn.Module):
    """Two 7 x 7 convolutions of three filters with reflected borders; 606 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 3, 7, padding=3, padding_mode="reflect")
        self.conv2 = nn.Conv2d(3, 3, 7, padding=3, padding_mode="reflect")
        self.fc = nn.Linear(3, 3)

    def forward(self, images: Tensor) -> Tensor:
        """Maps batch x 1 x 28 x 28 to batch x 3."""
        maps = F.max_pool2d(F.relu(self.conv1(images)), 2)
        return self.fc(F.relu(self.conv2(maps)).mean((2, 3)))


class ThreeLayerMlp(nn.Module):
    """784 - 50 - 10 - 3 with ReLU; 39,793 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, 50)
        self.fc2 = nn.Linear(50, 10)
        self.fc3 = nn.Linear(10, 3)

    def forward(self, images: Tensor) -> Tensor:
        """Maps batch x 1 x 28 x 28 to batch x 3."""
        units = F.relu(self.fc1(images.flatten(1)))
        return self.fc3(F.relu(self.fc2(units)))


def main() -> None:
    """Trains both networks and writes the file."""
    torch.set_num_threads(1)
    document = {
        "made_by": f"golden/trajectory.py with torch {torch.__version__.split('+')[0]}",
        "formula": FORMULA,
        "optimizer": {"sgd": {"lr": LEARNING_RATE, "momentum": MOMENTUM}},
        "images": {"count": IMAGES, "sum": images().double().sum().item()},
        "batches": list(islice(batches(), STEPS)),
        "nets": {
            "simple-cnn": trajectory("simple-cnn", SimpleCnn()),
            "three-layer-mlp": trajectory("three-layer-mlp", ThreeLayerMlp()),
        },
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(document, separators=(",", ":")) + "\n")


def trajectory(name: str, model: nn.Module) -> dict:
    """Trains one network and returns what a replay needs to be compared with."""
    set_weights(model, SCALES[name])
    initial = {key: weight.detach().clone() for key, weight in model.named_parameters()}
    losses = train(model)
    final = dict(model.named_parameters())
    model_64 = type(model)().double()
    model_64.load_state_dict(initial)
    losses_64 = train(model_64)
    exact = dict(model_64.named_parameters())
    return {
        "parameters": [
            {
                "name": key,
                "shape": list(weight.shape),
                "scale": SCALES[name][key.split(".")[0]],
                "initial_sum": initial[key].double().sum().item(),
                "final_sum": weight.double().sum().item(),
                "final_sum_of_squares": weight.double().square().sum().item(),
                "stride": stride(weight),
                "final": shortest(weight.detach().flatten()[:: stride(weight)]),
            }
            for key, weight in final.items()
        ],
        "losses": shortest(losses),
        "largest_difference_from_64_bit": {
            "loss": (losses - losses_64).abs().max().item(),
            "weight": max((final[key] - exact[key]).abs().max().item() for key in final),
        },
    }


def stride(weight: Tensor) -> int:
    """Returns how far apart the written elements lie: large parameters are written as a sample."""
    return 1 if weight.numel() < 1000 else 97


def train(model: nn.Module) -> Tensor:
    """Takes the fifty steps and returns the loss before each."""
    kind = next(model.parameters()).dtype
    pixels, labels = images().to(kind), torch.arange(IMAGES) % 3
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    losses = []
    for batch in islice(batches(), STEPS):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(pixels[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses)


def batches() -> Iterator[list[int]]:
    """Yields batches of ten for ever, the last of every epoch being short."""
    for multiplier in (2, 3, 4, 6, 8, 9, 11, 12, 13, 16, 17, 18, 19):
        order = [(index * multiplier) % IMAGES for index in range(IMAGES)]
        yield from (order[first : first + BATCH] for first in range(0, IMAGES, BATCH))


def images() -> Tensor:
    """Returns the fixed images: images x 1 x 28 x 28."""
    pixels = np.stack([draws(1000 + image, 784) >> 6 for image in range(IMAGES)])
    pixels = pixels.reshape(IMAGES, 28, 28)
    for image in range(IMAGES):
        first = 3 + (7 * image) % 20
        if image % 3 == 0:
            pixels[image, first : first + 2] = 192
        elif image % 3 == 1:
            pixels[image, :, first : first + 2] = 192
    return torch.from_numpy((pixels / 256).astype(np.float32)).unsqueeze(1)


def set_weights(model: nn.Module, scales: dict[str, float]) -> None:
    """Sets the fixed initial weights."""
    with torch.no_grad():
        for number, (name, weight) in enumerate(model.named_parameters()):
            values = (draws(number + 1, weight.numel()) - 2048) / 2048 * scales[name.split(".")[0]]
            weight.copy_(torch.from_numpy(values.astype(np.float32)).view(weight.shape))


def draws(seed: int, count: int) -> np.ndarray:
    """Draws integers from 0 to 4095."""
    state, drawn = seed, []
    for _ in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        drawn.append(state >> 20)
    return np.array(drawn)


def shortest(values: Tensor) -> list[float]:
    """Writes 32-bit numbers with the fewest digits that give them back."""
    return [float(str(value)) for value in values.numpy()]


if __name__ == "__main__":
    main()
