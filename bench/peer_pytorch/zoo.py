"""Nets that others know, as everybody writes them in PyTorch."""

import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn


class TwoConv(nn.Module):
    """Two convolutions of two and four filters, two linear layers; 3,418 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 4, 3, padding=1)
        self.fc1, self.fc2 = nn.Linear(196, 16), nn.Linear(16, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Maps batch x 1 x 28 x 28 to batch x 10."""
        maps = F.max_pool2d(F.relu(self.conv1(images)), 2)
        maps = F.max_pool2d(F.relu(self.conv2(maps)), 2)
        return self.fc2(F.relu(self.fc1(maps.flatten(1))))


class LeNet5(nn.Module):
    """LeNet-5 with ReLU and max pooling; 44,426 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(256, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Maps batch x 1 x 28 x 28 to batch x 10."""
        maps = F.max_pool2d(F.relu(self.conv1(images)), 2)
        maps = F.max_pool2d(F.relu(self.conv2(maps)), 2)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(maps.flatten(1))))))


class Vgg11(nn.Module):
    """torchvision's convolutions of VGG-11 with batch norm, and one linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.features = torchvision.models.vgg11_bn().features
        self.classifier = nn.Linear(512, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Maps batch x 3 x 32 x 32 to batch x 10."""
        return self.classifier(self.features(images).flatten(1))


def resnet18() -> nn.Module:
    """Returns torchvision's ResNet-18 with the stem for images of 32 x 32."""
    model = torchvision.models.resnet18(num_classes=10)
    model.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    model.maxpool = nn.Identity()
    return model


def zoo(name: str) -> tuple[nn.Module, tuple[int, int, int]]:
    """Returns a freshly initialised net and the shape of its images."""
    torch.manual_seed(0)
    gray, colour = (1, 28, 28), (3, 32, 32)
    match name:
        case "two-conv":
            return TwoConv(), gray
        case "lenet-5":
            return LeNet5(), gray
        case "vgg-11-bn":
            return Vgg11(), colour
        case "resnet-18":
            return resnet18(), colour
    raise ValueError(name)
