"""The networks of the edge study, each as one ordinary module and as a population in one pass.

A population keeps the weights of M equal networks stacked along a first axis. Its convolutions are
one grouped convolution with M groups, its dense layers one batched matrix product.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Conv:
    """Convolutions with ReLU, one pooling by two, global average pooling, one dense layer."""

    kernel: int
    classes: int = 3
    filters: int = 3
    depth: int = 2
    pool_after: int = 1
    pool: str = "max"
    padding: Literal["zero", "reflect"] = "reflect"
    frozen_edges: bool = False

    def cost(self) -> float:
        """Returns roughly the work for one image, a training step of a 1 x 1 network being 1."""
        backwards = 0.5 if self.frozen_edges else 1
        return self.kernel**2 * (self.filters / 3) ** 2 * self.pool_after**3 * backwards


@dataclass(frozen=True)
class Mlp:
    """784 - 50 - 10 - classes with ReLU."""

    classes: int = 3
    hidden: tuple[int, ...] = (50, 10)

    def cost(self) -> float:
        """Returns roughly the work for one image, in the units of `Conv.cost`."""
        return 10


Net = Conv | Mlp


class ConvModule(nn.Module):
    """One convolutional network, initialised as PyTorch does by default."""

    def __init__(self, net: Conv) -> None:
        super().__init__()
        self.net = net
        border = net.kernel // 2
        mode: Literal["zeros", "reflect"] = "zeros" if net.padding == "zero" else "reflect"
        for index in range(net.depth):
            inputs = 1 if index == 0 else net.filters
            layer = nn.Conv2d(inputs, net.filters, net.kernel, padding=border, padding_mode=mode)
            self.add_module(f"conv{index + 1}", layer)
        self.fc = nn.Linear(net.filters, net.classes)
        if net.frozen_edges:
            _set_edge_detectors(self)

    def forward(self, images: Tensor) -> Tensor:
        """Maps batch x 1 x 28 x 28 to batch x classes."""
        maps = images
        for index in range(1, self.net.depth + 1):
            maps = F.relu(self.get_submodule(f"conv{index}")(maps))
            if index == self.net.pool_after:
                maps = F.max_pool2d(maps, 2) if self.net.pool == "max" else F.avg_pool2d(maps, 2)
        return self.fc(maps.mean((2, 3)))


class MlpModule(nn.Module):
    """One multilayer perceptron, initialised as PyTorch does by default."""

    def __init__(self, net: Mlp) -> None:
        super().__init__()
        widths = (784, *net.hidden, net.classes)
        self.depth = len(widths) - 1
        for index in range(self.depth):
            self.add_module(f"fc{index + 1}", nn.Linear(widths[index], widths[index + 1]))

    def forward(self, images: Tensor) -> Tensor:
        """Maps batch x 1 x 28 x 28 to batch x classes."""
        units = images.flatten(1)
        for index in range(1, self.depth + 1):
            units = self.get_submodule(f"fc{index}")(units)
            units = F.relu(units) if index < self.depth else units
        return units


def module(net: Net, seed: int) -> nn.Module:
    """Returns one freshly initialised network; frozen weights do not ask for gradients."""
    torch.manual_seed(seed)
    return ConvModule(net) if isinstance(net, Conv) else MlpModule(net)


def stack(modules: Sequence[nn.Module]) -> Weights:
    """Stacks the weights of equal networks: name to models x shape."""
    named = [dict(each.named_parameters()) for each in modules]
    return {
        name: torch.stack([each[name].detach() for each in named]).requires_grad_(
            weight.requires_grad
        )
        for name, weight in named[0].items()
    }


def logits(net: Net, weights: Weights, images: Tensor) -> Tensor:
    """Maps batch x models x 28 x 28 to models x batch x classes, each model on its own images."""
    if isinstance(net, Conv):
        return _conv_logits(net, weights, images)
    units = images.flatten(2).transpose(0, 1)
    depth = len(net.hidden) + 1
    for index in range(1, depth + 1):
        units = _dense(weights, f"fc{index}", units)
        units = F.relu(units) if index < depth else units
    return units


def _conv_logits(net: Conv, weights: Weights, images: Tensor) -> Tensor:
    batch, models = images.shape[:2]
    maps = images.contiguous(memory_format=torch.channels_last)
    border = (net.kernel // 2,) * 4
    mode = "constant" if net.padding == "zero" else net.padding
    for index in range(1, net.depth + 1):
        kernels, bias = weights[f"conv{index}.weight"], weights[f"conv{index}.bias"]
        maps = F.pad(maps, border, mode=mode)
        maps = F.relu(F.conv2d(maps, kernels.flatten(0, 1), bias.flatten(), groups=models))
        if index == net.pool_after:
            maps = F.max_pool2d(maps, 2) if net.pool == "max" else F.avg_pool2d(maps, 2)
    units = maps.mean((2, 3)).view(batch, models, net.filters).transpose(0, 1)
    return _dense(weights, "fc", units)


def _dense(weights: Weights, name: str, units: Tensor) -> Tensor:
    matrix, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    return torch.baddbmm(bias.unsqueeze(1), units, matrix.transpose(1, 2))


def _set_edge_detectors(model: ConvModule) -> None:
    """Freezes both 7 x 7 convolutions as a row step, a column step and one random kernel."""
    assert (model.net.kernel, model.net.filters, model.net.depth) == (7, 3, 2)
    layers = [layer for layer in model.children() if isinstance(layer, nn.Conv2d)]
    row_step = torch.zeros(7, 7)
    row_step[2], row_step[3] = 1.0, -1.0
    detectors = torch.stack([row_step, row_step.T, layers[0].weight.detach()[0, 0].clone()])
    with torch.no_grad():
        for layer in layers:
            layer.weight.copy_(detectors.unsqueeze(1).expand_as(layer.weight))
            assert layer.bias is not None
            layer.bias.zero_()
            layer.requires_grad_(False)
