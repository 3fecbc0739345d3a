# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "torchvision==0.29.2", "numpy==2.4.6"]
# ///
"""Writes zoo.json: logits and gradients of LeNet-5, VGG-11 with batch norm and ResNet-18.

Weights, statistics and images follow from an integer formula, which the file repeats in words, so that
any program can make the same 32-bit numbers exactly. Run: python golden/zoo.py
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from numpy.typing import NDArray
from torch import Tensor, nn

IMAGES = 4
CLASSES = 10
SAMPLED = 12


FORMULA = {
    "number": "n(s, i) is 32-bit arithmetic: u = i * 2654435761 + s * 2246822519; u ^= u >> 15; "
    "u *= 3266489917; u ^= u >> 13; the number is ((u >> 20) - 2048) / 2048, from -1 to below 1",
    "weights": "element i of parameter number s (in the order of `gradients`, from 0) is n(s, i) times "
    "sqrt(6 / fan-in) for weights of convolutions and linear layers and 0.1 for their biases; those of "
    "batch norms are 1 + n / 4 and n / 8. All in 64 bits, then rounded to 32",
    "statistics": "of batch norm number k: running mean n(1000 + k, i) / 8, running variance "
    "1 + n(2000 + k, i) / 2",
    "images": "pixel i of image j is n(first_image + j, i), its label j mod 10",
}


def numbers(seed: int, count: int) -> NDArray[np.float64]:
    """Returns the first numbers of a seed."""
    mask = np.uint64(0xFFFFFFFF)
    u = (np.arange(count, dtype=np.uint64) * np.uint64(2654435761)) & mask
    u = (u + np.uint64(seed * 2246822519 & 0xFFFFFFFF)) & mask
    u ^= u >> np.uint64(15)
    u = (u * np.uint64(3266489917)) & mask
    u ^= u >> np.uint64(13)
    return ((u >> np.uint64(20)).astype(np.float64) - 2048) / 2048


class LeNet5(nn.Module):
    """The usual LeNet-5 with ReLU and max pooling; 44,426 parameters on gray images of 28 x 28."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2 = nn.Linear(256, 120), nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """Maps batch x 1 x 28 x 28 to batch x classes."""
        maps = F.max_pool2d(F.relu(self.conv1(images)), 2)
        maps = F.max_pool2d(F.relu(self.conv2(maps)), 2)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(maps.flatten(1))))))


class Vgg11(nn.Module):
    """torchvision's convolutions of VGG-11 with batch norm, and one linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.features = torchvision.models.vgg11_bn().features
        self.classifier = nn.Linear(512, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """Maps batch x 3 x 32 x 32 to batch x classes."""
        return self.classifier(self.features(images).flatten(1))


def resnet18() -> nn.Module:
    """torchvision's ResNet-18 with the stem for small images."""
    model = torchvision.models.resnet18(num_classes=CLASSES)
    model.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    model.maxpool = nn.Identity()
    return model


def main() -> None:
    """Computes all nets and writes the file.

    A slope jumps where a value crosses zero at a ReLU. So images are taken whose values all stay away
    from it, further the deeper a net is and the more its rounding grows; large images have too many
    values for that.
    """
    torch.set_num_threads(2)
    nets = {
        "lenet-5": (LeNet5(), (1, 28, 28), 0.0),
        "vgg-11-bn": (Vgg11(), (3, 32, 32), 2e-6),
        "resnet-18": (resnet18(), (3, 16, 16), 1e-5),
    }
    document = {
        "made_by": f"golden/zoo.py with torch {torch.__version__.split('+')[0]}",
        "formula": FORMULA,
        "images": IMAGES,
        "nets": {name: case(*of_net) for name, of_net in nets.items()},
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(document, indent=1) + "\n")


def case(model: nn.Module, shape: tuple[int, int, int], away: float) -> dict:
    """Returns what a test compares; 64-bit arithmetic on the 32-bit numbers."""
    fill(model)
    model.double()
    first = 3000
    while nearest_to_zero(model, drawn(first, shape)) < away:
        fill(model.float())
        model.double()
        first += IMAGES
    margin = nearest_to_zero(model, drawn(first, shape))
    fill(model.float())
    model.double()
    images = drawn(first, shape)
    labels = torch.arange(IMAGES) % CLASSES
    model.eval()
    evaluated = model(images).tolist()
    model.train()
    logits = model(images)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    return {
        "first_image": first,
        "nearest_to_zero": margin,
        "evaluated": evaluated,
        "trained": logits.tolist(),
        "loss": loss.item(),
        "gradients": {
            name: summary(weight.grad.numpy().ravel())
            for name, weight in model.named_parameters()
        },
        "statistics": {
            name: summary(buffer.numpy().ravel())
            for name, buffer in model.named_buffers()
            if not name.endswith("num_batches_tracked")
        },
    }


def drawn(first: int, shape: tuple[int, int, int]) -> Tensor:
    """Returns the images from a seed on."""
    size = math.prod(shape)
    pixels = np.stack([numbers(first + image, size) for image in range(IMAGES)])
    return torch.from_numpy(pixels.astype(np.float32)).double().reshape(IMAGES, *shape)


@torch.no_grad()
def nearest_to_zero(model: nn.Module, images: Tensor) -> float:
    """Returns the smallest size of a value that reaches a ReLU while training."""
    seen = []
    watch = [
        module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].abs().min().item()))
        for module in model.modules()
        if isinstance(module, nn.ReLU)
    ]
    model.train()
    model(images)
    for each in watch:
        each.remove()
    return min(seen, default=1.0)


@torch.no_grad()
def fill(model: nn.Module) -> None:
    """Sets every number of a model by the formula."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    of_norms = {id(weight) for norm in norms for weight in norm.parameters()}
    for seed, (name, weight) in enumerate(model.named_parameters()):
        drawn = numbers(seed, weight.numel())
        if id(weight) in of_norms:
            values = 1 + drawn / 4 if name.endswith("weight") else drawn / 8
        elif name.endswith("weight"):
            values = drawn * math.sqrt(6 / math.prod(weight.shape[1:]))
        else:
            values = drawn * 0.1
        weight.copy_(torch.from_numpy(values.astype(np.float32)).reshape(weight.shape))
    for number, norm in enumerate(norms):
        mean = numbers(1000 + number, norm.num_features) / 8
        variance = 1 + numbers(2000 + number, norm.num_features) / 2
        norm.running_mean.copy_(torch.from_numpy(mean.astype(np.float32)))
        norm.running_var.copy_(torch.from_numpy(variance.astype(np.float32)))


def summary(values: NDArray[np.float64]) -> dict:
    """Returns the largest size, the sum of squares, and every so many-th element."""
    stride = max(1, len(values) // SAMPLED)
    return {
        "largest": float(np.abs(values).max()),
        "squares": float(np.square(values).sum()),
        "stride": stride,
        "sample": values[::stride].tolist(),
    }


if __name__ == "__main__":
    main()
