# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "numpy==2.4.6", "safetensors==0.8.0"]
# ///
"""Writes state_dicts/: three tiny nets in every form in which others save weights.

Run: python golden/state_dicts.py
"""

from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

FOLDER = Path(__file__).with_suffix("")


class LeNet(nn.Module):
    """Takes gray images of 12x12, in three classes."""

    def __init__(self) -> None:
        """Has the names of LeNet-5."""
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, 5)
        self.conv2 = nn.Conv2d(2, 3, 3)
        self.fc1 = nn.Linear(3, 5)
        self.fc2 = nn.Linear(5, 4)
        self.fc3 = nn.Linear(4, 3)
        self.activation = torch.relu
        self.register_buffer("seen", torch.zeros(2), persistent=False)


class Vgg(nn.Module):
    """Takes images of three channels."""

    def __init__(self) -> None:
        """Has the names of torchvision's VGG with batch norm."""
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.classifier = nn.Sequential(nn.Linear(16, 3))


class Block(nn.Module):
    """Has a shortcut with a projection."""

    def __init__(self) -> None:
        """Has the names of torchvision's basic block."""
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1, stride=2, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(4)
        self.downsample = nn.Sequential(
            nn.Conv2d(3, 4, 1, stride=2, bias=False), nn.BatchNorm2d(4)
        )


class ResNet(nn.Module):
    """Takes images of two channels."""

    def __init__(self) -> None:
        """Has the names of torchvision's ResNet."""
        super().__init__()
        self.conv1 = nn.Conv2d(2, 3, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(3)
        self.layer1 = nn.Sequential(Block())
        self.fc = nn.Linear(4, 3)


def main() -> None:
    """Writes every file."""
    FOLDER.mkdir(exist_ok=True)
    torch.serialization.get_source_lines_and_file = refuse
    lenet, vgg, resnet = (filled(make()) for make in (LeNet, Vgg, ResNet))
    saved("lenet.pt", lenet.state_dict())
    saved("lenet-whole.pt", lenet)
    saved("lenet-legacy.pth", lenet.state_dict(), zipped=False)
    saved("lenet-legacy-whole.pth", lenet, zipped=False)
    saved("lenet-protocol-4.pt", lenet.state_dict(), protocol=4)
    save_file(lenet.state_dict(), FOLDER / "lenet.safetensors")
    arrays = {name: tensor.numpy() for name, tensor in lenet.state_dict().items()}
    arrays["conv2.weight"] = np.asfortranarray(arrays["conv2.weight"])
    np.savez(FOLDER / "lenet.npz", **arrays)
    np.savez_compressed(FOLDER / "compressed.npz", **{"fc3.bias": arrays["fc3.bias"]})

    optimizer = torch.optim.SGD(vgg.parameters(), 0.1, momentum=0.9)
    sum(parameter.sum() for parameter in vgg.parameters()).backward()
    optimizer.step()
    saved(
        "vgg-checkpoint.pth",
        {
            "epoch": 3,
            "arch": "vgg",
            "state_dict": nn.DataParallel(vgg).state_dict(),
            "optimizer": optimizer.state_dict(),
        },
    )
    save_file(vgg.state_dict(), FOLDER / "vgg.safetensors")

    save_file(resnet.state_dict(), FOLDER / "resnet.safetensors")
    mixed = {name: in_a_kind(place, tensor) for place, (name, tensor) in
             enumerate(resnet.state_dict().items())}
    saved("resnet-mixed.pt", mixed)
    save_file({name: tensor.contiguous() for name, tensor in mixed.items()},
              FOLDER / "resnet-mixed.safetensors")
    save_file({name: tensor.float().contiguous() if tensor.is_floating_point() else tensor
               for name, tensor in mixed.items()}, FOLDER / "resnet-mixed-as-f32.safetensors")
    saved("resnet-strided.pt", strided(resnet.state_dict()))
    saved("resnet-strided.pth", strided(resnet.state_dict()), zipped=False)
    saved("opaque.pt", {"weights": [torch.nn.ReLU()]})
    saved("activations.pt", activations())
    tied = drawn(73, 18).reshape(2, 1, 3, 3)
    saved("tied.pt", {"a.weight": tied, "b.weight": tied})


def activations() -> dict[str, object]:
    """Returns two layers of five samples, and which samples they are."""
    conv, fc = drawn(71, 40).reshape(5, 2, 2, 2), drawn(72, 15).reshape(5, 3)
    return {"conv1": conv, "fc": fc.half(), "sample_ids": ["a", "b", "c", "d", 7]}


def refuse(_: object) -> None:
    """Keeps source code and its place out of what the old format writes."""
    message = "no source"
    raise OSError(message)


def saved(name: str, what: object, *, zipped: bool = True, protocol: int = 2) -> None:
    """Saves in the present or the old format."""
    torch.save(
        what, FOLDER / name, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped
    )


def filled(net: nn.Module) -> nn.Module:
    """Fills the floats of tensor number t, from 1 on, with a third of the draws of seed t."""
    floats = [t for t in net.state_dict().values() if t.is_floating_point()]
    with torch.no_grad():
        for number, tensor in enumerate(floats, 1):
            tensor.copy_(drawn(number, tensor.numel()).reshape(tensor.shape))
    return net


def drawn(seed: int, count: int) -> Tensor:
    """Draws (s >> 20) - 2048, s being a state of s = 1664525 s + 1013904223 modulo 2^32."""
    values = []
    for _ in range(count):
        seed = (seed * 1664525 + 1013904223) % 2**32
        values.append(((seed >> 20) - 2048) / 2048)
    return torch.tensor(values, dtype=torch.float32) / 3


def in_a_kind(place: int, tensor: Tensor) -> Tensor:
    """Returns one tensor after another in each type of float."""
    kinds = [torch.float16, torch.bfloat16, torch.float64, torch.float32]
    if not tensor.is_floating_point():
        return tensor
    kind = kinds[place % len(kinds)]
    return (tensor.double() / 7).to(kind)


def strided(state: dict[str, Tensor]) -> OrderedDict[str, Tensor]:
    """Returns the same numbers with other strides: channels last, or a part of something larger."""
    changed = OrderedDict()
    for name, tensor in state.items():
        if tensor.dim() == 4:
            changed[name] = tensor.to(memory_format=torch.channels_last)
        elif tensor.dim() == 2:
            changed[name] = tensor.t().contiguous().t()
        elif tensor.dim() == 1:
            larger = torch.full((3, tensor.numel() * 2), 9.0)
            larger[1, ::2] = tensor
            changed[name] = larger[1, ::2]
        else:
            changed[name] = tensor
    return changed


if __name__ == "__main__":
    main()
